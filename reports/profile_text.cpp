#include "reports/profile_text.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "reports/columns.hpp"

namespace reports {

namespace {

constexpr std::size_t kWidth = 110, kValueWidth = 34;

}  // namespace

std::string text_of(const model::csi::DriverProfile& profile, const Ink& ink) {
    const auto values = rows(profile);
    std::size_t names = 0;
    for (const auto& [name, value, source] : values) names = std::max(names, width_of(name));
    const std::size_t indent = 2 + names + 2, beside = indent + kValueWidth + 2;
    std::string out = ink.strong(profile.name) + ": " +
                      wrapped(profile.summary, kWidth, profile.name.size() + 2) + "\n";
    for (const auto& [name, value, source] : values) {
        out += "  " + padded(name, names + 2);
        const bool fits = width_of(value) <= kValueWidth && beside + width_of(source) <= kWidth;
        if (fits && !source.empty()) {
            out += padded(value, kValueWidth + 2) + ink.faint(source) + "\n";
            continue;
        }
        out += wrapped(value, kWidth, indent) + "\n";
        if (source.empty()) continue;
        out += std::string(indent + 2, ' ') + ink.faint(wrapped(source, kWidth, indent + 2)) + "\n";
    }
    return out;
}

std::string profiles_json(const std::vector<model::csi::DriverProfile>& profiles) {
    using Json = nlohmann::ordered_json;
    Json list = Json::array();
    for (const model::csi::DriverProfile& profile : profiles) {
        Json values = Json::array();
        for (const auto& [name, value, source] : rows(profile))
            values.push_back({{"name", name}, {"value", value}, {"source", source}});
        list.push_back(
            {{"name", profile.name}, {"summary", profile.summary}, {"values", std::move(values)}});
    }
    return list.dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace reports
