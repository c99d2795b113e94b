// The forms that names, label keys and label values must have, and the sentences that refuse other
// ones. Counterpart: apimachinery pkg/util/validation/validation.go and pkg/api/validate/content.
// Left out: DNS-1035 labels, ports, environment variables.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "model/api/wording.hpp"

namespace model::api {

using Messages = std::vector<std::string>;

bool is_dns_label(std::string_view text);
bool is_dns_subdomain(std::string_view text);
bool is_label_key(std::string_view text);

// Each gives what is wrong with the text, in upstream's order; empty where nothing is.
Messages dns_label_problems(std::string_view text, const Wording& wording);
Messages dns_subdomain_problems(std::string_view text);
Messages label_key_problems(std::string_view text, const Wording& wording);
Messages label_value_problems(std::string_view text, const Wording& wording);

// What a kind asks of metadata.name. A generateName (`prefix`) may end in a dash.
enum class NameRule : unsigned char { Subdomain, Label, PathSegment };
Messages name_problems(NameRule rule, std::string_view name, bool prefix, const Wording& wording);

std::string ascii_lower(std::string_view text);

}  // namespace model::api
