// Invariants of attaching, checked at every commit and every CSI call: a listener that emits
// Violated. Sources: the attach/detach controller's own promises and the storage's (a volume for
// one node is at one node). What the controller can only know from its cache is given some time
// (Cluster::race_grace): races of that length the real system has too. A forced detach (taint, or 6
// min on a node that is not healthy) is excused.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "model/api/admission.hpp"
#include "model/api/key_map.hpp"
#include "model/api/objects_core.hpp"
#include "model/journal.hpp"

namespace model {
class Cluster;
}

namespace model::attachdetach {

// The rules' names, as Violated carries them.
namespace rule {
inline constexpr std::string_view kOneNode =
    "a volume for one node is published on one node, unless it was forced away";
inline constexpr std::string_view kUnmountedFirst =
    "a volume is detached after its node has unmounted it, unless it is forced away";
inline constexpr std::string_view kNotWanted =
    "a volume is not detached from a node whose pods want it";
inline constexpr std::string_view kUnlistedFirst =
    "a node's status lists a volume no more when its attachment is deleted";
inline constexpr std::string_view kAttachedBeforeListed =
    "a node's status lists a volume after it has been attached";
inline constexpr std::string_view kNeeded = "a driver that does not attach gets no attachment";
inline constexpr std::string_view kName =
    "an attachment's name is made of volume handle, driver and node";
inline constexpr std::string_view kLimit =
    "a node has no more volumes of a driver attached than its CSINode allows";
// Hazards: what storage asks for, and Kubernetes does not promise.
inline constexpr std::string_view kGivenUp =
    "a volume for one node is published on no other before it has left that node";
inline constexpr std::string_view kRoom = "a pod's node has room for its volumes";
inline constexpr std::string_view kLeftOver = "an attachment that no pod wants goes";
}  // namespace rule

class Invariants;

// Checks a cluster from now on; what it holds already is taken as given.
std::unique_ptr<Invariants> make_invariants(Cluster& cluster);

class Invariants final : public Listener {
  public:
    // Listens to the journal until destroyed; emits into it.
    explicit Invariants(Journal& journal);
    ~Invariants() override;
    Invariants(const Invariants&) = delete;
    Invariants& operator=(const Invariants&) = delete;

    // What is there before the first commit that it hears of.
    void learn(const api::ObjectReader& reader);
    void on(const Stamp& stamp, const Happening& happening) override;
    // How long a decision may be on its way; 1 s if not set.
    void set_grace(sim::Duration grace) { grace_ = grace; }

    // What is left at the end of a run on nodes that have a kubelet; older than `age`, since
    // younger may be on its way.
    using HasKubelet = std::function<bool(const api::Text& node)>;
    void finish(const Stamp& stamp, sim::Duration age, const HasKubelet& has_kubelet);

    // Whether the call takes a volume from a node by force: its kubelet had no say in it.
    bool is_by_force(const CsiCall& call) const;

  private:
    using Pair = std::pair<api::Text, api::Text>;
    struct NodeFacts {
        api::Ref<api::Node> node;
        std::map<api::Text, sim::Time> in_use, listed;  // since when
        bool out_of_service = false, healthy = false;
        std::optional<sim::Time> in_service_since;  // the taint was taken away
    };
    struct PodFacts {
        api::Ref<api::Pod> pod;
        sim::Time since;            // it has its node
        bool by_scheduler = false;  // who heeds the limits
    };
    // An object and since when it is as it is.
    template <class T>
    struct Known {
        api::Ref<T> object;
        sim::Time since;
    };

    void on_commit(const Stamp& stamp, const Committed& told);
    void on_publish(const Stamp& stamp, const CsiCall& call);
    void remember(const api::ObjectRef& before, const api::ObjectRef& after, sim::Time at,
                  const api::Text& by);
    void remember_node(const api::Text& name, const api::Ref<api::Node>& node, sim::Time at);
    void remember_pod(const api::Ref<api::Pod>& before, const api::Ref<api::Pod>& after,
                      sim::Time at, const api::Text& by);
    void remember_volume(const api::Ref<api::PersistentVolume>& before,
                         const api::Ref<api::PersistentVolume>& after);
    void check_attachment(const Stamp& stamp, const Committed& told);
    void check_creation(const Stamp& stamp, const api::VolumeAttachment& attachment);
    void check_deletion(const Stamp& stamp, const api::VolumeAttachment& attachment);
    void check_listing(const Stamp& stamp, const api::Node& after);
    void check_limit(const Stamp& stamp, const api::VolumeAttachment& attachment);
    // By the volume's name and the node's: a living pod there that wants it since long enough.
    const PodFacts* user(const api::Text& volume, const api::Text& node, sim::Time at) const;
    bool is_forced(const NodeFacts& node, const Pair& where, sim::Time at) const;
    api::Text node_id(const api::VolumeAttachment& attachment) const;
    api::Text unique_name(const api::VolumeAttachment& attachment) const;
    bool is_alive(const api::Text& attachment) const;
    void violated(const Stamp& stamp, std::string_view rule, std::string detail,
                  bool hazard = false);

    Journal& journal_;
    sim::Duration grace_ = std::chrono::seconds(1);
    std::map<api::Text, api::Ref<api::PersistentVolume>> volumes_;
    std::map<Pair, api::Text> volume_of_handle_;  // driver and handle
    std::map<api::Key, Known<api::PersistentVolumeClaim>> claims_;
    std::map<api::Key, PodFacts> pods_;             // that have a node
    std::map<api::Key, std::set<api::Key>> users_;  // claim -> pods
    std::map<Pair, sim::Time> left_;                // volume and node: its last pod went
    std::map<api::Text, sim::Time> made_;           // attachments
    std::map<api::Text, NodeFacts> nodes_;
    std::map<api::Text, Known<api::CSIDriver>> drivers_;
    std::map<api::Text, api::Ref<api::CSINode>> csi_nodes_;
    std::map<api::Text, api::Ref<api::VolumeAttachment>> attachments_;
    std::map<Pair, std::set<api::Text>> published_;  // driver and handle -> nodes' ids
    std::set<Pair> was_attached_;                    // unique name and node
    std::set<std::pair<Pair, api::Text>> forced_;    // driver and handle, node's id
};

}  // namespace model::attachdetach
