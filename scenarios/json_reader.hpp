// Reads JSON (RFC 8259), strictly and fast: the form in which a whole cluster is handed over
// (`kubectl get -o json`). Values are made at once, without a document in between, and the items of
// a list are given away one at a time, so that a file of 100 MB needs little more than its objects.
// Errors have line and column. Left out: comments and other extensions; yaml_reader.hpp reads JSON
// that a person wrote into YAML.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "model/api/value.hpp"
#include "scenarios/diagnostic.hpp"

namespace scenarios {

struct JsonLimits {
    std::size_t bytes = std::size_t{1} << 30;
    int depth = 100;  // of lists and maps in each other
};

// The value of the text; nothing, and one diagnostic more, where it is no JSON.
std::optional<model::api::Value> read_json(std::string_view text, const std::string& file,
                                           Diagnostics& diagnostics, const JsonLimits& limits = {});

// As read_json, but of an array, or of the `items` of an object, each item is given to `visit` with
// its place and then forgotten; an object without `items` is the one item. Items before an error
// have been visited. False where there was one.
using JsonVisit = std::function<void(model::api::Value item, const Place& place)>;
bool read_json_items(std::string_view text, const std::string& file, Diagnostics& diagnostics,
                     const JsonVisit& visit, const JsonLimits& limits = {});

// By its name, or by its first letter.
bool is_json(std::string_view file_name, std::string_view text);

}  // namespace scenarios
