#include "model/attachdetach/invariants.hpp"

#include <algorithm>

#include "model/api/server.hpp"
#include "model/cluster.hpp"
#include "model/csi/messages.hpp"
#include "model/volume/attachment_name.hpp"
#include "model/volume/binding.hpp"
#include "model/volume/csi_translation.hpp"
#include "model/volume/pods_of_claims.hpp"

namespace model::attachdetach {

namespace {

using namespace std::chrono_literals;
using volume::attachment_name;

constexpr sim::Duration kForcedAfter = 6min;
constexpr std::string_view kController = "attachdetach-controller", kScheduler = "scheduler",
                           kOutOfService = "node.kubernetes.io/out-of-service";

// The volume's CSI source, as the driver sees it; nothing where it has none.
std::optional<api::CSIPersistentVolumeSource> source_of(const api::PersistentVolume& volume) {
    if (volume.spec.source.csi) return *volume.spec.source.csi;
    if (volume::translated_driver_of(volume).empty()) return std::nullopt;
    const auto translated = volume::volume_for_csi(volume);
    if (!translated) return std::nullopt;
    return *translated->spec.source.csi;
}

bool is_for_one_node(const api::PersistentVolume& volume) {
    const auto& modes = volume.spec.accessModes;
    return !modes.empty() && std::none_of(modes.begin(), modes.end(), [](const api::Text& m) {
        return m == api::mode::kReadWriteMany || m == api::mode::kReadOnlyMany;
    });
}

// Since when each name stands in the list; who stays keeps its instant.
template <class Names>
void keep_since(std::map<api::Text, sim::Time>& since, const Names& names, sim::Time at) {
    std::map<api::Text, sim::Time> next;
    for (const api::Text& name : names) {
        const auto known = since.find(name);
        next[name] = known == since.end() ? at : known->second;
    }
    since = std::move(next);
}

bool is_there(const std::map<api::Text, sim::Time>& since, const api::Text& name,
              sim::Time before) {
    const auto known = since.find(name);
    return known != since.end() && known->second < before;
}

}  // namespace

std::unique_ptr<Invariants> make_invariants(Cluster& cluster) {
    auto invariants = std::make_unique<Invariants>(cluster.journal());
    invariants->set_grace(cluster.race_grace());
    invariants->learn(cluster.server());
    return invariants;
}

Invariants::Invariants(Journal& journal) : journal_(journal) { journal_.listen(this); }
Invariants::~Invariants() { journal_.ignore(this); }

void Invariants::violated(const Stamp& stamp, std::string_view rule, std::string detail,
                          bool hazard) {
    Violated v;
    v.hazard = hazard;
    v.invariant = rule;
    v.detail = std::move(detail);
    journal_.emit(stamp, v);
}

void Invariants::learn(const api::ObjectReader& reader) {
    for (const api::Kind kind :
         {api::Kind::PersistentVolume, api::Kind::PersistentVolumeClaim, api::Kind::Node,
          api::Kind::CSIDriver, api::Kind::CSINode, api::Kind::VolumeAttachment, api::Kind::Pod})
        reader.for_each(kind, "", [this](const api::ObjectRef& object) {
            remember(nullptr, object, sim::Time(), api::Text());
        });
    for (const auto& n : nodes_)
        for (const auto& name : n.second.listed) was_attached_.emplace(name.first, n.first);
}

void Invariants::on(const Stamp& stamp, const Happening& happening) {
    if (const auto* told = std::get_if<Committed>(&happening); told && told->object)
        on_commit(stamp, *told);
    if (const auto* call = std::get_if<CsiCall>(&happening))
        if (call->moment == CsiCall::Moment::Ended && call->outcome) on_publish(stamp, *call);
}

void Invariants::on_commit(const Stamp& stamp, const Committed& told) {
    const bool gone = told.change == Change::Deleted;
    remember(told.change == Change::Added ? api::ObjectRef() : told.previous,
             gone ? api::ObjectRef() : told.object, stamp.at, told.by);
    if (told.object->kind == api::Kind::VolumeAttachment) check_attachment(stamp, told);
    if (told.object->kind == api::Kind::Node && !gone && told.by == kController)
        check_listing(stamp, static_cast<const api::Node&>(*told.object));
}

void Invariants::remember(const api::ObjectRef& before, const api::ObjectRef& after, sim::Time at,
                          const api::Text& by) {
    const api::ObjectRef any = after ? after : before;
    if (!any) return;
    const api::Text name = any->metadata.name;
    const auto keep = [at](auto& map, const auto& key, const auto& object) {
        if (object) {
            map[key] = {object, at};
        } else {
            map.erase(key);
        }
    };
    switch (any->kind) {
        case api::Kind::PersistentVolume:
            return remember_volume(api::as<api::PersistentVolume>(before),
                                   api::as<api::PersistentVolume>(after));
        case api::Kind::PersistentVolumeClaim:
            return keep(claims_, any->key(), api::as<api::PersistentVolumeClaim>(after));
        case api::Kind::CSIDriver:
            return keep(drivers_, name, api::as<api::CSIDriver>(after));
        case api::Kind::CSINode:
            csi_nodes_[name] = api::as<api::CSINode>(after);
            return;
        case api::Kind::VolumeAttachment: {
            const auto attachment = api::as<api::VolumeAttachment>(after);
            made_.emplace(name, at);
            if (!attachment) {
                made_.erase(name);
                return (void)attachments_.erase(name);
            }
            attachments_[name] = attachment;
            if (attachment->status.attached)
                was_attached_.emplace(unique_name(*attachment), attachment->spec.nodeName);
            return;
        }
        case api::Kind::Node:
            return remember_node(name, api::as<api::Node>(after), at);
        case api::Kind::Pod:
            return remember_pod(api::as<api::Pod>(before), api::as<api::Pod>(after), at, by);
        default:
            return;
    }
}

void Invariants::remember_volume(const api::Ref<api::PersistentVolume>& before,
                                 const api::Ref<api::PersistentVolume>& after) {
    if (!after) return (void)volumes_.erase(before->metadata.name);
    volumes_[after->metadata.name] = after;
    if (const auto source = source_of(*after))
        volume_of_handle_[{source->driver, source->volumeHandle}] = after->metadata.name;
}

void Invariants::remember_node(const api::Text& name, const api::Ref<api::Node>& node,
                               sim::Time at) {
    if (!node) return (void)nodes_.erase(name);
    NodeFacts& facts = nodes_[name];
    facts.node = node;
    keep_since(facts.in_use, node->status.volumesInUse, at);
    std::vector<api::Text> listed;
    for (const api::AttachedVolume& v : node->status.volumesAttached) listed.push_back(v.name);
    keep_since(facts.listed, listed, at);
    const auto& taints = node->spec.taints;
    const bool was_out = facts.out_of_service;
    facts.out_of_service = std::any_of(taints.begin(), taints.end(),
                                       [](const api::Taint& t) { return t.key == kOutOfService; });
    if (was_out && !facts.out_of_service) facts.in_service_since = at;
    const auto& conditions = node->status.conditions;
    facts.healthy = std::any_of(conditions.begin(), conditions.end(), [](const api::Condition& c) {
        return c.type == "Ready" && c.status == "True";
    });
}

void Invariants::remember_pod(const api::Ref<api::Pod>& before, const api::Ref<api::Pod>& after,
                              sim::Time at, const api::Text& by) {
    const bool was = before && !before->spec.nodeName.empty() && !volume::is_terminated(*before);
    const bool is = after && !after->spec.nodeName.empty() && !volume::is_terminated(*after);
    const auto& pod = after ? after : before;
    for (const api::Key& claim : volume::claims_of(*pod)) {
        if (is) {
            users_[claim].insert(pod->key());
        } else if (const auto it = users_.find(claim); it != users_.end()) {
            it->second.erase(pod->key());
        }
        const auto known = claims_.find(claim);
        if (was && !is && known != claims_.end())
            left_[{known->second.object->spec.volumeName, pod->spec.nodeName}] = at;
    }
    if (!is) return (void)pods_.erase(pod->key());
    PodFacts& facts = pods_[pod->key()];
    if (!was) facts = PodFacts{after, at, by == kScheduler};
    facts.pod = after;
}

const Invariants::PodFacts* Invariants::user(const api::Text& volume, const api::Text& node,
                                             sim::Time at) const {
    const auto pv = volumes_.find(volume);
    if (pv == volumes_.end() || !pv->second->spec.claimRef) return nullptr;
    const api::Key key = volume::claim_key(*pv->second->spec.claimRef);
    const auto claim = claims_.find(key);
    const auto pods = users_.find(key);
    if (claim == claims_.end() || pods == users_.end()) return nullptr;
    const api::PersistentVolumeClaim& c = *claim->second.object;
    if (c.status.phase != api::phase::kBound || c.spec.volumeName != volume ||
        c.metadata.uid != pv->second->spec.claimRef->uid)
        return nullptr;
    for (const api::Key& k : pods->second) {
        const PodFacts& facts = pods_.at(k);
        if (facts.pod->spec.nodeName == node && at - facts.since > grace_) return &facts;
    }
    return nullptr;
}

bool Invariants::is_forced(const NodeFacts& node, const Pair& where, sim::Time at) const {
    if (node.out_of_service) return true;
    if (node.in_service_since && at - *node.in_service_since < grace_) return true;
    if (node.healthy) return false;
    const auto left = left_.find(where);
    return left == left_.end() || at - left->second >= kForcedAfter;
}

api::Text Invariants::unique_name(const api::VolumeAttachment& attachment) const {
    const auto& name = attachment.spec.source.persistentVolumeName;
    const auto volume = name ? volumes_.find(*name) : volumes_.end();
    if (volume == volumes_.end()) return {};
    const auto source = source_of(*volume->second);
    if (!source) return {};
    return "kubernetes.io/csi/" + source->driver.str() + "^" + source->volumeHandle.str();
}

bool Invariants::is_alive(const api::Text& attachment) const {
    const auto found = attachments_.find(attachment);
    return found != attachments_.end() && !found->second->metadata.terminating();
}

void Invariants::check_attachment(const Stamp& stamp, const Committed& told) {
    const auto& now = static_cast<const api::VolumeAttachment&>(*told.object);
    const auto before = api::as<api::VolumeAttachment>(told.previous);
    if (told.change == Change::Added && told.by == kController) check_creation(stamp, now);
    const bool deleted = told.change == Change::Deleted || now.metadata.terminating();
    const bool was_deleted = before && before->metadata.terminating();
    if (deleted && !was_deleted && told.by == kController) check_deletion(stamp, now);
    // A controller of 1.26 lists it again where the detach then fails.
    if (deleted) was_attached_.emplace(unique_name(now), now.spec.nodeName);
    if (now.status.attached && !(before && before->status.attached)) check_limit(stamp, now);
}

void Invariants::check_creation(const Stamp& stamp, const api::VolumeAttachment& attachment) {
    const auto& name = attachment.spec.source.persistentVolumeName;
    const auto volume = name ? volumes_.find(*name) : volumes_.end();
    const auto source = volume == volumes_.end() ? std::nullopt : source_of(*volume->second);
    const auto about = [&] {
        return attachment.metadata.name.str() + " of " + (name ? name->str() : "") + " on " +
               attachment.spec.nodeName.str();
    };
    if (source && attachment.metadata.name != attachment_name(source->volumeHandle, source->driver,
                                                              attachment.spec.nodeName))
        violated(stamp, rule::kName, about());
    const auto driver = drivers_.find(attachment.spec.attacher);
    if (driver != drivers_.end() && !driver->second.object->spec.attachRequired.value_or(true) &&
        stamp.at - driver->second.since > grace_)
        violated(stamp, rule::kNeeded, about());
}

void Invariants::check_deletion(const Stamp& stamp, const api::VolumeAttachment& attachment) {
    const auto& name = attachment.spec.source.persistentVolumeName;
    const auto node = nodes_.find(attachment.spec.nodeName);
    if (!name) return;
    const auto volume = volumes_.find(*name);
    const auto source = volume == volumes_.end() ? std::nullopt : source_of(*volume->second);
    const Pair where{*name, attachment.spec.nodeName};
    if (source && (node == nodes_.end() || is_forced(node->second, where, stamp.at)))
        forced_.insert({{source->driver, source->volumeHandle}, node_id(attachment)});
    if (node == nodes_.end()) return;
    const api::Text unique = unique_name(attachment);
    const std::string about = name->str() + " on " + node->first.str();
    const auto driver = drivers_.find(attachment.spec.attacher);
    const bool attaches =
        driver == drivers_.end() || driver->second.object->spec.attachRequired.value_or(true);
    const PodFacts* pod = attaches ? user(*name, node->first, stamp.at) : nullptr;
    if (pod) violated(stamp, rule::kNotWanted, about + ": " + pod->pod->key().to_string());
    // One that was never confirmed cannot be mounted: no node is told of it.
    if (attachment.status.attached && is_there(node->second.in_use, unique, stamp.at - grace_) &&
        !is_forced(node->second, where, stamp.at))
        violated(stamp, rule::kUnmountedFirst, about);
    if (is_there(node->second.listed, unique, stamp.at - grace_))
        violated(stamp, rule::kUnlistedFirst, about);
}

void Invariants::check_listing(const Stamp& stamp, const api::Node& after) {
    for (const api::AttachedVolume& v : after.status.volumesAttached)
        if (v.name.view().starts_with("kubernetes.io/csi/") &&
            !was_attached_.contains({v.name, after.metadata.name}))
            violated(stamp, rule::kAttachedBeforeListed,
                     v.name.str() + " on " + after.metadata.name.str());
}

// Of volumes in use, and only where the scheduler has placed all their pods: others ask nobody.
void Invariants::check_limit(const Stamp& stamp, const api::VolumeAttachment& attachment) {
    const auto csi_node = csi_nodes_.find(attachment.spec.nodeName);
    if (csi_node == csi_nodes_.end() || !csi_node->second) return;
    std::optional<std::int64_t> limit;
    for (const api::CSINodeDriver& d : csi_node->second->spec.drivers)
        if (d.name == attachment.spec.attacher && d.allocatable) limit = d.allocatable->count;
    if (!limit) return;
    std::int64_t count = 0;
    for (const auto& a : attachments_) {
        const api::VolumeAttachment& va = *a.second;
        const auto& name = va.spec.source.persistentVolumeName;
        if (va.spec.attacher != attachment.spec.attacher || !va.status.attached || !name ||
            va.spec.nodeName != attachment.spec.nodeName || va.metadata.terminating())
            continue;
        const PodFacts* pod = user(*name, va.spec.nodeName, sim::kNever);
        if (pod && !pod->by_scheduler) return;
        count += pod != nullptr;
    }
    if (count > *limit)
        violated(stamp, rule::kLimit,
                 attachment.spec.nodeName.str() + ": " + std::to_string(count) + " of " +
                     std::to_string(*limit));
}

// Where another node's attachment is being deleted, or gone, the volume was given up there: after a
// failed detach upstream attaches it elsewhere too, and only the driver can refuse that.
void Invariants::on_publish(const Stamp& stamp, const CsiCall& call) {
    const bool fine = call.outcome->status.ok();
    const csi::RequestVariant* request = call.request;
    if (const auto* r = std::get_if<csi::ControllerUnpublishVolumeRequest>(request)) {
        if (!fine) return;
        auto& nodes = published_[{call.driver, r->volume_id}];
        if (r->node_id.empty()) nodes.clear();
        nodes.erase(r->node_id);
        return;
    }
    const auto* r = std::get_if<csi::ControllerPublishVolumeRequest>(request);
    if (r && call.outcome->status.code == csi::Code::ResourceExhausted)
        violated(stamp, rule::kRoom,
                 r->volume_id.str() + " on " + r->node_id.str() + ": " +
                     call.outcome->status.message.str(),
                 true);
    if (!r || !fine) return;
    auto& nodes = published_[{call.driver, r->volume_id}];
    const auto name = volume_of_handle_.find({call.driver, r->volume_id});
    const auto volume =
        name == volume_of_handle_.end() ? volumes_.end() : volumes_.find(name->second);
    const bool alone = volume != volumes_.end() && is_for_one_node(*volume->second);
    for (const api::Text& other : nodes) {
        if (!alone || other == r->node_id) continue;
        const auto at = [&](const api::Text& node) {
            return api::Text(attachment_name(r->volume_id, call.driver, node));
        };
        const bool given_up = !is_alive(at(other)) || !is_alive(at(r->node_id));
        violated(stamp, given_up ? rule::kGivenUp : rule::kOneNode,
                 name->second.str() + " on " + other.str() + " and " + r->node_id.str(), given_up);
    }
    nodes.insert(r->node_id);
    forced_.erase({{call.driver, r->volume_id}, r->node_id});
}

void Invariants::finish(const Stamp& stamp, sim::Duration age, const HasKubelet& has_kubelet) {
    for (const auto& [name, attachment] : attachments_) {
        const auto& volume = attachment->spec.source.persistentVolumeName;
        if (!attachment->status.attached || !has_kubelet(attachment->spec.nodeName)) continue;
        if (!volume || user(*volume, attachment->spec.nodeName, sim::kNever)) continue;
        const auto left = left_.find({*volume, attachment->spec.nodeName});
        const sim::Time since = left == left_.end() ? made_[name] : left->second;
        if (stamp.at - since > age)
            violated(stamp, rule::kLeftOver,
                     name.str() + " of " + volume->str() + " on " + attachment->spec.nodeName.str(),
                     true);
    }
}

bool Invariants::is_by_force(const CsiCall& call) const {
    const csi::RequestVariant* request = call.request;
    const auto* r = std::get_if<csi::ControllerUnpublishVolumeRequest>(request);
    return r && forced_.contains({{call.driver, r->volume_id}, r->node_id});
}

api::Text Invariants::node_id(const api::VolumeAttachment& attachment) const {
    const auto found = csi_nodes_.find(attachment.spec.nodeName);
    if (found != csi_nodes_.end() && found->second)
        for (const api::CSINodeDriver& d : found->second->spec.drivers)
            if (d.name == attachment.spec.attacher) return d.nodeID;
    return attachment.spec.nodeName;
}

}  // namespace model::attachdetach
