#include "model/csi/lifecycle.hpp"

namespace model::csi {

namespace {

// What a caller may do once at a time: calls that change the same thing. Kubelet publishes for
// several pods side by side, so a target path is a thing of its own. "" for calls that only read.
std::string key_of(const CsiCall& call) {
    const Request& request = *call.request;
    const std::string start = call.driver.str() + "/" + call.caller.str() + "/";
    if (const auto* r = std::get_if<CreateVolumeRequest>(&request)) return start + r->name;
    if (const auto* r = std::get_if<DeleteVolumeRequest>(&request)) return start + r->volume_id;
    if (const auto* r = std::get_if<ControllerPublishVolumeRequest>(&request))
        return start + r->volume_id + " on " + r->node_id.str();
    if (const auto* r = std::get_if<ControllerUnpublishVolumeRequest>(&request))
        return start + r->volume_id + " on " + r->node_id.str();
    if (const auto* r = std::get_if<NodeStageVolumeRequest>(&request))
        return start + r->volume_id + " on " + call.node.str();
    if (const auto* r = std::get_if<NodeUnstageVolumeRequest>(&request))
        return start + r->volume_id + " on " + call.node.str();
    if (const auto* r = std::get_if<NodePublishVolumeRequest>(&request))
        return start + r->volume_id + " on " + call.node.str() + " at " + r->target_path.str();
    if (const auto* r = std::get_if<NodeUnpublishVolumeRequest>(&request))
        return start + r->volume_id + " on " + call.node.str() + " at " + r->target_path.str();
    if (const auto* r = std::get_if<ControllerExpandVolumeRequest>(&request))
        return start + r->volume_id;
    return {};
}

}  // namespace

bool is_offered(const DriverProfile& p, Method method) {
    using C = ControllerCapability;
    switch (method) {
        case Method::CreateVolume:
        case Method::DeleteVolume:
            return p.controller.has(C::CreateDeleteVolume);
        case Method::ControllerPublishVolume:
        case Method::ControllerUnpublishVolume:
            return p.controller.has(C::PublishUnpublishVolume);
        case Method::ListVolumes:
            return p.controller.has(C::ListVolumes);
        case Method::ControllerGetVolume:
            return p.controller.has(C::GetVolume);
        case Method::ControllerModifyVolume:
            return p.controller.has(C::ModifyVolume);
        case Method::GetCapacity:
            return p.controller.has(C::GetCapacity);
        case Method::CreateSnapshot:
        case Method::DeleteSnapshot:
            return p.controller.has(C::CreateDeleteSnapshot);
        case Method::ListSnapshots:
            return p.controller.has(C::ListSnapshots);
        case Method::GetSnapshot:
            return p.controller.has(C::GetSnapshot);
        case Method::ControllerExpandVolume:
            return p.controller.has(C::ExpandVolume);
        case Method::NodeStageVolume:
        case Method::NodeUnstageVolume:
            return p.node.has(NodeCapability::StageUnstageVolume);
        case Method::NodeGetVolumeStats:
            return p.node.has(NodeCapability::GetVolumeStats);
        case Method::NodeExpandVolume:
            return p.node.has(NodeCapability::ExpandVolume);
        case Method::GroupControllerGetCapabilities:
        case Method::CreateVolumeGroupSnapshot:
        case Method::DeleteVolumeGroupSnapshot:
        case Method::GetVolumeGroupSnapshot:
            return p.plugin.has(PluginCapability::GroupControllerService);
        case Method::GetMetadataAllocated:
        case Method::GetMetadataDelta:
            return p.plugin.has(PluginCapability::SnapshotMetadataService);
        default:
            return true;
    }
}

LifecycleRules::LifecycleRules(Journal& journal) : journal_(journal) { journal_.listen(this); }
LifecycleRules::~LifecycleRules() { journal_.ignore(this); }

void LifecycleRules::know(const Text& driver, DriverProfile offered) {
    profiles_[driver] = std::move(offered);
}

void LifecycleRules::forget_node(const Text& node) {
    for (auto& [key, state] : volumes_) state.nodes.erase(node);
}

const DriverProfile* LifecycleRules::profile_of(const CsiCall& call) const {
    const auto it = profiles_.find(call.driver);
    return it == profiles_.end() ? nullptr : &it->second;
}

void LifecycleRules::on(const Stamp& stamp, const Happening& happening) {
    const auto* call = std::get_if<CsiCall>(&happening);
    if (!call || !call->request || !profile_of(*call)) return;
    if (call->moment == CsiCall::Moment::Started) {
        begin(stamp, *call);
    } else {
        end(stamp, *call);
    }
}

void LifecycleRules::begin(const Stamp& stamp, const CsiCall& call) {
    const Method method = method_of(*call.request);
    // external-provisioner asks for capacities where its flag says so, whatever the driver offers.
    if (!is_offered(*profile_of(call), method) && method != Method::GetCapacity)
        violated(stamp, call, rule::kOffered, "its capabilities leave it out");
    std::visit([&](const auto& request) { check(stamp, call, request); },
               static_cast<const RequestVariant&>(*call.request));
    check_one_call(call);
}

// Whether the first of two was still waited for is known only when it ends.
void LifecycleRules::check_one_call(const CsiCall& call) {
    const Text key = key_of(call);
    if (!key.empty())
        for (auto& [id, other] : running_)
            if (other.key == key) other.overlapped = true;
    running_[{call.driver + "/" + call.node.str(), call.id}] = {call.driver, key, false};
}

void LifecycleRules::end(const Stamp& stamp, const CsiCall& call) {
    const auto it = running_.find({call.driver + "/" + call.node.str(), call.id});
    if (it != running_.end()) {
        // A caller that had given up was free to try again.
        if (it->second.overlapped && !call.abandoned && call.moment == CsiCall::Moment::Ended)
            violated(stamp, call, rule::kOneCall, "the same caller began another before its end");
        running_.erase(it);
    }
    if (call.moment == CsiCall::Moment::Ended && call.outcome && call.outcome->status.ok())
        apply(call);
}

void LifecycleRules::apply(const CsiCall& call) {
    const Done done{!call.abandoned};
    const Request& request = *call.request;
    if (const auto* r = std::get_if<ControllerPublishVolumeRequest>(&request)) {
        Done& known = state_of(call, r->volume_id).attached[r->node_id];
        known.known = known.known || done.known;
    } else if (const auto* r = std::get_if<ControllerUnpublishVolumeRequest>(&request)) {
        State& state = state_of(call, r->volume_id);
        if (r->node_id.empty()) {
            state.attached.clear();
        } else {
            state.attached.erase(r->node_id);
        }
    } else if (const auto* r = std::get_if<NodeStageVolumeRequest>(&request)) {
        auto& staged = state_of(call, r->volume_id).nodes[call.node].staged;
        staged = Done{done.known || (staged && staged->known)};
    } else if (const auto* r = std::get_if<NodeUnstageVolumeRequest>(&request)) {
        state_of(call, r->volume_id).nodes[call.node].staged.reset();
    } else if (const auto* r = std::get_if<NodePublishVolumeRequest>(&request)) {
        Done& known = state_of(call, r->volume_id).nodes[call.node].published[r->target_path];
        known.known = known.known || done.known;
    } else if (const auto* r = std::get_if<NodeUnpublishVolumeRequest>(&request)) {
        state_of(call, r->volume_id).nodes[call.node].published.erase(r->target_path);
    } else if (const auto* r = std::get_if<DeleteVolumeRequest>(&request)) {
        volumes_.erase({call.driver, r->volume_id});
    }
}

void LifecycleRules::check_attached(const Stamp& stamp, const CsiCall& call, const Text& volume) {
    const DriverProfile& profile = *profile_of(call);
    if (!profile.attach_required ||
        !profile.controller.has(ControllerCapability::PublishUnpublishVolume))
        return;
    const State& state = state_of(call, volume);
    const auto it = state.attached.find(call.node);
    if (it == state.attached.end())
        violated(stamp, call, rule::kAttachedFirst, "it is not attached to the node");
    else if (!it->second.known)
        violated(stamp, call, rule::kAttachedFirst, "the caller was not told that it is attached");
}

void LifecycleRules::check(const Stamp& stamp, const CsiCall& call,
                           const NodeStageVolumeRequest& r) {
    check_attached(stamp, call, r.volume_id);
}

void LifecycleRules::check(const Stamp& stamp, const CsiCall& call,
                           const NodePublishVolumeRequest& r) {
    check_attached(stamp, call, r.volume_id);
    const bool inline_volume = r.volume_context.get("csi.storage.k8s.io/ephemeral") == "true";
    if (!profile_of(call)->node.has(NodeCapability::StageUnstageVolume) || inline_volume) return;
    const auto& staged = state_of(call, r.volume_id).nodes[call.node].staged;
    if (!staged)
        violated(stamp, call, rule::kStagedFirst, "it is not staged");
    else if (!staged->known)
        violated(stamp, call, rule::kStagedFirst, "the caller was not told that it is staged");
}

void LifecycleRules::check(const Stamp& stamp, const CsiCall& call,
                           const NodeUnstageVolumeRequest& r) {
    const OnNode& here = state_of(call, r.volume_id).nodes[call.node];
    if (!here.published.empty())
        violated(stamp, call, rule::kUnpublishedFirst,
                 "it is published at " + here.published.begin()->first);
}

void LifecycleRules::check(const Stamp& stamp, const CsiCall& call,
                           const NodeExpandVolumeRequest& r) {
    if (state_of(call, r.volume_id).nodes[call.node].empty())
        violated(stamp, call, rule::kOnNodeFirst, "it is neither");
}

void LifecycleRules::check(const Stamp& stamp, const CsiCall& call,
                           const ControllerUnpublishVolumeRequest& r) {
    for (const auto& [node, here] : state_of(call, r.volume_id).nodes)
        if (!here.empty() && (r.node_id.empty() || r.node_id == node))
            violated(stamp, call, rule::kLeftNodeFirst,
                     std::string(here.published.empty() ? "it is staged" : "it is published") +
                         " on " + node);
}

void LifecycleRules::check(const Stamp& stamp, const CsiCall& call, const DeleteVolumeRequest& r) {
    const State& state = state_of(call, r.volume_id);
    for (const auto& [node, done] : state.attached)
        violated(stamp, call, rule::kUnusedFirst, "it is attached to " + node);
    for (const auto& [node, here] : state.nodes)
        if (!here.empty())
            violated(stamp, call, rule::kUnusedFirst,
                     std::string(here.published.empty() ? "it is staged" : "it is published") +
                         " on " + node);
}

void LifecycleRules::violated(const Stamp& stamp, const CsiCall& call, std::string_view rule,
                              std::string detail) {
    if (allow_ && allow_(rule, call)) return;
    Violated v;
    v.invariant = rule;
    v.detail = std::string(to_string(method_of(*call.request))) + " of " +
               subject_of(*call.request).str() + " by " + call.caller.str() + ", driver " +
               call.driver.str() + (call.node.empty() ? "" : " on " + call.node.str()) + ": " +
               std::move(detail);
    journal_.emit(stamp, v);
}

}  // namespace model::csi
