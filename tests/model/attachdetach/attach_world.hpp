// A small world for the attach/detach controller: an API server with constant latencies, the
// controller in a process that can die and come back, bound volumes, and a hand that does what the
// external attacher would.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "model/attachdetach/attach_detach_controller.hpp"
#include "model/attachdetach/invariants.hpp"
#include "model/volume/attachment_name.hpp"
#include "tests/model/small_server.hpp"

namespace model::attachdetach {

using namespace std::chrono_literals;
using volume::attachment_name;
using volume::sha256_hex;

class AttachWorld : public SmallServer, private Listener {
  public:
    static constexpr const char* kDriver = "lab.csi.example.com";

    explicit AttachWorld(std::string_view version = "1.36") : SmallServer(version) {
        options.profile = *Profile::of(version);
        journal.listen(this);
        invariants = std::make_unique<Invariants>(journal);
        for (const char* name : {"node-1", "node-2"}) make_node(name);
    }
    ~AttachWorld() override {
        process.reset();
        journal.ignore(this);
    }

    void make_node(std::string_view name, bool managed = true) {
        api::Value v, ready;
        v["apiVersion"] = "v1";
        v["kind"] = "Node";
        v["metadata"]["name"] = name;
        if (managed)
            v["metadata"]["annotations"]["volumes.kubernetes.io/controller-managed-attach-detach"] =
                "true";
        ready["type"] = "Ready";
        ready["status"] = "True";
        v["status"]["conditions"].push_back(std::move(ready));
        create(v);
        api::Value status;
        status["status"] = v["status"];
        set_status(api::Kind::Node, name, std::move(status));
    }
    // A volume and its claim of the same name, bound to each other.
    void make_volume(std::string_view name, std::string_view mode = "ReadWriteOnce") {
        api::Value v = volume(name);
        v["spec"].erase("hostPath");
        v["spec"]["csi"]["driver"] = kDriver;
        v["spec"]["csi"]["volumeHandle"] = name;
        v["spec"]["accessModes"] = api::Value::list({api::Value(mode)});
        make_bound(name, std::move(v));
    }
    void make_bound(std::string_view name, api::Value v) {
        api::Value c = claim(name);
        c["spec"]["volumeName"] = name;
        c["spec"]["accessModes"] = v["spec"]["accessModes"];
        create(c);
        const auto made = server->find(api::Kind::PersistentVolumeClaim, claim_key(name));
        v["spec"]["claimRef"]["namespace"] = "default";
        v["spec"]["claimRef"]["name"] = name;
        v["spec"]["claimRef"]["uid"] = made->metadata.uid;
        create(v);
        set_claim_phase(name, "Bound");
    }
    void set_claim_phase(std::string_view name, std::string_view phase) {
        api::PersistentVolumeClaim next = *find<api::PersistentVolumeClaim>(name, "default");
        next.status.phase = phase;
        update(next, api::Subresource::Status);
    }
    void make_pod(std::string_view name, std::string_view node, std::vector<std::string> volumes) {
        api::Value v, container;
        v["apiVersion"] = "v1";
        v["kind"] = "Pod";
        v["metadata"]["name"] = name;
        container["name"] = "c";
        container["image"] = "i";
        v["spec"]["containers"].push_back(std::move(container));
        v["spec"]["nodeName"] = node;
        for (const std::string& volume : volumes) {
            api::Value entry;
            entry["name"] = volume;
            entry["persistentVolumeClaim"]["claimName"] = volume;
            v["spec"]["volumes"].push_back(std::move(entry));
        }
        create(v);
    }
    void remove_pod(std::string_view name) {
        api::DeleteOptions now;
        now.gracePeriodSeconds = 0;
        remove(api::Kind::Pod, api::Key("default", name), now);
    }
    void make_driver(bool attaches) {
        api::Value v;
        v["apiVersion"] = "storage.k8s.io/v1";
        v["kind"] = "CSIDriver";
        v["metadata"]["name"] = kDriver;
        v["spec"]["attachRequired"] = attaches;
        create(v);
    }

    // What kubelets and attachers write.
    void set_status(api::Kind kind, std::string_view name, api::Value body) {
        api::Request r;
        r.verb = Verb::Patch;
        r.kind = kind;
        r.key = api::Key(api::Text(), name);
        r.subresource = api::Subresource::Status;
        r.patch = std::move(body);
        server->handle(r, "kubelet");
    }
    void set_in_use(std::string_view node, const std::vector<std::string>& volumes) {
        api::Value body, list = api::Value::list();
        for (const std::string& v : volumes) list.push_back(api::Value(unique(v)));
        body["status"]["volumesInUse"] = list;
        set_status(api::Kind::Node, node, std::move(body));
    }
    void set_ready(std::string_view node, std::string_view ready) {
        api::Value body, condition;
        condition["type"] = "Ready";
        condition["status"] = ready;
        body["status"]["conditions"] = api::Value::list({condition});
        set_status(api::Kind::Node, node, std::move(body));
    }
    void taint(std::string_view node, std::string_view key) {
        api::Node next = *find<api::Node>(node);
        api::Taint t;
        t.key = key;
        t.effect = "NoExecute";
        next.spec.taints.push_back(std::move(t));
        update(next);
    }
    void answer(std::string_view volume, std::string_view node, std::string_view error = "") {
        api::Value body;
        if (error.empty()) {
            body["status"]["attached"] = true;
            body["status"]["attachError"] = api::Value();
        } else {
            body["status"]["attachError"]["message"] = error;
        }
        set_status(api::Kind::VolumeAttachment, attachment(volume, node), std::move(body));
    }
    // An attacher that answers everything at once from now on, and a finalizer of its own.
    void attach_by_itself() { attaches_ = true; }

    static std::string unique(const std::string& volume) {
        return std::string("kubernetes.io/csi/") + kDriver + "^" + volume;
    }
    static std::string attachment(std::string_view volume, std::string_view node) {
        return attachment_name(volume, kDriver, node);
    }
    bool has_attachment(std::string_view volume, std::string_view node) {
        return find<api::VolumeAttachment>(attachment(volume, node)) != nullptr;
    }
    template <class T>
    api::Ref<T> find(std::string_view name, std::string_view ns = "") {
        return api::as<T>(server->find(T::kKind, api::Key(ns, name)));
    }
    static api::Key claim_key(std::string_view name) { return api::Key("default", name); }
    std::string listed(std::string_view node) {
        std::string text;
        for (const api::AttachedVolume& v : find<api::Node>(node)->status.volumesAttached) {
            const std::string name = v.name.str();
            text += (text.empty() ? "" : " ") + name.substr(name.find('^') + 1);
        }
        return text;
    }

    void start() {
        process = std::make_unique<control::Process>(*server, latencies, "kube-controller-manager");
        control::Client& client = process->client("attachdetach-controller", 0, 0);
        auto made = std::make_unique<AttachDetachController>(
            *process, client, process->recorder(client, "attachdetach-controller"), options);
        controller = made.get();
        process->add(std::move(made));
        process->start();
    }
    void crash() {
        controller = nullptr;
        process.reset();
    }
    void run_for(sim::Duration d) { engine.run_until(engine.now() + d); }
    // Since the last call: "create volumeattachments vol@node-1 201", events left out.
    std::vector<std::string> taken() { return std::exchange(writes, {}); }
    std::vector<std::string> taken_events() { return std::exchange(events, {}); }

    AttachDetachOptions options;
    std::unique_ptr<control::Process> process;
    AttachDetachController* controller = nullptr;
    std::unique_ptr<Invariants> invariants;
    std::vector<std::string> writes;        // the controller's
    std::vector<std::string> timed_writes;  // with their instants, all of the run
    std::vector<std::string> events;        // "pod: message"
    std::vector<std::string> broken;        // invariants

  private:
    void on(const Stamp& stamp, const Happening& happening) override {
        if (const auto* v = std::get_if<Violated>(&happening))
            broken.push_back(v->invariant + ": " + v->detail);
        if (const auto* c = std::get_if<Committed>(&happening)) on_commit(*c);
        const auto* r = std::get_if<Requested>(&happening);
        if (!r || r->by != "attachdetach-controller" || r->kind == api::Kind::Event) return;
        if (r->verb == Verb::Get || r->verb == Verb::List) return;
        std::string text =
            std::string(to_string(r->verb)) + " " + server->scheme().info(r->kind).resource;
        text += " " + short_name(r->key.name.str()) + " " + std::to_string(r->status.code);
        timed_writes.push_back(sim::seconds_text(stamp.at, 6) + " " + text);
        writes.push_back(std::move(text));
    }
    void on_commit(const Committed& c) {
        if (c.object->kind == api::Kind::Event && c.change != Change::Deleted) {
            const auto& e = static_cast<const api::Event&>(*c.object);
            events.push_back(e.involvedObject.name.str() + ": " + e.message.str());
        }
        const auto va = api::as<api::VolumeAttachment>(c.object);
        if (!va || !attaches_ || c.change != Change::Added) return;
        const std::string name = va->metadata.name.str();
        const std::string volume = va->spec.source.persistentVolumeName->str(),
                          node = va->spec.nodeName.str();
        engine.call_in(5ms, kind_of(Wait::User), [this, volume, node] { answer(volume, node); });
    }
    // An attachment by what it attaches.
    std::string short_name(const std::string& name) {
        for (const char* node : {"node-1", "node-2", "node-3"})
            for (const char* volume : {"a", "b", "c", "d"})
                if (name == attachment(volume, node)) return std::string(volume) + "@" + node;
        return name;
    }

    bool attaches_ = false;
};

using Texts = std::vector<std::string>;

}  // namespace model::attachdetach
