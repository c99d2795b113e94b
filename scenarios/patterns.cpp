#include "scenarios/patterns.hpp"

#include "scenarios/scalar.hpp"

namespace scenarios {
namespace {

void append_flow(const Value& value, std::string& out);

void append_text(std::string_view text, std::string& out) {
    Node plain;
    plain.text = text;
    resolve_plain(plain);
    const bool simple = !text.empty() && plain.is_string() &&
                        text.find_first_of("{}[],&*#?|<>=!%@\\\"'`\n") == text.npos &&
                        text.find(": ") == text.npos && text.front() != ' ' && text.back() != ' ' &&
                        text != "null" && text != "~";
    if (simple) {
        out += text;
    } else {
        Value(text).append_json(out);
    }
}

void append_flow(const Value& value, std::string& out) {
    if (value.is_string()) return append_text(value.as_string(), out);
    if (!value.is_list() && !value.is_map()) return value.append_json(out);
    out += value.is_list() ? '[' : '{';
    bool first = true;
    for (const Value& v : value.as_list()) {
        if (!std::exchange(first, false)) out += ", ";
        append_flow(v, out);
    }
    for (const auto& [key, v] : value.as_map()) {
        if (!std::exchange(first, false)) out += ", ";
        append_text(key, out);
        out += ": ";
        append_flow(v, out);
    }
    out += value.is_list() ? ']' : '}';
}

}  // namespace

std::string flow_text(const Value& value) {
    std::string out;
    append_flow(value, out);
    return out;
}

Pattern make_pattern(Value written, const model::api::KindInfo& info) {
    auto text = [](const Value& map, std::string_view key) {
        const Value* v = map.find(key);
        return v ? std::string(v->as_string()) : std::string();
    };
    Pattern pattern;
    pattern.kind = info.kind;
    pattern.name = text(written, "name");
    pattern.ns = text(written, "namespace");
    pattern.body = std::move(written);
    for (const char* key : {"kind", "apiVersion", "name", "namespace"}) pattern.body.erase(key);
    // A whole manifest is a pattern too.
    if (Value* metadata = pattern.body.edit("metadata")) {
        if (pattern.name.empty()) pattern.name = text(*metadata, "name");
        if (pattern.ns.empty()) pattern.ns = text(*metadata, "namespace");
        metadata->erase("name");
        metadata->erase("namespace");
        if (metadata->is_empty()) pattern.body.erase("metadata");
    }
    if (pattern.ns.empty() && info.namespaced) pattern.ns = "default";
    if (!info.namespaced) pattern.ns.clear();
    return pattern;
}

std::optional<Pattern> read_pattern(const Node& node, LoadContext& context) {
    const Node* kind = node.find("kind");
    if (!kind) {
        context.error(
            node.place(),
            "expected a partial object such as {kind: Pod, name: web-0}: \"kind\" is missing");
        return std::nullopt;
    }
    const auto* info = context.kind(*kind, text_of(node.find("apiVersion")));
    if (!info) return std::nullopt;
    context.check_uids(node);
    if (info->typed) context.check_fields(node, info->id, "", {"name", "namespace"});

    Pattern pattern = make_pattern(node.to_value(), *info);
    pattern.place = node.place();
    return pattern;
}

std::optional<Condition> read_condition(const Node& node, LoadContext& context) {
    Condition condition;
    const Node* gone = node.find("gone");
    condition.gone = gone != nullptr;
    if (gone && node.members.size() > 1) {
        context.error(node.place(), "{gone: ...} takes no other key");
        return std::nullopt;
    }
    auto pattern = read_pattern(gone ? *gone : node, context);
    if (!pattern) return std::nullopt;
    condition.object = std::move(*pattern);
    return condition;
}

std::string to_text(const Pattern& pattern) {
    std::string out = pattern.kind;
    if (!pattern.name.empty()) {
        out += " " + (pattern.ns.empty() ? "" : pattern.ns + "/") + pattern.name;
    } else if (!pattern.ns.empty() && pattern.ns != "default" && pattern.ns != "*") {
        out += " in " + pattern.ns;
    }
    if (!pattern.body.is_empty()) out += " " + flow_text(pattern.body);
    return out;
}

std::string to_text(const Condition& condition) {
    return condition.gone ? to_text(condition.object) + " gone" : to_text(condition.object);
}

}  // namespace scenarios
