#include <algorithm>

#include "model/api/patch_apply.hpp"

namespace model::api::patching {

namespace {

constexpr std::string_view kDirective = "$patch";
constexpr std::string_view kRetainKeys = "$retainKeys";
constexpr std::string_view kDeleteFrom = "$deleteFromPrimitiveList/";
constexpr std::string_view kElementOrder = "$setElementOrder/";

// How a list merges, from the patchStrategy and patchMergeKey tags of k8s.io/api. Lists without a
// row are replaced.
struct Rule {
    std::string_view parent;  // the field that holds the list's owner; "" for any
    std::string_view field;
    std::string_view key;  // "" for lists of scalars
};
constexpr Rule kRules[] = {
    {"metadata", "finalizers", ""},
    {"metadata", "ownerReferences", "uid"},
    {"status", "conditions", "type"},
    {"status", "addresses", "type"},
    {"status", "hostIPs", "ip"},
    {"status", "podIPs", "ip"},
    {"status", "resourceClaimStatuses", "name"},
    {"spec", "podCIDRs", ""},
    {"spec", "volumes", "name"},
    {"spec", "containers", "name"},
    {"spec", "initContainers", "name"},
    {"spec", "ephemeralContainers", "name"},
    {"spec", "imagePullSecrets", "name"},
    {"spec", "hostAliases", "ip"},
    {"spec", "topologySpreadConstraints", "topologyKey"},
    {"spec", "schedulingGates", "name"},
    {"spec", "resourceClaims", "name"},
    {"spec", "drivers", "name"},
    {"spec", "ports", "port"},
    {"containers", "ports", "containerPort"},
    {"initContainers", "ports", "containerPort"},
    {"ephemeralContainers", "ports", "containerPort"},
    {"", "env", "name"},
    {"", "volumeMounts", "mountPath"},
    {"", "volumeDevices", "devicePath"},
    {"root", "secrets", "name"},
    {"root", "imagePullSecrets", "name"},
};

const Rule* rule_of(std::string_view parent, std::string_view field) {
    for (const Rule& r : kRules) {
        if (r.field == field && (r.parent.empty() || r.parent == parent)) return &r;
    }
    return nullptr;
}

// The first error of a patch; merging stops there.
class Merge {
  public:
    bool failed() const { return !error_.ok(); }
    const Status& error() const { return error_; }

    // `patch` is taken by value: directives are removed from it as they are carried out.
    void map(Value& original, Value patch, std::string_view parent);

  private:
    using List = Value::List;

    void fail(Status s) {
        if (error_.ok()) error_ = std::move(s);
    }
    void member(Value& original, std::string_view key, const Value& change, bool deletes,
                std::string_view parent);
    void retain_keys(Value& original, Value& patch);
    void element_orders(Value& original, Value& patch, std::string_view parent);
    List list(const List& original, const List& patch, const Rule& rule, bool deletes);
    List merge_maps(List original, const List& patch, const Rule& rule);
    List arrange(const List& merged, const List& order, const List& live, std::string_view key);
    bool check_elements(const List& a, const List& b);
    bool check_keys(const List& items, std::string_view key);

    Status error_;
};

Status internal(std::string message) { return Status(500, Reason::InternalError, message); }

// Go prints a map as map[a:1 b:2].
std::string go_text(const Value& v) {
    if (v.is_string()) return std::string(v.as_string());
    if (v.is_list()) {
        std::string out = "[";
        for (const Value& item : v.as_list()) out += (out.size() > 1 ? " " : "") + go_text(item);
        return out + "]";
    }
    if (!v.is_map()) return v.is_null() ? "<nil>" : v.to_json();
    std::string out = "map[";
    for (const auto& [key, item] : v.as_map())
        out += (out.size() > 4 ? " " : "") + key.str() + ":" + go_text(item);
    return out + "]";
}

Status no_merge_key(const Value& item, std::string_view key) {
    return internal("map: " + go_text(item) +
                    " does not contain declared merge key: " + std::string(key));
}

// What remains of a new value once the directives and the nulls in it are gone; nothing where it
// was a directive itself.
std::optional<Value> plain(const Value& v) {
    if (v.is_map()) {
        if (v.find(kDirective)) return std::nullopt;
        Value out = Value::map();
        for (const auto& [key, item] : v.as_map()) {
            if (item.is_null()) continue;
            if (std::optional<Value> kept = plain(item))
                out.edit_map().emplace_back(key, std::move(*kept));
        }
        return out;
    }
    if (!v.is_list()) return v;
    Value::List kept;
    for (const Value& item : v.as_list()) {
        if (std::optional<Value> one = plain(item)) kept.push_back(std::move(*one));
    }
    return Value::list(std::move(kept));
}

const Value& identity(const Value& item, std::string_view key) {
    const Value* member = key.empty() ? nullptr : item.find(key);
    return member ? *member : item;
}

// The place of the element of the same identity, or -1.
std::ptrdiff_t place_of(const Value::List& items, const Value& wanted, std::string_view key) {
    const Value& id = identity(wanted, key);
    for (std::size_t i = 0; i < items.size(); ++i) {
        if (identity(items[i], key) == id) return static_cast<std::ptrdiff_t>(i);
    }
    return -1;
}

void sort_like(Value::List& items, const Value::List& order, std::string_view key) {
    std::stable_sort(items.begin(), items.end(), [&](const Value& a, const Value& b) {
        return place_of(order, a, key) < place_of(order, b, key);
    });
}

Value::List distinct(const Value::List& a, const Value::List& b) {
    Value::List out;
    for (const Value::List* items : {&a, &b}) {
        for (const Value& v : *items) {
            if (std::find(out.begin(), out.end(), v) == out.end()) out.push_back(v);
        }
    }
    return out;
}

void Merge::map(Value& original, Value patch, std::string_view parent) {
    if (const Value* directive = patch.find(kDirective)) {
        if (directive->as_string() == "replace") {
            patch.erase(kDirective);
            original = std::move(patch);
        } else if (directive->as_string() == "delete") {
            original = Value::map();
        } else {
            fail(internal("unknown patch type: " + go_text(*directive) +
                          " in map: " + go_text(patch)));
        }
        return;
    }
    if (!original.is_map()) original = Value::map();
    retain_keys(original, patch);
    element_orders(original, patch, parent);
    for (const auto& [key, change] : patch.as_map()) {
        if (failed()) return;
        const bool deletes = key.view().starts_with(kDeleteFrom);
        member(original, deletes ? key.view().substr(kDeleteFrom.size()) : key.view(), change,
               deletes, parent);
    }
}

void Merge::member(Value& original, std::string_view key, const Value& change, bool deletes,
                   std::string_view parent) {
    if (change.is_null()) return original.erase(key);
    Value* held = original.edit(key);
    if (deletes && (!held || !held->is_list() || !change.is_list())) return;
    if (held && held->is_map() && change.is_map()) return map(*held, change, key);
    if (held && held->is_list() && change.is_list()) {
        const Rule* rule = rule_of(parent, key);
        if (deletes) {
            *held =
                Value::list(list(held->as_list(), change.as_list(), Rule{parent, key, ""}, true));
        } else if (rule) {
            *held = Value::list(list(held->as_list(), change.as_list(), *rule, false));
        } else {
            *held = change;
        }
        return;
    }
    if (std::optional<Value> kept = plain(change)) {
        original[key] = std::move(*kept);
    } else {
        original.erase(key);
    }
}

void Merge::retain_keys(Value& original, Value& patch) {
    const Value* directive = patch.find(kRetainKeys);
    if (!directive) return;
    const Value kept = *directive;
    patch.erase(kRetainKeys);
    const Status malformed = Status::bad_request("invalid patch format of retainKeys");
    if (!kept.is_list()) return fail(malformed);
    const auto retained = [&](std::string_view key) {
        return std::any_of(kept.as_list().begin(), kept.as_list().end(),
                           [&](const Value& v) { return v.as_string() == key; });
    };
    for (const auto& [key, change] : patch.as_map()) {
        const bool directive_itself =
            key.view().starts_with(kDeleteFrom) || key.view().starts_with(kElementOrder);
        if (!change.is_null() && !directive_itself && !retained(key)) return fail(malformed);
    }
    const Value before = original;
    for (const auto& [key, old] : before.as_map()) {
        if (!retained(key)) original.erase(key);
    }
}

void Merge::element_orders(Value& original, Value& patch, std::string_view parent) {
    const Value before = patch;
    for (const auto& [name, order] : before.as_map()) {
        if (!name.view().starts_with(kElementOrder) || failed()) continue;
        patch.erase(name);
        const std::string field(name.view().substr(kElementOrder.size()));
        if (!order.is_list() || field.empty()) {
            return fail(Status::bad_request("invalid patch format of setElementOrder list"));
        }
        const Rule* rule = rule_of(parent, field);
        const std::string_view key = rule ? rule->key : std::string_view();
        const Value* change = patch.find(field);
        const Value* held = original.find(field);
        if (!change && !held) continue;
        const List live = held ? held->as_list() : List();
        const List wanted = change ? change->as_list() : List();
        if (!key.empty() && (!check_keys(order.as_list(), key) || !check_keys(wanted, key))) return;
        // Every element of the patch must stand in the order, in the same sequence.
        std::ptrdiff_t last = -1;
        for (const Value& item : wanted) {
            if (item.find(kDirective)) continue;
            const std::ptrdiff_t at = place_of(order.as_list(), item, key);
            if (at <= last && !order.as_list().empty()) {
                return fail(internal("The order in patch list:\n" + go_text(Value::list(wanted)) +
                                     "\n doesn't match $setElementOrder list:\n" + go_text(order) +
                                     "\n"));
            }
            last = at;
        }
        List merged = live;
        if (change && held) {
            merged = rule ? list(live, wanted, *rule, false) : wanted;
        } else if (change) {
            merged = plain(*change).value_or(Value()).as_list();
        }
        if (failed()) return;
        original[field] = Value::list(arrange(merged, order.as_list(), live, key));
        patch.erase(field);
    }
}

bool Merge::check_elements(const List& a, const List& b) {
    const Value* first = nullptr;
    for (const List* items : {&a, &b}) {
        for (const Value& v : *items) {
            if (v.is_list()) return fail(not_applicable()), false;
            if (!first) first = &v;
            if (first->type() != v.type()) {
                const Value both = Value::list({Value::list(a), Value::list(b)});
                return fail(internal("list element types are not identical: " + go_text(both))),
                       false;
            }
        }
    }
    return true;
}

bool Merge::check_keys(const List& items, std::string_view key) {
    for (const Value& item : items) {
        if (!item.find(key) && !item.find(kDirective)) return fail(no_merge_key(item, key)), false;
    }
    return true;
}

Merge::List Merge::list(const List& original, const List& patch, const Rule& rule, bool deletes) {
    if (original.empty() && patch.empty()) return original;
    if (!check_elements(original, patch)) return original;
    const bool maps = (original.empty() ? patch : original).front().is_map();
    if (!maps && deletes) {
        List kept;
        for (const Value& v : original) {
            if (std::find(patch.begin(), patch.end(), v) == patch.end()) kept.push_back(v);
        }
        return kept;
    }
    if (!maps) return arrange(distinct(original, patch), patch, original, "");
    if (rule.key.empty()) {
        fail(internal("cannot merge lists without merge key for " + std::string(rule.field)));
        return original;
    }
    return merge_maps(original, patch, rule);
}

Merge::List Merge::merge_maps(List original, const List& patch, const Rule& rule) {
    List changes;
    bool replace = false;
    for (const Value& item : patch) {
        const Value* directive = item.find(kDirective);
        if (!directive) {
            changes.push_back(item);
        } else if (directive->as_string() == "replace") {
            replace = true;
        } else if (directive->as_string() == "delete") {
            if (!item.find(rule.key)) {
                fail(no_merge_key(item, rule.key));
                return original;
            }
            erase_if(original, [&](const Value& v) {
                return identity(v, rule.key) == identity(item, rule.key);
            });
        } else if (directive->as_string() == "merge") {
            fail(internal("merging lists cannot yet be specified in the patch"));
        } else {
            fail(internal("unknown patch type: " + go_text(*directive) +
                          " in map: " + go_text(item)));
        }
    }
    if (failed()) return original;
    if (replace) return changes;
    if (!check_keys(changes, rule.key)) return original;
    List merged = original;
    for (const Value& change : changes) {
        const std::ptrdiff_t at = place_of(merged, change, rule.key);
        if (at >= 0) {
            map(merged[static_cast<std::size_t>(at)], change, rule.field);
        } else {
            merged.push_back(change);
        }
        if (failed()) return original;
    }
    if (!check_keys(merged, rule.key)) return original;
    return arrange(merged, changes, original, rule.key);
}

// Elements named by `order` take its sequence, the others keep that of the live list; where both
// are known to the live list, an element that stood before another stays before it.
Merge::List Merge::arrange(const List& merged, const List& order, const List& live,
                           std::string_view key) {
    List ordered, others;
    for (const Value& v : merged) (place_of(order, v, key) >= 0 ? ordered : others).push_back(v);
    sort_like(ordered, order, key);
    sort_like(others, live, key);
    List out;
    std::size_t next = 0;
    for (const Value& v : ordered) {
        const std::ptrdiff_t at = place_of(live, v, key);
        while (next < others.size()) {
            const std::ptrdiff_t other = place_of(live, others[next], key);
            if (other < 0 || at < 0 || other >= at) break;
            out.push_back(others[next++]);
        }
        out.push_back(v);
    }
    out.append(others.begin() + static_cast<std::ptrdiff_t>(next), others.end());
    return out;
}

}  // namespace

Result<Value> apply_strategic(const Value& target, const Value& patch, Kind) {
    Value result = target;
    Merge merge;
    merge.map(result, patch, "root");
    if (merge.failed()) return merge.error();
    return result;
}

}  // namespace model::api::patching
