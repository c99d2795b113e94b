// One line about a pod or a volume: what is not attached or detached yet, who is waited for, and
// when the controller acts again.
#include "model/attachdetach/attach_detach_controller.hpp"

namespace model::attachdetach {

using State = ActualState::State;

std::string AttachDetachController::explain(api::Kind kind, const api::Key& key) const {
    if (kind == api::Kind::Pod) return explain_pod(key);
    if (kind == api::Kind::PersistentVolume) return explain_volume(key.name);
    if (kind == api::Kind::PersistentVolumeClaim) {
        const auto claim = claims_.get<api::PersistentVolumeClaim>(key);
        return claim && !claim->spec.volumeName.empty() ? explain_volume(claim->spec.volumeName)
                                                        : std::string();
    }
    if (kind != api::Kind::VolumeAttachment) return {};
    const auto attachment = attachments_.get<api::VolumeAttachment>(key);
    if (!attachment || !attachment->spec.source.persistentVolumeName) return {};
    const SpecRef spec = resolver_.of_volume(*attachment->spec.source.persistentVolumeName);
    return spec ? explain_pair({spec->unique_name, attachment->spec.nodeName}) : std::string();
}

std::string AttachDetachController::explain_pod(const api::Key& key) const {
    const auto pod = pods_.get<api::Pod>(key);
    if (!pod || pod->spec.nodeName.empty()) return {};
    std::string text;
    for (const api::Volume& v : pod->spec.volumes) {
        const SpecRef spec = resolver_.of_pod_volume(v, *pod);
        if (!spec) continue;
        const std::string line = explain_pair({spec->unique_name, pod->spec.nodeName});
        if (!line.empty()) text += (text.empty() ? "" : "; ") + line;
    }
    return text;
}

std::string AttachDetachController::explain_volume(const api::Text& name) const {
    const SpecRef spec = resolver_.of_volume(name);
    if (!spec) return {};
    std::set<api::Text> nodes;
    if (const ActualState::Volume* v = world_.actual.find(spec->unique_name))
        for (const auto& node : v->nodes) nodes.insert(node.first);
    for (auto it = world_.desired.entries().lower_bound({spec->unique_name, api::Text()});
         it != world_.desired.entries().end() && it->first.volume == spec->unique_name; ++it)
        nodes.insert(it->first.node);
    std::string text;
    for (const api::Text& node : nodes) {
        const std::string line = explain_pair({spec->unique_name, node});
        if (!line.empty()) text += (text.empty() ? "" : "; ") + line;
    }
    return text;
}

std::string AttachDetachController::explain_pair(const VolumeOnNode& where) const {
    const DesiredState::Entry* wanted = world_.desired.find(where);
    const State state = world_.actual.state(where);
    const ActualState::Volume* volume = world_.actual.find(where.volume);
    if (wanted ? state == State::Attached : state == State::Detached) return {};
    const SpecRef spec = wanted ? wanted->spec : volume->spec;
    const std::string name = spec ? spec->name.str() : where.volume.str();
    std::string text = wanted ? "attaches " + name + " to " : "detaches " + name + " from ";
    text += where.node.str();
    if (wanted && !spec->multi_attach)
        for (const api::Text& node : world_.actual.nodes_of(where.volume))
            return "attaches " + name + " to " + where.node.str() + " once it has left " +
                   node.str();
    const sim::Time next = reconciler_.next_action(where);
    if (!wanted && world_.actual.is_in_use(where)) {
        text += " once the kubelet has unmounted it";
        if (next != sim::kNever) text += ", or at " + sim::seconds_text(next) + "s by force";
        return text;
    }
    const bool pending = world_.operations.is_pending(OperationKey::of(where, spec));
    if (pending) text += ": waits for the external attacher";
    if (const auto error = world_.errors.find(where); error != world_.errors.end() && !pending)
        text += ": failed: " + error->second;
    if (next != sim::kNever)
        text +=
            (pending ? ", looks again at " : "; tried again at ") + sim::seconds_text(next) + "s";
    return text;
}

}  // namespace model::attachdetach
