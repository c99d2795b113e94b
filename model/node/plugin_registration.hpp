// PluginRegistration: makes the drivers of a node known: to the kubelet, which calls only
// registered ones, and to the cluster by the node's CSINode object, its labels of topology and the
// annotation with the drivers' node ids. Counterparts: pkg/kubelet/pluginmanager (a look each
// second), pkg/volume/csi/csi_plugin.go RegisterPlugin, DeRegisterPlugin and nodeinfomanager. The
// registrar's socket is taken to come and go with the driver's own.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "model/control/process.hpp"
#include "model/csi/endpoint.hpp"
#include "model/node/grid.hpp"
#include "sim/gate.hpp"

namespace model::node {

class PluginRegistration {
  public:
    struct Setting {
        api::Text node;
        std::vector<std::string> drivers;
        std::function<csi::Endpoint*(const std::string& driver)> endpoint;  // null: does not run
        std::function<csi::Endpoint*(const std::string& driver)> socket;    // down ones too
        std::function<void()> registered;  // one of them is, or is no more
        Grid looks;
    };
    PluginRegistration(control::Process& process, control::Client& client, Setting setting);

    ~PluginRegistration() { life_.end(); }

    // Those that run have been registered long ago.
    void take_all_as_registered();
    void start();
    // Asks the driver about its node and writes what it says; false where that failed.
    sim::Task<bool> install(std::string driver);
    bool is_registered(const std::string& driver) const { return registered_.contains(driver); }

  private:
    sim::Task<void> run(std::string driver);
    sim::Task<void> enter(std::string driver);
    sim::Task<void> leave(std::string driver);
    sim::Task<void> remove_from_node(std::string driver);
    sim::Task<bool> remove_from_csi_node(std::string driver);
    sim::Task<bool> update_node(std::string driver, csi::NodeGetInfoResponse info);
    sim::Task<bool> update_csi_node(std::string driver, csi::NodeGetInfoResponse info);

    control::Process& process_;
    sim::Engine& engine_;
    control::Client& client_;
    Setting setting_;
    std::set<std::string> registered_;
    std::map<std::string, std::unique_ptr<sim::Gate>> changed_;  // its socket came or went
    control::Life life_;
};

// The driver's entry in the list, put there or renewed. False where it says so already.
bool put_entry(api::List<api::CSINodeDriver>& drivers, const std::string& driver,
               const csi::NodeGetInfoResponse& info);

}  // namespace model::node
