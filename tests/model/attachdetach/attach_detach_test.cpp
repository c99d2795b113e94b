#include "tests/model/attachdetach/attach_world.hpp"

#include <doctest/doctest.h>

namespace model::attachdetach {

namespace {

struct Started : AttachWorld {
    explicit Started(std::string_view version = "1.36") : AttachWorld(version) {
        make_volume("a");
        start();
        run_for(1s);
    }
};

}  // namespace

TEST_CASE("a pod's volume is attached, listed, and detached after the pod") {
    Started w;
    w.make_pod("p", "node-1", {"a"});
    w.run_for(200ms);
    CHECK(w.taken() == Texts{"create volumeattachments a@node-1 201"});
    w.run_for(3s);
    CHECK(w.taken().empty());  // who attaches has not answered
    w.answer("a", "node-1");
    w.run_for(2s);
    CHECK(w.taken() == Texts{"patch nodes node-1 200"});
    CHECK(w.listed("node-1") == "a");
    CHECK(w.taken_events() == Texts{"p: AttachVolume.Attach succeeded for volume \"a\" "});
    w.remove_pod("p");
    w.run_for(2s);
    CHECK(w.taken() == Texts{"patch nodes node-1 200", "delete volumeattachments a@node-1 200"});
    CHECK(w.listed("node-1").empty());
    CHECK(w.controller->world().actual.volumes().empty());
    CHECK(w.broken.empty());
}

TEST_CASE("looks at an attachment come 0.5 s and then 1.05 times as long after each other") {
    LookTimes looks(1, "x", sim::Time());
    sim::Time last{};
    sim::Duration delay = 500ms;
    for (int i = 0; i < 20; ++i) {
        const sim::Time at = looks.at_or_after(last + sim::Duration(1));
        CHECK(at - last >= delay);
        CHECK(at - last <= delay + delay / 10);
        last = at;
        delay = delay * 21 / 20;
    }
}

TEST_CASE("a volume that nobody attaches is given up after 2 min, and again") {
    Started w;
    w.make_pod("p", "node-1", {"a"});
    w.run_for(119s);
    CHECK(w.taken_events().empty());
    CHECK(w.controller->next_action() < sim::kNever);
    CHECK_FALSE(w.controller->repeats_only());
    w.run_for(3s);
    CHECK(w.taken_events() == Texts{"p: AttachVolume.Attach failed for volume \"a\" : timed out "
                                    "waiting for external-attacher of lab.csi.example.com CSI "
                                    "driver to attach volume a"});
    CHECK(w.controller->repeats_only());
    CHECK(w.controller->explain(api::Kind::Pod, w.claim_key("p")).find("waits for the external") !=
          std::string::npos);
    w.run_for(121s);
    CHECK(w.taken_events().size() == 1);
    CHECK(w.taken() == Texts{"create volumeattachments a@node-1 201"});
}

TEST_CASE("a driver that does not attach gets nothing; one without a CSIDriver does") {
    AttachWorld w;
    w.make_volume("a");
    w.make_driver(false);
    w.start();
    w.make_pod("p", "node-1", {"a"});
    w.run_for(10s);
    CHECK(w.taken().empty());
    w.remove(api::Kind::CSIDriver, api::Key("", AttachWorld::kDriver));
    // Only the populator's list of pods comes back to it.
    w.run_for(4min);
    CHECK(w.taken() == Texts{"create volumeattachments a@node-1 201"});
}

TEST_CASE("a volume whose driver stops attaching is detached by the populator") {
    Started w;
    w.attach_by_itself();
    w.make_driver(true);
    w.make_pod("p", "node-1", {"a"});
    w.run_for(5s);
    w.taken();
    w.remove(api::Kind::CSIDriver, api::Key("", AttachWorld::kDriver));  // cannot be changed
    w.make_driver(false);
    w.run_for(61s);
    CHECK(w.taken() == Texts{"patch nodes node-1 200", "delete volumeattachments a@node-1 200"});
    CHECK(w.broken.empty());
}

TEST_CASE("a pod on a node that is not managed gets nothing attached") {
    Started w;
    w.make_node("node-3", false);
    w.make_pod("p", "node-3", {"a"});
    w.run_for(5min);
    CHECK(w.taken().empty());
}

TEST_CASE("a pod whose claim is bound later is found by the claim") {
    Started w;
    w.set_claim_phase("a", "Pending");
    w.make_pod("p", "node-1", {"a"});
    w.run_for(1s);
    CHECK(w.taken().empty());
    w.set_claim_phase("a", "Bound");
    w.run_for(200ms);
    CHECK(w.taken() == Texts{"create volumeattachments a@node-1 201"});
}

TEST_CASE("errors of the attacher are told and back off from 0.5 s to 2 min 2 s") {
    Started w;
    w.make_pod("p", "node-1", {"a"});
    w.run_for(200ms);
    w.answer("a", "node-1", "no such disk");
    w.run_for(700ms);
    CHECK(w.taken_events() ==
          Texts{"p: AttachVolume.Attach failed for volume \"a\" : no such disk"});
    // 0.5 s of backoff and 0.5 s to the first look, each time.
    const sim::Time begin = w.engine.now();
    std::vector<double> tries;
    std::size_t failures = 0;
    while (tries.size() < 10) {
        w.run_for(100ms);
        if (w.events.size() > failures || w.taken_events().size() > failures)
            tries.push_back(std::chrono::duration<double>(w.engine.now() - begin).count());
        w.events.clear();
    }
    for (std::size_t i = 1; i + 1 < tries.size(); ++i) {
        const double wanted = std::min(0.5 * (1 << (i + 1)), 122.0) / 2 * 2;
        CHECK(tries[i + 1] - tries[i] >= wanted * 0.9);
    }
    w.answer("a", "node-1");
    w.run_for(130s);
    CHECK(w.listed("node-1") == "a");
}

TEST_CASE("a volume for one node waits until it has left the other") {
    Started w;
    w.attach_by_itself();
    w.make_pod("p", "node-1", {"a"});
    w.run_for(2s);
    w.taken();
    w.taken_events();
    w.make_pod("q", "node-2", {"a"});
    w.run_for(1min);
    CHECK(w.taken().empty());
    CHECK(w.taken_events() ==
          Texts{"q: Multi-Attach error for volume \"a\" Volume is already used by pod(s) p"});
    CHECK(w.controller->explain(api::Kind::Pod, w.claim_key("q")) ==
          "attaches a to node-2 once it has left node-1");
    w.remove_pod("p");
    w.run_for(3s);
    CHECK(w.taken() == Texts{"patch nodes node-1 200", "delete volumeattachments a@node-1 200",
                             "create volumeattachments a@node-2 201", "patch nodes node-2 200"});
    CHECK(w.broken.empty());
}

TEST_CASE("a volume held where no pod wants it any more says so without names") {
    Started w;
    w.attach_by_itself();
    w.make_pod("p", "node-1", {"a"});
    w.run_for(2s);
    w.set_in_use("node-1", {"a"});
    w.remove_pod("p");
    w.run_for(1s);
    w.taken_events();
    w.make_pod("q", "node-2", {"a"});
    w.run_for(1s);
    CHECK(w.taken_events() ==
          Texts{"q: Multi-Attach error for volume \"a\" Volume is already exclusively attached to "
                "one node and can't be attached to another"});
}

TEST_CASE("a volume for many nodes is attached to both at once") {
    AttachWorld w;
    w.make_volume("b", "ReadWriteMany");
    w.attach_by_itself();
    w.start();
    w.make_pod("p", "node-1", {"b"});
    w.make_pod("q", "node-2", {"b"});
    w.run_for(2s);
    CHECK(w.listed("node-1") == "b");
    CHECK(w.listed("node-2") == "b");
}

TEST_CASE("a volume in use stays attached while its node is healthy, however long") {
    Started w;
    w.attach_by_itself();
    w.make_pod("p", "node-1", {"a"});
    w.run_for(2s);
    w.set_in_use("node-1", {"a"});
    w.remove_pod("p");
    w.taken();
    w.run_for(20min);
    CHECK(w.taken().empty());
    CHECK(w.controller->next_action() == sim::kNever);
    w.set_in_use("node-1", {});
    w.run_for(200ms);
    CHECK(w.taken() == Texts{"patch nodes node-1 200", "delete volumeattachments a@node-1 200"});
    CHECK(w.broken.empty());
}

TEST_CASE("a volume in use is forced away after 6 min from a node that is not ready") {
    Started w;
    w.attach_by_itself();
    w.make_pod("p", "node-1", {"a"});
    w.run_for(2s);
    w.set_in_use("node-1", {"a"});
    w.set_ready("node-1", "Unknown");
    w.remove_pod("p");
    w.taken();
    w.run_for(6min);
    CHECK(w.taken().empty());
    w.run_for(300ms);
    CHECK(w.taken() == Texts{"patch nodes node-1 200", "delete volumeattachments a@node-1 200"});
    CHECK(w.broken.empty());
}

TEST_CASE("nothing is forced where that is switched off") {
    AttachWorld w;
    w.make_volume("a");
    w.options.reconciler.force_detach = false;
    w.attach_by_itself();
    w.start();
    w.make_pod("p", "node-1", {"a"});
    w.run_for(2s);
    w.set_in_use("node-1", {"a"});
    w.set_ready("node-1", "False");
    w.remove_pod("p");
    w.taken();
    w.run_for(20min);
    CHECK(w.taken().empty());
}

TEST_CASE("the out-of-service taint detaches at once, whatever its effect") {
    Started w;
    w.attach_by_itself();
    w.make_pod("p", "node-1", {"a"});
    w.run_for(2s);
    w.set_in_use("node-1", {"a"});
    w.remove_pod("p");
    w.run_for(5s);
    w.taken();
    w.taint("node-1", "node.kubernetes.io/out-of-service");
    w.run_for(200ms);
    CHECK(w.taken() == Texts{"patch nodes node-1 200", "delete volumeattachments a@node-1 200"});
    CHECK(w.broken.empty());
}

TEST_CASE("after a failed detach the volume is uncertain, and in 1.26 attached") {
    for (const char* version : {"1.26", "1.36"}) {
        Started w(version);
        w.attach_by_itself();
        w.make_pod("p", "node-1", {"a"});
        w.run_for(2s);
        // A finalizer holds the attachment.
        api::VolumeAttachment held = *w.find<api::VolumeAttachment>(w.attachment("a", "node-1"));
        held.metadata.finalizers.emplace_back("x/y");
        w.update(held);
        w.remove_pod("p");
        w.run_for(2min + 500ms);
        CHECK(w.listed("node-1") == (std::string(version) == "1.26" ? "a" : ""));
        w.taken();
        w.taken_events();
        w.make_pod("q", "node-2", {"a"});
        w.run_for(2s);
        const bool opens = w.has_attachment("a", "node-2");
        CHECK(opens == (std::string(version) == "1.36"));
    }
}

TEST_CASE("a lost attachment is found by the check each minute and made again") {
    Started w;
    w.attach_by_itself();
    w.make_pod("p", "node-1", {"a"});
    w.run_for(5s);
    w.taken();
    w.remove(api::Kind::VolumeAttachment, api::Key("", w.attachment("a", "node-1")));
    w.run_for(50s);
    CHECK(w.taken().empty());
    w.run_for(20s);
    CHECK(w.taken() == Texts{"patch nodes node-1 200", "create volumeattachments a@node-1 201",
                             "patch nodes node-1 200"});
}

TEST_CASE("a node that was made anew is told what is attached to it") {
    Started w;
    w.attach_by_itself();
    w.make_pod("p", "node-1", {"a"});
    w.run_for(5s);
    w.remove(api::Kind::Node, api::Key("", "node-1"));
    w.run_for(1s);
    w.taken();
    w.make_node("node-1");
    w.run_for(1s);
    CHECK(w.taken() == Texts{"patch nodes node-1 200"});
    CHECK(w.listed("node-1") == "a");
}

TEST_CASE("operations and forced detaches are counted as upstream counts them") {
    struct Counts : Meter {
        void count(std::string_view metric, Labels labels) override { add(metric, labels); }
        void observe(std::string_view metric, Labels labels, sim::Duration) override {
            add(metric, labels);
        }
        void add(std::string_view metric, Labels labels) {
            std::string line(metric.substr(0, metric.find('_')));
            for (const auto& [key, value] : labels) line += " " + std::string(value);
            lines.push_back(std::move(line));
        }
        Texts lines;
    } counts;
    Started w;
    w.journal.set_meter(&counts);
    w.attach_by_itself();
    w.make_pod("p", "node-1", {"a"});
    w.run_for(2s);
    w.set_in_use("node-1", {"a"});
    w.taint("node-1", "node.kubernetes.io/out-of-service");
    w.remove_pod("p");
    w.run_for(2s);
    const std::string plugin = "kubernetes.io/csi:lab.csi.example.com";
    CHECK(counts.lines == Texts{"storage false volume_attach success " + plugin,
                                "attach out-of-service",
                                "storage false volume_detach success " + plugin});
    w.journal.set_meter(nullptr);
}

TEST_CASE("a pod that waits for another's volume is told once, whatever else happens") {
    Started w;
    w.make_volume("b");
    w.attach_by_itself();
    w.make_pod("p", "node-1", {"a"});
    w.run_for(2s);
    w.make_pod("q", "node-2", {"a"});
    w.run_for(2s);
    w.taken_events();
    w.make_pod("r", "node-2", {"b"});
    w.run_for(2s);
    CHECK(w.taken_events() == Texts{"r: AttachVolume.Attach succeeded for volume \"b\" "});
}

TEST_CASE("a pod that comes back meanwhile lets the 6 min begin anew") {
    Started w;
    w.attach_by_itself();
    w.make_pod("p", "node-1", {"a"});
    w.run_for(2s);
    w.set_in_use("node-1", {"a"});
    w.set_ready("node-1", "Unknown");
    w.remove_pod("p");
    w.run_for(4min);
    w.make_pod("q", "node-1", {"a"});
    w.run_for(1min);
    w.remove_pod("q");
    w.taken();
    w.run_for(5min);
    CHECK(w.taken().empty());
    w.run_for(61s);
    CHECK(w.taken() == Texts{"patch nodes node-1 200", "delete volumeattachments a@node-1 200"});
    CHECK(w.broken.empty());
}

}  // namespace model::attachdetach
