// A StatefulSet as its controller reads it, its revisions, and the pods and claims made of it.
// Pure. Counterparts: pkg/controller/statefulset/stateful_set_utils.go and pkg/controller/history
// (1.26, 1.36); revisions have upstream's names, a hash of the template as the server stores it.
#pragma once

#include <string>
#include <vector>

#include "model/api/objects_core.hpp"
#include "model/api/scheme.hpp"
#include "model/profile.hpp"

namespace model::workload {

struct StatefulSetView {
    api::ObjectRef object;
    std::int64_t replicas = 1, start = 0, partition = 0, min_ready_seconds = 0;
    std::int64_t history_limit = 10;
    bool has_rolling_update = false;  // its settings are given
    bool parallel = false, on_delete = false;
    bool deletes_when_scaled = false, deletes_when_deleted = false;
    api::LabelSelector selector;
    api::Value pod_template;  // with defaults
    api::Value::List claim_templates;
    api::Text service;
    std::int64_t current_replicas = 0;  // of its status
    StatefulSetView() = default;
    StatefulSetView(const api::ObjectRef& set, const api::Scheme& scheme, const Profile& profile);
    std::int64_t end() const { return start + replicas; }  // one behind the last ordinal
    bool in_range(std::int64_t ordinal) const { return ordinal >= start && ordinal < end(); }
    const api::Text& name() const { return object->metadata.name; }
    std::string pod_name(std::int64_t ordinal) const;
    std::string claim_name(const api::Value& claim_template, std::int64_t ordinal) const;
};

// The ordinal in a pod's name, -1 where the pod is none of the set's.
std::int64_t ordinal_of(const StatefulSetView& set, const api::Text& pod_name);
// The template as the API server completes it.
api::Value with_defaults(const api::Value& pod_template, const api::Scheme& scheme,
                         const Profile& profile);
// What a ControllerRevision keeps of a set.
api::Value revision_data(const StatefulSetView& set, const Profile& profile);
// web-6fcb8fb9c4: FNV of the data and the count of collisions, in letters that make no words.
std::string revision_hash(const api::Value& data, std::int64_t collisions);
// The set's pod of that ordinal, of this template.
api::Value stateful_pod(const StatefulSetView& set, const api::Value& pod_template,
                        std::int64_t ordinal, const api::Text& revision, const api::Scheme& scheme,
                        const Profile& profile);
// The claims of that pod, in the order of their templates.
std::vector<api::Value> stateful_claims(const StatefulSetView& set, std::int64_t ordinal);

}  // namespace model::workload
