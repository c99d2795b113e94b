#include "scenarios/uid_text.hpp"

#include <algorithm>
#include <charconv>

namespace scenarios {
namespace {

constexpr std::string_view kOpen = "${uid";

std::optional<UidReference> parse(std::string_view inside) {
    UidReference reference;
    if (const std::size_t hash = inside.rfind('#'); hash != inside.npos) {
        const std::string_view digits = inside.substr(hash + 1);
        const auto [end, error] =
            std::from_chars(digits.data(), digits.data() + digits.size(), reference.nth);
        if (error != std::errc() || end != digits.data() + digits.size() || reference.nth == 0)
            return std::nullopt;
        inside = inside.substr(0, hash);
    }
    const std::size_t slash = inside.find('/');
    if (slash == inside.npos) return std::nullopt;
    reference.kind = inside.substr(0, slash);
    inside.remove_prefix(slash + 1);
    if (const std::size_t second = inside.find('/'); second != inside.npos) {
        reference.ns = inside.substr(0, second);
        if (reference.ns.empty()) return std::nullopt;
        inside.remove_prefix(second + 1);
    }
    reference.name = inside;
    if (reference.kind.empty() || inside.empty() || inside.find('/') != inside.npos)
        return std::nullopt;
    return reference;
}

// Calls `text` for what lies between references and `reference` for each; false where one is
// malformed.
bool scan(std::string_view all, const std::function<void(std::string_view)>& text,
          const std::function<void(const UidReference&)>& reference) {
    while (true) {
        const std::size_t at = all.find(kOpen);
        text(all.substr(0, at));
        if (at == all.npos) return true;
        all.remove_prefix(at);
        const std::size_t close = all.find('}');
        if (close == all.npos || all[kOpen.size()] != ':') return false;
        const auto parsed = parse(all.substr(kOpen.size() + 1, close - kOpen.size() - 1));
        if (!parsed) return false;
        reference(*parsed);
        all.remove_prefix(close + 1);
    }
}

}  // namespace

std::string UidReference::to_string() const {
    std::string out = "${uid:" + kind + "/";
    if (!ns.empty()) out += ns + "/";
    out += name;
    if (nth != 1) out += "#" + std::to_string(nth);
    return out + "}";
}

UidReferences uid_references(std::string_view text) {
    UidReferences result;
    const bool fine = scan(
        text, [](std::string_view) {}, [&](const UidReference& r) { result.found.push_back(r); });
    if (!fine) {
        result.problem =
            "malformed reference in " + Value(text).to_json() +
            ": expected ${uid:Kind/name}, or ${uid:Kind/name#2} for the second of that name";
    }
    return result;
}

void for_each_text(const Value& value, const std::function<void(std::string_view)>& visit) {
    if (value.is_string()) visit(value.as_string());
    for (const Value& v : value.as_list()) for_each_text(v, visit);
    for (const auto& [key, v] : value.as_map()) for_each_text(v, visit);
}

std::string resolve_uids_in_text(std::string_view text, const UidOf& uid_of,
                                 std::optional<UidReference>& missing) {
    std::string out;
    scan(
        text, [&](std::string_view t) { out += t; },
        [&](const UidReference& r) {
            const std::string uid = uid_of(r);
            if (uid.empty() && !missing) missing = r;
            out += uid;
        });
    return out;
}

bool has_uid_reference(const Value& value) {
    if (value.is_string()) return value.as_string().find(kOpen) != std::string_view::npos;
    if (value.is_list())
        return std::any_of(value.as_list().begin(), value.as_list().end(), has_uid_reference);
    return std::any_of(value.as_map().begin(), value.as_map().end(),
                       [](const Value::Member& m) { return has_uid_reference(m.second); });
}

Value resolve_uids(const Value& value, const UidOf& uid_of, std::optional<UidReference>& missing) {
    if (!has_uid_reference(value)) return value;
    if (value.is_string()) return Value(resolve_uids_in_text(value.as_string(), uid_of, missing));
    if (value.is_list()) {
        Value::List items;
        for (const Value& v : value.as_list()) items.push_back(resolve_uids(v, uid_of, missing));
        return Value::list(std::move(items));
    }
    Value map = Value::map();
    for (const auto& [key, v] : value.as_map()) map[key] = resolve_uids(v, uid_of, missing);
    return map;
}

}  // namespace scenarios
