#include "model/aftermath.hpp"

#include "model/api/objects_core.hpp"
#include "model/api/server.hpp"
#include "model/cluster.hpp"
#include "model/csi/endpoint.hpp"
#include "model/csi/inventory.hpp"
#include "model/csi/messages.hpp"

namespace model {

Aftermath::Aftermath(Cluster& cluster) : cluster_(cluster) { cluster_.journal().listen(this); }
Aftermath::~Aftermath() { cluster_.journal().ignore(this); }

void Aftermath::violated(const Stamp& stamp, std::string_view rule, std::string detail) {
    Violated v;
    v.invariant = rule;
    v.detail = std::move(detail);
    v.hazard = true;
    cluster_.journal().emit(stamp, v);
}

// On a node without a kubelet nobody ends a pod but the scenario.
bool Aftermath::waits_for_steps(const api::Object& object) const {
    if (object.kind != api::Kind::Pod) return false;
    const api::Text& node = static_cast<const api::Pod&>(object).spec.nodeName;
    return !node.empty() && !cluster_.has_kubelet(node);
}

void Aftermath::on(const Stamp& stamp, const Happening& happening) {
    if (const auto* commit = std::get_if<Committed>(&happening); commit && commit->object) {
        const api::Object& object = *commit->object;
        if (commit->change == Change::Deleted) {
            if (!deleting_.empty()) deleting_.erase({object.kind, object.key()});
        } else if (object.metadata.terminating() && !waits_for_steps(object)) {
            deleting_.emplace(std::pair(object.kind, object.key()), stamp.at);
        }
        return;
    }
    const auto* call = std::get_if<CsiCall>(&happening);
    if (!call || !call->outcome || !call->outcome->status.ok()) return;
    if (const auto* made = std::get_if<csi::CreateVolumeResponse>(&call->outcome->response))
        last_success_[{call->driver, made->volume.volume_id}] = stamp.at;
}

void Aftermath::finish(const Stamp& stamp, bool at_rest) {
    const sim::Duration age = at_rest ? sim::Duration(0) : kLeftAfter;
    for (const auto& [key, since] : deleting_)
        if (stamp.at - since > age)
            violated(stamp, rule::kDeletionEnds,
                     cluster_.server().scheme().info(key.first).kind + " " +
                         key.second.to_string() + " since " + sim::seconds_text(since) + "s");
    look_at_storage(stamp, age);
    for (std::string& ghost : cluster_.ghosts()) violated(stamp, rule::kNoGhost, std::move(ghost));
}

void Aftermath::look_at_storage(const Stamp& stamp, sim::Duration age) {
    for (const std::string& driver : cluster_.drivers()) {
        const csi::Endpoint& endpoint = *cluster_.endpoint(driver);
        const csi::Inventory found =
            inventory_of(cluster_.endpoint(driver)->driver().backend().volumes(),
                         csi::volumes_of(cluster_.server(), endpoint.name()));
        for (const api::Text& volume : found.leaked) {
            const auto made = last_success_.find({endpoint.name(), volume});
            if (made == last_success_.end() || stamp.at - made->second > age)
                violated(stamp, rule::kStorageNamed, volume.str() + " of " + driver);
        }
    }
}

}  // namespace model
