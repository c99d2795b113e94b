// What the codec's visitors share: descriptions of metadata, the names of Go types in messages,
// known field names. Internal to codec*.cpp. The structs themselves are described where they are
// defined (objects_*.hpp).
#pragma once

#include <string>
#include <string_view>

#include "model/api/objects_core.hpp"

namespace model::api::codec {

// The name of a described struct, cut out of the compiler's own text for it:
// "PersistentVolumeSpec".
template <class T>
constexpr std::string_view struct_name() {
    std::string_view text = __PRETTY_FUNCTION__;
    text = text.substr(text.find("T = ") + 4);
    text = text.substr(0, text.find_first_of(";]"));
    const std::size_t scope = text.rfind(':');
    return scope == text.npos ? text : text.substr(scope + 1);
}

// All fields of a struct, in the order of their names where the description keeps it.
template <class V, class S>
void describe_fields(V& v, S& s) {
    using T = std::remove_const_t<S>;
    if constexpr (std::is_same_v<T, OwnerReference>) {
        v.always("apiVersion", s.apiVersion);
        v.field("blockOwnerDeletion", s.blockOwnerDeletion);
        v.field("controller", s.controller);
        v.always("kind", s.kind);
        v.always("name", s.name);
        v.always("uid", s.uid);
        v.extra(s.extra);
    } else if constexpr (std::is_same_v<T, ObjectMeta>) {
        v.field("annotations", s.annotations);
        v.field("creationTimestamp", s.creationTimestamp);
        v.field("deletionGracePeriodSeconds", s.deletionGracePeriodSeconds);
        v.field("deletionTimestamp", s.deletionTimestamp);
        v.field("finalizers", s.finalizers);
        v.field("generateName", s.generateName);
        v.field("generation", s.generation);
        v.field("labels", s.labels);
        v.field("name", s.name);
        v.field("namespace", s.ns);
        v.field("ownerReferences", s.ownerReferences);
        v.revision("resourceVersion", s.resourceVersion);
        v.field("uid", s.uid);
        v.extra(s.extra);
    } else {
        T::describe(v, s);
    }
}

// The Go type of a string field, and of an integer field, in messages: "v1.PersistentVolumePhase",
// "int32".
std::string_view go_text_type(std::string_view owner, std::string_view field);
std::string_view go_int_type(std::string_view field);
// The Go name of a struct where ours differs: SelectorRequirement is LabelSelectorRequirement
// there.
std::string_view go_struct_name(std::string_view ours, std::string_view owner);

// The sources of a PersistentVolume that are kept as given.
bool is_other_source(std::string_view field);

}  // namespace model::api::codec
