#include "model/node/containers.hpp"

#include <algorithm>
#include <charconv>

#include "model/wait.hpp"
#include "sim/fingerprint.hpp"

namespace model::node {

namespace {

std::string_view told(const api::Pod& pod, std::string_view annotation, std::string_view name) {
    const api::TextMap& all = pod.metadata.annotations;
    const std::string own = std::string(annotation) + "." + std::string(name);
    return all.contains(own) ? all.get(own) : all.get(annotation);
}

api::Text container_id(const api::Text& node, const api::Text& uid, int number) {
    static constexpr char kDigits[] = "0123456789abcdef";
    std::string id = "containerd://";
    std::uint64_t word = sim::hash_text(node.str() + "/" + uid.str());
    for (std::uint64_t part = 0; part < 4; ++part) {
        word = sim::hash_pair(word, static_cast<std::uint64_t>(number) * 4 + part);
        for (int shift = 60; shift >= 0; shift -= 4) id += kDigits[(word >> shift) & 15];
    }
    return id;
}

}  // namespace

const Container* PodSandbox::find(std::string_view name) const {
    const auto found = std::find_if(containers.begin(), containers.end(),
                                    [&](const Container& c) { return c.name == name; });
    return found == containers.end() ? nullptr : &*found;
}

bool PodSandbox::is_running() const {
    return std::any_of(containers.begin(), containers.end(),
                       [](const Container& c) { return c.state == Container::State::Running; });
}

ContainerPlan plan_of(const api::Pod& pod, std::string_view container, bool init) {
    ContainerPlan plan;
    plan.run_for = sim::parse_duration(told(pod, kRunForAnnotation, container));
    if (init && !plan.run_for) plan.run_for = sim::Duration(0);
    plan.stop_time = sim::parse_duration(told(pod, kStopTimeAnnotation, container));
    const std::string_view code = told(pod, kExitCodeAnnotation, container);
    (void)std::from_chars(code.data(), code.data() + code.size(), plan.exit_code);
    return plan;
}

ContainerRuntime::ContainerRuntime(sim::Engine& engine, api::Text node, int node_number)
    : engine_(engine), node_(std::move(node)), node_number_(node_number) {
    host_ip_ = "192.168." + std::to_string(node_number_ / 250) + "." +
               std::to_string(node_number_ % 250 + 2);
}

const PodSandbox* ContainerRuntime::find(const api::Text& uid) const {
    const auto found = pods_.find(uid);
    return found == pods_.end() ? nullptr : &found->second;
}

void ContainerRuntime::make_sandbox(const api::Pod& pod) {
    PodSandbox& sandbox = pods_[pod.metadata.uid];
    sandbox.pod = pod.key();
    sandbox.uid = pod.metadata.uid;
    sandbox.labels = pod.metadata.labels;
    sandbox.ready = true;
    sandbox.ip = "10." + std::to_string(88 + node_number_ / 256) + "." +
                 std::to_string(node_number_ % 256) + "." + std::to_string(next_ip_);
    next_ip_ = next_ip_ == 254 ? 2 : next_ip_ + 1;
    changed(sandbox.uid);
}

void ContainerRuntime::start_container(const api::Pod& pod, std::string_view name, bool init) {
    const auto found = pods_.find(pod.metadata.uid);
    if (found == pods_.end()) return;
    PodSandbox& sandbox = found->second;
    Container fresh;
    fresh.name = name;
    fresh.init = init;
    fresh.id = container_id(node_, sandbox.uid, next_id_++);
    fresh.started = engine_.now();
    if (const Container* before = sandbox.find(name)) {
        fresh.restarts = before->restarts + 1;
        sandbox.last_ended[fresh.name] = *before;
        std::erase_if(sandbox.containers, [&](const Container& c) { return c.name == name; });
    }
    sandbox.containers.push_back(fresh);
    const ContainerPlan plan = plan_of(pod, name, init);
    if (plan.run_for)
        stop_container(sandbox.uid, fresh, engine_.now() + *plan.run_for, plan.exit_code);
    changed(sandbox.uid);
}

void ContainerRuntime::end_container(const api::Text& uid, std::string_view name, int exit_code) {
    const auto found = pods_.find(uid);
    if (found == pods_.end()) return;
    for (Container& c : found->second.containers) {
        if (c.name != name || c.state != Container::State::Running) continue;
        c.state = Container::State::Exited;
        c.exit_code = exit_code;
        c.finished = engine_.now();
        changed(uid);
    }
}

void ContainerRuntime::stop_container(const api::Text& uid, const Container& container,
                                      sim::Time at, int exit_code) {
    engine_.call_at(at, kind_of(Wait::Timer),
                    [this, life = life_, uid, id = container.id, name = container.name, exit_code] {
                        if (!life) return;
                        const PodSandbox* s = find(uid);
                        const Container* c = s ? s->find(name) : nullptr;
                        if (c && c->id == id) end_container(uid, name, exit_code);
                    });
}

void ContainerRuntime::stop_sandbox(const api::Text& uid) {
    const auto found = pods_.find(uid);
    if (found == pods_.end() || !found->second.ready) return;
    found->second.ready = false;
    changed(uid);
}

void ContainerRuntime::remove(const api::Text& uid) { pods_.erase(uid); }

void ContainerRuntime::lose_power() {
    constexpr int kUnknown = 255;
    for (auto& [uid, sandbox] : pods_) {
        sandbox.ready = false;
        for (Container& c : sandbox.containers) {
            if (c.state == Container::State::Exited) continue;
            c.state = Container::State::Exited;
            c.exit_code = kUnknown;
            c.finished = engine_.now();
        }
    }
    life_.end();
    life_ = control::Life();
    for (const auto& observer : observers_) observer();
}

}  // namespace model::node
