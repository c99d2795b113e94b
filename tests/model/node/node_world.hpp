// A small world for kubelets: an API server with constant latencies, one node with its kubelet, a
// driver that answers at once, and a log of what the kubelet writes and calls.
#pragma once

#include <string>
#include <vector>

#include "model/csi/messages.hpp"
#include "model/node/kubelets.hpp"
#include "tests/model/small_server.hpp"

namespace model::node {

using namespace std::chrono_literals;

class NodeWorld : public SmallServer, private Listener {
  public:
    static constexpr const char* kDriver = "lab.csi.example.com";

    explicit NodeWorld(std::string_view version = "1.36",
                       csi::DriverProfile profile = *csi::find_profile("instant"),
                       sim::Duration shutdown_grace = {})
        : SmallServer(version) {
        Kubelets::Setting setting;
        setting.profile = server->profile();
        setting.options.shutdown_grace = shutdown_grace;
        setting.options.shutdown_grace_critical = shutdown_grace / 2;
        setting.options.make_sandbox = sim::Distribution::constant(90ms);
        setting.options.create_container = sim::Distribution::constant(5ms);
        setting.options.start_container = sim::Distribution::constant(5ms);
        setting.options.stop_sandbox = sim::Distribution::constant(50ms);
        setting.start_unix_seconds = server->options().start_unix_seconds;
        setting.phases = {{"kubeletPopulator", 20ms}, {"kubeletReconciler", 70ms},
                          {"nodeStatusUpdate", 3s},   {"kubeletRelist", 400ms},
                          {"kubeletSync", 500ms},     {"kubeletStatus", 5s}};
        kubelets = std::make_unique<Kubelets>(engine, journal, *server, std::move(setting));
        csi::DriverSettings driver;
        driver.name = kDriver;
        driver.profile = std::move(profile);
        kubelets->add_driver(csi::make_driver(std::move(driver)), {});
        api::Value n;
        n["apiVersion"] = "v1";
        n["kind"] = "Node";
        n["metadata"]["name"] = "n";
        n["metadata"]["labels"]["topology.kubernetes.io/zone"] = "zone-a";
        const auto stored = server->preload(kubelets->registered(n));
        (void)server->preload(kubelets->csi_node(static_cast<const api::Node&>(*stored.value())));
        journal.listen(this);
    }
    ~NodeWorld() override {
        process.reset();
        journal.ignore(this);
    }

    void start(bool runs_since_long = true) {
        process = std::make_unique<control::Process>(*server, latencies, "kubelet/n");
        kubelets->bring_up(*process, "n", runs_since_long);
        process->start();
    }
    void run_for(sim::Duration d) { engine.run_until(engine.now() + d); }

    // A volume of the driver bound to a claim of the same name, and its place in the driver.
    void make_volume(std::string_view name, std::string_view mode = "ReadWriteOnce",
                     bool block = false) {
        csi::CreateVolumeRequest request;
        request.name = name;
        request.volume_capabilities.emplace_back();
        request.volume_capabilities[0].block = block;
        request.volume_capabilities[0].access_mode = csi::AccessMode::SingleNodeWriter;
        const csi::Outcome made = endpoint().driver().handle(request, csi::CallContext());
        const auto& response = std::get<csi::CreateVolumeResponse>(made.response);
        api::Value v = volume(name), c = claim(name);
        v["spec"].erase("hostPath");
        v["spec"]["csi"]["driver"] = kDriver;
        v["spec"]["csi"]["volumeHandle"] = response.volume.volume_id;
        v["spec"]["volumeMode"] = c["spec"]["volumeMode"] = block ? "Block" : "Filesystem";
        v["spec"]["accessModes"] = c["spec"]["accessModes"] = api::Value::list({api::Value(mode)});
        c["spec"]["volumeName"] = name;
        const api::ObjectRef stored = create(c).object;
        v["spec"]["claimRef"]["kind"] = "PersistentVolumeClaim";
        v["spec"]["claimRef"]["namespace"] = "default";
        v["spec"]["claimRef"]["name"] = name;
        v["spec"]["claimRef"]["uid"] = stored->metadata.uid;
        (void)create(v);
        api::Value bound;
        bound["status"]["phase"] = "Bound";
        bound["status"]["capacity"]["storage"] = "1Gi";
        patch_status(api::Kind::PersistentVolumeClaim, api::Key("default", name), bound);
        handles[std::string(name)] = response.volume.volume_id.str();
    }
    // What the attach/detach controller and the attacher would do.
    void attach(std::string_view name) {
        const std::string handle = handles[std::string(name)];
        csi::ControllerPublishVolumeRequest request;
        request.volume_id = handle;
        request.node_id = "n";
        request.volume_capability.emplace();
        request.volume_capability->access_mode = csi::AccessMode::SingleNodeWriter;
        const csi::Outcome done = endpoint().driver().handle(request, csi::CallContext());
        const auto& response = std::get<csi::ControllerPublishVolumeResponse>(done.response);
        api::Value a;
        a["apiVersion"] = "storage.k8s.io/v1";
        a["kind"] = "VolumeAttachment";
        a["metadata"]["name"] = attachment_name(handle, kDriver, "n");
        a["spec"]["attacher"] = kDriver;
        a["spec"]["nodeName"] = "n";
        a["spec"]["source"]["persistentVolumeName"] = name;
        (void)create(a);
        api::Value status;
        status["status"]["attached"] = true;
        for (const auto& [key, value] : response.publish_context)
            status["status"]["attachmentMetadata"][key] = value;
        patch_status(api::Kind::VolumeAttachment,
                     api::Key("", attachment_name(handle, kDriver, "n")), status);
        api::Value node, entry;
        entry["name"] = "kubernetes.io/csi/" + std::string(kDriver) + "^" + handle;
        entry["devicePath"] = "";
        node["status"]["volumesAttached"].push_back(entry);
        patch_status(api::Kind::Node, api::Key("", "n"), node);
    }
    void patch_status(api::Kind kind, const api::Key& key, const api::Value& body) {
        api::Request r;
        r.verb = Verb::Patch;
        r.kind = kind;
        r.key = key;
        r.subresource = api::Subresource::Status;
        r.patch = body;
        (void)server->handle(r, "test");
    }
    void driver_object(bool attach_required, bool republish = false) {
        api::Value d;
        d["apiVersion"] = "storage.k8s.io/v1";
        d["kind"] = "CSIDriver";
        d["metadata"]["name"] = kDriver;
        d["spec"]["attachRequired"] = attach_required;
        d["spec"]["requiresRepublish"] = republish;
        (void)create(d);
    }
    // A pod on the node with the volume "v" from `source`, such as {"emptyDir": {}}.
    api::Value pod(std::string_view name, api::Value source = {}, bool device = false) {
        api::Value p, c, use;
        p["apiVersion"] = "v1";
        p["kind"] = "Pod";
        p["metadata"]["name"] = name;
        p["metadata"]["namespace"] = "default";
        p["spec"]["nodeName"] = "n";
        p["spec"]["automountServiceAccountToken"] = false;
        p["spec"]["terminationGracePeriodSeconds"] = 2;
        c["name"] = "c";
        c["image"] = "i";
        if (!source.is_null()) {
            use["name"] = "v";
            use[device ? "devicePath" : "mountPath"] = "/v";
            c[device ? "volumeDevices" : "volumeMounts"].push_back(use);
            source["name"] = "v";
            p["spec"]["volumes"].push_back(source);
        }
        p["spec"]["containers"].push_back(c);
        return p;
    }
    static api::Value of_claim(std::string_view claim) {
        api::Value v;
        v["persistentVolumeClaim"]["claimName"] = claim;
        return v;
    }
    static api::Value empty_dir() {
        api::Value v;
        v["emptyDir"] = api::Value::map();
        return v;
    }
    api::Ref<api::Pod> find_pod(std::string_view name) {
        return api::as<api::Pod>(server->find(api::Kind::Pod, api::Key("default", name)));
    }
    std::string phase(std::string_view name) {
        const api::Ref<api::Pod> p = find_pod(name);
        return p ? p->status.phase.str() : "gone";
    }
    api::Ref<api::Node> node() {
        return api::as<api::Node>(server->find(api::Kind::Node, api::Key("", "n")));
    }
    csi::Endpoint& endpoint() { return *kubelets->endpoint(kDriver, "n"); }
    void fail(csi::Method method, csi::Code code, std::int64_t times = 1) {
        csi::Fault fault;
        fault.code = code;
        fault.message = "no";
        fault.times = times;
        endpoint().faults().add(method, fault);
    }
    // Space-separated, and forgotten.
    static std::string taken(std::vector<std::string>& log) {
        std::string text;
        for (const std::string& line : log) text += (text.empty() ? "" : " ") + line;
        log.clear();
        return text;
    }

    std::unique_ptr<Kubelets> kubelets;
    std::unique_ptr<control::Process> process;
    std::map<std::string, std::string> handles;
    std::vector<std::string> writes;  // of the kubelet: "patch:pods/status:200"
    std::vector<std::string> calls;   // as they begin, without questions: "NodeStageVolume"
    std::vector<std::string> events;  // "reason: message"

  private:
    void on(const Stamp&, const Happening& happening) override {
        if (const auto* r = std::get_if<Requested>(&happening)) {
            const bool reads = r->verb == Verb::Get || r->verb == Verb::List;
            if (r->by != "kubelet" || reads || r->kind == api::Kind::Event) return;
            const bool status = r->subresource == api::Subresource::Status;
            writes.push_back(std::string(to_string(r->verb)) + ":" +
                             server->scheme().info(r->kind).resource + (status ? "/status" : "") +
                             ":" + std::to_string(r->status.code));
        } else if (const auto* c = std::get_if<CsiCall>(&happening)) {
            const csi::Method method = csi::method_of(*c->request);
            if (c->moment == CsiCall::Moment::Started && method != csi::Method::NodeGetCapabilities)
                calls.emplace_back(csi::to_string(method));
        } else if (const auto* e = std::get_if<Committed>(&happening)) {
            if (e->object->kind != api::Kind::Event || e->change == Change::Deleted) return;
            const auto& event = static_cast<const api::Event&>(*e->object);
            events.push_back(event.reason.str() + ": " + event.message.str());
        }
    }
};

}  // namespace model::node
