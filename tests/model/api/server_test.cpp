#include "model/api/server.hpp"

#include <doctest/doctest.h>

#include "tests/model/small_server.hpp"

using namespace model;
using api::Key;
using api::Kind;

TEST_SUITE_BEGIN("api server");

TEST_CASE("a created claim has its finalizer, a uid and a version from its first moment") {
    SmallServer s;
    const api::Response r = s.create(s.claim("data"));
    REQUIRE(r.status.code == 201);
    const auto claim = api::as<api::PersistentVolumeClaim>(r.object);
    CHECK(claim->metadata.finalizers == api::List<api::Text>{"kubernetes.io/pvc-protection"});
    CHECK(claim->metadata.uid.size() == 36);
    CHECK(claim->metadata.resourceVersion > 0);
    CHECK(claim->status.phase == "Pending");
    CHECK(*claim->spec.volumeMode == "Filesystem");
}

TEST_CASE("uids depend on seed and name, not on the order of creation") {
    SmallServer a, b;
    (void)a.create(a.claim("x"));
    const auto in_a = a.create(a.claim("y")).object->metadata.uid;
    const auto in_b = b.create(b.claim("y")).object->metadata.uid;
    CHECK(in_a == in_b);
    CHECK(b.create(b.claim("x")).object->metadata.uid != in_b);
}

TEST_CASE("a second object of a name gets another uid") {
    SmallServer s;
    const auto first = s.create(s.volume("v")).object->metadata.uid;
    api::Value unprotect;
    unprotect["metadata"]["finalizers"] = api::Value();
    CHECK(s.patch(Kind::PersistentVolume, Key("", "v"), unprotect).status.ok());
    CHECK(s.remove(Kind::PersistentVolume, Key("", "v")).status.ok());
    CHECK(s.create(s.volume("v")).object->metadata.uid != first);
}

TEST_CASE("a stale resourceVersion is a conflict with the API's words") {
    SmallServer s;
    const auto first = api::as<api::PersistentVolume>(s.create(s.volume("v")).object);
    api::PersistentVolume next = *first;
    next.metadata.labels.set("a", "b");
    REQUIRE(s.update(next).status.ok());
    const api::Response late = s.update(next);
    CHECK(late.status.code == 409);
    CHECK(late.status.message ==
          "Operation cannot be fulfilled on persistentvolumes \"v\": the object has been modified; "
          "please apply your "
          "changes to the latest version and try again");
}

TEST_CASE("kinds without unconditional update insist on a version") {
    SmallServer s;
    api::Value v;
    v["apiVersion"] = "storage.k8s.io/v1";
    v["kind"] = "CSINode";
    v["metadata"]["name"] = "n";
    v["spec"]["drivers"] = api::Value::list();
    auto node = *api::as<api::CSINode>(s.create(v).object);
    node.metadata.resourceVersion = 0;
    node.metadata.labels.set("a", "b");
    const api::Response r = s.update(node);
    CHECK(r.status.code == 422);
    CHECK(r.status.message.view().find("must be specified for an update") !=
          std::string_view::npos);
    auto pv = *api::as<api::PersistentVolume>(s.create(s.volume("v")).object);
    pv.metadata.resourceVersion = 0;
    pv.metadata.labels.set("a", "b");
    CHECK(s.update(pv).status.ok());
}

TEST_CASE("an update that changes nothing stores nothing") {
    SmallServer s;
    const auto first = api::as<api::PersistentVolume>(s.create(s.volume("v")).object);
    const std::uint64_t before = s.server->resource_version();
    const api::Response same = s.update(*first);
    CHECK(same.status.ok());
    CHECK(same.object == api::ObjectRef(first));
    CHECK(s.server->resource_version() == before);
}

TEST_CASE("writes to the main resource keep the status, writes to status keep the spec") {
    SmallServer s;
    auto pv = *api::as<api::PersistentVolume>(s.create(s.volume("v")).object);
    pv.status.phase = "Bound";
    pv.spec.mountOptions.push_back("ro");
    auto after = *api::as<api::PersistentVolume>(s.update(pv).object);
    CHECK(after.status.phase == "Pending");
    CHECK(after.spec.mountOptions.size() == 1);
    after.status.phase = "Available";
    after.spec.mountOptions.clear();
    const auto last =
        api::as<api::PersistentVolume>(s.update(after, api::Subresource::Status).object);
    CHECK(last->status.phase == "Available");
    CHECK(last->spec.mountOptions.size() == 1);
}

TEST_CASE("an object with finalizers goes in the very write that removes the last one") {
    SmallServer s;
    (void)s.create(s.claim("c"));
    const api::Response marked = s.remove(Kind::PersistentVolumeClaim, Key("default", "c"));
    CHECK(marked.object->metadata.terminating());
    CHECK(marked.object->metadata.deletionGracePeriodSeconds == 0);
    const std::uint64_t version = s.server->resource_version();
    CHECK(s.remove(Kind::PersistentVolumeClaim, Key("default", "c")).status.ok());
    CHECK(s.server->resource_version() == version);  // a repeated DELETE changes nothing
    auto next = *api::as<api::PersistentVolumeClaim>(marked.object);
    next.metadata.finalizers.clear();
    CHECK(s.update(next).status.ok());
    CHECK_FALSE(s.server->find(Kind::PersistentVolumeClaim, Key("default", "c")));
}

TEST_CASE("a second delete of a pod only shortens its grace, even when it has ended") {
    SmallServer s;
    api::Value pod, container, ended, sooner, at_once;
    pod["apiVersion"] = "v1";
    pod["kind"] = "Pod";
    pod["metadata"]["name"] = "p";
    pod["spec"]["nodeName"] = "node-1";
    container["name"] = container["image"] = "c";
    pod["spec"]["containers"] = api::Value::list({container});
    REQUIRE(s.create(pod).status.ok());
    const auto remove = [&s](std::optional<std::int64_t> grace) {
        api::DeleteOptions options;
        options.gracePeriodSeconds = grace;
        const api::Response r = s.remove(Kind::Pod, Key("default", "p"), options);
        REQUIRE(r.status.ok());
        return r.object->metadata.deletionGracePeriodSeconds;
    };
    CHECK(remove(std::nullopt) == 30);
    ended["status"]["phase"] = "Failed";
    api::Request r;
    r.verb = Verb::Patch;
    r.kind = Kind::Pod;
    r.key = Key("default", "p");
    r.subresource = api::Subresource::Status;
    r.patch = ended;
    REQUIRE(s.server->handle(r, "test").status.ok());
    const std::uint64_t version = s.server->resource_version();
    CHECK(remove(std::nullopt) == 30);
    CHECK(remove(40) == 30);
    CHECK(s.server->resource_version() == version);
    CHECK(remove(5) == 5);
    CHECK(s.server->find(Kind::Pod, Key("default", "p")));
    remove(0);
    CHECK_FALSE(s.server->find(Kind::Pod, Key("default", "p")));
}

TEST_CASE("a claim that was there before names its data source in both fields") {
    SmallServer s;
    api::Value v = s.claim("copy"), label;
    v["spec"]["dataSource"]["kind"] = "PersistentVolumeClaim";
    v["spec"]["dataSource"]["name"] = "source";
    REQUIRE(s.server->preload(v));
    const Key key("default", "copy");
    const auto before =
        api::as<api::PersistentVolumeClaim>(s.server->find(Kind::PersistentVolumeClaim, key));
    REQUIRE(before->spec.dataSourceRef);
    label["metadata"]["labels"]["a"] = "b";
    const auto after = api::as<api::PersistentVolumeClaim>(
        s.patch(Kind::PersistentVolumeClaim, key, label).object);
    CHECK(after->spec == before->spec);
}

TEST_CASE("preconditions of a delete are kept") {
    SmallServer s;
    (void)s.create(s.claim("c"));
    api::DeleteOptions other;
    other.uid = "someone-else";
    CHECK(s.remove(Kind::PersistentVolumeClaim, Key("default", "c"), other).status.code == 409);
}

TEST_CASE("generateName gives names of five further characters, never the same") {
    SmallServer s;
    api::Value v = s.claim("");
    v["metadata"].erase("name");
    v["metadata"]["generateName"] = "data-";
    const auto a = s.create(v).object->metadata.name.str(),
               b = s.create(v).object->metadata.name.str();
    CHECK(a.size() == 10);
    CHECK(a.starts_with("data-"));
    CHECK(a != b);
}

TEST_CASE("a kind that the model does not know is stored and given back whole") {
    SmallServer s;
    api::Value v;
    v["apiVersion"] = "example.com/v1";
    v["kind"] = "Widget";
    v["metadata"]["name"] = "w";
    v["spec"]["size"] = 3;
    const api::Response r = s.create(v);
    REQUIRE(r.status.code == 201);
    const api::Value back = api::encode(*r.object, s.server->scheme());
    CHECK(back.at({"spec", "size"})->as_int() == 3);
    CHECK(back.find("apiVersion")->as_string() == "example.com/v1");
}

TEST_CASE("a patch that makes an object unreadable is refused as the patch's fault") {
    SmallServer s;
    (void)s.create(s.claim("c"));
    api::Value body;
    body["spec"]["resources"]["requests"]["storage"] = "lots";
    const api::Response r = s.patch(Kind::PersistentVolumeClaim, Key("default", "c"), body);
    CHECK(r.status.code == 422);
    CHECK(r.status.message.view().starts_with(
        " \"\" is invalid: patch: Invalid value: \"{\\\"apiVersion\\\":"));
    CHECK(r.status.message.view().find("quantities must match the regular expression") !=
          std::string_view::npos);
}

TEST_CASE("a server that is down answers nobody") {
    SmallServer s;
    s.server->set_up(false);
    const api::Response r = s.create(s.claim("c"));
    CHECK(r.status.code == 0);
    CHECK(r.status.is(api::Reason::ConnectionRefused));
}

TEST_SUITE_END();
