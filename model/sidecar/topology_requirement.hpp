// Which topology a volume is asked for, and where it may be used then. Counterpart:
// external-provisioner pkg/controller/topology.go. The keys, the terms and the node's labels that a
// claim was first asked for with are remembered until its attempt has ended for good, so that a
// retry sends the same request.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "model/control/informer.hpp"
#include "model/csi/message_parts.hpp"
#include "model/sidecar/provision_parameters.hpp"
#include "sim/random.hpp"

namespace model::sidecar {

struct TopologyOptions {
    bool strict = false, immediate = true;
};

class TopologyRequirements {
  public:
    TopologyRequirements(control::Informer& nodes, control::Informer& csi_nodes, std::string driver,
                         TopologyOptions options, sim::Stream& stream);

    // Nothing where no topology is asked for. Error NotFound: the node or its CSINode is gone;
    // other errors are messages.
    api::Result<std::optional<csi::TopologyRequirement>> of(const PVC& claim,
                                                            const api::StorageClass& cls,
                                                            std::string_view selected_node);
    // The claim's attempt has ended for good.
    void forget(const api::Text& claim_uid) { remembered_.erase(claim_uid); }

  private:
    using Term = std::vector<std::pair<std::string, std::string>>;  // sorted by key
    using Terms = std::vector<Term>;
    struct Remembered {
        api::List<api::Text> keys;
        Terms requisite;
        api::TextMap node_labels;
    };

    api::Result<Terms> requisite_terms(const PVC& claim, const api::StorageClass& cls,
                                       std::string_view selected_node, const Term& selected,
                                       bool& unconstrained);
    api::Result<Term> term_of_node(const PVC& claim, std::string_view node);
    api::Result<Terms> aggregated(const PVC& claim, bool node_selected);
    api::List<api::Text> keys_of(const api::Object& csi_node) const;
    api::List<api::Text> keys_of_any();

    control::Informer& nodes_;
    control::Informer& csi_nodes_;
    std::string driver_;
    TopologyOptions options_;
    sim::Stream& stream_;
    std::map<api::Text, Remembered> remembered_;  // by claim uid
};

// Where a volume with this accessible topology may be used; nothing: everywhere.
std::optional<api::VolumeNodeAffinity> node_affinity(const std::vector<csi::Topology>& accessible);

}  // namespace model::sidecar
