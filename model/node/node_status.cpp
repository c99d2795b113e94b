#include "model/node/node_status.hpp"

#include <algorithm>

#include "model/wait.hpp"

namespace model::node {

using namespace std::chrono_literals;

namespace {

constexpr sim::Duration kPeriod = 10s;   // nodeStatusUpdateFrequency, stretched by up to 4 %
constexpr sim::Duration kReport = 5min;  // nodeStatusReportFrequency
constexpr sim::Duration kFirstRetry = 100ms, kLongestRetry = 7s;  // of registering
constexpr int kTries = 5;                                         // nodeStatusUpdateRetry

struct Good {
    std::string_view type, status, reason, message;
};
constexpr Good kGood[] = {
    {"MemoryPressure", "False", "KubeletHasSufficientMemory",
     "kubelet has sufficient memory available"},
    {"DiskPressure", "False", "KubeletHasNoDiskPressure", "kubelet has no disk pressure"},
    {"PIDPressure", "False", "KubeletHasSufficientPID", "kubelet has sufficient PID available"},
    {"Ready", "True", "KubeletReady", "kubelet is posting ready status"}};

const api::Condition* find(const api::Node& node, std::string_view type) {
    for (const api::Condition& c : node.status.conditions)
        if (c.type == type) return &c;
    return nullptr;
}

api::Value heartbeat(api::Timestamp now) {
    return api::Value::map({{"type", "Ready"}, {"lastHeartbeatTime", now.to_string()}});
}

bool same(const api::List<api::Text>& told, const std::vector<api::Text>& names) {
    return std::equal(told.begin(), told.end(), names.begin(), names.end());
}

}  // namespace

NodeStatus::NodeStatus(control::Process& process, control::Client& client,
                       control::EventRecorder& recorder, VolumeManager& volumes, Setting setting)
    : process_(process),
      engine_(process.engine()),
      client_(client),
      recorder_(recorder),
      volumes_(volumes),
      setting_(std::move(setting)),
      jitter_(process.engine().stream(process.name() + "/node status")),
      next_(setting_.first),
      registering_(setting_.tells_ready) {
    report_due_ = engine_.now() + sim::Duration(static_cast<std::int64_t>(
                                      reports_stream().below(std::uint64_t(kReport.count()))));
}

sim::Stream& NodeStatus::reports_stream() const {
    return engine_.stream(process_.name() + "/node report");
}

// After a change the next report is anywhere from 2.5 to 7.5 min away, so that nodes which changed
// together do not report together.
void NodeStatus::sent(bool changed) {
    report_due_ = engine_.now() + kReport;
    if (changed)
        report_due_ += sim::Duration(static_cast<std::int64_t>(
                           reports_stream().below(std::uint64_t(kReport.count())))) -
                       kReport / 2;
}

void NodeStatus::want_report() {
    if (registering_ || report_at_ != sim::kNever || reports_) return;
    // Those that nobody waited for have been sent.
    while (report_due_ < engine_.now()) report_due_ += kReport;
    report_at_ = report_due_;
    engine_.call_at(report_at_, kind_of(Wait::PollGrid), [this, life = life_] {
        if (!life) return;
        report_at_ = sim::kNever;
        if (engine_.now() < report_due_) return;  // one was sent meanwhile, for another reason
        reports_ = true;
        changed();
    });
}

bool NodeStatus::is_ready(const api::Node& node) {
    const api::Condition* ready = find(node, "Ready");
    return ready && ready->status == "True";
}

void NodeStatus::pass_by(sim::Time now) {
    constexpr auto kJitter = static_cast<std::uint64_t>(kPeriod.count()) / 25;
    while (next_ < now)
        next_ += kPeriod + sim::Duration(static_cast<std::int64_t>(jitter_.below(kJitter)));
}

api::Value NodeStatus::ready_conditions(const api::Node& node) const {
    api::Value changed = api::Value::list();
    const bool corrects = setting_.tells_ready || !setting_.is_heard || setting_.is_heard();
    if (ends_ || !corrects) return changed;
    const std::string now = client_.server().wall_clock().to_string();
    for (const Good& good : kGood) {
        const api::Condition* c = find(node, good.type);
        if (c ? c->status == good.status : !setting_.tells_ready) continue;
        changed.push_back(api::Value::map({{"type", good.type},
                                           {"status", good.status},
                                           {"reason", good.reason},
                                           {"message", good.message},
                                           {"lastHeartbeatTime", now},
                                           {"lastTransitionTime", now}}));
    }
    return changed;
}

// Null where it would change nothing.
api::Value NodeStatus::patch_for(const api::Node& node) const {
    api::Value status;
    const std::optional<std::vector<api::Text>> in_use = volumes_.in_use();
    if (in_use && !same(node.status.volumesInUse, *in_use)) {
        api::Value list = api::Value::list();
        for (const api::Text& name : *in_use) list.push_back(api::Value(name));
        status["volumesInUse"] = in_use->empty() ? api::Value() : std::move(list);
    }
    api::Value conditions = ready_conditions(node);
    if (!conditions.as_list().empty()) status["conditions"] = std::move(conditions);
    return status;
}

bool NodeStatus::is_needed() const {
    const api::Ref<api::Node> node = setting_.cached();
    if (!node) return false;
    return reports_ || !volumes_.all_reported() || !patch_for(*node).as_map().empty();
}

// kubelet_node_status.go registerWithAPIServer: tried until the server answers.
sim::Task<void> NodeStatus::register_node() {
    registering_ = true;
    sim::Duration wait = kFirstRetry;
    for (;;) {
        api::Node fresh;
        if (const api::Ref<api::Node>& known = setting_.remembered) {
            fresh.metadata.labels = known->metadata.labels;
            fresh.metadata.annotations = known->metadata.annotations;
            fresh.status.capacity = known->status.capacity;
            fresh.status.allocatable = known->status.allocatable;
        } else {
            fresh.metadata.labels.set("kubernetes.io/hostname", setting_.node);
        }
        fresh.metadata.name = setting_.node;
        auto making = client_.create<api::Node>(std::move(fresh));
        const api::Result<api::Ref<api::Node>> made = co_await std::move(making);
        if (made || made.error().is(api::Reason::AlreadyExists)) break;
        co_await engine_.sleep_for(wait, kind_of(Wait::Backoff));
        wait = std::min(wait * 2, kLongestRetry);
    }
    registering_ = false;
    api::Node about;
    about.metadata.name = setting_.node;
    about.metadata.uid = setting_.node;
    recorder_.record(about, control::EventType::Normal, "Starting", "Starting kubelet.");
    next_ = engine_.now();
    changed();
}

sim::Task<void> NodeStatus::tell_shutdown() {
    ends_ = true;
    api::Value body, ready;
    const std::string now = client_.server().wall_clock().to_string();
    ready["type"] = "Ready";
    ready["status"] = "False";
    ready["reason"] = "KubeletNotReady";
    ready["message"] = "node is shutting down";
    ready["lastHeartbeatTime"] = now;
    ready["lastTransitionTime"] = now;
    body["status"]["conditions"].push_back(std::move(ready));
    auto writing = client_.patch<api::Node>(api::Key("", setting_.node), std::move(body),
                                            api::PatchType::Strategic, api::Subresource::Status);
    const api::Result<api::Ref<api::Node>> written = co_await std::move(writing);
    if (!written) co_return;
    recorder_.record(**written, control::EventType::Normal, "Shutdown",
                     "Shutdown manager detected shutdown event");
    recorder_.record(**written, control::EventType::Normal, "NodeNotReady",
                     "Node " + setting_.node.str() + " status is now: NodeNotReady");
}

void NodeStatus::changed() {
    if (registering_ || looking_ || look_at_ != sim::kNever || !is_needed()) return;
    pass_by(engine_.now());
    look_at_ = next_;
    engine_.call_at(look_at_, kind_of(Wait::PollGrid), [this, life = life_] {
        if (!life) return;
        look_at_ = sim::kNever;
        looking_ = true;
        process_.spawn("node status", look());
    });
}

sim::Task<void> NodeStatus::look() {
    bool told = false;
    for (int tries = 0; tries < kTries && !told; ++tries) {
        auto telling = tell(tries > 0);
        told = co_await std::move(telling);
    }
    // The next look is one period after the end of this one.
    next_ = engine_.now();
    pass_by(engine_.now() + sim::Duration(1));
    looking_ = false;
    changed();
}

sim::Task<bool> NodeStatus::tell(bool live) {
    api::Ref<api::Node> node = setting_.cached();
    const api::Key key("", setting_.node);
    if (live) {
        auto reading = client_.get<api::Node>(key);
        const api::Result<api::Ref<api::Node>> found = co_await std::move(reading);
        if (!found) co_return false;
        node = *found;
    }
    if (!node) co_return false;
    const api::Condition* before = find(*node, "Ready");
    const bool was_ready = before ? before->status == "True" : !setting_.tells_ready;
    api::Value status = patch_for(*node);
    const bool changes = !status.as_map().empty();
    if (!changes && reports_)
        status["conditions"] = api::Value::list({heartbeat(client_.server().wall_clock())});
    if (!status.as_map().empty()) {
        api::Value body;
        body["status"] = std::move(status);
        auto writing = client_.patch<api::Node>(key, std::move(body), api::PatchType::Strategic,
                                                api::Subresource::Status);
        const api::Result<api::Ref<api::Node>> written = co_await std::move(writing);
        if (!written) co_return false;
        node = *written;
        reports_ = false;
        sent(changes);
    }
    volumes_.mark_reported(node->status.volumesInUse);
    if (!ends_ && !was_ready && is_ready(*node))
        recorder_.record(*node, control::EventType::Normal, "NodeReady",
                         "Node " + setting_.node.str() + " status is now: NodeReady");
    setting_.tells_ready = false;
    co_return true;
}

}  // namespace model::node
