#include "scenarios/match.hpp"

#include <algorithm>

#include "scenarios/patterns.hpp"

namespace scenarios {
namespace {

using model::api::Quantity;

constexpr std::string_view kAmountMaps[] = {
    "capacity", "allocatable", "requests", "limits",
    "hard",     "used",        "overhead", "allocatedResources"};
constexpr std::string_view kAmounts[] = {"sizeLimit", "restoreSize", "maximumVolumeSize",
                                         "minimumVolumeSize"};

template <std::size_t N>
bool contains(const std::string_view (&words)[N], std::string_view word) {
    return std::find(std::begin(words), std::end(words), word) != std::end(words);
}

// How far matching has come: below a map of amounts every scalar is one.
struct Where {
    bool amounts = false;
    Where below(std::string_view key) const {
        return Where{amounts || contains(kAmountMaps, key) || contains(kAmounts, key)};
    }
};

std::string scalar_text(const Value& v) {
    return v.is_string() ? std::string(v.as_string()) : v.to_json();
}

bool same_amount(const Value& a, const Value& b) {
    const auto x = Quantity::parse(scalar_text(a));
    const auto y = Quantity::parse(scalar_text(b));
    return x && y && *x == *y;
}

bool is_zero(const Value& v) {
    return v.is_empty() || (v.is_bool() && !v.as_bool()) || (v.is_number() && v.as_double() == 0);
}

bool matches(const Value& pattern, const Value* found, Where where) {
    static const Value kNothing;
    if (pattern.is_map()) {
        if (found && !found->is_map() && !found->is_null()) return false;
        for (const auto& [key, wanted] : pattern.as_map()) {
            if (!matches(wanted, found ? found->find(key) : nullptr, where.below(key)))
                return false;
        }
        return true;
    }
    if (!found || found->is_null()) return is_zero(pattern);
    if (pattern.is_list()) {
        if (!found->is_list()) return false;
        const auto& elements = found->as_list();
        return std::all_of(
            pattern.as_list().begin(), pattern.as_list().end(), [&](const Value& wanted) {
                return std::any_of(elements.begin(), elements.end(), [&](const Value& element) {
                    return matches(wanted, &element, where);
                });
            });
    }
    return pattern == *found || (pattern.is_null() && found->is_empty()) ||
           (where.amounts && same_amount(pattern, *found));
}

void collect(const Value& pattern, const Value* found, Where where, const std::string& path,
             std::vector<Difference>& out) {
    if (pattern.is_map() && (!found || found->is_map() || found->is_null())) {
        for (const auto& [key, wanted] : pattern.as_map()) {
            collect(wanted, found ? found->find(key) : nullptr, where.below(key),
                    path.empty() ? key.str() : path + "." + key.str(), out);
        }
        return;
    }
    if (pattern.is_list() && found && found->is_list()) {
        for (const Value& wanted : pattern.as_list()) {
            const bool there =
                std::any_of(found->as_list().begin(), found->as_list().end(),
                            [&](const Value& element) { return matches(wanted, &element, where); });
            if (!there) out.push_back({path + "[]", flow_text(wanted), flow_text(*found)});
        }
        return;
    }
    if (matches(pattern, found, where)) return;
    out.push_back({path, flow_text(pattern), found ? flow_text(*found) : "nothing"});
}

}  // namespace

bool matches(const Value& pattern, const Value* found) { return matches(pattern, found, Where()); }

std::string Difference::to_string() const {
    return path + ": expected " + expected + ", found " + found;
}

std::vector<Difference> differences(const Value& pattern, const Value& object) {
    std::vector<Difference> out;
    collect(pattern, &object, Where(), "", out);
    return out;
}

bool is_about(const Pattern& pattern, const model::api::Key& key) {
    if (!pattern.name.empty() && key.name != pattern.name) return false;
    return pattern.ns == "*" || key.ns == pattern.ns;
}

std::string comparable_message(const std::string& message) {
    std::size_t end = message.size();
    for (const char* mark : {"\n", "core.", "storage.", "(*", "0x"})
        end = std::min(end, message.find(mark));
    std::string cut = message.substr(0, end);
    // The volume that carries a pod's token is named at random.
    constexpr std::string_view kToken = "kube-api-access-";
    constexpr std::size_t kRandom = 5;
    for (std::size_t at = cut.find(kToken); at != std::string::npos;
         at = cut.find(kToken, at + 1)) {
        const std::size_t first = at + kToken.size();
        if (cut.size() - first >= kRandom) cut.replace(first, kRandom, "*****");
    }
    return cut;
}

}  // namespace scenarios
