// What each kind of step does.
#include "model/api/objects_core.hpp"
#include "model/csi/endpoint.hpp"
#include "model/workload/heartbeats.hpp"
#include "scenarios/player.hpp"

namespace scenarios {

using model::Verb;
using model::api::Key;
using model::api::Kind;
using model::api::Node;
using model::api::PatchType;
using model::api::Request;
using model::api::Response;

namespace {

constexpr sim::Duration kEvictionRetry = std::chrono::seconds(5);  // kubectl drain

std::string_view text(const Value& manifest, std::initializer_list<std::string_view> path) {
    const Value* v = manifest.at(path);
    return v ? v->as_string() : std::string_view();
}

// The component as the cluster names it: external-provisioner/DRIVER.
std::string name_of(const Target& target) {
    return target.driver.empty() ? target.component : target.component + "/" + target.driver;
}

}  // namespace

void Player::perform(std::size_t index) {
    const Step& step = steps_[index];
    if (step.expect) {
        hooks_.expect(*step.expect, static_cast<int>(index));
        results_[index].state = StepResult::State::Done;
        return;
    }
    std::visit([this, index](const auto& a) { act(index, a); }, step.action);
}

void Player::request(std::size_t index, Request request) {
    ++unanswered_;
    request.id = "step " + std::to_string(index + 1);
    view_.cluster().user().send(std::move(request),
                                [this, index](const Response& answer) { answered(index, answer); });
}

std::optional<Value> Player::resolved(std::size_t index, const Value& value) {
    if (!view_.wants_uids()) return value;
    std::optional<UidReference> missing;
    Value result = resolve_uids(
        value, [this](const UidReference& r) { return view_.uid_of(r); }, missing);
    if (!missing) return result;
    fail(index, missing->to_string() + ": there is no such object yet");
    return std::nullopt;
}

std::optional<Request> Player::to_object(std::size_t index, Verb verb, const Value& manifest) {
    auto body = resolved(index, manifest);
    if (!body) return std::nullopt;
    Request r;
    r.verb = verb;
    r.kind = view_.cluster().server().scheme().resolve(text(*body, {"apiVersion"}),
                                                       text(*body, {"kind"}));
    const auto& info = view_.cluster().server().scheme().info(r.kind);
    r.key = Key(info.namespaced ? text(*body, {"metadata", "namespace"}) : std::string_view(),
                text(*body, {"metadata", "name"}));
    r.manifest = std::move(*body);
    return r;
}

std::optional<Request> Player::to_target(std::size_t index, Verb verb, const Pattern& target) {
    const auto name = resolved(index, Value(target.name));
    if (!name) return std::nullopt;
    Request r;
    r.verb = verb;
    r.kind = view_.kind(target.kind);
    r.key = Key(target.ns, name->as_text());
    return r;
}

void Player::act(std::size_t index, const action::Create& a) {
    if (auto r = to_object(index, Verb::Create, a.manifest)) request(index, std::move(*r));
}

void Player::act(std::size_t index, const action::Replace& a) {
    auto r = to_object(index, Verb::Update, a.manifest);
    if (!r) return;
    r->any_version = true;
    request(index, std::move(*r));
}

// As kubectl does: one after the other, each when the one before was answered.
void Player::act(std::size_t index, const action::Apply&) { apply_next(index, 0); }

void Player::apply_next(std::size_t index, std::size_t manifest) {
    const auto& manifests = std::get<action::Apply>(steps_[index].action).manifests;
    auto r = to_object(index, Verb::Get, manifests[manifest]);
    if (!r) return;
    send_apply(index, manifest, static_cast<bool>(view_.cluster().server().find(r->kind, r->key)));
}

void Player::send_apply(std::size_t index, std::size_t manifest, bool exists) {
    const auto& manifests = std::get<action::Apply>(steps_[index].action).manifests;
    auto r = to_object(index, exists ? Verb::Patch : Verb::Create, manifests[manifest]);
    if (!r) return;
    if (exists) {
        const bool typed = view_.cluster().server().scheme().info(r->kind).typed;
        r->patch_type = typed ? PatchType::Strategic : PatchType::Merge;
        r->patch = std::exchange(r->manifest, Value());
    }
    r->id = "step " + std::to_string(index + 1);
    ++unanswered_;
    const bool last = manifest + 1 == manifests.size();
    view_.cluster().user().send(
        std::move(*r), [this, index, manifest, exists, last](const Response& answer) {
            // Somebody else was faster: then it is a change.
            const bool raced = !exists && answer.status.is(model::api::Reason::AlreadyExists);
            if (raced || (!last && answer.status.ok())) {
                --unanswered_;
                for (const std::string& warning : answer.warnings) tell(warning, true);
                if (raced) return send_apply(index, manifest, true);
                return apply_next(index, manifest + 1);
            }
            answered(index, answer);
        });
}

void Player::act(std::size_t index, const action::Patch& a) {
    auto r = to_target(index, Verb::Patch, a.target);
    auto body = resolved(index, a.body);
    if (!r || !body) return;
    if (a.subresource == "status") r->subresource = model::api::Subresource::Status;
    r->patch_type = a.type;
    r->patch = std::move(*body);
    request(index, std::move(*r));
}

// As kubectl does with a selector: each of those that match now.
void Player::delete_all(std::size_t index, const action::Delete& a) {
    const auto wanted = resolved(index, a.target.body);
    if (!wanted) return;
    Request each;
    each.verb = Verb::Delete;
    each.kind = view_.kind(a.target.kind);
    each.options = a.options;
    each.id = "step " + std::to_string(index + 1);
    std::vector<Key> keys;
    view_.cluster().server().for_each(each.kind, a.target.ns,
                                      [&](const model::api::ObjectRef& object) {
                                          if (matches(*wanted, &view_.text(object)))
                                              keys.push_back(object->key());
                                      });
    if (keys.empty()) return done(index, "no " + a.target.kind + " matches");
    draining_[index] = keys.size();
    ++unanswered_;
    for (const Key& key : keys) {
        Request r = each;
        r.key = key;
        view_.cluster().user().send(std::move(r), [this, index](const Response& answer) {
            if (draining_[index] == 0) return;  // failed already
            const bool gone = answer.status.is(model::api::Reason::NotFound);
            if (!answer.status.ok() && !gone) {
                draining_[index] = 0;
                return answered(index, answer);
            }
            if (--draining_[index] == 0) answered(index, Response());
        });
    }
}

void Player::act(std::size_t index, const action::Delete& a) {
    if (a.target.name.empty()) return delete_all(index, a);
    auto r = to_target(index, Verb::Delete, a.target);
    const auto uid = resolved(index, Value(a.options.uid));
    if (!r || !uid) return;
    r->options = a.options;
    r->options.uid = uid->as_text();
    request(index, std::move(*r));
}

void Player::send_to_node(std::size_t index, const std::string& node, Value patch) {
    Request r;
    r.verb = Verb::Patch;
    r.kind = Kind::Node;
    r.key = Key("", node);
    r.patch_type = PatchType::Merge;
    r.patch = std::move(patch);
    request(index, std::move(r));
}

void Player::act(std::size_t index, const action::Cordon& a) {
    const Value unschedulable = a.on ? Value(true) : Value();
    send_to_node(index, a.node,
                 Value::map({{"spec", Value::map({{"unschedulable", unschedulable}})}}));
}

// As kubectl does: the whole list as it is now, changed.
void Player::act(std::size_t index, const action::Taint& a) {
    Value::List taints;
    const Value* key = a.taint.find("key");
    const Value* effect = a.taint.find("effect");
    if (const auto node = view_.cluster().server().find(Kind::Node, Key("", a.node))) {
        const Value* now = view_.text(node).at({"spec", "taints"});
        for (const Value& taint : now ? now->as_list() : Value::List()) {
            const Value* other_key = taint.find("key");
            const Value* other_effect = taint.find("effect");
            const bool same =
                other_key && *other_key == *key && other_effect && *other_effect == *effect;
            if (!same) taints.push_back(taint);
        }
    }
    if (!a.remove) taints.push_back(a.taint);
    send_to_node(index, a.node,
                 Value::map({{"spec", Value::map({{"taints", Value::list(std::move(taints))}})}}));
}

void Player::done(std::size_t index, const std::optional<std::string>& problem) {
    results_[index].answered = view_.now();
    if (problem) return fail(index, *problem);
    results_[index].state = StepResult::State::Done;
}

// A node's heartbeats end alike, whatever ends them.
std::optional<std::string> Player::switch_heartbeats(const std::string& node, bool on) {
    auto& heartbeats = view_.cluster().heartbeats();
    return on ? heartbeats.start(node) : heartbeats.stop(node);
}

void Player::act(std::size_t index, const action::Crash& a) {
    if (!a.target.heartbeats.empty())
        return done(index, switch_heartbeats(a.target.heartbeats, false));
    if (!a.target.node.empty())
        return done(index, view_.cluster().crash_node(a.target.node, a.in_flight));
    done(index, view_.cluster().crash_component(name_of(a.target), a.in_flight));
}

void Player::act(std::size_t index, const action::Stop& a) {
    if (!a.target.heartbeats.empty())
        return done(index, switch_heartbeats(a.target.heartbeats, false));
    if (!a.target.node.empty()) return done(index, view_.cluster().stop_node(a.target.node));
    done(index, view_.cluster().stop_component(name_of(a.target)));
}

void Player::act(std::size_t index, const action::Start& a) {
    if (!a.target.heartbeats.empty())
        return done(index, switch_heartbeats(a.target.heartbeats, true));
    if (!a.target.node.empty()) return done(index, view_.cluster().start_node(a.target.node));
    done(index, view_.cluster().start_component(name_of(a.target)));
}

void Player::act(std::size_t index, const action::Restart& a) {
    if (const std::string& node = a.target.heartbeats; !node.empty()) {
        auto problem = switch_heartbeats(node, false);
        if (!problem) problem = switch_heartbeats(node, true);
        return done(index, problem);
    }
    if (!a.target.node.empty()) {
        auto failed = view_.cluster().crash_node(a.target.node, model::InFlight::Deliver);
        if (!failed) failed = view_.cluster().start_node(a.target.node);
        return done(index, failed);
    }
    auto problem = view_.cluster().stop_component(name_of(a.target));
    if (!problem) problem = view_.cluster().start_component(name_of(a.target));
    done(index, problem);
}

void Player::act(std::size_t index, const action::Note& a) {
    tell(a.text, false);
    done(index, std::nullopt);
}

void Player::act(std::size_t index, const std::monostate&) { done(index, std::nullopt); }

// As kubectl drain --ignore-daemonsets does: cordon, then evict each pod, again 5 s after a budget
// did not allow it. The step is through when every eviction was accepted.
void Player::act(std::size_t index, const action::Drain& a) {
    Request r;
    r.verb = Verb::Patch;
    r.kind = Kind::Node;
    r.key = Key("", a.node);
    r.patch_type = PatchType::Strategic;
    r.patch["spec"]["unschedulable"] = Value(true);
    r.id = "step " + std::to_string(index + 1);
    ++unanswered_;
    view_.cluster().user().send(std::move(r), [this, index, node = a.node](const Response& done) {
        if (!done.status.ok()) return answered(index, done);
        std::vector<Key> pods;
        view_.cluster().server().for_each(Kind::Pod, {}, [&](const model::api::ObjectRef& o) {
            const auto& pod = static_cast<const model::api::Pod&>(*o);
            bool stays = pod.spec.nodeName != node || pod.metadata.terminating();
            for (const auto& owner : pod.metadata.ownerReferences)
                stays = stays || owner.kind == "DaemonSet" || owner.kind == "Node";
            if (!stays) pods.push_back(pod.key());
        });
        draining_[index] = pods.size();
        if (pods.empty()) return answered(index, Response());
        for (const Key& pod : pods) evict(index, pod);
    });
}

void Player::evict(std::size_t index, const Key& pod) {
    Request r;
    r.verb = Verb::Create;
    r.kind = Kind::Pod;
    r.key = pod;
    r.subresource = model::api::Subresource::Eviction;
    r.id = "step " + std::to_string(index + 1);
    view_.cluster().user().send(std::move(r), [this, index, pod](const Response& answer) {
        if (draining_[index] == 0) return;  // failed already
        if (answer.status.is(model::api::Reason::TooManyRequests)) {
            view_.cluster().engine().call_in(kEvictionRetry, kind_of(model::Wait::User),
                                             [this, index, pod] { evict(index, pod); });
            return;
        }
        const bool gone = answer.status.is(model::api::Reason::NotFound);
        if (!answer.status.ok() && !gone) {
            draining_[index] = 0;
            return answered(index, answer);
        }
        if (--draining_[index] == 0) answered(index, Response());
    });
}

// One that is to heal by itself keeps the run going until then.
void Player::act(std::size_t index, const action::Partition& a) {
    model::Cluster& cluster = view_.cluster();
    std::optional<std::string> problem;
    if (!a.target.heartbeats.empty()) {
        problem = cluster.heartbeats().cut_off(a.target.heartbeats, true);
    } else if (!a.target.node.empty()) {
        problem = cluster.cut_off_node(a.target.node);
    } else {
        problem = cluster.cut_off_component(name_of(a.target));
    }
    done(index, problem);
    if (problem || !a.lasts) return;
    ++unanswered_;
    cluster.engine().call_in(*a.lasts, kind_of(model::Wait::User),
                             [this, index, target = a.target] {
                                 --unanswered_;
                                 if (auto failed = heal(target)) fail(index, *failed);
                             });
}

std::optional<std::string> Player::heal(const Target& target) {
    model::Cluster& cluster = view_.cluster();
    if (!target.heartbeats.empty()) return cluster.heartbeats().cut_off(target.heartbeats, false);
    if (!target.node.empty()) return cluster.heal_node(target.node);
    return cluster.heal_component(name_of(target));
}

void Player::act(std::size_t index, const action::Heal& a) { done(index, heal(a.target)); }

void Player::act(std::size_t index, const action::Lag& a) {
    done(index, view_.cluster().lag(name_of(a.target), view_.kind(a.kind), a.by));
}

void Player::act(std::size_t index, const action::Faults& a) {
    model::csi::Endpoint* endpoint = view_.cluster().endpoint(a.driver);
    if (!endpoint) return done(index, "there is no driver " + a.driver);
    for (const auto& fault : a.faults) endpoint->faults().add(fault.first, fault.second);
    done(index, std::nullopt);
}

}  // namespace scenarios
