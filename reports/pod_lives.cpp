#include "reports/pod_lives.hpp"

#include <algorithm>

#include "model/csi/messages.hpp"
#include "reports/columns.hpp"

namespace reports {

namespace {

using model::Change;
using model::api::Key;
using model::api::Pod;
using model::api::Value;

bool is_stateless(std::string_view source) {
    for (std::string_view s : {"secret", "configMap", "downwardAPI", "emptyDir", "projected"})
        if (source == s) return true;
    return false;
}

bool is_stateful(const model::api::Volume& volume) {
    if (volume.persistentVolumeClaim || volume.ephemeral) return true;
    for (const auto& source : volume.extra.as_map())
        if (!is_stateless(source.first)) return true;
    return false;
}

// An ephemeral volume's claim is named by the pod and the volume.
std::optional<Key> claim_of(const Pod& pod, const model::api::Volume& volume) {
    if (volume.persistentVolumeClaim)
        return Key(pod.metadata.ns, volume.persistentVolumeClaim->claimName);
    if (volume.ephemeral)
        return Key(pod.metadata.ns, pod.metadata.name.str() + "-" + volume.name.str());
    return {};
}

// Running, ended, or running again.
bool all_started(const Pod& pod) {
    const auto& statuses = pod.status.containerStatuses.as_list();
    return !statuses.empty() && std::all_of(statuses.begin(), statuses.end(), [](const Value& s) {
        return s.at({"state", "running"}) || s.at({"state", "terminated"}) ||
               s.at({"lastState", "terminated"});
    });
}

std::string joined(const std::set<std::string>& names) {
    std::string out;
    for (const std::string& name : names) out += (out.empty() ? "" : "+") + name;
    return out.empty() ? "none" : out;
}

// Cuts the segments of a path where a stage ends, and says of each in which stage it lies.
template <class Mark>
std::vector<Segment> in_stages(std::vector<Segment> path, sim::Time from,
                               const std::vector<Mark>& marks) {
    if (path.empty() && !marks.empty() && marks.back().until > from)
        path.push_back({model::Wait::None, from, marks.back().until, "", false, {}, {}});
    std::vector<Segment> segments;
    auto mark = marks.begin();
    for (const Segment& whole : path)
        for (sim::Time at = whole.from; at < whole.to && mark != marks.end();) {
            Segment part = whole;
            part.from = at;
            part.to = std::min(whole.to, mark->until);
            part.stage = mark->stage;
            at = part.to;
            if (part.length() > sim::Duration()) segments.push_back(std::move(part));
            if (at == mark->until && at < marks.back().until) ++mark;
        }
    return segments;
}

// Each instant once.
template <class Interval>
sim::Duration covered(std::vector<Interval> intervals, sim::Time from, sim::Time to) {
    std::sort(intervals.begin(), intervals.end(),
              [](const Interval& a, const Interval& b) { return a.from < b.from; });
    sim::Duration sum{};
    sim::Time counted = from;
    for (const Interval& i : intervals) {
        const sim::Time begin = std::max(i.from, counted), end = std::min(i.to, to);
        if (begin >= end) continue;
        sum += end - begin;
        counted = end;
    }
    return sum;
}

}  // namespace

void PodLives::take_in(const model::api::ObjectReader& objects) {
    storage_.take_in(objects);
    objects.for_each(model::api::Kind::Pod, "", [this](const model::api::ObjectRef& object) {
        begin(*model::api::as<Pod>(object), sim::Time());
    });
}

void PodLives::on(const model::Stamp& stamp, const model::Happening& happening) {
    if (const auto* call = std::get_if<model::CsiCall>(&happening)) on_call(stamp.at, *call);
    const auto* commit = std::get_if<model::Committed>(&happening);
    if (!commit) return;
    storage_.on(stamp.at, *commit);
    if (commit->object->kind == model::api::Kind::Pod) return on_pod(stamp, *commit);
    if (const auto event = model::api::as<model::api::Event>(commit->object))
        if (commit->change == Change::Added) on_event(stamp.at, *event);
    if (const auto claim = model::api::as<model::api::PersistentVolumeClaim>(commit->object))
        look_again(claim->key(), stamp.at);
    const auto volume = model::api::as<model::api::PersistentVolume>(commit->object);
    if (volume && volume->spec.claimRef)
        look_again(Key(volume->spec.claimRef->ns, volume->spec.claimRef->name), stamp.at);
}

PodLives::Life* PodLives::life_of(const std::string& uid) {
    const auto found = by_uid_.find(uid);
    return found == by_uid_.end() ? nullptr : &lives_[found->second];
}

// A mount is at ".../pods/UID/volumes/...", a block device at ".../publish/VOLUME/UID".
PodLives::Life* PodLives::life_at(std::string_view path) {
    while (!path.empty()) {
        const std::size_t slash = std::min(path.find('/'), path.size());
        if (Life* life = life_of(std::string(path.substr(0, slash)))) return life;
        path.remove_prefix(std::min(slash + 1, path.size()));
    }
    return nullptr;
}

void PodLives::begin(const Pod& pod, sim::Time at) {
    Life life;
    life.name = pod.key().to_string();
    if (const int nth = ++times_used_[life.name]; nth > 1) life.name += "#" + std::to_string(nth);
    // One that has started already is no start; later words about it find no life.
    if (!pod.status.phase.empty() && !(pod.status.phase == "Pending")) return;
    life.created = at;
    life.has_init = !pod.spec.initContainers.as_list().empty();
    for (const model::api::Volume& volume : pod.spec.volumes) {
        life.stateful |= is_stateful(volume);
        if (const auto claim = claim_of(pod, volume)) life.claims.insert(*claim);
    }
    const std::size_t index = lives_.size();
    by_uid_[pod.metadata.uid.str()] = index;
    for (const Key& claim : life.claims) waiting_[claim].insert(index);
    look_at_claims(life, at);
    lives_.push_back(std::move(life));
    if (!pod.spec.nodeName.empty()) schedule(lives_.back(), pod, at);
}

void PodLives::on_pod(const model::Stamp& stamp, const model::Committed& commit) {
    const auto pod = model::api::as<Pod>(commit.object);
    const std::string uid = pod->metadata.uid.str();
    if (commit.change == Change::Added) begin(*pod, stamp.at);
    Life* life = life_of(uid);
    if (!life) return;
    if (commit.change == Change::Deleted) {
        for (const Key& claim : life->claims) waiting_[claim].erase(by_uid_[uid]);
        by_uid_.erase(uid);
        return;
    }
    if (!life->scheduled && !pod->spec.nodeName.empty()) schedule(*life, *pod, stamp.at);
    for (const model::api::Condition& c : pod->status.conditions) {
        if (c.type == "PodScheduled" && c.status == "False" && c.reason == "Unschedulable")
            life->schedulable = false;
        if (c.type == "Initialized" && c.status == "True" && !life->initialized)
            life->initialized = stamp.at;
    }
    if (!life->all_started && all_started(*pod)) life->all_started = stamp.at;
    // Succeeded: it ran so shortly that nobody said so.
    if (!life->running && (pod->status.phase == "Running" || pod->status.phase == "Succeeded"))
        finish(*life, stamp);
}

void PodLives::look_again(const Key& claim, sim::Time at) {
    const auto pods = waiting_.find(claim);
    if (pods == waiting_.end()) return;
    for (std::size_t index : pods->second) look_at_claims(lives_[index], at);
}

// In which stage a pod is that is not scheduled: the earliest in which any of its claims is.
void PodLives::look_at_claims(Life& life, sim::Time at) const {
    PodStage stage = PodStage::Schedule;
    bool delayed = true;
    for (const Key& key : life.claims) {
        const ClaimView* claim = storage_.claim(key);
        if (claim && claim->bound) continue;
        const bool delays = claim && storage_.delays_binding(claim->class_name);
        const bool has_volume =
            claim && (!claim->volume.empty() || storage_.has_volume(claim->uid));
        // Nothing is done about it before the scheduler has chosen a node.
        if (delays && !claim->has_selected_node && !has_volume) continue;
        if (claim && claim->is_provisioned_outside && !has_volume) {
            stage = PodStage::Provision;
            delayed &= delays;
        } else if (stage != PodStage::Provision) {
            stage = PodStage::Bind;
        }
    }
    delayed &= stage == PodStage::Provision;
    if (stage == life.now && delayed == life.now_delayed) return;
    const sim::Time since = life.marks.empty() ? life.created : life.marks.back().until;
    if (at > since) life.marks.push_back({at, life.now, life.now_delayed});
    life.now = stage;
    life.now_delayed = delayed;
}

void PodLives::schedule(Life& life, const Pod& pod, sim::Time at) {
    life.node = pod.spec.nodeName.str();
    life.scheduled = at;
    life.marks.push_back({at, life.now, life.now_delayed});
    for (const Key& claim : life.claims) waiting_[claim].erase(by_uid_[pod.metadata.uid.str()]);
}

void PodLives::on_event(sim::Time at, const model::api::Event& event) {
    if (!(event.involvedObject.kind == "Pod")) return;
    Life* life = life_of(event.involvedObject.uid.str());
    if (!life) return;
    if (event.reason == "Pulling") life->pulling = at;
    if (event.reason == "Pulled" && life->pulling) {
        life->pulls.push_back({*life->pulling, at});
        life->pulling.reset();
    }
}

void PodLives::on_call(sim::Time at, const model::CsiCall& call) {
    if (call.moment != model::CsiCall::Moment::Ended || !call.outcome->status.ok()) return;
    const std::string node = call.node.str();
    if (const auto* r = std::get_if<model::csi::NodeStageVolumeRequest>(call.request))
        staged_[{r->volume_id.str(), node}] = at;
    if (const auto* r = std::get_if<model::csi::NodeUnstageVolumeRequest>(call.request))
        staged_.erase({r->volume_id.str(), node});
    const auto* publish = std::get_if<model::csi::NodePublishVolumeRequest>(call.request);
    Life* life = publish ? life_at(publish->target_path.view()) : nullptr;
    if (!life || life->running) return;
    life->published = at;
    const auto staged = staged_.find({publish->volume_id.str(), node});
    if (staged != staged_.end())
        life->staged = std::max(life->staged.value_or(staged->second), staged->second);
}

void PodLives::finish(Life& life, const model::Stamp& stamp) const {
    life.running = stamp;
    const sim::Time scheduled = life.scheduled.value_or(stamp.at);
    if (!life.scheduled) life.marks.push_back({stamp.at, life.now, life.now_delayed});
    sim::Time detached = scheduled, attached = scheduled;
    for (const Key& key : life.claims) {
        const ClaimView* claim = storage_.claim(key);
        if (!claim) continue;
        life.classes.insert(claim->class_name.empty() ? "none" : claim->class_name);
        const VolumeView* volume = storage_.volume(claim->volume);
        if (!volume) continue;
        life.drivers.insert(volume->driver);
        const auto at = storage_.attached(claim->volume, life.node);
        if (!at || *at <= scheduled) continue;
        attached = std::max(attached, *at);
        if (!volume->at_one_node) continue;
        const auto left = storage_.detached_elsewhere(claim->volume, life.node, scheduled);
        if (left) detached = std::max(detached, std::min(*left, *at));
    }
    sim::Time until = scheduled;
    const auto mark = [&](PodStage stage, sim::Time end) {
        until = std::clamp(end, until, stamp.at);
        life.marks.push_back({until, stage, false});
    };
    mark(PodStage::DetachWait, detached);
    mark(PodStage::Attach, attached);
    mark(PodStage::Stage, life.staged.value_or(scheduled));
    mark(PodStage::Publish, life.published.value_or(scheduled));
    mark(PodStage::Start, stamp.at);
}

std::vector<PodPassage> PodLives::passages(const EventTrace* trace) const {
    std::vector<PodPassage> all;
    for (const Life& life : lives_) {
        PodPassage p;
        p.object = life.name;
        p.began = life.created;
        p.stateful = life.stateful;
        p.schedulable = life.schedulable;
        p.labels = {{"node", life.node.empty() ? "none" : life.node},
                    {"driver", joined(life.drivers)},
                    {"class", joined(life.classes)}};
        if (life.running) {
            p.ended = life.running->at;
            std::vector<Segment> path;
            if (trace) path = path_since(life.created, life.running->event, *trace);
            p.segments = in_stages(std::move(path), life.created, life.marks);
            std::vector<Interval> excluded = life.pulls;
            sim::Time from = life.created;
            for (const Mark& m : life.marks) {
                if (m.delayed || m.stage == PodStage::DetachWait)
                    excluded.push_back({from, m.until});
                from = m.until;
            }
            if (life.has_init && life.initialized)
                excluded.push_back({std::max(life.published.value_or(life.created),
                                             life.scheduled.value_or(life.created)),
                                    *life.initialized});
            const sim::Time end = life.all_started.value_or(*p.ended);
            p.sli = end - life.created - covered(std::move(excluded), life.created, end);
        }
        all.push_back(std::move(p));
    }
    return all;
}

StartLatency start_latency_of(const std::vector<PodPassage>& pods) {
    StartLatency latency;
    std::vector<sim::Duration> spent;
    for (const PodPassage& pod : pods) {
        if (!pod.stateful) continue;
        if (pod.sli && pod.schedulable)
            spent.push_back(*pod.sli);
        else
            ++latency.left_out;
    }
    latency.spent = percentiles_of(std::move(spent));
    return latency;
}

std::string text_of(const StartLatency& latency) {
    const std::size_t n = latency.spent.count;
    if (n == 0) return "";
    std::string out = "start latency of " + std::to_string(n) + " stateful pod" +
                      (n == 1 ? "" : "s") + " as the scalability SLOs count it";
    out += ": p50 " + brief(latency.spent.p50) + ", p90 " + brief(latency.spent.p90) + ", p99 " +
           brief(latency.spent.p99);
    if (latency.left_out)
        out +=
            "; " + std::to_string(latency.left_out) + " not counted: unschedulable or not started";
    return out + "\n";
}

}  // namespace reports
