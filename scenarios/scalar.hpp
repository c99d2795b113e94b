// Plain YAML scalars: which text is a boolean, a number, null or just text. The rules are those of
// sigs.k8s.io/yaml (YAML 1.1 with its octal numbers and yes/no), because the manifests that are
// pasted in were written for it.
#pragma once

#include <optional>
#include <string>

#include "scenarios/node.hpp"

namespace scenarios {

// Gives the node of a plain scalar its type and value by its text. A sentence where the text cannot
// be kept (.nan).
std::optional<std::string> resolve_plain(Node& node);

}  // namespace scenarios
