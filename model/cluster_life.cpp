// How the programs and nodes of a cluster end, are cut off from the API server, and come back. What
// they are and how they are wired is cluster.cpp's.
#include "model/cluster.hpp"
#include "model/csi/endpoint.hpp"
#include "model/node/kubelets.hpp"
#include "model/program_names.hpp"
#include "model/workload/heartbeats.hpp"

namespace model {

using namespace std::chrono_literals;
using namespace program_names;

std::optional<std::string> Cluster::crash_node(std::string_view node, InFlight in_flight) {
    const std::string name = std::string(kKubeletPrefix) + std::string(node);
    if (!program(name)) return heartbeats_->stop(api::Text(node));
    std::optional<std::string> problem;
    if (is_running(name)) problem = end_component(name, Lifecycle::What::Crashed, in_flight);
    kubelets_->set_power(node, false);
    if (power_failed_) power_failed_(api::Text(node));
    return problem;
}

std::optional<std::string> Cluster::stop_node(std::string_view node) {
    const std::string name = std::string(kKubeletPrefix) + std::string(node);
    Program* p = program(name);
    const bool in_order = p && p->process && p->process->is_started() &&
                          options_.kubelet.shutdown_grace > sim::Duration(0);
    if (!in_order) return crash_node(node, InFlight::Deliver);
    const auto done = [this, node = std::string(node)] {
        (void)crash_node(node, InFlight::Deliver);
    };
    for (const auto& controller : p->process->controllers())
        static_cast<node::Kubelet&>(*controller).shut_down(done);
    return std::nullopt;
}

std::optional<std::string> Cluster::start_node(std::string_view node) {
    const std::string name = std::string(kKubeletPrefix) + std::string(node);
    if (!program(name)) return heartbeats_->start(api::Text(node));
    kubelets_->set_power(node, true);
    return is_running(name) ? "node " + std::string(node) + " is running already"
                            : start_component(name);
}

control::Uplink& Cluster::link(const std::string& program) {
    return links_.try_emplace(program, *engine_).first->second;
}

// A kubelet closes its connections when a renewal of its lease and the next try have had no answer
// for 10 s each.
std::optional<std::string> Cluster::cut_off_node(std::string_view node) {
    const api::Text name(node);
    if (auto problem = heartbeats_->cut_off(name, true)) return problem;
    const std::string kubelet = std::string(kKubeletPrefix) + std::string(node);
    tell(program(kubelet) ? kubelet : "node/" + std::string(node), Lifecycle::What::CutOff);
    const sim::Time closed = heartbeats_->next_renewal(name, engine_->now()) + 20s;
    link(kubelet).cut(std::min(closed - engine_->now(), control::Uplink::kLongestSilence));
    return std::nullopt;
}

std::optional<std::string> Cluster::heal_node(std::string_view node) {
    if (auto problem = heartbeats_->cut_off(api::Text(node), false)) return problem;
    const std::string kubelet = std::string(kKubeletPrefix) + std::string(node);
    tell(program(kubelet) ? kubelet : "node/" + std::string(node), Lifecycle::What::Healed);
    link(kubelet).heal();
    return std::nullopt;
}

std::optional<std::string> Cluster::cut_off_component(std::string_view component) {
    const std::optional<std::string> name = full_name(component);
    if (!name) return "there is no component " + std::string(component);
    if (name->starts_with(kKubeletPrefix)) return cut_off_node(name->substr(kKubeletPrefix.size()));
    if (!link(*name).up()) return *name + " is cut off already";
    tell(*name, Lifecycle::What::CutOff);
    link(*name).cut(control::Uplink::kLongestSilence);
    return std::nullopt;
}

std::optional<std::string> Cluster::heal_component(std::string_view component) {
    const std::optional<std::string> name = full_name(component);
    if (!name) return "there is no component " + std::string(component);
    if (name->starts_with(kKubeletPrefix)) return heal_node(name->substr(kKubeletPrefix.size()));
    if (link(*name).up()) return *name + " is not cut off";
    tell(*name, Lifecycle::What::Healed);
    link(*name).heal();
    return std::nullopt;
}

bool Cluster::is_running(std::string_view component) {
    const std::string name = full_name(component).value_or("");
    if (name == kServerName) return server_->up();
    if (const csi::Endpoint* socket = socket_of(name)) return socket->running();
    const Program* p = program(name);
    return p && p->process;
}

void Cluster::tell(std::string_view component, Lifecycle::What what) {
    journal_.emit(Stamp{engine_->now(), engine_->current().seq},
                  Lifecycle{api::Text(component), what});
}

std::optional<std::string> Cluster::crash_component(std::string_view name, InFlight in_flight) {
    return end_component(name, Lifecycle::What::Crashed, in_flight);
}

// A stop lets go at once too: what a terminated process has in its queues is gone with it.
std::optional<std::string> Cluster::stop_component(std::string_view name) {
    return end_component(name, Lifecycle::What::Stopped, InFlight::Deliver);
}

std::optional<std::string> Cluster::end_component(std::string_view component, Lifecycle::What how,
                                                  InFlight in_flight) {
    const std::optional<std::string> name = full_name(component);
    if (!name) return "there is no component " + std::string(component);
    if (!is_running(*name)) return *name + " is not running";
    tell(*name, how);
    if (*name == kServerName) {
        heartbeats_->server_went(false);
        server_->set_up(false);
    } else if (csi::Endpoint* socket = socket_of(*name)) {
        socket->set_running(false);
    } else {
        Program& p = *program(*name);
        if (name->starts_with(kKubeletPrefix))
            (void)heartbeats_->stop(api::Text(name->substr(kKubeletPrefix.size())));
        if (in_flight == InFlight::Drop) p.process->drop_in_flight();
        p.process.reset();
        if (how == Lifecycle::What::Stopped) ++p.pod;
    }
    return std::nullopt;
}

std::optional<std::string> Cluster::start_component(std::string_view component) {
    const std::optional<std::string> name = full_name(component);
    if (!name) return "there is no component " + std::string(component);
    if (is_running(*name)) return *name + " is running already";
    tell(*name, Lifecycle::What::Started);
    if (Program* p = program(*name)) {
        p->process = p->bring_up(false);
        return std::nullopt;
    }
    if (*name == kServerName) {
        server_->set_up(true);
        heartbeats_->server_went(true);
    } else {
        socket_of(*name)->set_running(true);
    }
    tell(*name, Lifecycle::What::Ready);
    return std::nullopt;
}

}  // namespace model
