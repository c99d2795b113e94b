// PodLives: how long pods took from creation to Running, by stages that sum exactly to it, and the
// start latency of stateful pods as Kubernetes' scalability SLOs define it.
//
//     provision    not scheduled yet, and a program outside is to make a volume for a claim
//     bind         not scheduled yet, and a claim of the pod waits to be Bound otherwise
//     schedule     the rest until nodeName is set
//     detach wait  until the last volume of one node only has left another node
//     attach       until the last VolumeAttachment of the pod's volumes says attached
//     stage        until the last NodeStageVolume that had to come first succeeded
//     publish      until the last NodePublishVolume of the pod succeeded
//     start        until the phase is Running
//
// Of several volumes the slowest counts at each stage. A stage that a run does not have is zero.
// Within the stages the segments are waits, found as for claims. Left out: pods that ran already.
#pragma once

#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "model/api/objects_core.hpp"
#include "reports/latency.hpp"
#include "reports/storage_view.hpp"

namespace reports {

struct PodPassage : Passage {
    bool stateful = false;  // mounts more than secrets, config maps, downward API and empty dirs
    // Was never said to be unschedulable: others do not count in the SLI.
    bool schedulable = true;
    // Creation to all containers started, without pulling of images, init containers, provisioning
    // where binding is delayed, and the wait for detaching. Where containers tell nothing, to
    // Running. The delay of the watch that the SLI ends with is left out.
    std::optional<sim::Duration> sli;
};

class PodLives : public model::Listener {
  public:
    // What existed before the run.
    void take_in(const model::api::ObjectReader& objects);
    void on(const model::Stamp& stamp, const model::Happening& happening) override;
    // In the order of creation. Without a trace the segments are the stages, of no kind of wait.
    std::vector<PodPassage> passages(const EventTrace* trace) const;

  private:
    struct Interval {
        sim::Time from, to;
    };
    struct Mark {
        sim::Time until;
        PodStage stage{};
        bool delayed = false;  // provisioning for a claim whose binding is delayed
    };
    struct Life {
        std::string name, node;
        sim::Time created;
        std::set<model::api::Key> claims;
        std::set<std::string> drivers, classes;
        bool stateful = false, has_init = false, schedulable = true;
        PodStage now = PodStage::Schedule;  // until it is scheduled
        bool now_delayed = false;
        std::vector<Mark> marks;  // without a gap from creation
        std::optional<sim::Time> scheduled, staged, published, initialized, all_started, pulling;
        std::vector<Interval> pulls;
        std::optional<model::Stamp> running;
    };

    void on_pod(const model::Stamp& stamp, const model::Committed& commit);
    void on_event(sim::Time at, const model::api::Event& event);
    void on_call(sim::Time at, const model::CsiCall& call);
    void begin(const model::api::Pod& pod, sim::Time at);
    Life* life_of(const std::string& uid);
    Life* life_at(std::string_view path);  // of the pod that a target path is of
    void look_again(const model::api::Key& claim, sim::Time at);
    void look_at_claims(Life& life, sim::Time at) const;
    void schedule(Life& life, const model::api::Pod& pod, sim::Time at);
    void finish(Life& life, const model::Stamp& stamp) const;

    StorageView storage_;
    std::vector<Life> lives_;
    std::unordered_map<std::string, std::size_t> by_uid_;
    std::unordered_map<std::string, int> times_used_;
    // Pods that are not scheduled, by their claims.
    std::unordered_map<model::api::Key, std::set<std::size_t>, model::api::KeyHash> waiting_;
    std::map<std::pair<std::string, std::string>, sim::Time> staged_;  // by volume id, node
};

// Of the stateful pods that came to their end and were never unschedulable.
struct StartLatency {
    Percentiles spent;
    std::size_t left_out = 0;  // stateful pods that do not count
};
StartLatency start_latency_of(const std::vector<PodPassage>& pods);
// "start latency of 3 stateful pods (SLI of the scalability SLOs): p50 2.1s, p99 2.5s"; "" where
// there is no such pod.
std::string text_of(const StartLatency& latency);

}  // namespace reports
