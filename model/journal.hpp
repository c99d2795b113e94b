// Journal: what happens in the model, told as values to whoever listens. Actors emit; they never
// format, count or print. The recorder of a run, expectations, invariants, time line and reports
// are listeners. Listeners run inside the event that emits and must not call back into the model.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "model/api/object.hpp"
#include "model/api/status.hpp"
#include "model/api/validation.hpp"
#include "model/wait.hpp"
#include "sim/time.hpp"

namespace model {

namespace csi {
struct Request;
struct Outcome;
}  // namespace csi

enum class Verb : unsigned char {
    Get,
    List,
    Create,
    Update,
    Patch,
    Delete,
    DeleteCollection,
    Watch
};
std::string_view to_string(Verb v);  // get, list, create, ...

enum class Change : unsigned char { Added, Modified, Deleted };
std::string_view to_string(Change c);  // ADDED, MODIFIED, DELETED

// One stored version. `previous` is null for Added. For Deleted `object` is the last state.
struct Committed {
    Change change{};
    api::ObjectRef object, previous;
    api::Text
        by;  // the client's name, as in the request log: persistent-volume-binder, client, ...
    Verb verb{};
    api::Subresource subresource{};
};

// A request that has been answered (or refused) by the server. Reads are told too.
struct Requested {
    api::Text by;
    Verb verb{};
    api::Kind kind{};
    api::Key key;
    api::Subresource subresource{};
    api::Status status;     // code 200, 201, 404, 409, ...
    sim::Time asked, sent;  // the caller asked; it left the client's limiter
    api::Text request_id;   // a step's mark: "step 3"; empty for components
};

// A key went through a controller's worker.
struct Synced {
    std::string_view controller;  // persistent-volume-binder/claims
    api::Key key;
    sim::Time added, started;  // put into the queue; taken by the worker
    bool failed = false;
    api::Text error;
};

// The choice of a volume for a claim: which one, and by which rule each other was passed over. Told
// only while somebody has asked for it with Journal::want_matches, since it costs a scan.
struct Matched {
    api::Key claim;
    api::Text volume;                                                 // empty: none
    std::vector<std::pair<api::Text, std::string_view>> passed_over;  // volume, rule
    std::size_t not_told = 0;  // further ones, of which no rule is told
};

// A component came up, stopped, or died; or it cannot reach the API server, or can again.
struct Lifecycle {
    api::Text component;
    enum class What : unsigned char { Started, Stopped, Crashed, Ready, CutOff, Healed } what{};
};

// A CSI call began or ended. What is pointed to lives while the journal tells it.
struct CsiCall {
    enum class Moment : unsigned char {
        Started,
        Ended,  // carried out, or refused
        Lost,   // the driver died over it
    } moment{};
    api::Text driver, node;  // node: where this part of the driver runs, "" for the controller part
    api::Text caller;        // csi-provisioner, ...
    std::uint64_t id = 0;    // of the driver's calls, counted from 1
    const csi::Request* request = nullptr;
    const csi::Outcome* outcome = nullptr;  // null but for Ended
    sim::Time started;
    bool abandoned = false;  // nobody waits for it any more: timed out, or the caller died
};

// Text on the time line: a note step, a warning of the API server, a drawn phase.
struct Noted {
    api::Text text;
    bool warning = false;
};

// A rule was broken. One that Kubernetes keeps: the run ends with exit code 3. A hazard is a rule
// of storage that Kubernetes is known to break, by design or since nobody has mended it: it is told
// as a warning. Either can be announced by an expectation.
struct Violated {
    std::string invariant;
    std::string detail;
    bool hazard = false;
};

using Happening =
    std::variant<Committed, Requested, Synced, Matched, Lifecycle, CsiCall, Noted, Violated>;

// When, and as part of which engine event.
struct Stamp {
    sim::Time at;
    std::uint64_t event = 0;  // sim event sequence
};

class Listener {
  public:
    virtual ~Listener() = default;
    virtual void on(const Stamp& stamp, const Happening& happening) = 0;
};

// Takes what the real programs export to Prometheus, under the names and labels that they use.
class Meter {
  public:
    using Labels = std::initializer_list<std::pair<std::string_view, std::string_view>>;
    virtual ~Meter() = default;
    // One more of a counter: controller_persistentvolumeclaim_provision_total.
    virtual void count(std::string_view metric, Labels labels) = 0;
    // One observation of a histogram: csi_sidecar_operations_seconds.
    virtual void observe(std::string_view metric, Labels labels, sim::Duration took) = 0;
};

// Work that a worker takes from a queue was caused by what put it there, not by the worker having
// finished its last key. The journal keeps these second parents so that a path can be followed back
// through queues.
struct Link {
    std::uint64_t event = 0;   // the event in which the work began
    std::uint64_t parent = 0;  // the event that asked for it
    Wait wait{};
};

class Journal {
  public:
    void listen(Listener* listener) { listeners_.push_back(listener); }
    void ignore(Listener* listener);
    // Where nobody listens, what is told need not be put together.
    bool is_heard() const { return !listeners_.empty(); }
    void emit(const Stamp& stamp, const Happening& happening) {
        for (Listener* l : listeners_) l->on(stamp, happening);
    }
    void want_matches(bool on) { want_matches_ = on; }
    bool wants_matches() const { return want_matches_; }
    // Null where nobody measures.
    Meter* meter() const { return meter_; }
    void set_meter(Meter* meter) { meter_ = meter; }
    // Kept only while `keep_links(true)`.
    void keep_links(bool on) { keep_links_ = on; }
    void link(Link link) {
        if (keep_links_) links_.push_back(link);
    }
    const std::vector<Link>& links() const { return links_; }

  private:
    std::vector<Listener*> listeners_;
    std::vector<Link> links_;
    Meter* meter_ = nullptr;
    bool want_matches_ = false;
    bool keep_links_ = false;
};

}  // namespace model
