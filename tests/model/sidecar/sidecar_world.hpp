// A small world for sidecars: an API server with constant latencies, one driver that answers at
// once, and the log of what sidecars write and call.
#pragma once

#include <string>
#include <vector>

#include "model/control/process.hpp"
#include "model/csi/endpoint.hpp"
#include "model/csi/messages.hpp"
#include "model/sidecar/driver_connection.hpp"
#include "tests/model/small_server.hpp"

namespace model::sidecar {

using namespace std::chrono_literals;

class SidecarWorld : public SmallServer, private Listener {
  public:
    static constexpr const char* kDriver = "lab.csi.example.com";

    explicit SidecarWorld(std::string_view version = "1.36",
                          csi::DriverProfile driver = *csi::find_profile("instant"),
                          bool topology = false)
        : SmallServer(version) {
        csi::DriverSettings settings;
        settings.name = kDriver;
        settings.profile = std::move(driver);
        settings.topology = topology;
        settings.snapshots = true;
        for (const char* zone : {"a", "b"}) {
            csi::Topology segment;
            segment.segments.set("topology.lab/zone", zone);
            settings.topology_of_node[std::string("node-") + zone] = segment;
        }
        endpoint = std::make_unique<csi::Endpoint>(
            engine, journal, csi::make_driver(std::move(settings)), api::Text(), 0);
        journal.listen(this);
    }
    ~SidecarWorld() override {
        process.reset();
        journal.ignore(this);
    }

    // What a program is started with; the process that it fills is `process`.
    template <class Setting>
    Setting setting() {
        Setting s;
        s.endpoint = endpoint.get();
        s.profile = server->profile();
        s.ready = [] {};
        s.lost_driver = [this] { process.reset(); };
        return s;
    }
    control::Process& new_process(const std::string& name) {
        process = std::make_unique<control::Process>(*server, latencies, name);
        return *process;
    }

    template <class T>
    api::Ref<T> find(std::string_view name, std::string_view ns = "") {
        return api::as<T>(server->find(T::kKind, api::Key(ns, name)));
    }
    api::Response make(std::string_view api_version, std::string_view kind, std::string_view name,
                       api::Value rest = {}) {
        rest["apiVersion"] = api_version;
        rest["kind"] = kind;
        rest["metadata"]["name"] = name;
        return create(rest);
    }
    void make_csi_node(std::string_view node) {
        api::Value v, entry;
        entry["name"] = kDriver;
        entry["nodeID"] = node;
        entry["topologyKeys"].push_back("topology.lab/zone");
        v["spec"]["drivers"].push_back(std::move(entry));
        (void)make("storage.k8s.io/v1", "CSINode", node, std::move(v));
    }
    api::Value csi_volume(std::string_view name) {
        api::Value v = volume(name);
        v["spec"].erase("hostPath");
        v["spec"]["csi"]["driver"] = kDriver;
        v["spec"]["csi"]["volumeHandle"] = name;
        return v;
    }
    // Space-separated, and forgotten.
    std::string taken(std::vector<std::string>& log) {
        std::string text;
        for (const std::string& line : log) text += (text.empty() ? "" : " ") + line;
        log.clear();
        return text;
    }
    void run_for(sim::Duration d) { engine.run_until(engine.now() + d); }
    void fail(csi::Method method, csi::Code code, std::int64_t times = 1) {
        csi::Fault fault;
        fault.code = code;
        fault.message = "no";
        fault.times = times;
        endpoint->faults().add(method, fault);
    }

    std::unique_ptr<csi::Endpoint> endpoint;
    std::unique_ptr<control::Process> process;
    std::vector<std::string> writes;  // of sidecars: "patch:volumeattachments/status:200"
    std::vector<std::string> calls;   // as they begin: "ControllerPublishVolume"
    std::vector<std::string> events;  // "reason: message"

  private:
    void on(const Stamp&, const Happening& happening) override {
        if (const auto* r = std::get_if<Requested>(&happening)) {
            const bool reads =
                r->verb == Verb::Get || r->verb == Verb::List || r->verb == Verb::Watch;
            if (r->by == "test" || reads || r->kind == api::Kind::Event) return;
            const bool status = r->subresource == api::Subresource::Status;
            writes.push_back(std::string(to_string(r->verb)) + ":" +
                             server->scheme().info(r->kind).resource + (status ? "/status" : "") +
                             ":" + std::to_string(r->status.code));
        } else if (const auto* c = std::get_if<CsiCall>(&happening)) {
            if (c->moment == CsiCall::Moment::Started)
                calls.emplace_back(csi::to_string(csi::method_of(*c->request)));
        } else if (const auto* e = std::get_if<Committed>(&happening)) {
            if (e->object->kind != api::Kind::Event || e->change == Change::Deleted) return;
            const auto& event = static_cast<const api::Event&>(*e->object);
            events.push_back(event.reason.str() + ": " + event.message.str());
        }
    }
};

}  // namespace model::sidecar
