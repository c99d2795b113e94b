// NodeInvariants: what kubelets promise, checked at every commit and call: a pod's object is
// deleted by its kubelet only after its volumes were unpublished, but for those whose publishing
// was under way when the pod ended, which upstream does not wait for; no volume for one pod only is
// published for two of a node. (That stage follows attach, publish follows stage and unstage
// follows unpublish is checked by csi/lifecycle.hpp for whoever calls.) And a hazard: a container
// that runs and has a volume mounted is taken to write to it, so a volume that leaves its node, or
// the storage, under such a container loses data.
#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>

#include "model/csi/messages.hpp"
#include "model/journal.hpp"

namespace model::node {

class NodeInvariants final : public Listener {
  public:
    // Whether a container of this pod runs on the node.
    using Runs = std::function<bool(const api::Text& node, const api::Text& pod_uid)>;

    // Listens to the journal until destroyed; emits into it.
    explicit NodeInvariants(Journal& journal, Runs runs = {});
    ~NodeInvariants() override;
    NodeInvariants(const NodeInvariants&) = delete;
    NodeInvariants& operator=(const NodeInvariants&) = delete;

    static constexpr std::string_view kUnpublishedFirst =
        "a kubelet deletes a pod's object only after its volumes were unpublished";
    static constexpr std::string_view kOnePodOnly =
        "a ReadWriteOncePod volume is published for one pod of a node at a time";

    static constexpr std::string_view kWriterKeepsVolume =
        "a volume is not taken from under a running container";

    void on(const Stamp& stamp, const Happening& happening) override;
    // The node lost its power: nothing is published there any more.
    void forget_node(const std::string& node);
    // A kubelet decides before its write is committed; 1 s if not set.
    void set_grace(sim::Duration grace) { grace_ = grace; }

  private:
    // A driver's volume.
    using VolumeId = std::string;
    void check_writers(const Stamp& stamp, const VolumeId& volume, const api::Text& node,
                       std::string_view how);
    void on_call(const Stamp& stamp, const CsiCall& call);
    void on_commit(const Stamp& stamp, const Committed& commit);
    void violated(const Stamp& stamp, std::string_view rule, std::string detail);

    Journal& journal_;
    Runs runs_;
    sim::Duration grace_ = std::chrono::seconds(1);
    struct Mount {
        std::string node;
        sim::Time since;
    };
    std::map<std::pair<VolumeId, std::string>, std::set<std::string>> paths_;  // by volume and node
    std::map<std::string, std::map<std::string, Mount>> published_;  // pod uid -> target paths
    std::map<std::string, sim::Time> ended_;  // pod uid -> its kubelet said that it has ended
    std::map<std::pair<std::string, std::string>, std::set<std::string>>
        for_one_pod_;  // driver and volume, node -> target paths
};

// The pod of a target path under /var/lib/kubelet/pods; "" where it is none.
std::string pod_of_path(const std::string& path);

}  // namespace model::node
