#include "model/sidecar/topology_requirement.hpp"

#include <algorithm>
#include <cstdint>

#include "model/api/objects_core.hpp"

namespace model::sidecar {

namespace {

using Term = std::vector<std::pair<std::string, std::string>>;
using Terms = std::vector<Term>;

// As Go prints a sorted list of segments.
std::string printed(const Term& term) {
    std::string text = "[";
    for (const auto& segment : term)
        text += (text.size() > 1 ? " {" : "{") + segment.first + " " + segment.second + "}";
    return text + "]";
}

std::string printed(const Terms& terms) {
    std::string text = "[";
    for (const Term& term : terms) text += (text.size() > 1 ? " " : "") + printed(term);
    return text + "]";
}

std::string printed(const api::List<api::Text>& keys) {
    std::string text = "[";
    for (const api::Text& key : keys) text += (text.size() > 1 ? " " : "") + key.str();
    return text + "]";
}

std::string printed(const api::TextMap& labels) {
    std::string text = "map[";
    for (const api::TextMap::Member& m : labels)
        text += (text.size() > 4 ? " " : "") + m.first.str() + ":" + m.second.str();
    return text + "]";
}

// Every segment of the one is in the other.
bool is_subset(const Term& some, const Term& all) {
    return std::includes(all.begin(), all.end(), some.begin(), some.end());
}

Terms distributed(const api::TopologySelectorTerm& selector) {
    Terms terms;
    for (const api::TopologySelectorLabel& label : selector.matchLabelExpressions) {
        Terms next;
        for (const api::Text& value : label.values) {
            Terms before = terms.empty() ? Terms{Term()} : terms;
            for (Term& term : before) {
                term.emplace_back(label.key.str(), value.str());
                next.push_back(std::move(term));
            }
        }
        terms = std::move(next);
    }
    return terms;
}

// An OR of ANDs of ORs as one OR of ANDs.
Terms flattened(const api::List<api::TopologySelectorTerm>& allowed) {
    Terms all;
    for (const api::TopologySelectorTerm& selector : allowed)
        for (Term& term : distributed(selector)) {
            std::sort(term.begin(), term.end());
            all.push_back(std::move(term));
        }
    return all;
}

std::uint32_t fnv1(std::string_view text) {
    std::uint32_t hash = 2166136261U;
    for (char c : text) {
        hash *= 16777619U;
        hash ^= static_cast<unsigned char>(c);
    }
    return hash;
}

// Spreads the volumes of a StatefulSet: its claims are named TEMPLATE-SET-ORDINAL, and the part
// before the ordinal gives all of them the same start.
std::uint32_t rotation(std::string_view claim_name) {
    std::uint32_t ordinal = 0;
    std::string_view base = claim_name;
    if (const std::size_t dash = base.rfind('-'); dash != base.npos) {
        const std::string_view digits = base.substr(dash + 1);
        const bool is_number = !digits.empty() && digits.size() < 10 &&
                               digits.find_first_not_of("0123456789") == digits.npos;
        if (is_number) {
            ordinal = static_cast<std::uint32_t>(std::stoul(std::string(digits)));
            base = base.substr(0, dash);
        }
        if (const std::size_t before = base.rfind('-'); before != base.npos)
            base = base.substr(before + 1);
    }
    return fnv1(base) + ordinal;
}

std::vector<csi::Topology> as_csi(const Terms& terms) {
    std::vector<csi::Topology> all;
    for (const Term& term : terms) {
        csi::Topology t;
        for (const auto& segment : term) t.segments.set(segment.first, segment.second);
        all.push_back(std::move(t));
    }
    return all;
}

Terms rotated(const Terms& terms, std::size_t first) {
    Terms all(terms.begin() + static_cast<std::ptrdiff_t>(first), terms.end());
    all.insert(all.end(), terms.begin(), terms.begin() + static_cast<std::ptrdiff_t>(first));
    return all;
}

std::optional<Term> term_from(const api::TextMap& labels, const api::List<api::Text>& keys) {
    Term term;
    for (const api::Text& key : keys) {
        const api::Text* value = labels.find(key);
        if (!value) return std::nullopt;
        term.emplace_back(key.str(), value->str());
    }
    std::sort(term.begin(), term.end());
    return term;
}

}  // namespace

TopologyRequirements::TopologyRequirements(control::Informer& nodes, control::Informer& csi_nodes,
                                           std::string driver, TopologyOptions options,
                                           sim::Stream& stream)
    : nodes_(nodes),
      csi_nodes_(csi_nodes),
      driver_(std::move(driver)),
      options_(options),
      stream_(stream) {}

api::Result<std::optional<csi::TopologyRequirement>> TopologyRequirements::of(
    const PVC& claim, const api::StorageClass& cls, std::string_view selected_node) {
    Term selected;
    if (!selected_node.empty()) {
        api::Result<Term> term = term_of_node(claim, selected_node);
        if (!term) return term.error();
        selected = std::move(*term);
    }
    bool unconstrained = false;
    api::Result<Terms> found = requisite_terms(claim, cls, selected_node, selected, unconstrained);
    if (!found) return found.error();
    Terms requisite = std::move(*found);
    if (unconstrained || requisite.empty()) return std::optional<csi::TopologyRequirement>();
    std::sort(requisite.begin(), requisite.end());
    requisite.erase(std::unique(requisite.begin(), requisite.end()), requisite.end());
    csi::TopologyRequirement requirement;
    requirement.requisite = as_csi(requisite);
    std::size_t first = rotation(claim.metadata.name) % requisite.size();
    if (!selected_node.empty()) {
        const auto own = std::find_if(requisite.begin(), requisite.end(),
                                      [&](const Term& t) { return is_subset(t, selected); });
        if (own == requisite.end())
            return failed("topology " + printed(selected) + " from selected node \"" +
                          std::string(selected_node) +
                          "\" is not in requisite: " + printed(requisite));
        first = static_cast<std::size_t>(own - requisite.begin());
    }
    requirement.preferred = as_csi(rotated(requisite, first));
    return std::optional(std::move(requirement));
}

api::Result<Terms> TopologyRequirements::requisite_terms(const PVC& claim,
                                                         const api::StorageClass& cls,
                                                         std::string_view selected_node,
                                                         const Term& selected,
                                                         bool& unconstrained) {
    const Terms allowed = flattened(cls.allowedTopologies);
    const bool is_selected = !selected_node.empty();
    if (is_selected && options_.strict) {
        const bool is_allowed = cls.allowedTopologies.empty() ||
                                std::any_of(allowed.begin(), allowed.end(),
                                            [&](const Term& t) { return is_subset(t, selected); });
        if (!is_allowed)
            return failed("selected node '\"" + std::string(selected_node) + "\"' topology '" +
                          printed(selected) +
                          "' is not in allowed topologies: " + printed(allowed));
        return Terms{selected};
    }
    if (!cls.allowedTopologies.empty()) return allowed;
    if (!is_selected && !options_.immediate) {
        unconstrained = true;
        return Terms();
    }
    api::Result<Terms> all = aggregated(claim, is_selected);
    if (all && all->empty()) return failed("no available topology found");
    return all;
}

api::Result<Term> TopologyRequirements::term_of_node(const PVC& claim, std::string_view node) {
    Remembered& mine = remembered_[claim.metadata.uid];
    if (mine.keys.empty()) {
        const api::ObjectRef csi_node = csi_nodes_.get(api::Key(api::Text(), node));
        if (!csi_node) {
            api::Status gone = api::Status::not_found("csinode.storage.k8s.io", node);
            gone.message =
                "failed to get selected CSINode " + std::string(node) + ": " + gone.message.str();
            return gone;
        }
        mine.keys = keys_of(*csi_node);
    }
    if (mine.keys.empty()) return failed("no topology key found for node " + std::string(node));
    if (std::optional<Term> term = term_from(mine.node_labels, mine.keys)) return *term;
    const auto object = nodes_.get<api::Node>(api::Key(api::Text(), node));
    if (object) mine.node_labels = object->metadata.labels;
    if (std::optional<Term> term = term_from(mine.node_labels, mine.keys); object && term)
        return *term;
    return failed("topology labels from selected node " + printed(mine.node_labels) +
                  " does not match topology keys from CSINode " + printed(mine.keys));
}

api::Result<Terms> TopologyRequirements::aggregated(const PVC& claim, bool node_selected) {
    Remembered& mine = remembered_[claim.metadata.uid];
    if (mine.keys.empty() && !node_selected) mine.keys = keys_of_any();
    if (mine.keys.empty()) return Terms();
    if (!mine.requisite.empty()) return mine.requisite;
    nodes_.for_each([&mine](const api::ObjectRef& node) {
        const std::optional<Term> term = term_from(node->metadata.labels, mine.keys);
        if (term && !term->empty()) mine.requisite.push_back(*term);
    });
    if (mine.requisite.empty())
        return failed("topologyKeys " + printed(mine.keys) + " were not found on any nodes");
    return mine.requisite;
}

api::List<api::Text> TopologyRequirements::keys_of(const api::Object& csi_node) const {
    for (const api::CSINodeDriver& d : static_cast<const api::CSINode&>(csi_node).spec.drivers)
        if (d.name == driver_) return d.topologyKeys;
    return {};
}

// Upstream takes the first of the shuffled CSINodes that has keys: with mixed nodes it is a matter
// of chance.
api::List<api::Text> TopologyRequirements::keys_of_any() {
    std::vector<api::List<api::Text>> with_keys;
    csi_nodes_.for_each([&](const api::ObjectRef& node) {
        api::List<api::Text> keys = keys_of(*node);
        if (!keys.empty()) with_keys.push_back(std::move(keys));
    });
    if (with_keys.empty()) return {};
    const bool all_alike =
        std::all_of(with_keys.begin(), with_keys.end(),
                    [&](const api::List<api::Text>& k) { return k == with_keys.front(); });
    return all_alike ? with_keys.front() : with_keys[stream_.below(with_keys.size())];
}

std::optional<api::VolumeNodeAffinity> node_affinity(const std::vector<csi::Topology>& accessible) {
    if (accessible.empty()) return std::nullopt;
    api::NodeSelector selector;
    for (const csi::Topology& topology : accessible) {
        if (topology.segments.empty()) continue;
        api::NodeSelectorTerm term;
        for (const api::TextMap::Member& m : topology.segments) {
            api::SelectorRequirement r;
            r.key = m.first;
            r.op = "In";
            r.values = {m.second};
            term.matchExpressions.push_back(std::move(r));
        }
        selector.nodeSelectorTerms.push_back(std::move(term));
    }
    api::VolumeNodeAffinity affinity;
    affinity.required = std::move(selector);
    return affinity;
}

}  // namespace model::sidecar
