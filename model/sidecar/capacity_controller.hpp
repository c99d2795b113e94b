// CapacityController: one CSIStorageCapacity object for each topology segment and StorageClass of
// the driver, with what GetCapacity says. Counterpart: external-provisioner
// pkg/capacity/capacity.go. It asks again each minute, after each volume made or deleted there, and
// where segments or classes change; it writes only what has changed. One worker, a client of its
// own (1 request a second, burst 5). Left out: the owner of the objects (there is no pod), the
// probing for the API's version at the start.
#pragma once

#include <map>
#include <string>

#include "model/control/process.hpp"
#include "model/sidecar/csi_provisioner.hpp"
#include "model/sidecar/retried_queue.hpp"
#include "model/sidecar/topology_segments.hpp"
#include "sim/gate.hpp"

namespace model::sidecar {

class CapacityController final : public control::Controller, public ProvisionWatcher {
  public:
    // `managed_by`: the label that tells its objects. `first_poll`: after the start.
    CapacityController(control::Process& process, control::Client& client, csi::Endpoint& endpoint,
                       std::string driver, ProvisionerOptions options, std::string managed_by,
                       sim::Duration first_poll);

    std::string_view name() const override { return "capacity"; }
    void start() override;
    std::string explain(api::Kind kind, const api::Key& key) const override;
    sim::Time next_action() const override { return queue_.next_action(); }

    // Counterpart: pkg/capacity/provision.go.
    void provisioned(const Provisioned& made, const api::StorageClass& cls) override;
    void removed(const PV& volume) override;

    // csistoragecapacities_desired_goal, _desired_current, _obsolete
    std::size_t wanted() const { return items_.size(); }
    std::size_t current() const;
    std::size_t obsolete() const;

  private:
    using Capacity = api::CSIStorageCapacity;
    struct Item {
        csi::Topology segment;
        api::Text class_name;
        api::Ref<Capacity> object;  // null until the cache has one
    };

    static api::Key key_of(const csi::Topology& segment, const api::Text& class_name);
    void on_class(const api::ObjectRef& before, const api::ObjectRef& after);
    void on_object(const api::ObjectRef& before, const api::ObjectRef& after);
    void take_in(const api::Ref<Capacity>& object);
    void update_items();
    bool is_served(const api::Object& cls) const;
    bool is_mine(const Capacity& object) const;
    bool matches(const Item& item, const Capacity& object) const;
    void refresh_class(const api::Text& class_name);
    void refresh_topology(const api::VolumeNodeAffinity& affinity);
    sim::Task<api::Status> work(control::WorkQueue::Item item);
    sim::Task<api::Status> sync(api::Key key, Item item);
    sim::Task<api::Status> remove_object(api::Key key);
    sim::Task<void> poll();

    control::Process& process_;
    control::Client& client_;
    csi::Endpoint& endpoint_;
    std::string driver_;
    ProvisionerOptions options_;
    std::string managed_by_;
    sim::Duration first_poll_;
    control::Informer& classes_;
    control::Informer& objects_;
    TopologySegments segments_;
    RetriedQueue queue_;
    std::map<api::Key, Item> items_;
    sim::Gate any_items_;
    bool started_ = false;
};

}  // namespace model::sidecar
