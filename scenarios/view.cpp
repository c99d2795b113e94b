#include "scenarios/view.hpp"

#include <algorithm>

#include "model/api/codec.hpp"
#include "scenarios/patterns.hpp"

namespace scenarios {
namespace {

using model::api::Event;
using model::api::Key;
using model::api::Kind;
using model::api::ObjectRef;

constexpr std::size_t kShownEvents = 5;
constexpr std::size_t kCandidates = 1000;  // objects that are searched for the nearest one

std::string name_of(const Pattern& pattern, const Key& key) {
    return pattern.kind + " " + key.to_string();
}

std::string joined(const std::vector<Difference>& differences) {
    std::string text;
    for (const Difference& d : differences) text += (text.empty() ? "" : "; ") + d.to_string();
    return text;
}

}  // namespace

Kind View::kind(const std::string& name) {
    const auto* info = cluster_.server().scheme().find(name);
    return info ? info->id : cluster_.server().scheme().resolve("", name);
}

const Value& View::text(const ObjectRef& object) {
    if (!(encoded_ == object)) {
        encoded_ = object;
        encoded_text_ = model::api::encode(*object, cluster_.server().scheme());
    }
    return encoded_text_;
}

UidReference View::normal(UidReference reference) const {
    const auto* info = cluster_.server().scheme().find(reference.kind);
    const bool namespaced = !info || info->namespaced;
    if (namespaced && reference.ns.empty()) reference.ns = "default";
    if (!namespaced) reference.ns.clear();
    reference.nth = 1;
    return reference;
}

void View::want_uids(const Value& value) {
    if (!has_uid_reference(value)) return;
    for_each_text(value, [this](std::string_view text) {
        for (const UidReference& r : uid_references(text).found) uids_[normal(r)];
    });
}

void View::note_uid(const model::Committed& committed) {
    if (uids_.empty() || committed.change != model::Change::Added) return;
    const auto& meta = committed.object->metadata;
    UidReference name;
    name.kind = cluster_.server().scheme().info(committed.object->kind).kind;
    name.ns = meta.ns.str();
    name.name = meta.name.str();
    const auto found = uids_.find(name);
    if (found == uids_.end()) return;
    std::vector<std::string>& uids = found->second;
    if (std::find(uids.begin(), uids.end(), meta.uid.view()) == uids.end())
        uids.push_back(meta.uid.str());
}

void View::note_existing_uids() {
    for (auto& [name, uids] : uids_) {
        const ObjectRef object = cluster_.server().find(kind(name.kind), Key(name.ns, name.name));
        if (object && uids.empty()) uids.push_back(object->metadata.uid.str());
    }
}

std::string View::uid_of(const UidReference& reference) const {
    const auto found = uids_.find(normal(reference));
    if (found == uids_.end() || found->second.size() < reference.nth) return "";
    return found->second[reference.nth - 1];
}

std::optional<Pattern> View::resolve(const Pattern& pattern,
                                     std::optional<UidReference>& missing) const {
    const UidOf uid_of_reference = [this](const UidReference& r) { return uid_of(r); };
    Pattern resolved = pattern;
    resolved.body = resolve_uids(pattern.body, uid_of_reference, missing);
    resolved.name = resolve_uids_in_text(pattern.name, uid_of_reference, missing);
    if (missing) return std::nullopt;
    return resolved;
}

View::Mismatch View::why_not(const Pattern& written) {
    std::optional<UidReference> missing;
    const auto pattern = resolve(written, missing);
    if (!pattern) return {missing->to_string() + ": there is no such object", {}};
    const Kind of = kind(pattern->kind);
    std::vector<Difference> least;
    std::optional<Key> nearest;
    std::size_t seen = 0;
    cluster_.server().for_each(
        of, pattern->ns == "*" ? "" : pattern->ns, [&](const ObjectRef& object) {
            if (!is_about(*pattern, object->key()) || ++seen > kCandidates) return;
            std::vector<Difference> found = differences(pattern->body, text(object));
            if (nearest && found.size() >= least.size()) return;
            least = std::move(found);
            nearest = object->key();
        });
    if (!nearest) {
        const std::string what = pattern->name.empty()
                                     ? pattern->kind
                                     : name_of(*pattern, Key(pattern->ns, pattern->name));
        std::vector<std::string> events;
        if (!pattern->name.empty()) events = events_about(of, Key(pattern->ns, pattern->name));
        return {"there is no " + what, std::move(events)};
    }
    const std::string prefix = pattern->name.empty() ? "nearest is " : "";
    return {prefix + name_of(*pattern, *nearest) + ": " + joined(least),
            events_about(of, *nearest)};
}

View::Mismatch View::why_there(const Pattern& pattern, const std::set<Key>& there) {
    if (there.empty()) return {};
    const Kind of = kind(pattern.kind);
    const Key& first = *there.begin();
    Mismatch result{name_of(pattern, first) + " is there", events_about(of, first)};
    const ObjectRef object = cluster_.server().find(of, first);
    if (object && object->metadata.terminating()) {
        result.reason = name_of(pattern, first) + " is being deleted, but finalizers hold it:";
        for (const auto& f : object->metadata.finalizers) result.reason += " " + f.str();
    }
    if (there.size() > 1) result.reason += ", and " + std::to_string(there.size() - 1) + " more";
    return result;
}

std::vector<std::string> View::events_about(Kind about, const Key& key) {
    std::vector<std::pair<std::int64_t, std::string>> found;
    const auto& scheme = cluster_.server().scheme();
    const std::int64_t start = cluster_.options().start_unix_seconds;
    // Events about objects without a namespace are in `default`.
    const std::string ns = key.ns.empty() ? "default" : key.ns.str();
    cluster_.server().for_each(Kind::Event, ns, [&](const ObjectRef& object) {
        const auto event = model::api::as<Event>(object);
        if (event->involvedObject.name != key.name ||
            event->involvedObject.kind != scheme.info(about).kind)
            return;
        const auto last =
            event->lastTimestamp ? event->lastTimestamp : event->metadata.creationTimestamp;
        const std::int64_t seconds = last ? last->unix_seconds - start : 0;
        std::string text =
            std::to_string(seconds) + "s " + event->type.str() + " " + event->reason.str();
        if (event->count > 1) text += " (" + std::to_string(event->count) + " times)";
        found.emplace_back(seconds, text + ": " + event->message.str());
    });
    std::stable_sort(found.begin(), found.end(),
                     [](const auto& a, const auto& b) { return a.first < b.first; });
    std::vector<std::string> texts;
    const std::size_t skipped = found.size() > kShownEvents ? found.size() - kShownEvents : 0;
    for (std::size_t i = skipped; i < found.size(); ++i)
        texts.push_back(std::move(found[i].second));
    return texts;
}

}  // namespace scenarios
