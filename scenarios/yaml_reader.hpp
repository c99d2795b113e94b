// Turns YAML (and so JSON) text into Nodes, strictly: a key that stands twice, an alias that grows
// without end, text that is no text and nesting that nobody wrote by hand are errors with a place.
//
// Plain scalars are read as sigs.k8s.io/yaml reads them for kubectl, so that a manifest means the
// same here: yes, no, on and off are booleans as true and false are; 0644 is octal; a date is text.
// Only y and n stay text. `<<` merges maps.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "scenarios/node.hpp"

namespace scenarios {

struct ReadLimits {
    std::size_t bytes = std::size_t{64} << 20;
    int depth = 100;                    // of lists and maps in each other
    std::size_t nodes = 8'000'000;      // of all documents, aliases written out
    std::size_t alias_nodes = 100'000;  // of these, made by aliases
};

// The documents of a text; empty ones are left out. `file` must outlive the nodes. Errors are
// appended to `diagnostics`, and then the documents before the error are returned.
std::vector<Node> read_yaml(std::string_view text, const std::string& file,
                            Diagnostics& diagnostics, const ReadLimits& limits = {});

// One scalar or small document, such as the value of --set. A plain scalar needs no document around
// it.
Node read_scalar(const std::string& text, const std::string& file);

}  // namespace scenarios
