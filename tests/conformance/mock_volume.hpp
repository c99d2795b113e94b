// The in-tree plugin kubernetes.io/mock-volume of upstream's table tests: answers each call as the
// table says, call by call. Counterpart: mockVolumePlugin in
// pkg/controller/volume/persistentvolume/framework_test.go. Also the migration fake there, which
// calls every plugin migrated to one driver.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "model/volume/in_tree_plugins.hpp"

namespace conformance {

struct ProvisionCall {
    std::string error;  // "": success
    model::api::TextMap expected_parameters;
};

class MockVolume : public model::volume::InTreePlugins {
  public:
    bool present = false;                        // whether the controller knows the plugin at all
    std::vector<std::string> deletes, recycles;  // answers: "" is success
    std::vector<ProvisionCall> provisions;
    std::string migrated_to;  // "": nothing is migrated

    std::string_view csi_driver_of(std::string_view plugin) const override;
    bool can_provision(std::string_view provisioner) const override;
    bool has_deleter(std::string_view plugin) const override;
    bool can_delete(const model::volume::PV&) const override { return present; }
    bool can_recycle(const model::volume::PV&) const override { return present; }
    std::string prepare_to_provision(const model::volume::PVC& claim) override;
    std::string provision(const model::volume::PVC& claim, const model::api::StorageClass& cls,
                          model::volume::PV* volume) override;
    std::string remove(const model::volume::PV& volume) override;
    std::optional<std::string> recycle(const model::volume::PV& volume) override;

  private:
    std::size_t provisioned_ = 0, deleted_ = 0, recycled_ = 0;
};

}  // namespace conformance
