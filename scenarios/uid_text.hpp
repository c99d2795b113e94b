// ${uid:Kind/name} in a string stands for the uid of that object in this run;
// ${uid:Kind/namespace/name} where the namespace is not default, and #2 behind the name for the
// second object of that name. Any other ${...} is left as it is.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/api/value.hpp"

namespace scenarios {

using model::api::Value;

struct UidReference {
    std::string kind, ns, name;  // ns "" where none is written
    std::size_t nth = 1;
    auto operator<=>(const UidReference&) const = default;
    std::string to_string() const;  // ${uid:Pod/web-0#2}
};

// The references in a text. A sentence where one is malformed.
struct UidReferences {
    std::vector<UidReference> found;
    std::optional<std::string> problem;
};
UidReferences uid_references(std::string_view text);

// Every string below a value, in order.
void for_each_text(const Value& value, const std::function<void(std::string_view)>& visit);

// The value with all references replaced. `uid_of` gives "" where there is no such object (yet);
// then the first such reference is put into `missing`.
using UidOf = std::function<std::string(const UidReference&)>;
Value resolve_uids(const Value& value, const UidOf& uid_of, std::optional<UidReference>& missing);
std::string resolve_uids_in_text(std::string_view text, const UidOf& uid_of,
                                 std::optional<UidReference>& missing);
bool has_uid_reference(const Value& value);

}  // namespace scenarios
