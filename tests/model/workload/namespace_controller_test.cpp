#include "model/workload/namespace_controller.hpp"

#include <doctest/doctest.h>

#include "tests/model/small_server.hpp"

using namespace model;
using namespace std::chrono_literals;
using api::Key;
using api::Kind;

TEST_SUITE_BEGIN("namespace controller");

namespace {

struct World : SmallServer {
    World() : process(*server, latencies, "kube-controller-manager") {
        control::Client& client = process.client("namespace-controller", 100, 100);
        process.add(
            std::make_unique<workload::NamespaceController>(process, client, server->profile()));
        process.start();
        api::Value ns;
        ns["apiVersion"] = "v1";
        ns["kind"] = "Namespace";
        ns["metadata"]["name"] = "team";
        REQUIRE(create(ns).status.code == 201);
    }
    api::Value in_team(api::Value manifest) {
        manifest["metadata"]["namespace"] = "team";
        return manifest;
    }
    bool team_exists() { return static_cast<bool>(server->find(Kind::Namespace, Key("", "team"))); }
    control::Process process;
};

}  // namespace

TEST_CASE("an empty namespace goes five seconds after its deletion") {
    World w;
    (void)w.remove(Kind::Namespace, Key("", "team"));
    w.engine.run_until(sim::Time(4900ms));
    REQUIRE(w.team_exists());
    const auto ns = api::as<api::Namespace>(w.server->find(Kind::Namespace, Key("", "team")));
    CHECK(ns->status.phase == "Terminating");
    w.engine.run_until(sim::Time(6s));
    CHECK_FALSE(w.team_exists());
}

TEST_CASE("nothing is created in a namespace that is being terminated") {
    World w;
    (void)w.remove(Kind::Namespace, Key("", "team"));
    api::Value claim = w.in_team(w.claim("late"));
    const api::Response r = w.create(claim);
    CHECK(r.status.code == 403);
    CHECK(r.status.message.view().find("because it is being terminated") != std::string_view::npos);
}

TEST_CASE("what finalizers hold is told in a condition and waited for") {
    World w;
    REQUIRE(w.create(w.in_team(w.claim("held"))).status.code == 201);
    (void)w.remove(Kind::Namespace, Key("", "team"));
    w.engine.run_until(sim::Time(10s));
    REQUIRE(w.team_exists());
    const api::ObjectRef claim = w.server->find(Kind::PersistentVolumeClaim, Key("team", "held"));
    REQUIRE(claim);
    CHECK(claim->metadata.terminating());
    const auto ns = api::as<api::Namespace>(w.server->find(Kind::Namespace, Key("", "team")));
    bool told = false;
    for (const api::Condition& c : ns->status.conditions)
        told = told || (c.type == "NamespaceFinalizersRemaining" && c.status == "True" &&
                        c.message ==
                            "Some content in the namespace has finalizers remaining: "
                            "kubernetes.io/pvc-protection in 1 resource instances");
    CHECK(told);
    api::Value release;
    release["metadata"]["finalizers"] = api::Value();
    (void)w.patch(Kind::PersistentVolumeClaim, Key("team", "held"), release);
    w.engine.run_until(sim::Time(30s));
    CHECK_FALSE(w.team_exists());
}

TEST_SUITE_END();
