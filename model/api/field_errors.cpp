#include "model/api/field_errors.hpp"

#include <algorithm>
#include <cstdio>

namespace model::api {

std::string Path::text() const {
    std::string out;
    for (std::size_t i = 0; i < size_; ++i) {
        const Part& part = parts_[i];
        if (part.form == Part::kIndex) {
            out += "[" + std::to_string(part.size) + "]";
        } else if (part.form == Part::kKey) {
            out.append("[").append(part.view()).append("]");
        } else {
            if (!out.empty()) out += '.';
            out += part.view();
        }
    }
    return out;
}

std::string in_quotes(std::string_view text) {
    std::string out = "\"";
    for (char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        switch (c) {
            case '"':
                out += "\\\"";
                break;
            case '\\':
                out += "\\\\";
                break;
            case '\a':
                out += "\\a";
                break;
            case '\b':
                out += "\\b";
                break;
            case '\f':
                out += "\\f";
                break;
            case '\n':
                out += "\\n";
                break;
            case '\r':
                out += "\\r";
                break;
            case '\t':
                out += "\\t";
                break;
            case '\v':
                out += "\\v";
                break;
            default:
                if (byte < 0x20 || byte == 0x7f) {
                    char buffer[8];
                    std::snprintf(buffer, sizeof buffer, "\\x%02x", byte);
                    out += buffer;
                } else {
                    out += c;
                }
        }
    }
    return out + '"';
}

Shown shown(std::string_view text) { return Shown{in_quotes(text), in_quotes(text)}; }
Shown shown_or_null(const std::optional<Text>& text) {
    return text ? shown(text->view()) : shown_null();
}
Shown shown(std::int64_t number) { return Shown{std::to_string(number), std::to_string(number)}; }
Shown shown_bool(bool value) { return value ? Shown{"true", "true"} : Shown{"false", "false"}; }
Shown shown_null() { return Shown{"\"null\"", "null"}; }

Shown shown(const List<Text>& list, std::string_view go_type) {
    std::string go, json;
    for (const Text& t : list) {
        go += (go.empty() ? "" : ", ") + in_quotes(t);
        json += (json.empty() ? "" : ",") + in_quotes(t);
    }
    const std::string type = "[]" + std::string(go_type);
    if (list.empty()) return Shown{type + "(nil)", "null"};
    return Shown{type + "{" + go + "}", "[" + json + "]"};
}

Shown shown(const TextMap& map) {
    std::string go, json;
    for (const auto& [key, value] : map) {
        go += (go.empty() ? "" : ", ") + in_quotes(key) + ":" + in_quotes(value);
        json += (json.empty() ? "" : ",") + in_quotes(key) + ":" + in_quotes(value);
    }
    if (map.empty()) return Shown{"map[string]string(nil)", "null"};
    return Shown{"map[string]string{" + go + "}", "{" + json + "}"};
}

void Findings::add(const Path& at, std::string_view kind, std::string_view value,
                   std::string_view detail) {
    std::string text = at.text();
    text.append(": ").append(kind);
    if (!value.empty()) text.append(": ").append(value);
    if (!detail.empty()) text.append(": ").append(detail);
    errors_.push_back(std::move(text));
}

void Findings::required(const Path& at, std::string_view detail) {
    add(at, "Required value", {}, detail);
}

void Findings::forbidden(const Path& at, std::string_view detail) {
    add(at, "Forbidden", {}, detail);
}

void Findings::invalid(const Path& at, const Shown& value, std::string_view detail) {
    add(at, "Invalid value", form(value), detail);
}

void Findings::unsupported(const Path& at, const Shown& value,
                           std::initializer_list<std::string_view> supported) {
    std::string detail;
    for (std::string_view v : supported)
        detail += (detail.empty() ? "supported values: " : ", ") + in_quotes(v);
    add(at, "Unsupported value", form(value), detail);
}

void Findings::duplicate(const Path& at, const Shown& value, std::string_view detail) {
    add(at, "Duplicate value", form(value), detail);
}

void Findings::not_found(const Path& at, std::string_view value) {
    add(at, "Not found", form(shown(value)), {});
}

void Findings::too_long(const Path& at, std::size_t bytes_max) {
    add(at, "Too long", {},
        std::string(wording.not_more_than_bytes ? "may not be more than " : "must have at most ") +
            std::to_string(bytes_max) + " bytes");
}

void Findings::invalid_each(const Path& at, std::string_view value, const Messages& messages) {
    for (const std::string& m : messages) invalid(at, shown(value), m);
}

}  // namespace model::api
