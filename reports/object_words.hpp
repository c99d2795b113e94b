// Words for objects: what one is at a glance, and what changed from one version to the next, as a
// person would say it: `phase Pending -> Available`, `claimRef -> default/data`, `finalizer
// kubernetes.io/pv-protection removed`.
//
// Changes are found in the encoded form, so every field of every kind is told; those that storage
// is about have words of their own, and the phase comes first. Left out: resourceVersion,
// generation, managedFields and lastPhaseTransitionTime, which only follow other changes.
#pragma once

#include <string>
#include <vector>

#include "model/api/objects_core.hpp"
#include "model/api/scheme.hpp"

namespace reports {

// "PersistentVolumeClaim default/data"
std::string name_of(const model::api::Object& object, const model::api::Scheme& scheme);
// "10Gi RWO, Retain, class gold": empty for kinds of which nothing is worth telling.
std::string gist_of(const model::api::Object& object);
// "RWO,RWX", in the order of kubectl.
std::string short_modes(const model::api::List<model::api::Text>& modes);

// One change each, in a fixed order; empty where only bookkeeping changed.
std::vector<std::string> changes_between(const model::api::Object& from,
                                         const model::api::Object& to,
                                         const model::api::Scheme& scheme);

// What an API Event says: "Normal FailedBinding about PersistentVolumeClaim default/data: no ...".
struct Said {
    std::string who, type, reason, about, message;
    std::int64_t times = 1;
};
Said said_by(const model::api::Event& event);

}  // namespace reports
