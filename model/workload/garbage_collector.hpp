// GarbageCollector: deletes what no living owner holds, and carries out orphan and foreground
// deletion. Counterpart: pkg/controller/garbagecollector (graph_builder.go, garbagecollector.go),
// v1.36. The graph is built from informers, so it lags; owners are confirmed absent by live reads
// before anything is deleted. Left out: discovery failures, the metadata-only client (whole objects
// are read), metrics.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>

#include "model/control/process.hpp"

namespace model::workload {

class GarbageCollector : public control::Controller {
  public:
    static constexpr std::string_view kClientName = "generic-garbage-collector";

    GarbageCollector(control::Process& process, control::Client& client,
                     control::EventRecorder& recorder);
    ~GarbageCollector() override;
    std::string_view name() const override { return kClientName; }
    void start() override;

  private:
    // What the graph knows of one object, by uid. A virtual node was only heard of as an owner.
    struct Node {
        api::Kind kind{};
        api::Key key;
        api::List<api::OwnerReference> owners;
        std::set<std::string> dependents;  // uids
        bool is_virtual = false;
        bool terminating = false, orphaning = false, foreground = false;
        Node() = default;
    };
    using Graph = std::map<std::string, Node, std::less<>>;  // by uid

    void watch(api::Kind kind);
    void discover();
    void observe(const api::ObjectRef& before, const api::ObjectRef& after);
    void link_owners(const std::string& uid, const Node& node);
    void unlink_owners(const std::string& uid, const Node& node);
    void forget(const std::string& uid);
    void enqueue(const std::string& uid) { to_delete_.add(api::Key(api::Text(), uid)); }

    sim::Task<api::Status> attempt_to_delete(control::WorkQueue::Item item);
    sim::Task<api::Status> attempt_to_orphan(control::WorkQueue::Item item);
    sim::Task<api::Status> judge(std::string uid, Node node);
    enum class Owner { Solid, Dangling, Waiting, Unknown };
    sim::Task<Owner> classify(api::OwnerReference owner, api::ObjectRef dependent);
    sim::Task<api::Status> remove_owners(api::Kind kind, api::Key key,
                                         std::vector<std::string> uids);
    sim::Task<api::Status> remove_finalizer(api::Kind kind, api::Key key, std::string finalizer);
    sim::Task<api::Status> end_foreground(std::string uid, Node node);
    api::Status settle(control::WorkQueue& queue, const api::Key& key, api::Status status);

    control::Process& process_;
    control::Client& client_;
    control::EventRecorder& recorder_;
    Graph graph_;
    control::WorkQueue to_delete_, to_orphan_;
    std::size_t kinds_watched_ = 0;
    control::Life life_;
};

}  // namespace model::workload
