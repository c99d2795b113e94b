#include <charconv>
#include <optional>

#include "model/api/patch_apply.hpp"

namespace model::api::patching {

namespace {

struct Place {
    Value* container = nullptr;  // a map or a list; null where the path leads nowhere
    std::string key;             // the last token, unescaped
};

std::string unescaped(std::string_view token) {
    std::string out;
    for (std::size_t i = 0; i < token.size(); ++i) {
        if (token[i] == '~' && i + 1 < token.size() &&
            (token[i + 1] == '0' || token[i + 1] == '1')) {
            out += token[++i] == '0' ? '~' : '/';
        } else {
            out += token[i];
        }
    }
    return out;
}

// strconv.Atoi.
std::optional<std::int64_t> index_of(std::string_view key) {
    if (key.size() > 1 && key[0] == '+' && key[1] != '-') key.remove_prefix(1);
    std::int64_t index = 0;
    const auto [end, error] = std::from_chars(key.begin(), key.end(), index);
    if (error != std::errc() || end != key.end()) return std::nullopt;
    return index;
}

// The place of an existing element among `size`; negative indexes count from the end.
std::optional<std::size_t> element(std::string_view key, std::size_t size) {
    const std::optional<std::int64_t> index = index_of(key);
    const auto count = static_cast<std::int64_t>(size);
    if (!index || *index >= count || *index < -count) return std::nullopt;
    return static_cast<std::size_t>(*index < 0 ? *index + count : *index);
}

// A member or element, or null where there is none or it cannot be looked up.
Value* lookup(Value& container, std::string_view key) {
    if (container.is_map()) return container.edit(key);
    if (!container.is_list()) return nullptr;
    const std::optional<std::size_t> at = element(key, container.as_list().size());
    return at ? &container.edit_list()[*at] : nullptr;
}

Place find_place(Value& document, std::string_view path) {
    if (path.empty() || path.find('/') == path.npos) return {};
    path.remove_prefix(path.find('/') + 1);
    Value* at = &document;
    for (std::size_t slash = path.find('/'); slash != path.npos; slash = path.find('/')) {
        at = lookup(*at, unescaped(path.substr(0, slash)));
        if (!at || (!at->is_map() && !at->is_list())) return {};
        path.remove_prefix(slash + 1);
    }
    if (!at->is_map() && !at->is_list()) return {};
    return Place{at, unescaped(path)};
}

bool add(Value& document, std::string_view path, Value value) {
    const Place place = find_place(document, path);
    if (!place.container) return false;
    if (place.container->is_map()) {
        (*place.container)[place.key] = std::move(value);
        return true;
    }
    Value::List& list = place.container->edit_list();
    if (place.key == "-") {
        list.push_back(std::move(value));
        return true;
    }
    const std::optional<std::size_t> at = element(place.key, list.size() + 1);
    if (!at) return false;
    list.insert(list.begin() + static_cast<std::ptrdiff_t>(*at), std::move(value));
    return true;
}

bool remove(Value& document, std::string_view path) {
    const Place place = find_place(document, path);
    if (!place.container) return false;
    if (place.container->is_map()) {
        if (!place.container->find(place.key)) return false;
        place.container->erase(place.key);
        return true;
    }
    Value::List& list = place.container->edit_list();
    const std::optional<std::size_t> at = element(place.key, list.size());
    if (!at) return false;
    list.erase(list.begin() + static_cast<std::ptrdiff_t>(*at));
    return true;
}

bool replace(Value& document, std::string_view path, Value value) {
    if (path.empty()) {
        if (!value.is_map() && !value.is_list()) return false;
        document = std::move(value);
        return true;
    }
    const Place place = find_place(document, path);
    if (!place.container) return false;
    if (place.container->is_map()) {  // a member that is not there is made
        (*place.container)[place.key] = std::move(value);
        return true;
    }
    Value* old = lookup(*place.container, place.key);
    if (!old) return false;
    *old = std::move(value);
    return true;
}

bool test(Value& document, std::string_view path, const Value& wanted) {
    if (path.empty()) return document == wanted;
    const Place place = find_place(document, path);
    if (!place.container) return false;
    const Value* held = lookup(*place.container, place.key);
    if (!held) return place.container->is_map() && wanted.is_null();
    return *held == wanted;
}

// What stands at `path`; a missing member of a map reads as null.
std::optional<Value> read(Value& document, std::string_view path) {
    const Place place = find_place(document, path);
    if (!place.container) return std::nullopt;
    const Value* held = lookup(*place.container, place.key);
    if (held) return *held;
    return place.container->is_map() ? std::optional<Value>(Value()) : std::nullopt;
}

bool apply(Value& document, const Value& operation) {
    const Value* kind = operation.find("op");
    const Value* path = operation.find("path");
    const Value* from = operation.find("from");
    const Value* value = operation.find("value");
    if (!kind || !path || !path->is_string()) return false;
    const std::string_view op = kind->as_string();
    const std::string_view at = path->as_string();
    if (op == "add") return add(document, at, value ? *value : Value());
    if (op == "remove") return remove(document, at);
    if (op == "replace") return replace(document, at, value ? *value : Value());
    if (op == "test") return test(document, at, value ? *value : Value());
    if ((op != "move" && op != "copy") || !from || !from->is_string()) return false;
    const std::optional<Value> moved = read(document, from->as_string());
    if (!moved) return false;
    if (op == "move" && !remove(document, from->as_string())) return false;
    return add(document, at, *moved);
}

}  // namespace

Result<Value> apply_json(const Value& target, const Value& operations) {
    constexpr std::size_t kMostOperations = 10'000;
    if (operations.as_list().size() > kMostOperations) {
        return Status(413, Reason::BadRequest,
                      "The allowed maximum operations in a JSON patch is 10000, got " +
                          std::to_string(operations.as_list().size()));
    }
    Value document = target;
    for (const Value& operation : operations.as_list()) {
        if (!apply(document, operation)) return not_applicable();
    }
    return document;
}

}  // namespace model::api::patching
