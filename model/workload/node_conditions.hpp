// Conditions and taints of nodes and pods, and the writes that change a node's taints.
// Counterparts: pkg/controller/util/node, pkg/util/taints, and AddOrUpdateTaintOnNode and its
// siblings in pkg/controller/controller_utils.go (1.26 and 1.36 alike).
#pragma once

#include <string_view>
#include <vector>

#include "model/control/client.hpp"

namespace model::workload {

namespace taint {
inline constexpr std::string_view kNotReady = "node.kubernetes.io/not-ready";
inline constexpr std::string_view kUnreachable = "node.kubernetes.io/unreachable";
inline constexpr std::string_view kUnschedulable = "node.kubernetes.io/unschedulable";
inline constexpr std::string_view kMemoryPressure = "node.kubernetes.io/memory-pressure";
inline constexpr std::string_view kDiskPressure = "node.kubernetes.io/disk-pressure";
inline constexpr std::string_view kPidPressure = "node.kubernetes.io/pid-pressure";
inline constexpr std::string_view kNetworkUnavailable = "node.kubernetes.io/network-unavailable";
inline constexpr std::string_view kOutOfService = "node.kubernetes.io/out-of-service";
inline constexpr std::string_view kNoSchedule = "NoSchedule";
inline constexpr std::string_view kNoExecute = "NoExecute";
}  // namespace taint

const api::Condition* find_condition(const api::List<api::Condition>& all, std::string_view type);
// The condition of that type becomes this one; its transition time only where its status changes.
// False where it stood like that already.
bool set_condition(api::List<api::Condition>& all, api::Condition condition, api::Timestamp now);
bool is_ready(const api::Node& node);
bool is_ready(const api::Pod& pod);  // its condition, whatever its phase
bool has_taint(const api::Node& node, std::string_view key, std::string_view effect);
bool has_taint_key(const api::Node& node, std::string_view key);
// The topology labels in one text, "" where a node has none.
api::Text zone_of(const api::Node& node);

// Whether a toleration (as pods hold them) covers the taint.
bool tolerates(const api::Value& toleration, const api::Taint& taint);

// A taint to be added: timeAdded is filled in.
api::Taint new_taint(std::string_view key, std::string_view effect, api::Timestamp now);
// Adds the ones, then takes the others away, each by a read and a patch of its own that carries the
// version, tried 5 times on a conflict. `known` is the caller's version: where it has none of
// `gone`, nothing is taken away.
sim::Task<api::Status> swap_taints(control::Client& client, api::Ref<api::Node> known,
                                   std::vector<api::Taint> added, std::vector<api::Taint> gone);
// Puts the condition into the pod's status (none where it has no type), behind those that are
// there, and the phase where one is given.
sim::Task<api::Status> patch_pod_status(control::Client& client, api::Ref<api::Pod> pod,
                                        api::Condition condition, api::Text phase);
sim::Task<api::Status> add_labels(control::Client& client, api::Text node, api::TextMap labels);

}  // namespace model::workload
