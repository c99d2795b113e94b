#include "reports/object_words.hpp"

#include <algorithm>

#include "model/api/codec.hpp"
#include "model/api/objects_storage.hpp"

namespace reports {

namespace {

using model::api::Text;
using model::api::Value;

struct Words {
    std::vector<std::string> list;
    void add(std::string text) {
        if (!text.empty()) list.push_back(std::move(text));
    }
    std::string joined(std::string_view by) const {
        std::string out;
        for (const std::string& w : list) out += (out.empty() ? "" : std::string(by)) + w;
        return out;
    }
};

std::string class_words(std::string_view name) {
    return name.empty() ? "no class" : "class " + std::string(name);
}

std::string amount_words(const model::api::ResourceList& amounts) {
    const model::api::Quantity* storage = amounts.find("storage");
    return storage ? storage->to_string() : "no size";
}

std::string gist(const model::api::PersistentVolume& pv) {
    Words words;
    words.add(amount_words(pv.spec.capacity) + " " + short_modes(pv.spec.accessModes));
    words.add(pv.spec.persistentVolumeReclaimPolicy.str());
    words.add(class_words(pv.spec.storageClassName));
    if (const auto& ref = pv.spec.claimRef)
        words.add("claimRef " + ref->ns.str() + "/" + ref->name.str());
    return words.joined(", ");
}

std::string gist(const model::api::PersistentVolumeClaim& claim) {
    Words words;
    words.add(amount_words(claim.spec.resources.requests) + " " +
              short_modes(claim.spec.accessModes));
    words.add(claim.spec.storageClassName ? class_words(*claim.spec.storageClassName)
                                          : "class left open");
    if (!claim.spec.volumeName.empty()) words.add("volumeName " + claim.spec.volumeName.str());
    return words.joined(", ");
}

std::string gist(const model::api::StorageClass& sc) {
    Words words;
    words.add(sc.provisioner.str());
    words.add(sc.volumeBindingMode ? sc.volumeBindingMode->str() : "");
    words.add(sc.reclaimPolicy ? sc.reclaimPolicy->str() : "");
    return words.joined(", ");
}

std::string gist(const model::api::Pod& pod) {
    Words words;
    for (const model::api::Volume& v : pod.spec.volumes)
        if (v.persistentVolumeClaim) words.add("claim " + v.persistentVolumeClaim->claimName.str());
    if (!pod.spec.nodeName.empty()) words.add("on " + pod.spec.nodeName.str());
    return words.joined(", ");
}

bool is_bookkeeping(std::string_view path) {
    return path == "metadata.resourceVersion" || path == "metadata.generation" ||
           path.starts_with("metadata.managedFields") || path == "status.lastPhaseTransitionTime";
}

std::string shown(const Value* v) {
    if (!v || v->is_empty()) return "none";
    if (v->is_string()) return v->as_string().size() > 120 ? "..." : std::string(v->as_string());
    if (v->is_list() && std::all_of(v->as_list().begin(), v->as_list().end(),
                                    [](const Value& item) { return item.is_string(); })) {
        Words words;
        for (const Value& item : v->as_list()) words.add(std::string(item.as_string()));
        return words.joined(",");
    }
    const std::string json = v->to_json();
    return json.size() > 120 ? json.substr(0, 117) + "..." : json;
}

// Members of a set that came and went: finalizers.
void tell_set(const char* what, const Value* from, const Value* to, Words& words) {
    static const Value kNone;
    const auto& old_list = (from ? *from : kNone).as_list();
    const auto& new_list = (to ? *to : kNone).as_list();
    const auto holds = [](const Value::List& list, const Value& v) {
        return std::find(list.begin(), list.end(), v) != list.end();
    };
    for (const Value& v : new_list)
        if (!holds(old_list, v)) words.add(what + (" " + shown(&v)) + " added");
    for (const Value& v : old_list)
        if (!holds(new_list, v)) words.add(what + (" " + shown(&v)) + " removed");
}

// Annotations and labels: one word each.
void tell_map_entry(const char* what, std::string_view key, const Value* from, const Value* to,
                    Words& words) {
    const std::string named = std::string(what) + " " + std::string(key);
    if (!from)
        words.add(named + "=" + shown(to) + " added");
    else if (!to)
        words.add(named + " removed");
    else
        words.add(named + "=" + shown(from) + " -> " + shown(to));
}

void tell_claim_ref(const Value* from, const Value* to, Words& words) {
    const auto named = [](const Value* ref) {
        if (!ref || ref->is_empty()) return std::string("none");
        const Value* ns = ref->find("namespace");
        const Value* name = ref->find("name");
        const Value* uid = ref->find("uid");
        return (ns ? shown(ns) + "/" : "") + shown(name) + (uid ? "" : " (no uid)");
    };
    const std::string a = named(from), b = named(to);
    if (a != b)
        words.add(a == "none" ? "claimRef -> " + b : "claimRef " + a + " -> " + b);
    else
        words.add("claimRef " + b + ": another uid or version");
}

class Comparison {
  public:
    std::vector<std::string> told(const Value& from, const Value& to) {
        walk("", &from, &to);
        std::stable_partition(words_.list.begin(), words_.list.end(),
                              [](const std::string& w) { return w.starts_with("phase "); });
        return std::move(words_.list);
    }

  private:
    void walk(const std::string& path, const Value* from, const Value* to) {
        if (from && to && *from == *to) return;
        if (is_bookkeeping(path)) return;
        if (path == "metadata.finalizers") return tell_set("finalizer", from, to, words_);
        if (path == "spec.claimRef") return tell_claim_ref(from, to, words_);
        if (path == "metadata.deletionTimestamp") {
            words_.add("deletion was asked for");
            return;
        }
        if (path == "metadata.deletionGracePeriodSeconds") return;
        if (path == "status.conditions") return tell_conditions(from, to);
        const bool maps = (!from || from->is_map()) && (!to || to->is_map()) && (from || to);
        if (maps && (from != nullptr || to != nullptr)) return walk_members(path, from, to);
        tell_leaf(path, from, to);
    }

    void walk_members(const std::string& path, const Value* from, const Value* to) {
        static const Value kNone;
        std::vector<std::string> keys;
        for (const auto& [key, v] : (from ? *from : kNone).as_map()) keys.push_back(key.str());
        for (const auto& [key, v] : (to ? *to : kNone).as_map()) keys.push_back(key.str());
        std::sort(keys.begin(), keys.end());
        keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
        for (const std::string& key : keys) {
            const Value* a = from ? from->find(key) : nullptr;
            const Value* b = to ? to->find(key) : nullptr;
            if (a && b && *a == *b) continue;
            if (path == "metadata.annotations")
                tell_map_entry("annotation", key, a, b, words_);
            else if (path == "metadata.labels")
                tell_map_entry("label", key, a, b, words_);
            else
                walk(path.empty() ? key : path + "." + key, a, b);
        }
    }

    // By type; only those that are not as before. What a message says is told by an event mostly.
    void tell_conditions(const Value* from, const Value* to) {
        const auto of_type = [](const Value* list, std::string_view type) -> const Value* {
            if (list)
                for (const Value& c : list->as_list())
                    if (const Value* t = c.find("type"); t && t->as_string() == type) return &c;
            return nullptr;
        };
        const auto text = [](const Value& c, std::string_view member) {
            const Value* v = c.find(member);
            return v ? std::string(v->as_string()) : std::string();
        };
        if (to)
            for (const Value& c : to->as_list()) {
                const std::string type = text(c, "type"), reason = text(c, "reason");
                const Value* was = of_type(from, type);
                if (was && *was == c) continue;
                words_.add("condition " + type + "=" + text(c, "status") +
                           (reason.empty() ? "" : " (" + reason + ")"));
            }
        if (from)
            for (const Value& c : from->as_list())
                if (const std::string type = text(c, "type"); !of_type(to, type))
                    words_.add("condition " + type + " removed");
    }

    void tell_leaf(std::string_view path, const Value* from, const Value* to) {
        for (std::string_view prefix : {"status.", "spec.", "metadata."})
            if (path.starts_with(prefix) && path.size() > prefix.size()) {
                path.remove_prefix(prefix.size());
                break;
            }
        const bool was_none = !from || from->is_empty(), is_none = !to || to->is_empty();
        if (was_none && is_none) return;
        words_.add(std::string(path) + (was_none ? "" : " " + shown(from)) + " -> " + shown(to));
    }

    Words words_;
};

}  // namespace

std::string name_of(const model::api::Object& object, const model::api::Scheme& scheme) {
    return scheme.info(object.kind).kind + " " + object.key().to_string();
}

std::string gist_of(const model::api::Object& object) {
    using model::api::Kind;
    switch (object.kind) {
        case Kind::PersistentVolume:
            return gist(static_cast<const model::api::PersistentVolume&>(object));
        case Kind::PersistentVolumeClaim:
            return gist(static_cast<const model::api::PersistentVolumeClaim&>(object));
        case Kind::StorageClass:
            return gist(static_cast<const model::api::StorageClass&>(object));
        case Kind::Pod:
            return gist(static_cast<const model::api::Pod&>(object));
        default:
            return "";
    }
}

std::string short_modes(const model::api::List<Text>& modes) {
    constexpr std::pair<std::string_view, std::string_view> kShort[] = {
        {"ReadWriteOnce", "RWO"},
        {"ReadOnlyMany", "ROX"},
        {"ReadWriteMany", "RWX"},
        {"ReadWriteOncePod", "RWOP"}};
    Words words;
    for (const auto& [mode, abbreviation] : kShort)
        if (std::find(modes.begin(), modes.end(), mode) != modes.end())
            words.add(std::string(abbreviation));
    return words.joined(",");
}

std::vector<std::string> changes_between(const model::api::Object& from,
                                         const model::api::Object& to,
                                         const model::api::Scheme& scheme) {
    return Comparison().told(model::api::encode(from, scheme), model::api::encode(to, scheme));
}

Said said_by(const model::api::Event& event) {
    Said said;
    said.who = event.source.component.empty() ? event.reportingComponent.str()
                                              : event.source.component.str();
    said.type = event.type.str();
    said.reason = event.reason.str();
    said.message = event.message.str();
    const model::api::ObjectReference& about = event.involvedObject;
    said.about = about.kind.str() + " " + model::api::Key(about.ns, about.name).to_string();
    said.times = std::max<std::int64_t>(event.count, 1);
    if (const Value* series = event.series.find("count")) said.times = series->as_int();
    return said;
}

}  // namespace reports
