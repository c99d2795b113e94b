// The decision that all protection controllers share: is a finalizer to be added, to be taken away
// once the object is not used any more, or neither. Counterpart:
// pkg/controller/util/protectionutil.
#pragma once

#include <string_view>

#include "model/api/object.hpp"

namespace model::volume {

inline bool lacks_finalizer(const api::ObjectMeta& meta, std::string_view finalizer) {
    return !meta.terminating() && !meta.has_finalizer(finalizer);
}
inline bool waits_for_removal(const api::ObjectMeta& meta, std::string_view finalizer) {
    return meta.terminating() && meta.has_finalizer(finalizer);
}

template <class T>
T with_finalizer(const T& object, std::string_view finalizer) {
    T next = object;
    next.metadata.finalizers.emplace_back(finalizer);
    return next;
}
template <class T>
T without_finalizer(const T& object, std::string_view finalizer) {
    T next = object;
    erase_if(next.metadata.finalizers, [finalizer](const api::Text& f) { return f == finalizer; });
    return next;
}

}  // namespace model::volume
