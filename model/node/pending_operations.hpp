// PendingOperations: at most one operation on a volume, or on one pod's use of it, at a time, and
// after a failure none of the same name before its backoff has passed. Counterpart:
// pkg/volume/util/nestedpendingoperations and goroutinemap/exponentialbackoff (0.5 s, doubled up to
// 2 min 2 s), as the kubelet uses it: keys are volume, or volume and pod.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "model/control/process.hpp"

namespace model::node {

class PendingOperations {
  public:
    PendingOperations(control::Process& process, std::function<void()> ended)
        : process_(process), ended_(std::move(ended)) {}

    // Whether an operation may begin now. `pod`: empty where it is about the whole volume.
    bool may_begin(const api::Text& volume, const api::Text& pod, std::string_view name) const;
    // The task's result is its error, "" for success. Only where may_begin.
    void begin(const api::Text& volume, const api::Text& pod, std::string_view name,
               sim::Task<std::string> operation);
    bool is_pending(const api::Text& volume, const api::Text& pod) const;
    // The next instant at which a backoff has passed; kNever where none runs.
    sim::Time next_retry() const;
    // For explanations: the last error of an operation on the volume, and until when it waits.
    std::string told_of(const api::Text& volume) const;

  private:
    struct Operation {
        api::Text volume, pod;
        std::string name;
        bool pending = true;
        sim::Duration backoff{};
        sim::Time retry_at{};
        std::string error;
    };
    const Operation* match(const api::Text& volume, const api::Text& pod) const;
    sim::Task<void> run(api::Text volume, api::Text pod, sim::Task<std::string> operation);

    control::Process& process_;
    std::function<void()> ended_;
    std::vector<Operation> operations_;
};

}  // namespace model::node
