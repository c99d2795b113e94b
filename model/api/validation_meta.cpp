// Rules of metadata. Counterparts: apimachinery pkg/api/validation/objectmeta.go,
// pkg/apis/meta/v1/validation and ValidateObjectMeta of pkg/apis/core/validation. Left out:
// managedFields.
#include <algorithm>

#include "model/api/validation_rules.hpp"

namespace model::api {

namespace {

constexpr std::size_t kAnnotationBytesMax = 256 * 1024;
constexpr std::string_view kOrphan = "orphan", kForeground = "foregroundDeletion";

Path meta_path() { return Path("metadata"); }

Shown shown_owner(const OwnerReference& r) {
    std::string go = "v1.OwnerReference{APIVersion:" + in_quotes(r.apiVersion) +
                     ", Kind:" + in_quotes(r.kind) + ", Name:" + in_quotes(r.name) +
                     ", UID:" + in_quotes(r.uid) +
                     ", Controller:(*bool)(nil), BlockOwnerDeletion:(*bool)(nil)}";
    std::string json = "{\"apiVersion\":" + in_quotes(r.apiVersion) +
                       ",\"kind\":" + in_quotes(r.kind) + ",\"name\":" + in_quotes(r.name) +
                       ",\"uid\":" + in_quotes(r.uid);
    if (r.controller) json += *r.controller ? ",\"controller\":true" : ",\"controller\":false";
    if (r.blockOwnerDeletion)
        json +=
            std::string(",\"blockOwnerDeletion\":") + (*r.blockOwnerDeletion ? "true" : "false");
    return Shown{std::move(go), json + "}"};
}

Shown shown_owners(const List<OwnerReference>& owners) {
    Shown all{"[]v1.OwnerReference{", "["};
    for (std::size_t i = 0; i < owners.size(); ++i) {
        const Shown one = shown_owner(owners[i]);
        all.go += (i ? ", " : "") + one.go;
        all.json += (i ? "," : "") + one.json;
    }
    return Shown{all.go + "}", all.json + "]"};
}

// "v1" of both "v1" and "storage.k8s.io/v1"; nothing where there are more slashes.
std::string_view version_of(std::string_view api_version) {
    const std::size_t slash = api_version.find('/');
    if (slash == std::string_view::npos) return api_version;
    if (api_version.find('/', slash + 1) != std::string_view::npos) return {};
    return api_version.substr(slash + 1);
}

void check_owner(const OwnerReference& r, const Path& at, Findings& f) {
    const bool brief = f.wording.short_owner_text;
    const auto missing = [&](std::string_view member, std::string_view value) {
        if (!value.empty()) return;
        f.invalid(at.child(member), shown(value),
                  (brief ? "" : std::string(member) + " ") + "must not be empty");
    };
    if (version_of(r.apiVersion).empty())
        f.invalid(at.child("apiVersion"), shown(r.apiVersion.view()), "version must not be empty");
    missing("kind", r.kind);
    missing("name", r.name);
    missing("uid", r.uid);
    if (r.apiVersion == "v1" && r.kind == "Event")
        f.invalid(at, shown_owner(r), "/v1, Kind=Event is disallowed from being an owner");
}

void check_owners(const List<OwnerReference>& owners, const Path& at, Findings& f) {
    std::string first;
    for (const OwnerReference& r : owners) {
        check_owner(r, at, f);
        if (!r.controller.value_or(false)) continue;
        const std::string name = r.kind + "/" + r.name.str();
        if (first.empty())
            first = name;
        else
            f.invalid(at, shown_owners(owners),
                      "Only one reference can have Controller set to true. Found \"true\" in "
                      "references for " +
                          first + " and " + name);
    }
}

void check_finalizers(const List<Text>& finalizers, const MetaRules& rules, const Path& at,
                      Findings& f) {
    bool orphan = false, foreground = false;
    for (const Text& name : finalizers) {
        check_label_key(name, at, f);
        orphan |= name == kOrphan;
        foreground |= name == kForeground;
    }
    if (orphan && foreground)
        f.invalid(at, shown(finalizers, "string"),
                  "finalizer orphan and foregroundDeletion cannot be both set");
    if (!rules.kubernetes_finalizers) return;
    for (std::size_t i = 0; i < finalizers.size(); ++i)
        check_finalizer(finalizers[i], at.index(i), f);
}

void check_no_new_finalizers(const ObjectMeta& meta, const ObjectMeta& old, Findings& f) {
    List<Text> added;
    for (const Text& name : meta.finalizers)
        if (!old.has_finalizer(name)) added.push_back(name);
    if (added.empty()) return;
    std::sort(added.begin(), added.end());
    added.erase(std::unique(added.begin(), added.end()), added.end());
    f.forbidden(
        meta_path().child("finalizers"),
        "no new finalizers can be added if the object is being deleted, found new finalizers " +
            shown(added, "string").go);
}

Shown shown_time(const std::optional<Timestamp>& t) {
    if (!t) return shown_null();
    const std::string iso = t->to_string();  // 2026-01-01T00:00:00Z; Go prints a space and the zone
    return Shown{iso.substr(0, 10) + " " + iso.substr(11, 8) + " +0000 UTC", in_quotes(iso)};
}

Shown shown_seconds(const std::optional<std::int64_t>& n) { return n ? shown(*n) : shown_null(); }

}  // namespace

void check_meta(const ObjectMeta& meta, const MetaRules& rules, Findings& f) {
    const Path at = meta_path();
    if (!meta.generateName.empty())
        f.invalid_each(at.child("generateName"), meta.generateName,
                       name_problems(rules.name, meta.generateName, true, f.wording));
    if (meta.name.empty())
        f.required(at.child("name"), "name or generateName is required");
    else
        f.invalid_each(at.child("name"), meta.name,
                       name_problems(rules.name, meta.name, false, f.wording));
    if (!rules.namespaced && !meta.ns.empty())
        f.forbidden(at.child("namespace"), "not allowed on this type");
    if (rules.namespaced && meta.ns.empty()) f.required(at.child("namespace"));
    if (rules.namespaced && !meta.ns.empty()) check_label_name(meta.ns, at.child("namespace"), f);
    if (meta.generation < 0)
        f.invalid(at.child("generation"), shown(meta.generation),
                  "must be greater than or equal to 0");
    check_labels(meta.labels, at.child("labels"), f);
    check_annotations(meta.annotations, at.child("annotations"), f);
    check_owners(meta.ownerReferences, at.child("ownerReferences"), f);
    check_finalizers(meta.finalizers, rules, at.child("finalizers"), f);
}

void check_meta_update(const ObjectMeta& meta, const ObjectMeta& old, Findings& f) {
    const Path at = meta_path();
    if (old.terminating()) check_no_new_finalizers(meta, old, f);
    if (meta.resourceVersion == 0)
        f.invalid(at.child("resourceVersion"), shown(""), "must be specified for an update");
    if (meta.generation < old.generation)
        f.invalid(at.child("generation"), shown(meta.generation), "must not be decremented");
    if (meta.name != old.name) f.immutable(at.child("name"), shown(meta.name.view()));
    if (meta.ns != old.ns) f.immutable(at.child("namespace"), shown(meta.ns.view()));
    if (meta.uid != old.uid) f.immutable(at.child("uid"), shown(meta.uid.view()));
    if (meta.creationTimestamp != old.creationTimestamp)
        f.immutable(at.child("creationTimestamp"), shown_time(meta.creationTimestamp));
    if (meta.deletionTimestamp != old.deletionTimestamp)
        f.immutable(at.child("deletionTimestamp"), shown_time(meta.deletionTimestamp));
    if (meta.deletionGracePeriodSeconds != old.deletionGracePeriodSeconds)
        f.immutable(at.child("deletionGracePeriodSeconds"),
                    shown_seconds(meta.deletionGracePeriodSeconds));
}

// What did not change was judged when it came in.
void check_texts_update(const ObjectMeta& meta, const ObjectMeta& old, Findings& f) {
    const Path at = meta_path();
    if (meta.labels != old.labels) check_labels(meta.labels, at.child("labels"), f);
    if (meta.annotations != old.annotations)
        check_annotations(meta.annotations, at.child("annotations"), f);
    if (meta.ownerReferences != old.ownerReferences)
        check_owners(meta.ownerReferences, at.child("ownerReferences"), f);
}

void check_label_key(std::string_view key, const Path& at, Findings& f) {
    if (!is_label_key(key)) f.invalid_each(at, key, label_key_problems(key, f.wording));
}

void check_labels(const TextMap& labels, const Path& at, Findings& f) {
    for (const auto& [key, value] : labels) {
        check_label_key(key, at, f);
        f.invalid_each(at, value, label_value_problems(value, f.wording));
    }
}

void check_annotations(const TextMap& annotations, const Path& at, Findings& f) {
    std::size_t bytes = 0;
    for (const auto& [key, value] : annotations) {
        // The case of a key does not matter here, unlike that of a label's.
        if (!is_label_key(key))
            f.invalid_each(at, key, label_key_problems(ascii_lower(key), f.wording));
        bytes += key.size() + value.size();
    }
    if (bytes > kAnnotationBytesMax) f.too_long(at, kAnnotationBytesMax);
}

void check_finalizer(std::string_view name, const Path& at, Findings& f) {
    if (name.find('/') != std::string_view::npos)
        return;  // qualified; its form is judged with all others
    if (name == "kubernetes" || name == kOrphan || name == kForeground) return;
    f.invalid(at, shown(name),
              "name is neither a standard finalizer name nor is it fully qualified");
}

void check_subdomain(std::string_view name, const Path& at, Findings& f) {
    if (!is_dns_subdomain(name)) f.invalid_each(at, name, dns_subdomain_problems(name));
}

void check_label_name(std::string_view name, const Path& at, Findings& f) {
    if (!is_dns_label(name)) f.invalid_each(at, name, dns_label_problems(name, f.wording));
}

}  // namespace model::api
