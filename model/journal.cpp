#include "model/journal.hpp"

#include <algorithm>

namespace model {

std::string_view to_string(Verb v) {
    constexpr std::string_view kNames[] = {"get",   "list",   "create",           "update",
                                           "patch", "delete", "deletecollection", "watch"};
    return kNames[static_cast<std::size_t>(v)];
}

std::string_view to_string(Change c) {
    constexpr std::string_view kNames[] = {"ADDED", "MODIFIED", "DELETED"};
    return kNames[static_cast<std::size_t>(c)];
}

void Journal::ignore(Listener* listener) { std::erase(listeners_, listener); }

}  // namespace model
