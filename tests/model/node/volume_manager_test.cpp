#include <doctest/doctest.h>

#include "model/csi/lifecycle.hpp"
#include "model/node/node_invariants.hpp"
#include "tests/model/node/node_world.hpp"

using namespace model;
using namespace model::node;
using api::Key;
using api::Kind;

TEST_SUITE_BEGIN("kubelet volumes");

namespace {

struct Violations : Listener {
    explicit Violations(Journal& j) : journal(j) { journal.listen(this); }
    ~Violations() override { journal.ignore(this); }
    void on(const Stamp&, const Happening& happening) override {
        if (const auto* v = std::get_if<Violated>(&happening)) broken.push_back(v->invariant);
    }
    Journal& journal;
    std::vector<std::string> broken;
};

}  // namespace

TEST_CASE("an attachable volume is told in use, then attached, staged and published") {
    NodeWorld w;
    w.driver_object(true);
    w.make_volume("a");
    w.start();
    (void)w.create(w.pod("p", w.of_claim("a")));
    w.attach("a");
    w.run_for(2900ms);  // the first node status comes at 3 s
    CHECK(w.taken(w.calls).empty());
    CHECK(w.node()->status.volumesInUse.empty());
    w.run_for(600ms);
    CHECK(w.node()->status.volumesInUse.size() == 1);
    CHECK(w.taken(w.calls) == "NodeStageVolume NodePublishVolume");
    w.run_for(2s);
    CHECK(w.phase("p") == "Running");
    (void)w.remove(Kind::Pod, Key("default", "p"));
    w.run_for(4s);
    CHECK(w.phase("p") == "gone");
    CHECK(w.taken(w.calls) == "NodeUnpublishVolume NodeUnstageVolume");
    w.run_for(11s);
    CHECK(w.node()->status.volumesInUse.empty());
}

TEST_CASE("what is not listed as attached is not mounted") {
    NodeWorld w;
    w.driver_object(true);
    w.make_volume("a");
    w.start();
    (void)w.create(w.pod("p", w.of_claim("a")));
    w.run_for(60s);
    CHECK(w.taken(w.calls).empty());
    CHECK(w.phase("p") == "Pending");
    w.attach("a");
    w.run_for(2s);
    CHECK(w.taken(w.calls) == "NodeStageVolume NodePublishVolume");
}

TEST_CASE("two pods of a node share the staging of a volume") {
    NodeWorld w;
    w.driver_object(false);
    w.make_volume("a");
    w.start();
    (void)w.create(w.pod("p", w.of_claim("a")));
    w.run_for(3s);
    (void)w.create(w.pod("q", w.of_claim("a")));
    w.run_for(3s);
    CHECK(w.taken(w.calls) == "NodeStageVolume NodePublishVolume NodePublishVolume");
    (void)w.remove(Kind::Pod, Key("default", "p"));
    w.run_for(6s);
    CHECK(w.taken(w.calls) == "NodeUnpublishVolume");
    (void)w.remove(Kind::Pod, Key("default", "q"));
    w.run_for(6s);
    CHECK(w.taken(w.calls) == "NodeUnpublishVolume NodeUnstageVolume");
}

TEST_CASE("a mount that fails is tried again after 0.5 s, 1 s, 2 s") {
    NodeWorld w;
    w.driver_object(false);
    w.make_volume("a");
    w.start();
    w.fail(csi::Method::NodeStageVolume, csi::Code::Internal, 3);
    (void)w.create(w.pod("p", w.of_claim("a")));
    w.run_for(300ms);
    CHECK(w.taken(w.calls) == "NodeStageVolume");
    w.run_for(600ms);
    CHECK(w.taken(w.calls) == "NodeStageVolume");
    w.run_for(1100ms);
    CHECK(w.taken(w.calls) == "NodeStageVolume");
    w.run_for(2200ms);
    CHECK(w.taken(w.calls) == "NodeStageVolume NodePublishVolume");
    CHECK(w.events[0] ==
          "FailedMount: MountVolume.MountDevice failed for volume \"a\" : "
          "rpc error: code = Internal desc = no");
}

TEST_CASE("after an uncertain error the volume is taken back before it is let go") {
    NodeWorld w;
    w.driver_object(false);
    w.make_volume("a");
    w.start();
    csi::Code code = csi::Code::Internal;
    std::string after = "NodePublishVolume NodeUnstageVolume";
    SUBCASE("final") {}
    SUBCASE("uncertain") {
        code = csi::Code::DeadlineExceeded;
        after = "NodePublishVolume NodeUnpublishVolume NodeUnstageVolume";
    }
    w.fail(csi::Method::NodePublishVolume, code, 1000);
    (void)w.create(w.pod("p", w.of_claim("a")));
    w.run_for(1s);
    (void)w.remove(Kind::Pod, Key("default", "p"));
    w.run_for(20s);
    CHECK(w.phase("p") == "gone");
    CHECK(w.taken(w.calls).ends_with(after));
}

TEST_CASE("a claim that is not there fails the pod's round at once") {
    NodeWorld w;
    w.start();
    (void)w.create(w.pod("p", w.of_claim("none")));
    w.run_for(1s);
    CHECK(w.taken(w.events) ==
          "FailedMount: Unable to attach or mount volumes: unmounted volumes=[v], unattached "
          "volumes=[], failed to process volumes=[v]: error processing PVC default/none: failed to "
          "fetch PVC from API server: persistentvolumeclaims \"none\" not found");
    w.make_volume("none");
    w.driver_object(false);
    w.run_for(20s);
    CHECK(w.phase("p") == "Running");
}

TEST_CASE("a wait of 2 min 3 s is told before 1.28 and silent since") {
    NodeWorld w("1.26");
    std::size_t told = 0;
    w.driver_object(true);
    w.make_volume("a");
    w.start();
    (void)w.create(w.pod("p", w.of_claim("a")));
    w.run_for(130s);
    for (const std::string& e : w.events) told += e.starts_with("FailedMount") ? 1 : 0;
    CHECK(told == 1);
    NodeWorld later("1.36");
    later.driver_object(true);
    later.make_volume("a");
    later.start();
    (void)later.create(later.pod("p", later.of_claim("a")));
    later.run_for(130s);
    CHECK(later.events.empty());
}

TEST_CASE("a ReadWriteOncePod volume is not published for a second pod") {
    NodeWorld w;
    w.driver_object(false);
    w.make_volume("a", "ReadWriteOncePod");
    w.start();
    (void)w.create(w.pod("p", w.of_claim("a")));
    w.run_for(3s);
    (void)w.create(w.pod("q", w.of_claim("a")));
    w.run_for(3s);
    CHECK(w.phase("q") == "Pending");
    CHECK(w.taken(w.calls) == "NodeStageVolume NodePublishVolume");
    (void)w.remove(Kind::Pod, Key("default", "p"));
    w.run_for(30s);
    CHECK(w.phase("q") == "Running");
}

TEST_CASE("a block volume is mapped, with two events") {
    NodeWorld w;
    w.driver_object(false);
    w.make_volume("a", "ReadWriteOnce", true);
    w.start();
    (void)w.create(w.pod("p", w.of_claim("a"), true));
    w.run_for(3s);
    CHECK(w.phase("p") == "Running");
    CHECK(w.taken(w.calls) == "NodeStageVolume NodePublishVolume");
    CHECK(w.events[0].starts_with("SuccessfulMountVolume"));
    CHECK(w.events[1].starts_with("SuccessfulMountVolume"));
}

TEST_CASE("a volume that must be published again and again is, about each minute") {
    NodeWorld w;
    w.driver_object(false, true);
    w.make_volume("a");
    w.start();
    (void)w.create(w.pod("p", w.of_claim("a")));
    w.run_for(3s);
    w.taken(w.calls);
    w.run_for(5min);
    CHECK(w.calls.size() >= 3);
    CHECK(w.calls.size() <= 5);
    CHECK(w.calls[0] == "NodePublishVolume");
}

TEST_CASE("a kubelet that starts finds its volumes again and unmounts what nobody wants") {
    NodeWorld w;
    w.driver_object(false);
    w.make_volume("a");
    w.make_volume("b");
    w.start();
    (void)w.create(w.pod("p", w.of_claim("a")));
    (void)w.create(w.pod("q", w.of_claim("b")));
    w.run_for(5s);
    w.taken(w.calls);
    w.process.reset();
    api::DeleteOptions now;
    now.gracePeriodSeconds = 0;
    (void)w.remove(Kind::Pod, Key("default", "q"), now);
    w.run_for(5s);
    CHECK(w.taken(w.calls).empty());
    w.start(false);
    w.run_for(20s);
    CHECK(w.phase("p") == "Running");
    const std::string calls = w.taken(w.calls);
    CHECK(calls.find("NodeStageVolume NodePublishVolume") != std::string::npos);
    CHECK(calls.find("NodeUnpublishVolume") < calls.find("NodeUnstageVolume"));
    CHECK(calls.find("NodeUnstageVolume") != std::string::npos);
    CHECK(w.kubelets->machine("n").disk.staged.size() == 1);
}

TEST_CASE("a kubelet that starts registers its driver, and mounts nothing of it before") {
    NodeWorld w;
    (void)w.remove(Kind::CSINode, Key("", "n"));
    w.driver_object(false);
    w.make_volume("a");
    w.start(false);
    (void)w.create(w.pod("p", w.of_claim("a")));
    w.run_for(10s);
    CHECK(w.phase("p") == "Running");
    CHECK(w.calls[0] == "NodeGetInfo");
    const auto csi_node = api::as<api::CSINode>(w.server->find(Kind::CSINode, Key("", "n")));
    REQUIRE(csi_node);
    CHECK(csi_node->spec.drivers.size() == 1);
    CHECK(csi_node->spec.drivers[0].nodeID == "n");
}

TEST_CASE("a driver whose node part goes is taken out, and put in again when it is back") {
    NodeWorld w;
    w.driver_object(false);
    w.make_volume("a");
    w.start();
    const auto drivers = [&w] {
        return api::as<api::CSINode>(w.server->find(Kind::CSINode, Key("", "n")))
            ->spec.drivers.size();
    };
    const auto ids = [&w] {
        return std::string(w.server->find(Kind::Node, Key("", "n"))
                               ->metadata.annotations.get("csi.volume.kubernetes.io/nodeid"));
    };
    (void)w.create(w.pod("p", w.of_claim("a")));
    w.run_for(5s);
    CHECK(drivers() == 1);
    CHECK(ids().find(NodeWorld::kDriver) != std::string::npos);
    w.endpoint().set_running(false);
    w.run_for(3s);
    CHECK(drivers() == 0);
    CHECK(ids().find(NodeWorld::kDriver) == std::string::npos);
    w.endpoint().set_running(true);
    w.run_for(3s);
    CHECK(drivers() == 1);
    CHECK(ids().find(NodeWorld::kDriver) != std::string::npos);
    // Gone and back between two looks: entered anew.
    (void)w.taken(w.calls);
    w.endpoint().set_running(false);
    w.endpoint().set_running(true);
    w.run_for(3s);
    CHECK(w.taken(w.calls).find("NodeGetInfo") != std::string::npos);
    CHECK(drivers() == 1);
}

TEST_CASE("the status of each five minutes is sent where somebody waits for it") {
    NodeWorld w;
    w.driver_object(false);
    w.make_volume("a");
    w.start();
    (void)w.create(w.pod("p", w.of_claim("a")));
    w.run_for(20s);
    const auto version = [&w] {
        return w.server->find(Kind::Node, Key("", "n"))->metadata.resourceVersion;
    };
    const auto before = version();
    w.run_for(1h);
    CHECK(version() == before);
    w.kubelets->want_status("n");
    w.kubelets->want_status("n");
    w.run_for(5min + 11s);
    const auto told = version();
    CHECK(told > before);
    w.run_for(1h);
    CHECK(version() == told);
}

TEST_CASE("a volume taken from under a running container is a hazard") {
    NodeWorld w;
    bool runs = true;
    NodeInvariants rules(w.journal, [&runs](const api::Text&, const api::Text&) { return runs; });
    Violations seen(w.journal);
    w.driver_object(false);
    w.make_volume("a");
    w.start();
    (void)w.create(w.pod("p", w.of_claim("a")));
    w.run_for(3s);
    csi::DeleteVolumeRequest request;
    request.volume_id = w.handles["a"];
    csi::Request deletion(request);
    csi::Outcome done{csi::RpcStatus()};
    CsiCall call;
    call.moment = CsiCall::Moment::Ended;
    call.driver = NodeWorld::kDriver;
    call.request = &deletion;
    call.outcome = &done;
    SUBCASE("while it runs") {
        w.journal.emit(Stamp{}, call);
        REQUIRE(seen.broken.size() == 1);
        CHECK(seen.broken[0] == NodeInvariants::kWriterKeepsVolume);
    }
    SUBCASE("not when it has ended") {
        runs = false;
        w.journal.emit(Stamp{}, call);
        CHECK(seen.broken.empty());
    }
}

TEST_CASE("invariants of nodes break where a kubelet deletes a pod whose volume is published") {
    NodeWorld w;
    NodeInvariants rules(w.journal);
    Violations seen(w.journal);
    w.driver_object(false);
    w.make_volume("a");
    w.start();
    (void)w.create(w.pod("p", w.of_claim("a")));
    w.run_for(3s);
    CHECK(seen.broken.empty());
    api::Request r;
    r.verb = Verb::Delete;
    r.kind = Kind::Pod;
    r.key = Key("default", "p");
    r.options.gracePeriodSeconds = 0;
    SUBCASE("by somebody else") {
        (void)w.server->handle(r, "client");
        CHECK(seen.broken.empty());
    }
    SUBCASE("by the kubelet") {
        (void)w.server->handle(r, "kubelet");
        CHECK(seen.broken ==
              std::vector<std::string>{std::string(NodeInvariants::kUnpublishedFirst)});
    }
}

TEST_SUITE_END();
