// Each rule of attaching is broken once on purpose, by requests in the controller's name.
#include <doctest/doctest.h>

#include "model/csi/messages.hpp"
#include "tests/model/attachdetach/attach_world.hpp"

namespace model::attachdetach {

namespace {

struct Broken : AttachWorld {
    Broken() {
        make_volume("a");
        run_for(1s);
    }
    void attach(std::string_view volume, std::string_view node, std::string name = "") {
        api::VolumeAttachment va;
        va.metadata.name = name.empty() ? attachment(volume, node) : name;
        va.spec.attacher = kDriver;
        va.spec.nodeName = node;
        va.spec.source.persistentVolumeName = api::Text(volume);
        api::Request r;
        r.verb = Verb::Create;
        r.kind = api::Kind::VolumeAttachment;
        r.key = va.key();
        r.body = api::freeze(std::move(va));
        REQUIRE(server->handle(r, "attachdetach-controller").status.ok());
    }
    void confirm(std::string_view volume, std::string_view node) {
        api::Request r;
        r.verb = Verb::Patch;
        r.kind = api::Kind::VolumeAttachment;
        r.key = api::Key(api::Text(), attachment(volume, node));
        r.subresource = api::Subresource::Status;
        r.patch_type = api::PatchType::Merge;
        r.patch["status"]["attached"] = true;
        REQUIRE(server->handle(r, "csi-attacher").status.ok());
    }
    void detach(std::string_view volume, std::string_view node) {
        api::Request r;
        r.verb = Verb::Delete;
        r.kind = api::Kind::VolumeAttachment;
        r.key = api::Key(api::Text(), attachment(volume, node));
        REQUIRE(server->handle(r, "attachdetach-controller").status.ok());
    }
    void list(std::string_view node, std::string_view volume) {
        api::Request r;
        r.verb = Verb::Patch;
        r.kind = api::Kind::Node;
        r.key = api::Key(api::Text(), node);
        r.subresource = api::Subresource::Status;
        api::Value entry;
        entry["name"] = unique(std::string(volume));
        entry["devicePath"] = "";
        r.patch["status"]["volumesAttached"] = api::Value::list({entry});
        REQUIRE(server->handle(r, "attachdetach-controller").status.ok());
    }
    void call(csi::Request request) {
        const csi::Outcome fine;
        CsiCall c;
        c.moment = CsiCall::Moment::Ended;
        c.driver = kDriver;
        c.request = &request;
        c.outcome = &fine;
        journal.emit(Stamp{engine.now(), 0}, c);
    }
    void publish(std::string_view volume, std::string_view node) {
        csi::ControllerPublishVolumeRequest r;
        r.volume_id = volume;
        r.node_id = node;
        call(r);
    }
    void unpublish(std::string_view volume, std::string_view node) {
        csi::ControllerUnpublishVolumeRequest r;
        r.volume_id = volume;
        r.node_id = node;
        call(r);
    }
    // The rules broken so far.
    Texts rules() {
        Texts names;
        for (const std::string& b : broken) names.push_back(b.substr(0, b.find(": ")));
        return names;
    }
};

Texts only(std::string_view rule) { return {std::string(rule)}; }

}  // namespace

TEST_CASE("invariant: a volume for one node is published on one") {
    Broken w;
    w.attach("a", "node-1");
    w.publish("a", "node-1");
    w.attach("a", "node-2");
    w.publish("a", "node-2");
    CHECK(w.rules() == only(rule::kOneNode));
}

TEST_CASE("invariant: a volume that has left its node may be published elsewhere") {
    Broken w;
    w.attach("a", "node-1");
    w.publish("a", "node-1");
    w.attach("a", "node-2");
    w.unpublish("a", "node-1");
    w.publish("a", "node-2");
    CHECK(w.broken.empty());
    w.make_volume("b", "ReadWriteMany");
    for (const char* node : {"node-1", "node-2"}) {
        w.attach("b", node);
        w.publish("b", node);
    }
    CHECK(w.broken.empty());
}

TEST_CASE("invariant: what a node has in use is not detached") {
    Broken w;
    w.attach("a", "node-1");
    w.set_in_use("node-1", {"a"});
    SUBCASE("nor mounted where nobody was told that it is attached") {
        w.run_for(1min);
        w.detach("a", "node-1");
        CHECK(w.broken.empty());
        return;
    }
    w.confirm("a", "node-1");
    w.run_for(500ms);
    SUBCASE("within a second of its beginning it is a race") {
        w.detach("a", "node-1");
        CHECK(w.broken.empty());
    }
    SUBCASE("later it is not") {
        w.run_for(1min);
        w.detach("a", "node-1");
        CHECK(w.rules() == only(rule::kUnmountedFirst));
    }
    SUBCASE("the taint excuses it") {
        w.taint("node-1", "node.kubernetes.io/out-of-service");
        w.run_for(1min);
        w.detach("a", "node-1");
        CHECK(w.broken.empty());
        // So it does for the driver's life cycle.
        csi::ControllerUnpublishVolumeRequest r;
        r.volume_id = "a";
        r.node_id = "node-1";
        const csi::Request request = r;
        CsiCall call;
        call.driver = AttachWorld::kDriver;
        call.request = &request;
        CHECK(w.invariants->is_by_force(call));
        w.publish("a", "node-1");
        CHECK_FALSE(w.invariants->is_by_force(call));
    }
    SUBCASE("a node that is not ready does so after 6 min only") {
        w.make_pod("p", "node-1", {"a"});
        w.set_ready("node-1", "Unknown");
        w.run_for(10s);
        w.remove_pod("p");
        w.run_for(5min);
        w.detach("a", "node-1");
        CHECK(w.rules() == only(rule::kUnmountedFirst));
    }
}

TEST_CASE("invariant: what a living pod wants is not detached") {
    Broken w;
    w.attach("a", "node-1");
    w.make_pod("p", "node-1", {"a"});
    w.run_for(2s);
    w.detach("a", "node-1");
    CHECK(w.rules() == only(rule::kNotWanted));
}

TEST_CASE("invariant: a node's list loses the volume first, and gains it last") {
    Broken w;
    w.attach("a", "node-1");
    w.list("node-1", "a");
    CHECK(w.rules() == only(rule::kAttachedBeforeListed));
    w.broken.clear();
    w.answer("a", "node-1");
    w.run_for(2s);
    w.detach("a", "node-1");
    CHECK(w.rules() == only(rule::kUnlistedFirst));
}

TEST_CASE("invariant: no attachment where the driver needs none, and none of another name") {
    Broken w;
    w.make_driver(false);
    w.run_for(2s);
    w.attach("a", "node-1");
    CHECK(w.rules() == only(rule::kNeeded));
    Broken v;
    v.attach("a", "node-1", "csi-other");
    CHECK(v.rules() == only(rule::kName));
}

TEST_CASE("invariant: a node has no more volumes than the scheduler may give it") {
    for (const bool by_scheduler : {true, false}) {
        Broken w;
        w.make_volume("b");
        api::Value n, driver;
        n["apiVersion"] = "storage.k8s.io/v1";
        n["kind"] = "CSINode";
        n["metadata"]["name"] = "node-1";
        driver["name"] = AttachWorld::kDriver;
        driver["nodeID"] = "node-1";
        driver["allocatable"]["count"] = 1;
        n["spec"]["drivers"].push_back(std::move(driver));
        REQUIRE(w.create(n).status.ok());
        for (const char* name : {"a", "b"}) {
            w.make_pod(name, "node-1", {name});
            if (!by_scheduler) continue;
            // As if it had been placed there.
            api::Pod placed = *w.find<api::Pod>(name, "default");
            Committed told;
            told.change = Change::Modified;
            told.object = api::freeze(placed);
            placed.spec.nodeName = api::Text();
            told.previous = api::freeze(std::move(placed));
            told.by = "scheduler";
            w.journal.emit(Stamp{w.engine.now(), 0}, told);
        }
        w.run_for(2s);
        for (const char* name : {"a", "b"}) {
            w.attach(name, "node-1");
            w.answer(name, "node-1");
        }
        CHECK(w.rules() == (by_scheduler ? only(rule::kLimit) : Texts()));
    }
}

}  // namespace model::attachdetach
