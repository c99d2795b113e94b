// Numbers and conditions of Deployments and ReplicaSets, read from objects that the model keeps as
// given. Pure. Counterpart: pkg/controller/deployment/util/deployment_util.go. Left out: conditions
// ReplicaFailure.
#pragma once

#include <string>
#include <string_view>

#include "model/api/object.hpp"

namespace model::workload {

std::int64_t int_at(const api::ObjectRef& o, std::initializer_list<std::string_view> path,
                    std::int64_t otherwise);
std::string_view text_at(const api::ObjectRef& o, std::initializer_list<std::string_view> path);

std::int64_t size_of(const api::ObjectRef& set);                                // spec.replicas
std::int64_t count_at(const api::ObjectRef& o, std::string_view status_field);  // 0 if not told
std::int64_t revision_of(const api::ObjectRef& set);
bool is_older(const api::ObjectRef& a, const api::ObjectRef& b);  // then by name
api::Value without_hash(const api::Value* pod_template);

// maxSurge (rounded up) and maxUnavailable (rounded down, 1 where both would be 0); 25 % if not
// given.
struct Fenceposts {
    std::int64_t surge = 0, unavailable = 0;
};
Fenceposts fenceposts(const api::ObjectRef& deployment, std::int64_t replicas);

// Every replica is new and available, and there is no other.
bool is_complete(const api::ObjectRef& deployment, const api::Value* status);
bool has_progressed(const api::Value* before, const api::Value& now);

const api::Value* find_condition_of(const api::Value& status, std::string_view type);
std::int64_t updated_at(const api::Value& condition);  // seconds since 1970
// Nothing where status and reason stand like that already.
void set_condition_of(api::Value& status, std::string_view type, std::string_view value,
                      std::string_view reason, const std::string& message, api::Timestamp now);
// Also then: its lastUpdateTime is what counts.
void renew_condition_of(api::Value& status, std::string_view type, std::string_view value,
                        std::string_view reason, const std::string& message, api::Timestamp now);

}  // namespace model::workload
