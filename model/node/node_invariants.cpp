#include "model/node/node_invariants.hpp"

#include "model/api/objects_core.hpp"

namespace model::node {

std::string pod_of_path(const std::string& path) {
    constexpr std::string_view kPods = "/pods/", kDevices = "/volumeDevices/publish/";
    if (const std::size_t at = path.find(kPods); at != std::string::npos) {
        const std::size_t begin = at + kPods.size();
        return path.substr(begin, path.find('/', begin) - begin);
    }
    if (path.find(kDevices) == std::string::npos) return {};
    return path.substr(path.rfind('/') + 1);
}

NodeInvariants::NodeInvariants(Journal& journal, Runs runs)
    : journal_(journal), runs_(std::move(runs)) {
    journal_.listen(this);
}
NodeInvariants::~NodeInvariants() { journal_.ignore(this); }

void NodeInvariants::violated(const Stamp& stamp, std::string_view rule, std::string detail) {
    Violated v;
    v.invariant = rule;
    v.detail = std::move(detail);
    v.hazard = rule == kWriterKeepsVolume;
    journal_.emit(stamp, v);
}

void NodeInvariants::on(const Stamp& stamp, const Happening& happening) {
    if (const auto* call = std::get_if<CsiCall>(&happening)) on_call(stamp, *call);
    if (const auto* commit = std::get_if<Committed>(&happening)) on_commit(stamp, *commit);
}

// What a call has done counts from its end on; what is taken away, from its success.
void NodeInvariants::on_call(const Stamp& stamp, const CsiCall& call) {
    if (call.moment != CsiCall::Moment::Ended || !call.outcome || !call.outcome->status.ok())
        return;
    const auto id = [&call](const api::Text& volume) {
        return call.driver.str() + "^" + volume.str();
    };
    if (const auto* r = std::get_if<csi::NodePublishVolumeRequest>(call.request)) {
        const std::string path = r->target_path.str();
        paths_[{id(r->volume_id), call.node.str()}].insert(path);
        if (const std::string pod = pod_of_path(path); !pod.empty())
            published_[pod][path] = {call.node.str(), stamp.at};
        if (r->volume_capability->access_mode != csi::AccessMode::SingleNodeSingleWriter) return;
        std::set<std::string>& paths = for_one_pod_[{id(r->volume_id), call.node.str()}];
        paths.insert(path);
        if (paths.size() > 1)
            violated(stamp, kOnePodOnly, r->volume_id.str() + " is at " + path + " too");
    } else if (const auto* u = std::get_if<csi::NodeUnpublishVolumeRequest>(call.request)) {
        const std::string path = u->target_path.str();
        const std::string pod = pod_of_path(path);
        if (const auto found = published_.find(pod); found != published_.end()) {
            found->second.erase(path);
            if (found->second.empty()) published_.erase(found);
        }
        for_one_pod_[{id(u->volume_id), call.node.str()}].erase(path);
        paths_[{id(u->volume_id), call.node.str()}].erase(path);
    } else if (const auto* d = std::get_if<csi::ControllerUnpublishVolumeRequest>(call.request)) {
        check_writers(stamp, id(d->volume_id), d->node_id, "detached");
    } else if (const auto* x = std::get_if<csi::DeleteVolumeRequest>(call.request)) {
        check_writers(stamp, id(x->volume_id), {}, "deleted");
    }
}

// `node` empty: on any.
void NodeInvariants::check_writers(const Stamp& stamp, const VolumeId& volume,
                                   const api::Text& node, std::string_view how) {
    if (!runs_) return;
    for (auto at = paths_.lower_bound({volume, {}}); at != paths_.end(); ++at) {
        const auto& [known, where] = at->first;
        if (known != volume) break;
        if (!node.empty() && node.view() != where) continue;
        for (const std::string& path : at->second)
            if (const std::string pod = pod_of_path(path); runs_(where, pod))
                violated(stamp, kWriterKeepsVolume,
                         volume + " is " + std::string(how) + " while pod " + pod + " on " + where +
                             " writes to it");
    }
}

void NodeInvariants::forget_node(const std::string& node) {
    for (auto pod = published_.begin(); pod != published_.end();) {
        std::erase_if(pod->second, [&node](const auto& path) { return path.second.node == node; });
        pod = pod->second.empty() ? published_.erase(pod) : std::next(pod);
    }
    std::erase_if(paths_, [&node](const auto& at) { return at.first.second == node; });
    std::erase_if(for_one_pod_, [&node](const auto& use) { return use.first.second == node; });
}

void NodeInvariants::on_commit(const Stamp& stamp, const Committed& commit) {
    const auto pod = api::as<api::Pod>(commit.object);
    if (!pod || commit.by != "kubelet") return;
    const std::string uid = pod->metadata.uid.str();
    if (pod->status.phase == "Succeeded" || pod->status.phase == "Failed")
        ended_.emplace(uid, stamp.at);
    if (commit.change != Change::Deleted) return;
    const auto found = published_.find(uid);
    const auto ended = ended_.find(uid);
    const sim::Time judged = ended == ended_.end() ? stamp.at : ended->second;
    if (found != published_.end())
        for (const auto& [path, mount] : found->second)
            if (judged - mount.since > grace_)
                violated(stamp, kUnpublishedFirst,
                         pod->key().to_string() + ": " + path + " is mounted");
    if (ended != ended_.end()) ended_.erase(ended);
}

}  // namespace model::node
