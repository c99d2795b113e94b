// Verdict: what the plugins say of a pod and a node, and the message made of it when no node is
// left. Counterparts: pkg/scheduler/framework/{interface,types}.go (Status, Diagnosis, FitError).
// Left out: codes that no plugin of the model gives (Wait, Skip, Pending).
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "model/api/text.hpp"
#include "model/scheduler/release.hpp"

namespace model::scheduler {

// In the order in which they filter. Plugins that only score are not among them.
enum class Plugin : std::uint8_t {
    SchedulingGates,
    NodeUnschedulable,
    NodeName,
    TaintToleration,
    NodeAffinity,
    NodePorts,
    NodeResourcesFit,
    VolumeRestrictions,
    NodeVolumeLimits,
    VolumeBinding,
    VolumeZone,
    PodTopologySpread,
    InterPodAffinity,
    None,
};
std::string_view to_string(Plugin p);

class PluginSet {
  public:
    bool has(Plugin p) const { return bits_ >> static_cast<unsigned>(p) & 1U; }
    void insert(Plugin p) { bits_ |= std::uint32_t{1} << static_cast<unsigned>(p); }
    bool empty() const { return bits_ == 0; }
    void clear() { bits_ = 0; }

  private:
    std::uint32_t bits_ = 0;
};

enum class Code : std::uint8_t {
    Success,
    Unschedulable,  // the end of another pod on the node may help
    Unresolvable,   // no preemption helps: UnschedulableAndUnresolvable
    Error,
};

struct Verdict {
    Code code = Code::Success;
    Plugin plugin = Plugin::None;
    std::vector<std::string> reasons;

    bool ok() const { return code == Code::Success; }
    static Verdict no(Plugin p, std::string reason) {
        return Verdict{Code::Unschedulable, p, {std::move(reason)}};
    }
    static Verdict never(Plugin p, std::string reason) {
        return Verdict{Code::Unresolvable, p, {std::move(reason)}};
    }
    static Verdict error(Plugin p, std::string text) {
        return Verdict{Code::Error, p, {std::move(text)}};
    }
};

// Why a pod has no node.
struct Diagnosis {
    std::size_t all_nodes = 0;
    // A plugin refused the pod before any node was looked at; "" where none did.
    std::string before_nodes;
    Code before_nodes_code = Code::Success;
    std::map<api::Text, Verdict> nodes;  // each node that was refused by itself
    std::string absent_reason;           // of the nodes that are not in `nodes`; "" says nothing
    std::string after;                   // what the attempts to make room came to
    PluginSet rejected_by;
};

// "0/3 nodes are available: ...".
std::string fit_error(const Diagnosis& d, const Release& release);

// An event's note holds so many bytes; a longer one ends in " ...".
std::string truncated_note(const std::string& message);

}  // namespace model::scheduler
