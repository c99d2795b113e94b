// One table case's world: an API server that stores as given, the controller under test, and what
// upstream's reactor is to its tests: a log of requests, injected errors, a list of changes.
// Counterpart: framework_test.go and testing/testing.go of the PersistentVolume controller. As
// there, the informers of claims and volumes do not hear of the controller's own writes; only
// explicit events reach them.
#pragma once

#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "model/control/process.hpp"
#include "model/volume/persistent_volume_controller.hpp"
#include "tests/conformance/mock_volume.hpp"

namespace conformance {

using model::volume::PV;
using model::volume::PVC;

struct InjectedError {
    std::string verb, resource, text;  // "*" matches all
};

// One request of the controller, as sent.
struct SentRequest {
    std::string verb, resource, subresource, ns, name;
    model::api::Value object;  // null for get and delete
    bool operator==(const SentRequest&) const = default;
    std::string to_string() const;
};

class CollectingRecorder : public model::control::EventRecorder {
  public:
    std::vector<std::string> events;  // "Warning Reason message"
    void record_part(const model::api::Object& about, std::string_view field_path,
                     model::control::EventType type, std::string_view reason,
                     std::string message) override;
};

class TableWorld : private model::Listener {
  public:
    TableWorld(const model::Profile& profile, bool whole_loop);
    ~TableWorld() override;

    MockVolume plugins;
    CollectingRecorder recorder;
    std::vector<InjectedError> errors;
    std::vector<SentRequest> sent;
    std::vector<std::function<void()>>
        before_operation;                       // run once, when the next operation is asked for
    bool run_hooks_at_once = true;              // false: not before the second is asked for
    std::deque<model::api::ObjectRef> changes;  // versions stored by the controller, oldest first
    int changes_since_sync = 0;

    // Puts an object into the server; one of the same name is replaced. Null where the text cannot
    // be decoded.
    model::api::ObjectRef put(const model::api::Value& manifest);
    void remove(model::api::Kind kind, const model::api::Key& key);
    // As put and remove, and the controller's informer hears of it at once.
    void put_and_tell(const model::api::Value& manifest);
    void remove_and_tell(model::api::Kind kind, std::string_view name);
    void start_side_informers();  // classes, pods, nodes
    void start_controller();  // all informers, then workers and resync; claims and volumes are deaf
                              // afterwards
    // Runs until nothing is left but periodic work.
    void settle();
    void pass_time(sim::Duration d);
    void sync(const model::api::ObjectRef& object);  // one sync, with all that it starts

    model::volume::PersistentVolumeController& controller() { return *controller_; }
    model::api::Server& server() { return *server_; }
    std::vector<model::api::ObjectRef> all(model::api::Kind kind) const;

  private:
    void on(const model::Stamp& stamp, const model::Happening& happening) override;
    std::optional<model::api::Status> answer_instead(const model::api::Request& request,
                                                     const model::api::Text& by);
    void note(const model::api::Request& request);
    void tell(model::Change change, const model::api::ObjectRef& object);

    sim::Engine engine_;
    model::Journal journal_;
    model::control::Latencies latencies_;
    std::unique_ptr<model::api::Server> server_;
    std::unique_ptr<model::control::Process> process_;
    model::control::Client* client_ = nullptr;
    std::unique_ptr<model::volume::PersistentVolumeController> controller_;
    bool whole_loop_;
    std::size_t hooks_run_ = 0;
};

}  // namespace conformance
