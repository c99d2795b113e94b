#include "tests/conformance/json_value.hpp"

#include <nlohmann/json.hpp>

namespace conformance {

using model::api::Value;

Value to_value(const nlohmann::json& j) {
    switch (j.type()) {
        case nlohmann::json::value_t::boolean:
            return Value(j.get<bool>());
        case nlohmann::json::value_t::number_integer:
        case nlohmann::json::value_t::number_unsigned:
            return Value(j.get<std::int64_t>());
        case nlohmann::json::value_t::number_float:
            return Value(j.get<double>());
        case nlohmann::json::value_t::string:
            return Value(j.get<std::string>());
        case nlohmann::json::value_t::array: {
            Value list = Value::list();
            for (const auto& item : j) list.push_back(to_value(item));
            return list;
        }
        case nlohmann::json::value_t::object: {
            Value map = Value::map();
            for (const auto& [key, member] : j.items()) map[key] = to_value(member);
            return map;
        }
        default:
            return Value();
    }
}

Value normalized(const Value& v) {
    if (v.is_list()) {
        Value list = Value::list();
        for (const Value& item : v.as_list()) list.push_back(normalized(item));
        return list;
    }
    if (!v.is_map()) return v;
    Value map = Value::map();
    for (const auto& [key, member] : v.as_map()) {
        if (key == "resourceVersion" || key == "creationTimestamp") continue;
        Value kept = normalized(member);
        if (!kept.is_empty()) map[key] = std::move(kept);
    }
    return map;
}

std::vector<std::string> differences(const Value& expected, const Value& got,
                                     const std::string& path) {
    std::vector<std::string> lines;
    if (expected == got) return lines;
    const auto add = [&lines](std::vector<std::string> more) {
        lines.insert(lines.end(), more.begin(), more.end());
    };
    const auto under = [&path](std::string_view key) {
        return path.empty() ? std::string(key) : path + "." + std::string(key);
    };
    if (expected.is_map() && got.is_map()) {
        const Value nothing;
        for (const auto& [key, member] : expected.as_map()) {
            const Value* other = got.find(key);
            add(differences(member, other ? *other : nothing, under(key)));
        }
        for (const auto& [key, member] : got.as_map())
            if (!expected.find(key)) add(differences(nothing, member, under(key)));
        return lines;
    }
    if (expected.is_list() && got.is_list() && expected.as_list().size() == got.as_list().size()) {
        for (std::size_t i = 0; i < expected.as_list().size(); ++i)
            add(differences(expected.as_list()[i], got.as_list()[i],
                            path + "[" + std::to_string(i) + "]"));
        return lines;
    }
    lines.push_back(path + ": expected " + expected.to_json() + ", got " + got.to_json());
    return lines;
}

}  // namespace conformance
