#include "reports/state_bars.hpp"

#include <algorithm>
#include <set>

#include "model/api/constants.hpp"
#include "model/api/objects_core.hpp"

namespace reports {

namespace {

using model::Change;
using model::api::Kind;

struct State {
    std::string word;
    Mood mood{};
};

State of_phase(std::string_view phase) {
    if (phase.empty()) return {"new", Mood::Waits};
    Mood mood = Mood::Waits;
    if (phase == "Bound" || phase == "Running") mood = Mood::Good;
    if (phase == "Available") mood = Mood::Free;
    if (phase == "Released") mood = Mood::Leaves;
    if (phase == "Failed" || phase == "Lost" || phase == "Unknown") mood = Mood::Bad;
    if (phase == "Succeeded") mood = Mood::Done;
    return {std::string(phase), mood};
}

State of_attachment(const model::api::VolumeAttachment& attachment) {
    if (attachment.metadata.terminating())
        return attachment.status.detachError ? State{"detaching: refused", Mood::Bad}
                                             : State{"detaching", Mood::Leaves};
    if (attachment.status.attached) return {"attached", Mood::Good};
    return attachment.status.attachError ? State{"attaching: refused", Mood::Bad}
                                         : State{"attaching", Mood::Waits};
}

State of_pod(const model::api::Pod& pod) {
    State state = of_phase(pod.status.phase.view());
    if (state.mood == Mood::Waits && !pod.spec.nodeName.empty())
        state.word += " on " + pod.spec.nodeName.str();
    return state;
}

State state_of(const model::api::Object& object) {
    State state;
    switch (object.kind) {
        case Kind::PersistentVolumeClaim:
            state = of_phase(
                static_cast<const model::api::PersistentVolumeClaim&>(object).status.phase.view());
            break;
        case Kind::PersistentVolume:
            state = of_phase(
                static_cast<const model::api::PersistentVolume&>(object).status.phase.view());
            break;
        case Kind::Pod:
            state = of_pod(static_cast<const model::api::Pod&>(object));
            break;
        case Kind::VolumeAttachment:
            return of_attachment(static_cast<const model::api::VolumeAttachment&>(object));
        default:
            return state;
    }
    if (object.metadata.terminating()) {
        state.word += ", terminating";
        state.mood = Mood::Leaves;
    }
    return state;
}

const char* title_of(Kind kind) {
    switch (kind) {
        case Kind::PersistentVolumeClaim:
            return "1 Claims";
        case Kind::PersistentVolume:
            return "2 Volumes";
        case Kind::Pod:
            return "3 Pods";
        case Kind::VolumeAttachment:
            return "4 Attachments";
        default:
            return nullptr;
    }
}

std::string name_of(const model::api::Object& object) {
    if (object.kind != Kind::VolumeAttachment) return object.key().to_string();
    const auto& a = static_cast<const model::api::VolumeAttachment&>(object);
    const auto& volume = a.spec.source.persistentVolumeName;
    return a.spec.nodeName.str() + ": " + (volume ? volume->str() : "inline volume");
}

template <class Sections>
std::vector<StateRows> in_order(const Sections& sections, std::size_t title_from) {
    std::vector<StateRows> all;
    for (const auto& [title, section] : sections)
        if (!section.rows.empty())
            all.push_back({title.substr(title_from), section.rows, section.left_out});
    return all;
}

}  // namespace

std::string_view to_string(Mood mood) {
    constexpr std::string_view kNames[] = {"waits", "free", "good", "leaves", "bad", "done"};
    return kNames[static_cast<std::size_t>(mood)];
}

void StateBars::take_in(const model::api::ObjectReader& objects) {
    for (Kind kind : {Kind::PersistentVolume, Kind::PersistentVolumeClaim, Kind::Pod,
                      Kind::VolumeAttachment, Kind::Node})
        objects.for_each(kind, "", [this](const model::api::ObjectRef& object) {
            model::Committed commit;
            commit.change = Change::Added;
            commit.object = object;
            on(model::Stamp(), commit);
        });
}

void StateBars::on(const model::Stamp& stamp, const model::Happening& happening) {
    const auto* commit = std::get_if<model::Committed>(&happening);
    if (!commit) return;
    if (commit->object->kind == Kind::Node) return on_node(stamp.at, *commit);
    if (!title_of(commit->object->kind)) return;
    on_object(stamp.at, *commit);
    if (commit->object->kind == Kind::VolumeAttachment) on_attachment(stamp.at, *commit);
    const auto volume = model::api::as<model::api::PersistentVolume>(commit->object);
    if (volume && volume->spec.source.csi)
        volume_of_["kubernetes.io/csi/" + volume->spec.source.csi->driver.str() + "^" +
                   volume->spec.source.csi->volumeHandle.str()] = volume->metadata.name.str();
}

// Another object of the same name goes on in the same row.
void StateBars::on_object(sim::Time at, const model::Committed& commit) {
    const model::api::Object& object = *commit.object;
    Section& section = by_kind_[title_of(object.kind)];
    const std::string key = object.key().to_string();
    if (commit.change == Change::Deleted) return end(section, key, at);
    State state = state_of(object);
    show(section, key, name_of(object), at, std::move(state.word), state.mood);
}

void StateBars::on_attachment(sim::Time at, const model::Committed& commit) {
    const auto a = model::api::as<model::api::VolumeAttachment>(commit.object);
    Section* known = section_of_node(a->spec.nodeName.str());
    if (!known) return;
    Section& section = *known;
    const std::string key = "a/" + a->metadata.name.str();
    if (commit.change == Change::Deleted) return end(section, key, at);
    const auto& volume = a->spec.source.persistentVolumeName;
    State state = of_attachment(*a);
    show(section, key, "attachment: " + (volume ? volume->str() : "inline volume"), at,
         std::move(state.word), state.mood);
}

void StateBars::on_node(sim::Time at, const model::Committed& commit) {
    const auto node = model::api::as<model::api::Node>(commit.object);
    const auto before = model::api::as<model::api::Node>(commit.previous);
    std::set<std::string> now, earlier;
    if (commit.change != Change::Deleted)
        for (const auto& v : node->status.volumesAttached) now.insert(v.name.str());
    if (before)
        for (const auto& v : before->status.volumesAttached) earlier.insert(v.name.str());
    if (now == earlier) return;
    Section* known_node = section_of_node(node->metadata.name.str());
    if (!known_node) return;
    Section& section = *known_node;
    for (const std::string& volume : earlier)
        if (!now.contains(volume)) end(section, "s/" + volume, at);
    for (const std::string& volume : now) {
        if (earlier.contains(volume)) continue;
        const auto known = volume_of_.find(volume);
        show(section, "s/" + volume,
             "node status: " + (known == volume_of_.end() ? volume : known->second), at, "attached",
             Mood::Good);
    }
}

StateBars::Section* StateBars::section_of_node(const std::string& name) {
    const auto known = by_node_.find(name);
    if (known != by_node_.end()) return &known->second;
    nodes_left_out_ |= by_node_.size() >= kNodesMax;
    return by_node_.size() < kNodesMax ? &by_node_[name] : nullptr;
}

void StateBars::show(Section& section, const std::string& key, const std::string& name,
                     sim::Time at, std::string state, Mood mood) {
    auto known = section.by_key.find(key);
    if (known == section.by_key.end()) {
        if (section.rows.size() >= kRowsMax) {
            section.by_key[key] = kRowsMax;
            ++section.left_out;
            return;
        }
        known = section.by_key.emplace(key, section.rows.size()).first;
        section.rows.push_back({name, {}, 0});
    }
    if (known->second == kRowsMax) return;
    StateRow& row = section.rows[known->second];
    if (!row.bars.empty() && !row.bars.back().to && row.bars.back().state == state) return;
    last_ = std::max(last_, at);
    if (!row.bars.empty() && !row.bars.back().to) row.bars.back().to = at;
    if (row.bars.size() >= kBarsMax) {
        ++row.left_out;
        return;
    }
    row.bars.push_back({at, {}, std::move(state), mood});
}

void StateBars::end(Section& section, const std::string& key, sim::Time at) {
    last_ = std::max(last_, at);
    const auto known = section.by_key.find(key);
    if (known == section.by_key.end() || known->second == kRowsMax) return;
    StateRow& row = section.rows[known->second];
    if (!row.bars.empty() && !row.bars.back().to) row.bars.back().to = at;
}

std::vector<StateRows> StateBars::objects() const {
    return in_order(by_kind_, 2);  // without the number that orders them
}

std::vector<StateRows> StateBars::nodes() const { return in_order(by_node_, 0); }

}  // namespace reports
