#include "model/workload/pod_control.hpp"

namespace model::workload {

bool is_namespace_ending(const api::Status& status) {
    return status.message.view().find("because it is being terminated") != std::string_view::npos;
}

sim::Task<api::Status> PodControl::create(api::ObjectRef owner, api::Value pod) {
    api::Request r;
    r.verb = Verb::Create;
    r.kind = api::Kind::Pod;
    r.key = api::Key(owner->metadata.ns, api::Text());
    r.manifest = std::move(pod);
    auto creating = client_.call(std::move(r));
    api::Response answer = co_await std::move(creating);
    if (answer.status.ok()) {
        recorder_.record(*owner, control::EventType::Normal, "SuccessfulCreate",
                         "Created pod: " + answer.object->metadata.name.str());
    } else if (!is_namespace_ending(answer.status)) {
        recorder_.record(*owner, control::EventType::Warning, "FailedCreate",
                         "Error creating: " + answer.status.message.str());
    }
    co_return answer.status;
}

sim::Task<api::Status> PodControl::remove(api::ObjectRef owner, api::Ref<api::Pod> pod) {
    auto deleting = client_.remove(api::Kind::Pod, pod->key(), api::DeleteOptions());
    api::Response answer = co_await std::move(deleting);
    if (answer.status.ok()) {
        recorder_.record(*owner, control::EventType::Normal, "SuccessfulDelete",
                         "Deleted pod: " + pod->metadata.name.str());
    } else if (!answer.status.is(api::Reason::NotFound)) {
        recorder_.record(*owner, control::EventType::Warning, "FailedDelete",
                         "Error deleting: " + answer.status.message.str());
    }
    co_return answer.status;
}

api::Request status_update(api::Kind kind, const api::ObjectRef& object, api::Value status) {
    api::Request r;
    r.verb = Verb::Update;
    r.kind = kind;
    r.key = object->key();
    r.subresource = api::Subresource::Status;
    auto next = api::copy_of(*object);
    next->extra["status"] = std::move(status);
    r.body = api::freeze(std::move(next));
    return r;
}

}  // namespace model::workload
