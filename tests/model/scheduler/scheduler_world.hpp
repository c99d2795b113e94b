// The world of the volume controllers with nodes and a scheduler in it, which can die and come
// back.
#pragma once

#include "model/scheduler/kube_scheduler.hpp"
#include "tests/model/volume/volume_world.hpp"

namespace model::scheduler {

using namespace std::chrono_literals;

class SchedulerWorld : public volume::VolumeWorld {
  public:
    explicit SchedulerWorld(std::string_view version = "1.36") : VolumeWorld(version) {
        setting.scheduler.profile = *Profile::of(version);
        setting.scheduler.first_flush = sim::Time(10s);
        setting.start_delay = 780ms;
        setting.ready = [] {};
    }
    ~SchedulerWorld() override { crash_scheduler(); }

    // The server taints a new node as not ready; who takes that away is not in this world.
    struct NodeDraft : Draft {
        api::Response made() {
            const api::Response made = world.create(v);
            api::Node ready = static_cast<const api::Node&>(*made.object);
            ready.spec.taints.clear();
            return world.update(ready);
        }
    };
    NodeDraft node(std::string_view name, std::string_view zone = "") {
        api::Value v;
        v["apiVersion"] = "v1";
        v["kind"] = "Node";
        v["metadata"]["name"] = name;
        v["metadata"]["labels"]["kubernetes.io/hostname"] = name;
        if (!zone.empty()) v["metadata"]["labels"]["topology.kubernetes.io/zone"] = zone;
        for (std::string_view list : {"capacity", "allocatable"}) {
            v["status"][list]["cpu"] = "4";
            v["status"][list]["memory"] = "8Gi";
            v["status"][list]["pods"] = "110";
        }
        return NodeDraft{{*this, std::move(v)}};
    }
    // A volume that only that node reaches.
    Draft local_volume(std::string_view name, std::string_view on) {
        Draft draft = volume(name).of_class("local");
        api::Value r, term;
        r["key"] = "kubernetes.io/hostname";
        r["operator"] = "In";
        r["values"].push_back(on);
        term["matchExpressions"].push_back(std::move(r));
        draft.v["spec"]["nodeAffinity"]["required"]["nodeSelectorTerms"].push_back(std::move(term));
        return draft;
    }
    void local_class() {
        storage_class("local", "kubernetes.io/no-provisioner", "WaitForFirstConsumer").made();
    }
    static Draft asks(Draft draft, std::string_view cpu) {
        draft.v["spec"]["containers"].edit_list()[0]["resources"]["requests"]["cpu"] = cpu;
        return draft;
    }
    Draft ranks(Draft draft, int priority) {
        const std::string name = "rank-" + std::to_string(priority);
        api::Value v;
        v["apiVersion"] = "scheduling.k8s.io/v1";
        v["kind"] = "PriorityClass";
        v["metadata"]["name"] = name;
        v["value"] = priority;
        (void)create(v);  // it may be there already
        draft.v["spec"]["priorityClassName"] = name;
        return draft;
    }

    void start_scheduler(bool runs_since_long = true) {
        scheduling = std::make_unique<control::Process>(*server, latencies, "kube-scheduler");
        bring_up_scheduler(*scheduling, setting, runs_since_long);
    }
    void crash_scheduler() { scheduling.reset(); }
    // The volume controllers, a class of local volumes, nodes, the scheduler.
    void start_all(int nodes = 2) {
        start();
        local_class();
        for (int i = 1; i <= nodes; ++i) node("node-" + std::to_string(i)).made();
        start_scheduler();
        pass(100ms);
    }

    api::Ref<api::Pod> pod_now(std::string_view name) const {
        return api::as<api::Pod>(server->find(api::Kind::Pod, api::Key("default", name)));
    }
    std::string node_of(std::string_view name) const {
        const auto pod = pod_now(name);
        return pod ? pod->spec.nodeName.str() : "gone";
    }
    // The message of PodScheduled; "" where it says nothing.
    std::string why_not(std::string_view name) const {
        const auto pod = pod_now(name);
        if (!pod) return "gone";
        for (const api::Condition& c : pod->status.conditions)
            if (c.type == "PodScheduled") return c.message.str();
        return "";
    }
    std::string explained(std::string_view name) const {
        return scheduling->controllers()[0]->explain(api::Kind::Pod, api::Key("default", name));
    }
    std::vector<std::string> scheduler_writes() const {
        std::vector<std::string> mine;
        for (const std::string& line : all_writes)
            if (line.find(" scheduler ") != std::string::npos &&
                line.find(" events ") == std::string::npos)
                mine.push_back(line.substr(line.find(" scheduler ") + 11));
        return mine;
    }

    ProgramSetting setting;
    std::unique_ptr<control::Process> scheduling;
};

}  // namespace model::scheduler
