// Kubelets: what the kubelets of a cluster have in common and what outlives each of them: the
// machines, the watches by node, the node parts of CSI drivers, and the objects that a kubelet
// which runs since long has written before time 0.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "model/csi/endpoint.hpp"
#include "model/node/kubelet.hpp"

namespace model::node {

class Kubelets {
  public:
    struct Setting {
        Profile profile;
        KubeletOptions options;
        std::int64_t start_unix_seconds = 0;
        std::map<std::string, sim::Duration, std::less<>> phases;
        workload::Heartbeats* heartbeats = nullptr;  // that are not silenced; null: none is told of
    };
    Kubelets(sim::Engine& engine, Journal& journal, api::Server& server, Setting setting);

    // A driver whose node part runs on these nodes; on all of them where none is named.
    // `controller`: its other part, which lives longer than this.
    // `pod_labels`: on each of them it runs only while a container of a pod with these labels does;
    // empty: it needs no pod.
    void add_driver(std::shared_ptr<csi::Driver> driver, std::vector<std::string> nodes,
                    const csi::Endpoint* controller = nullptr, api::TextMap pod_labels = {});
    bool runs_on(const std::string& node) const { return setting_.options.runs_on(node); }

    // A Node manifest with what registration of its drivers has put there: labels of topology, the
    // annotations; and the CSINode's manifest. For nodes with a kubelet, before time 0.
    api::Value registered(api::Value node) const;
    api::Value csi_node(const api::Node& node) const;

    // Called for nodes that come to be from now on and that have a kubelet.
    void when_node_appears(std::function<void(const api::Text& node)> call);
    // The kubelet, in a process of its own.
    void bring_up(control::Process& process, const api::Text& node, bool runs_since_long);
    // The node's part of a driver; null where none runs there.
    csi::Endpoint* endpoint(const std::string& driver, const api::Text& node);
    Machine& machine(const api::Text& node);
    // Where a volume of a driver is mounted in a pod's directory, in the order of names.
    std::vector<std::string> nodes_mounting(std::string_view driver, std::string_view handle) const;
    // Whether a container of this pod runs on the node; the truth, whatever the API says.
    bool runs_container(const api::Text& node, const api::Text& pod_uid) const;
    // Somebody waits for the node's next status; nothing where its kubelet is down.
    void want_status(const api::Text& node);
    // Power: the node's drivers stop and everything that ran or was mounted is gone, or they start.
    void set_power(const api::Text& node, bool on);

  private:
    struct DriverOnNodes {
        std::shared_ptr<csi::Driver> driver;
        std::vector<std::string> nodes;
        const csi::Endpoint* controller = nullptr;
        api::TextMap pod_labels;
        std::map<api::Text, std::unique_ptr<csi::Endpoint>> endpoints;  // by node
    };
    bool is_on(const DriverOnNodes& d, const std::string& node) const;
    std::vector<std::string> drivers_on(const std::string& node) const;
    void follow_pods(const api::Text& node);
    const DriverOnNodes* find(const std::string& driver) const;
    void know_zone(const api::Node& node) const;
    csi::NodeGetInfoResponse info(const DriverOnNodes& d, const api::Value& node_labels,
                                  const api::Text& node) const;

    sim::Engine& engine_;
    Journal& journal_;
    api::Server& server_;
    Setting setting_;
    WatchHub pods_, nodes_;
    std::vector<DriverOnNodes> drivers_;
    std::map<api::Text, std::unique_ptr<Machine>> machines_;
    struct Running {
        control::Life life;  // of its process
        Kubelet* kubelet = nullptr;
    };
    std::map<api::Text, Running> running_;
};

}  // namespace model::node
