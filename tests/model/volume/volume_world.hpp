// A small world for the controllers of volumes: an API server with constant latencies, the
// PersistentVolume controller and both protection controllers in one process that can die and come
// back, and a short language to put things in.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "model/control/process.hpp"
#include "model/volume/invariants.hpp"
#include "model/volume/persistent_volume_controller.hpp"
#include "model/volume/pv_protection.hpp"
#include "model/volume/pvc_protection.hpp"
#include "tests/model/small_server.hpp"

namespace model::volume {

using namespace std::chrono_literals;

class VolumeWorld : public SmallServer, private Listener {
  public:
    explicit VolumeWorld(std::string_view version = "1.36") : SmallServer(version) {
        options.profile = *Profile::of(version);
        options.first_resync = 10s;
        journal.listen(this);
        invariants = std::make_unique<Invariants>(journal);
    }
    ~VolumeWorld() override {
        crash();
        journal.ignore(this);
    }

    // An object on its way into the server.
    struct Draft {
        VolumeWorld& world;
        api::Value v;
        Draft& wants(std::string_view size) {
            return v["spec"]["resources"]["requests"]["storage"] = size, *this;
        }
        Draft& holds(std::string_view size) {
            return v["spec"]["capacity"]["storage"] = size, *this;
        }
        Draft& of_class(std::string_view name) {
            return v["spec"]["storageClassName"] = name, *this;
        }
        Draft& without_class() { return v["spec"].erase("storageClassName"), *this; }
        Draft& names(std::string_view volume) { return v["spec"]["volumeName"] = volume, *this; }
        Draft& policy(std::string_view p) {
            return v["spec"]["persistentVolumeReclaimPolicy"] = p, *this;
        }
        Draft& mode(std::string_view m) { return v["spec"]["volumeMode"] = m, *this; }
        Draft& annotated(std::string_view key, std::string_view value) {
            return v["metadata"]["annotations"][key] = value, *this;
        }
        Draft& reserved_for(std::string_view claim, std::string_view uid = "") {
            v["spec"]["claimRef"]["namespace"] = "default";
            v["spec"]["claimRef"]["name"] = claim;
            if (!uid.empty()) v["spec"]["claimRef"]["uid"] = uid;
            return *this;
        }
        Draft& uses(std::string_view claim) {
            api::Value volume;
            volume["name"] = "data";
            volume["persistentVolumeClaim"]["claimName"] = claim;
            return v["spec"]["volumes"].push_back(std::move(volume)), *this;
        }
        Draft& on_node(std::string_view node) { return v["spec"]["nodeName"] = node, *this; }
        api::Response made() { return world.create(v); }
    };
    Draft claim(std::string_view name) { return Draft{*this, SmallServer::claim(name)}; }
    Draft volume(std::string_view name) { return Draft{*this, SmallServer::volume(name)}; }
    Draft pod(std::string_view name) {
        api::Value v, container;
        v["apiVersion"] = "v1";
        v["kind"] = "Pod";
        v["metadata"]["name"] = name;
        container["name"] = "c";
        container["image"] = "i";
        v["spec"]["containers"].push_back(std::move(container));
        return Draft{*this, std::move(v)};
    }
    Draft storage_class(std::string_view name, std::string_view provisioner,
                        std::string_view binding = "Immediate") {
        api::Value v;
        v["apiVersion"] = "storage.k8s.io/v1";
        v["kind"] = "StorageClass";
        v["metadata"]["name"] = name;
        v["provisioner"] = provisioner;
        v["volumeBindingMode"] = binding;
        return Draft{*this, std::move(v)};
    }

    void start() {
        process = std::make_unique<control::Process>(*server, latencies, "kube-controller-manager");
        control::Client& client = process->client("persistent-volume-binder", 0, 0);
        auto made = std::make_unique<PersistentVolumeController>(
            *process, client, process->recorder(client, "persistentvolume-controller"), plugins,
            options);
        controller = made.get();
        process->add(std::move(made));
        process->add(std::make_unique<PvcProtection>(
            *process, process->client("pvc-protection-controller", 0, 0)));
        process->add(std::make_unique<PvProtection>(
            *process, process->client("pv-protection-controller", 0, 0)));
        process->start();
        options.first_resync = 0s;  // whoever comes back resyncs at once
    }
    void crash() {
        controller = nullptr;
        process.reset();
    }
    // Runs for so long.
    void pass(sim::Duration d) { engine.run_until(engine.now() + d); }
    // Runs long enough for every loop to come by twice.
    void settle() { pass(40s); }
    // Runs until the binder has made `n` writes in all.
    void run_to_write(std::size_t n) {
        engine.run_while([&] { return writes.size() < n; });
    }

    api::Ref<PVC> claim_now(std::string_view name) const {
        return api::as<PVC>(
            server->find(api::Kind::PersistentVolumeClaim, api::Key("default", name)));
    }
    api::Ref<PV> volume_now(std::string_view name) const {
        return api::as<PV>(server->find(api::Kind::PersistentVolume, api::Key("", name)));
    }
    std::string claim_phase(std::string_view name) const {
        const auto c = claim_now(name);
        return c ? c->status.phase.str() : "gone";
    }
    std::string volume_phase(std::string_view name) const {
        const auto v = volume_now(name);
        return v ? v->status.phase.str() : "gone";
    }
    // "reason: message" of each event about an object, in the order of their making.
    std::vector<std::string> events_about(std::string_view name) const {
        std::vector<std::string> texts;
        server->for_each(api::Kind::Event, "", [&](const api::ObjectRef& o) {
            const auto e = api::as<api::Event>(o);
            if (e->involvedObject.name == name)
                texts.push_back(e->reason.str() + ": " + e->message.str());
        });
        return texts;
    }
    template <class T>
    void edit(const api::Ref<T>& object, const std::function<void(T&)>& change,
              api::Subresource sub = api::Subresource::None) {
        T next = *object;
        change(next);
        update(next, sub);
    }
    void remove_claim(std::string_view name) {
        remove(api::Kind::PersistentVolumeClaim, api::Key("default", name));
    }
    void remove_volume(std::string_view name) {
        remove(api::Kind::PersistentVolume, api::Key("", name));
    }

    PersistentVolumeControllerOptions options;
    HostPathAndNfs plugins{true};
    std::unique_ptr<control::Process> process;
    PersistentVolumeController* controller = nullptr;
    std::vector<std::string>
        writes;  // the binder's, events left out: "update persistentvolumes/status pv 200"
    std::vector<std::string> all_writes;  // everybody's, with their instants
    std::vector<std::string> broken;      // invariants
    std::unique_ptr<Invariants> invariants;

  private:
    void on(const Stamp& stamp, const Happening& happening) override {
        if (const auto* v = std::get_if<Violated>(&happening))
            broken.push_back(v->invariant + ": " + v->detail);
        const auto* r = std::get_if<Requested>(&happening);
        if (!r || r->verb == Verb::Get || r->verb == Verb::List) return;
        std::string text =
            std::string(to_string(r->verb)) + " " + server->scheme().info(r->kind).resource;
        if (r->subresource != api::Subresource::None)
            text += "/" + std::string(api::to_string(r->subresource));
        text += " " + r->key.name.str() + " " + std::to_string(r->status.code);
        all_writes.push_back(sim::seconds_text(stamp.at, 6) + " " + r->by.str() + " " + text);
        if (r->by == "persistent-volume-binder" && r->kind != api::Kind::Event)
            writes.push_back(std::move(text));
    }
};

using Writes = std::vector<std::string>;

}  // namespace model::volume
