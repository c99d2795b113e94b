// Manifests as they are pasted: one object, a list, kind List, several documents, or a file that
// holds any of these; with or without what `kubectl get -o yaml` adds (managedFields,
// resourceVersion, uid, status).
#pragma once

#include <vector>

#include "scenarios/load_context.hpp"

namespace scenarios {

// What the manifests are for decides what of the server's own fields is dropped:
//   Objects  resourceVersion; uid and status are kept, since volumes and claims name each other by
//   uid Apply    resourceVersion, uid, timestamps, generation: an object copied from a cluster is
//   applied as a wish Whole    nothing but managedFields: the API server refuses a resourceVersion
//   on create, and checks it on replace
enum class ManifestUse : unsigned char { Objects, Apply, Whole };

struct Manifest {
    Value value;  // namespace filled in
    model::api::Kind kind{};
    Place place;
};

// What stands there, files read and lists opened. Complaints go to the context.
std::vector<Manifest> read_manifests(const Node& node, ManifestUse use, LoadContext& context);

// "PersistentVolumeClaim default/data".
std::string name_of(const Value& manifest);

}  // namespace scenarios
