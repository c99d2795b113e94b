#include "scenarios/activity.hpp"

#include <memory>

#include "model/api/codec.hpp"
#include "model/api/objects_core.hpp"

namespace scenarios {
namespace {

using model::api::Node;

// A copy without the instants at which its conditions were last told.
std::unique_ptr<Node> without_heartbeats(const Node& node) {
    auto copy = std::make_unique<Node>(node);
    for (auto& condition : copy->status.conditions) condition.lastHeartbeatTime.reset();
    return copy;
}

}  // namespace

bool is_activity(const model::Committed& committed, const model::api::Scheme& scheme) {
    if (committed.object->kind == model::api::Kind::Event) return false;
    if (scheme.info(committed.object->kind).kind == "Lease") return false;
    const auto node = model::api::as<Node>(committed.object);
    const auto before = model::api::as<Node>(committed.previous);
    if (!node || !before || committed.change != model::Change::Modified) return true;
    return !model::api::same_content(*without_heartbeats(*node), *without_heartbeats(*before));
}

}  // namespace scenarios
