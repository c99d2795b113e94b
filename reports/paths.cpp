#include "reports/paths.hpp"

#include <algorithm>

#include "model/api/objects_storage.hpp"

namespace reports {

std::vector<Segment> path_since(sim::Time from, EventSeq to, const EventTrace& trace) {
    std::vector<Segment> segments;
    for (EventSeq event = to; trace.time(event) > from;) {
        const std::optional<EventTrace::Step> step = trace.back(event);
        if (!step) break;
        const sim::Time began = trace.time(step->parent), ended = trace.time(event);
        const bool cut = began < from;
        if (began < ended) {
            segments.push_back(Segment{step->wait, std::max(began, from), ended,
                                       std::string(trace.actor(event)), cut, step->call});
        }
        event = step->parent;
    }
    std::reverse(segments.begin(), segments.end());
    return segments;
}

void ClaimPaths::on(const model::Stamp& stamp, const model::Happening& happening) {
    const auto* commit = std::get_if<model::Committed>(&happening);
    if (!commit || commit->object->kind != model::api::Kind::PersistentVolumeClaim) return;
    const auto claim = model::api::as<model::api::PersistentVolumeClaim>(commit->object);
    Life& life = life_of(*claim);
    if (commit->change == model::Change::Added) {
        life.created = stamp.at;
        life.existed_before = false;
    } else if (commit->change == model::Change::Deleted) {
        life.deleted = stamp.at;
    } else if (!life.bound && claim->status.phase == "Bound") {
        const auto before = model::api::as<model::api::PersistentVolumeClaim>(commit->previous);
        if (!before || !(before->status.phase == "Bound")) life.bound = stamp;
    }
}

ClaimPaths::Life& ClaimPaths::life_of(const model::api::Object& claim) {
    const auto [known, is_new] = by_uid_.emplace(claim.metadata.uid.str(), lives_.size());
    if (!is_new) return lives_[known->second];
    Life life;
    life.uid = claim.metadata.uid.str();
    life.name = claim.key().to_string();
    life.existed_before = true;
    if (const int nth = ++times_used_[life.name]; nth > 1) life.name += "#" + std::to_string(nth);
    lives_.push_back(std::move(life));
    return lives_.back();
}

std::vector<ClaimPath> ClaimPaths::paths(const EventTrace& trace) const {
    std::vector<ClaimPath> paths;
    for (const Life& life : lives_) {
        ClaimPath path;
        path.object = life.name;
        path.uid = life.uid;
        path.began = life.created;
        path.existed_before = life.existed_before;
        path.deleted = life.deleted;
        if (life.bound) {
            path.ended = life.bound->at;
            path.segments = path_since(life.created, life.bound->event, trace);
        }
        paths.push_back(std::move(path));
    }
    return paths;
}

}  // namespace reports
