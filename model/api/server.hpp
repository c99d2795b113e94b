// The API server: one store, strict optimistic concurrency, subresources, finalizers and deletion,
// admission, validation, watches. `handle` carries out one request at the instant of its commit;
// waiting (latency, limits) is the client's part. Counterpart:
// staging/src/k8s.io/apiserver/pkg/registry/generic/registry/store.go with the strategies of
// pkg/registry. Left out: authentication, API versions beside the stored one, managedFields, dry
// run, pagination.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "model/api/admission.hpp"
#include "model/api/codec.hpp"
#include "model/api/names_given.hpp"
#include "model/api/patch.hpp"
#include "model/api/pod_completion.hpp"
#include "model/journal.hpp"
#include "model/profile.hpp"
#include "sim/engine.hpp"

namespace model::api {

struct DeleteOptions {
    std::optional<std::int64_t> gracePeriodSeconds;
    Text uid;                           // precondition, empty: none
    std::uint64_t resourceVersion = 0;  // precondition, 0: none
    Text propagationPolicy;             // Background (default), Foreground, Orphan
    DeleteOptions() = default;
};

struct Request {
    Verb verb{};
    Kind kind{};
    Key key;
    Subresource subresource = Subresource::None;
    ObjectRef body;  // create, update: what the client sends; not to be changed afterwards ...
    Value manifest;  // ... or its text form, decoded by the server (400 where it cannot be)
    PatchType patch_type = PatchType::Merge;
    Value patch;
    DeleteOptions options;
    bool any_version = false;  // update: take the current resourceVersion where none is given
    Text id;                   // a step's mark, passed through to the journal
    Request() = default;
};

struct Response {
    Status status;
    ObjectRef object;  // the stored version (get, create, update, patch; delete: the last or
                       // terminating one)
    std::vector<ObjectRef> items;  // list
    std::uint64_t resourceVersion = 0;
    std::vector<std::string> warnings;
    Response() = default;
};

// One entry of a kind's log.
struct WatchEvent {
    Change change{};
    std::uint32_t slot = 0;  // dense number of the key within its kind, never reused
    std::uint64_t resourceVersion = 0;
    ObjectRef object;
    WatchEvent() = default;
};

class WatchSink {
  public:
    virtual ~WatchSink() = default;
    virtual void on_commit(const WatchEvent& event) = 0;  // at the instant of the commit
    virtual void on_disconnect() = 0;                     // the server went away
};

struct ServerOptions {
    std::uint64_t seed = 1;
    std::int64_t start_unix_seconds = 1767225600;  // 2026-01-01T00:00:00Z
    Profile profile;
    bool raw = false;  // store as given: no defaults, validation, admission, subresource split
                       // (table tests)
    ServerOptions() = default;
};

class Server : public ObjectReader {
  public:
    Server(sim::Engine& engine, Journal& journal, ServerOptions options);

    // Carries the request out now. `by` is the client's name. A body that nobody else holds becomes
    // the stored version; `request` is without it afterwards.
    Response handle(Request& request, const Text& by);
    Response handle(Request&& request, const Text& by) { return handle(request, by); }
    Response handle(const Request& request, const Text& by) { return handle(Request(request), by); }

    // Puts an object in as it stood before time 0, status included; names and uids are made where
    // missing.
    Result<ObjectRef> preload(const Value& manifest);
    // Another state of what was preloaded, in its place.
    void preload_again(ObjectRef object);

    // An error answered in place of the next matching requests, or a hook that runs before a
    // request is carried out and may answer it. Faults are tried in order of registration.
    using Fault = std::function<std::optional<Status>(const Request&, const Text& by)>;
    void add_fault(Fault fault) { faults_.push_back(std::move(fault)); }

    // Called when the first object of a kind that had none comes to be.
    void when_kind_appears(std::function<void()> hook) { kind_hooks_.push_back(std::move(hook)); }

    // Down: every request is answered with ConnectionRefused, every watch is cut.
    void set_up(bool up);
    bool up() const { return up_; }
    // Requests that were sent and are not answered yet, for how long they take (control::Client).
    void take_request() { ++requests_in_work_; }
    void let_go_of_request() { --requests_in_work_; }
    int requests_in_work() const { return requests_in_work_; }

    // ObjectReader, and more of the current state. Dense slots let an informer keep its cache as a
    // vector.
    ObjectRef find(Kind kind, const Key& key) const override;
    void for_each(Kind kind, std::string_view ns,
                  const std::function<void(const ObjectRef&)>& visit) const override;
    const Scheme& scheme() const override { return scheme_; }
    Scheme& scheme() { return scheme_; }
    std::optional<std::uint32_t> slot(Kind kind, const Key& key) const;
    std::uint32_t slot_count(Kind kind) const;
    ObjectRef at(Kind kind, std::uint32_t slot) const;
    // Slots of a kind in the order of their keys.
    const std::vector<std::uint32_t>& sorted_slots(Kind kind) const;
    std::uint64_t resource_version() const { return version_; }

    // Watching starts after `since`; 0 means from now. Expired where the log no longer holds what
    // came after `since`.
    Status watch(Kind kind, std::uint64_t since, WatchSink* sink);
    void unwatch(Kind kind, WatchSink* sink);

    Timestamp wall_clock() const;
    MicroTimestamp wall_clock_micros() const;
    std::int64_t wall_clock_nanos() const;
    const Profile& profile() const { return options_.profile; }
    const ServerOptions& options() const { return options_; }
    sim::Engine& engine() { return engine_; }
    Journal& journal() { return journal_; }

  private:
    struct KindStore;
    KindStore& store(Kind kind);
    const KindStore* store(Kind kind) const;

    Response get(const Request& r);
    Response list(const Request& r);
    Response create(Request& r, const Text& by);
    Response bind_pod(const Request& r, const Text& by);
    Response update(Request& r, const Text& by);
    Response patch(const Request& r, const Text& by);
    Response remove(const Request& r, const Text& by);
    Response remove_all(const Request& r, const Text& by);
    Response write_over(std::unique_ptr<Object> next, const ObjectRef& old, const Request& r,
                        const Text& by);
    Status admit(Object& object, const KindInfo& info);
    ObjectRef commit(Change change, std::unique_ptr<Object> next, const ObjectRef& previous,
                     const Request& r, const Text& by);
    void charge(std::vector<std::unique_ptr<Object>> quotas);
    void name_generated(Object& object, const KindInfo& info);
    Status complete(Object& object, const KindInfo& info);
    Text new_uid(const Object& object, const KindInfo& info);
    std::uint64_t nth(std::string_view what, const Object& object, const KindInfo& info,
                      std::string_view name);

    sim::Engine& engine_;
    Journal& journal_;
    ServerOptions options_;
    Scheme scheme_;
    PodCompletion pods_;
    std::vector<std::unique_ptr<KindStore>> stores_;
    std::vector<Fault> faults_;
    std::vector<std::function<void()>> kind_hooks_;
    NamesGiven names_given_;
    std::uint64_t version_ = 1;
    bool up_ = true;
    int requests_in_work_ = 0;

  public:
    ~Server() override;
};

}  // namespace model::api
