#include "model/controller_manager.hpp"

#include "model/attachdetach/attach_detach_controller.hpp"
#include "model/volume/persistent_volume_controller.hpp"
#include "model/volume/pv_protection.hpp"
#include "model/volume/pvc_protection.hpp"
#include "model/workload/garbage_collector.hpp"
#include "model/workload/namespace_controller.hpp"
#include "model/workload/quota_controller.hpp"

namespace model {

namespace {

// The binder with the plugins it keeps; they live as long as the process.
class Binder : public control::Controller {
  public:
    Binder(control::Process& process, control::Client& client, control::EventRecorder& recorder,
           bool host_path_provisioner, volume::PersistentVolumeControllerOptions options)
        : plugins_(host_path_provisioner, !options.profile.binder_loads_only_able_plugins),
          controller_(process, client, recorder, plugins_, std::move(options)) {}
    std::string_view name() const override { return controller_.name(); }
    void start() override { controller_.start(); }
    std::string explain(api::Kind kind, const api::Key& key) const override {
        return controller_.explain(kind, key);
    }
    sim::Time next_action() const override { return controller_.next_action(); }
    bool repeats_only() const override { return controller_.repeats_only(); }

  private:
    volume::HostPathAndNfs plugins_;
    volume::PersistentVolumeController controller_;
};

}  // namespace

void add_controllers(control::Process& process, const ControllerManagerSettings& settings) {
    const auto client = [&](std::string_view name) -> control::Client& {
        return process.client(name, settings.qps, settings.burst);
    };
    volume::PersistentVolumeControllerOptions binder;
    binder.profile = settings.profile;
    binder.sync_period = settings.binder_sync_period;
    binder.first_resync = settings.first_resync;
    binder.dynamic_provisioning = settings.dynamic_provisioning;
    control::Client& binder_client = client("persistent-volume-binder");
    process.add(std::make_unique<Binder>(
        process, binder_client, process.recorder(binder_client, "persistentvolume-controller"),
        settings.host_path_provisioner, std::move(binder)));
    process.add(
        std::make_unique<volume::PvcProtection>(process, client("pvc-protection-controller")));
    process.add(
        std::make_unique<volume::PvProtection>(process, client("pv-protection-controller")));
    attachdetach::AttachDetachOptions attach;
    attach.profile = settings.profile;
    attach.reconciler = settings.attach_reconciler;
    attach.populator = settings.attach_populator;
    control::Client& attach_client = client(attachdetach::AttachDetachController::kClientName);
    process.add(std::make_unique<attachdetach::AttachDetachController>(
        process, attach_client, process.recorder(attach_client, "attachdetach-controller"),
        std::move(attach)));
    process.add(std::make_unique<workload::NamespaceController>(
        process, client(workload::NamespaceController::kClientName), settings.profile));
    process.add(std::make_unique<workload::QuotaController>(
        process, client(workload::QuotaController::kClientName), settings.profile));
    control::Client& collector = client(workload::GarbageCollector::kClientName);
    process.add(std::make_unique<workload::GarbageCollector>(
        process, collector, process.recorder(collector, "garbage-collector-controller")));
}

}  // namespace model
