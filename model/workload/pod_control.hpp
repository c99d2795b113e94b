// PodControl: how a controller makes and ends pods of its own, with what it says of that. The
// counterpart is RealPodControl of pkg/controller/controller_utils.go. Left out: patches, which
// each controller sends itself.
#pragma once

#include "model/control/client.hpp"
#include "model/control/event_recorder.hpp"

namespace model::workload {

class PodControl {
  public:
    PodControl(control::Client& client, control::EventRecorder& recorder)
        : client_(client), recorder_(recorder) {}

    // In the owner's namespace. A refusal because that namespace is going is told nobody.
    sim::Task<api::Status> create(api::ObjectRef owner, api::Value pod);
    // NotFound is told nobody either, and returned.
    sim::Task<api::Status> remove(api::ObjectRef owner, api::Ref<api::Pod> pod);

  private:
    control::Client& client_;
    control::EventRecorder& recorder_;
};

// Everything in the namespace is being deleted.
bool is_namespace_ending(const api::Status& status);

// A write of the object's status, its version as precondition.
api::Request status_update(api::Kind kind, const api::ObjectRef& object, api::Value status);

}  // namespace model::workload
