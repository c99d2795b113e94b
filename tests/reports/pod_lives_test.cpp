// Stages of pods' starts, from histories made by hand.
#include "reports/pod_lives.hpp"

#include <doctest/doctest.h>

#include "model/csi/messages.hpp"
#include "reports/passage_groups.hpp"
#include "tests/reports/reported_cluster.hpp"

using namespace std::chrono_literals;
using model::api::PersistentVolumeClaim;
using model::api::Pod;
using model::api::VolumeAttachment;
using reports::PodPassage;
using reports::PodStage;

namespace {

// Objects change as a cluster would change them; each call is one commit at that time.
class History {
  public:
    reports::PodLives lives;

    template <class T>
    void commit(sim::Duration at, T object, model::Change change = model::Change::Modified) {
        model::Committed told;
        told.change = change;
        told.object = model::api::freeze(std::move(object));
        lives.on({sim::Time(at), ++event_}, told);
    }
    void add_class(const std::string& name, const char* mode) {
        model::api::StorageClass c;
        c.metadata.name = name;
        c.volumeBindingMode = model::api::Text(mode);
        commit(0s, std::move(c), model::Change::Added);
    }
    // Attached by a driver, at one node at a time; bound to a claim of the same name at once.
    void add_volume(sim::Duration at, const std::string& claim,
                    const char* mode = "ReadWriteOnce") {
        model::api::PersistentVolume v;
        v.metadata.name = "pv-" + claim;
        v.spec.accessModes.push_back(mode);
        model::api::CSIPersistentVolumeSource source;
        source.driver = "disk.example.com";
        v.spec.source.csi = source;
        model::api::ObjectReference ref;
        ref.ns = "default";
        ref.name = claim;
        ref.uid = "uid-" + claim;
        v.spec.claimRef = ref;
        commit(at, std::move(v), model::Change::Added);
    }
    static PersistentVolumeClaim claim(const std::string& name, const char* phase) {
        PersistentVolumeClaim c;
        c.metadata.ns = "default";
        c.metadata.name = name;
        c.metadata.uid = "uid-" + name;
        c.spec.storageClassName = model::api::Text("fast");
        c.status.phase = phase;
        if (c.status.phase == "Bound") c.spec.volumeName = "pv-" + name;
        return c;
    }
    static Pod pod(const std::string& name, std::vector<std::string> claims) {
        Pod p;
        p.metadata.ns = "default";
        p.metadata.name = name;
        p.metadata.uid = "uid-" + name;
        p.status.phase = "Pending";
        for (const std::string& claim : claims) {
            model::api::Volume v;
            v.name = claim;
            v.persistentVolumeClaim.emplace();
            v.persistentVolumeClaim->claimName = claim;
            p.spec.volumes.push_back(v);
        }
        return p;
    }
    void attach(sim::Duration at, const std::string& claim, const std::string& node,
                bool attached = true, model::Change change = model::Change::Modified) {
        VolumeAttachment a;
        a.metadata.name = "va-" + claim + "-" + node;
        a.spec.nodeName = node;
        a.spec.source.persistentVolumeName = model::api::Text("pv-" + claim);
        a.status.attached = attached;
        commit(at, std::move(a), change);
    }
    void detach(sim::Duration at, const std::string& claim, const std::string& node) {
        attach(at, claim, node, false, model::Change::Deleted);
    }
    template <class R>
    void call(sim::Duration at, const std::string& node, R request,
              model::csi::Code code = model::csi::Code::Ok) {
        const model::csi::Request whole(std::move(request));
        model::csi::Outcome outcome;
        outcome.status.code = code;
        model::CsiCall told;
        told.moment = model::CsiCall::Moment::Ended;
        told.driver = "disk.example.com";
        told.node = node;
        told.request = &whole;
        told.outcome = &outcome;
        lives.on({sim::Time(at), ++event_}, told);
    }
    void stage(sim::Duration at, const std::string& claim, const std::string& node,
               model::csi::Code code = model::csi::Code::Ok) {
        model::csi::NodeStageVolumeRequest r;
        r.volume_id = "vol-" + claim;
        call(at, node, std::move(r), code);
    }
    void publish(sim::Duration at, const std::string& claim, const std::string& pod,
                 const std::string& node) {
        model::csi::NodePublishVolumeRequest r;
        r.volume_id = "vol-" + claim;
        r.target_path =
            "/var/lib/kubelet/pods/uid-" + pod + "/volumes/kubernetes.io~csi/" + claim + "/mount";
        call(at, node, std::move(r));
    }
    Pod scheduled(Pod pod, const std::string& node) {
        pod.spec.nodeName = node;
        return pod;
    }
    Pod running(Pod pod, const std::string& node) {
        pod.spec.nodeName = node;
        pod.status.phase = "Running";
        return pod;
    }

  private:
    std::uint64_t event_ = 0;
};

sim::Duration in_stage(const PodPassage& pod, PodStage stage) {
    sim::Duration sum{};
    for (const reports::Segment& s : pod.segments)
        if (s.stage == stage) sum += s.length();
    return sum;
}

// In the order of the stages; checks that they sum to the whole.
std::vector<sim::Duration> stages(const PodPassage& pod) {
    std::vector<sim::Duration> all;
    sim::Time at = pod.began;
    REQUIRE(pod.ended);
    for (const reports::Segment& s : pod.segments) {
        CHECK(s.from == at);
        at = s.to;
    }
    CHECK(at == *pod.ended);
    for (int s = 1; s < static_cast<int>(PodStage::Count_); ++s)
        all.push_back(in_stage(pod, static_cast<PodStage>(s)));
    return all;
}

using Stages = std::vector<sim::Duration>;

// A pod that is moved to another node, its volume provisioned after the scheduler's choice.
History whole_start() {
    History h;
    h.add_class("fast", "WaitForFirstConsumer");
    h.commit(9s, History::claim("data", "Pending"), model::Change::Added);
    const Pod pod = History::pod("web", {"data"});
    h.commit(10s, pod, model::Change::Added);
    PersistentVolumeClaim selected = History::claim("data", "Pending");
    selected.metadata.annotations.set("volume.kubernetes.io/selected-node", "node-1");
    h.commit(11s, selected);
    selected.metadata.annotations.set("volume.kubernetes.io/storage-provisioner", "x");
    h.commit(12s, selected);
    h.add_volume(15s, "data");
    h.commit(17s, History::claim("data", "Bound"));
    h.commit(18s, h.scheduled(pod, "node-1"));
    h.attach(19s, "data", "node-1", false, model::Change::Added);
    h.attach(22s, "data", "node-1");
    h.stage(23s, "data", "node-1", model::csi::Code::Internal);
    h.stage(26s, "data", "node-1");
    h.publish(27s, "data", "web", "node-1");
    h.commit(29s, h.running(pod, "node-1"));
    return h;
}

}  // namespace

TEST_CASE("the stages of a whole start are told apart and sum to it") {
    const History h = whole_start();
    const auto pods = h.lives.passages(nullptr);
    REQUIRE(pods.size() == 1);
    CHECK(pods[0].object == "default/web");
    CHECK(pods[0].total() == 19s);
    // bind: 11 to 12 and 15 to 17; provision 12 to 15; schedule 10 to 11 and 17 to 18.
    CHECK(stages(pods[0]) == Stages{3s, 3s, 2s, 0s, 4s, 4s, 1s, 2s});
    CHECK(pods[0].labels.at("node") == "node-1");
    CHECK(pods[0].labels.at("driver") == "disk.example.com");
    CHECK(pods[0].labels.at("class") == "fast");
}

TEST_CASE("the SLI leaves out provisioning of delayed binding, and nothing else here") {
    const auto pods = whole_start().lives.passages(nullptr);
    CHECK(pods[0].stateful);
    CHECK(pods[0].sli == 16s);
    const reports::StartLatency latency = reports::start_latency_of(pods);
    CHECK(latency.spent.count == 1);
    CHECK(latency.left_out == 0);
    CHECK(reports::text_of(latency).find("1 stateful pod") != std::string::npos);
}

TEST_CASE("a volume that must leave another node first is waited for, and not counted") {
    History h;
    h.add_class("fast", "Immediate");
    h.add_volume(0s, "data");
    h.commit(0s, History::claim("data", "Bound"), model::Change::Added);
    h.attach(1s, "data", "node-1");
    const Pod pod = History::pod("web", {"data"});
    h.commit(10s, pod, model::Change::Added);
    h.commit(11s, h.scheduled(pod, "node-2"));
    h.detach(17s, "data", "node-1");
    h.attach(18s, "data", "node-2", false, model::Change::Added);
    h.attach(20s, "data", "node-2");
    h.publish(21s, "data", "web", "node-2");
    h.commit(21500ms, h.running(pod, "node-2"));
    const auto pods = h.lives.passages(nullptr);
    CHECK(stages(pods.at(0)) == Stages{0s, 0s, 1s, 6s, 3s, 0s, 1s, 500ms});
    CHECK(pods[0].sli == 5500ms);
}

TEST_CASE("a volume of many nodes is not waited for") {
    History h;
    h.add_volume(0s, "data", "ReadWriteMany");
    h.commit(0s, History::claim("data", "Bound"), model::Change::Added);
    h.attach(1s, "data", "node-1");
    const Pod pod = History::pod("web", {"data"});
    h.commit(10s, pod, model::Change::Added);
    h.commit(11s, h.scheduled(pod, "node-2"));
    h.detach(12s, "data", "node-1");
    h.attach(13s, "data", "node-2");
    h.commit(14s, h.running(pod, "node-2"));
    CHECK(stages(h.lives.passages(nullptr).at(0)) == Stages{0s, 0s, 1s, 0s, 2s, 0s, 0s, 1s});
}

TEST_CASE("of several volumes the slowest counts, at each stage") {
    History h;
    for (const char* name : {"a", "b"}) {
        h.add_volume(0s, name);
        h.commit(0s, History::claim(name, "Bound"), model::Change::Added);
    }
    const Pod pod = History::pod("web", {"a", "b"});
    h.commit(1s, h.scheduled(pod, "node-1"), model::Change::Added);
    h.attach(2s, "a", "node-1");
    h.stage(3s, "a", "node-1");
    h.publish(4s, "a", "web", "node-1");
    h.attach(6s, "b", "node-1");
    h.stage(8s, "b", "node-1");
    h.publish(9s, "b", "web", "node-1");
    h.commit(10s, h.running(pod, "node-1"));
    CHECK(stages(h.lives.passages(nullptr).at(0)) == Stages{0s, 0s, 0s, 0s, 5s, 2s, 1s, 1s});
}

TEST_CASE("what another pod of the node has had done already takes no time") {
    History h;
    h.add_volume(0s, "data");
    h.commit(0s, History::claim("data", "Bound"), model::Change::Added);
    h.attach(1s, "data", "node-1");
    h.stage(2s, "data", "node-1");
    const Pod pod = History::pod("second", {"data"});
    h.commit(5s, pod, model::Change::Added);
    h.commit(6s, h.scheduled(pod, "node-1"));
    h.publish(7s, "data", "second", "node-1");
    h.commit(8s, h.running(pod, "node-1"));
    CHECK(stages(h.lives.passages(nullptr).at(0)) == Stages{0s, 0s, 1s, 0s, 0s, 0s, 1s, 1s});
}

TEST_CASE("block devices are published at other paths") {
    History h;
    const Pod pod = History::pod("web", {"data"});
    h.commit(1s, h.scheduled(pod, "node-1"), model::Change::Added);
    model::csi::NodePublishVolumeRequest r;
    r.volume_id = "vol-data";
    r.target_path =
        "/var/lib/kubelet/plugins/kubernetes.io/csi/volumeDevices/publish/pv-data/uid-web";
    h.call(3s, "node-1", std::move(r));
    h.commit(4s, h.running(pod, "node-1"));
    CHECK(stages(h.lives.passages(nullptr).at(0)) == Stages{0s, 0s, 0s, 0s, 0s, 0s, 2s, 1s});
}

TEST_CASE("a pod without volumes has only schedule and start, and no claim is bind") {
    History h;
    const Pod plain = History::pod("plain", {}), early = History::pod("early", {"late"});
    h.commit(1s, plain, model::Change::Added);
    h.commit(1s, early, model::Change::Added);
    h.commit(2s, h.scheduled(plain, "node-1"));
    h.commit(4s, h.running(plain, "node-1"));
    h.commit(5s, History::claim("late", "Bound"), model::Change::Added);
    h.commit(6s, h.scheduled(early, "node-1"));
    h.commit(7s, h.running(early, "node-1"));
    const auto pods = h.lives.passages(nullptr);
    CHECK(stages(pods.at(0)) == Stages{0s, 0s, 1s, 0s, 0s, 0s, 0s, 2s});
    CHECK_FALSE(pods[0].stateful);
    CHECK(stages(pods.at(1)) == Stages{4s, 0s, 1s, 0s, 0s, 0s, 0s, 1s});
}

TEST_CASE("the SLI ends with the last container and leaves out images and init containers") {
    History h;
    h.add_volume(0s, "data");
    h.commit(0s, History::claim("data", "Bound"), model::Change::Added);
    Pod pod = History::pod("web", {"data"});
    pod.spec.initContainers.push_back(model::api::Value::map({{"name", "init"}}));
    h.commit(1s, h.scheduled(pod, "node-1"), model::Change::Added);
    h.publish(3s, "data", "web", "node-1");
    const auto event = [&h](sim::Duration at, const char* reason) {
        model::api::Event e;
        e.metadata.name = reason;
        e.involvedObject.kind = "Pod";
        e.involvedObject.uid = "uid-web";
        e.reason = reason;
        h.commit(at, std::move(e), model::Change::Added);
    };
    event(4s, "Pulling");  // within the time of the init container: counted once
    event(5s, "Pulled");
    pod.status.conditions.push_back(model::api::Condition());
    pod.status.conditions.back().type = "Initialized";
    pod.status.conditions.back().status = "True";
    h.commit(7s, h.scheduled(pod, "node-1"));
    event(8s, "Pulling");
    event(10s, "Pulled");
    model::api::Value up, down;
    up["state"]["running"]["startedAt"] = "now";
    down["state"]["waiting"]["reason"] = "ContainerCreating";
    pod.status.containerStatuses.push_back(up);
    pod.status.containerStatuses.push_back(down);
    h.commit(11s, h.running(pod, "node-1"));
    pod.status.containerStatuses.edit_list()[1] = up;
    h.commit(13s, h.running(pod, "node-1"));
    const auto pods = h.lives.passages(nullptr);
    CHECK(pods.at(0).total() == 10s);
    CHECK(pods[0].sli == 6s);  // 12 s, without 3 to 7 and 8 to 10
}

TEST_CASE("pods that were unschedulable, never ran or ran before the run do not count") {
    History h;
    Pod refused = History::pod("refused", {"data"});
    h.commit(1s, refused, model::Change::Added);
    refused.status.conditions.push_back(model::api::Condition());
    refused.status.conditions.back().type = "PodScheduled";
    refused.status.conditions.back().status = "False";
    refused.status.conditions.back().reason = "Unschedulable";
    h.commit(2s, refused);
    h.commit(3s, h.running(refused, "node-1"));
    h.commit(4s, History::pod("stuck", {"data"}), model::Change::Added);
    h.commit(4s, h.running(History::pod("old", {"data"}), "node-1"));
    const auto pods = h.lives.passages(nullptr);
    REQUIRE(pods.size() == 2);
    CHECK_FALSE(pods[1].ended);
    const reports::StartLatency latency = reports::start_latency_of(pods);
    CHECK(latency.spent.count == 0);
    CHECK(latency.left_out == 2);
    CHECK(reports::text_of(latency) == "");
}

TEST_CASE("in a run the stages consist of waits, cut where a stage ends, without a gap") {
    using reports::ReportedCluster;
    ReportedCluster c(ReportedCluster::with_driver(3, "block-cloud"));
    REQUIRE(c.cluster.preload(ReportedCluster::driver_class()).ok());
    model::api::Value pod = ReportedCluster::manifest("Pod", "web");
    pod["metadata"]["namespace"] = "default";
    pod["spec"]["containers"].push_back(model::api::Value::map({{"name", "a"}, {"image", "a"}}));
    pod["spec"]["volumes"].push_back(model::api::Value::map({{"name", "data"}}));
    pod["spec"]["volumes"].edit_list()[0]["persistentVolumeClaim"]["claimName"] = "data";
    c.create_at(1s, pod);
    c.create_at(2s, ReportedCluster::driver_claim("data"));
    c.cluster.engine().call_at(sim::Time(20s), model::kind_of(model::Wait::User), [&c] {
        model::api::Request r;
        r.verb = model::Verb::Patch;
        r.kind = model::api::Kind::Pod;
        r.key = model::api::Key("default", "web");
        r.subresource = model::api::Subresource::Status;
        r.patch["status"]["phase"] = "Running";
        c.cluster.user().send(r, [](const model::api::Response&) {});
    });
    c.cluster.start();
    c.cluster.engine().run_until(sim::Time(30s));
    const auto pods = c.pods.passages(&c.trace);
    REQUIRE(pods.size() == 1);
    const Stages spent = stages(pods[0]);
    CHECK(spent[0] > 900ms);  // bind: the claim was not there yet
    CHECK(spent[1] > 100ms);  // provision: the driver's call
    CHECK(spent[2] > 10s);    // nobody schedules here
    CHECK(spent[7] == 0s);
    sim::Duration waited{};
    for (const reports::Segment& s : pods[0].segments)
        if (s.wait != model::Wait::None) waited += s.length();
    CHECK(waited == pods[0].total());
}

TEST_CASE("groups of pods are told by stage, and by node where there are several") {
    History h;
    for (int i = 0; i < 10; ++i) {
        const std::string node = i < 5 ? "node-1" : "node-2";
        const Pod pod = History::pod("p" + std::to_string(i), {});
        h.commit(sim::Duration(i * 10s), pod, model::Change::Added);
        h.commit(sim::Duration(i * 10s + 1s), h.scheduled(pod, node));
        h.commit(sim::Duration(i * 10s + 2s + i * 100ms), h.running(pod, node));
    }
    const auto groups = reports::passage_groups({}, {}, h.lives.passages(nullptr));
    const reports::PassageGroup& group = groups.back();
    CHECK(group.name == "pod-running");
    const reports::LatencySummary summary = summary_of(group);
    REQUIRE(summary.rows.size() == 9);
    CHECK(summary.rows[0].name == "total");
    CHECK(summary.rows[4].name == "detach wait");
    CHECK(summary.rows[4].spent.max == 0s);
    sim::Duration sum{};
    for (std::size_t i = 1; i < summary.rows.size(); ++i) sum += summary.rows[i].spent.sum;
    CHECK(sum == summary.rows[0].spent.sum);
    const std::string text = text_of(group, false);
    INFO(text);
    CHECK(text.find("10 of 10 pods became Running") == 0);
    CHECK(text.find("by node") != std::string::npos);
    CHECK(text.find("node-2") != std::string::npos);
    CHECK(text.find("by driver") == std::string::npos);
}
