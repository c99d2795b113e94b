#include "model/workload/pod_garbage_collector.hpp"

#include <algorithm>

#include "model/workload/node_conditions.hpp"

namespace model::workload {

using namespace std::chrono_literals;

namespace {

constexpr sim::Duration kQuarantine = 40s;

bool has_ended(const api::Pod& pod) {
    return pod.status.phase == "Succeeded" || pod.status.phase == "Failed";
}

bool is_out_of_service(const api::Node& node) {
    return !is_ready(node) && has_taint_key(node, taint::kOutOfService);
}

bool is_older(const api::Ref<api::Pod>& a, const api::Ref<api::Pod>& b) {
    const auto born = [](const api::Ref<api::Pod>& p) {
        return p->metadata.creationTimestamp.value_or(api::Timestamp());
    };
    if (born(a) != born(b)) return born(a) < born(b);
    return a->metadata.name < b->metadata.name;
}

}  // namespace

PodGarbageCollector::PodGarbageCollector(control::Process& process, control::Client& client,
                                         std::shared_ptr<PodsOfNodes> pods,
                                         sim::Duration first_pass, Profile profile,
                                         std::int64_t ended_max)
    : process_(process),
      client_(client),
      pods_(std::move(pods)),
      first_pass_(first_pass),
      evicted_first_(profile.taint_eviction_apart),
      pod_cache_(process.informer(api::Kind::Pod)),
      nodes_(process.informer(api::Kind::Node)),
      ended_max_(static_cast<std::size_t>(ended_max)),
      ended_one_(process.engine()) {
    pod_cache_.add_handler([this](const api::ObjectRef& before, const api::ObjectRef& after) {
        on_pod(before, after);
    });
    nodes_.add_handler([this](const api::ObjectRef& before, const api::ObjectRef& after) {
        on_node(before, after);
    });
}

PodGarbageCollector::~PodGarbageCollector() {
    if (event_) process_.engine().cancel(*event_);
}

void PodGarbageCollector::start() {
    started_ = true;
    grid_ = now() + first_pass_;
    pod_cache_.for_each([this](const api::ObjectRef& o) { judge(o->key(), api::as<api::Pod>(o)); });
    plan();
}

void PodGarbageCollector::count_ended(const api::ObjectRef& pod, int by) {
    if (pod && has_ended(static_cast<const api::Pod&>(*pod)))
        ended_ += static_cast<std::size_t>(by);
}

void PodGarbageCollector::on_pod(const api::ObjectRef& before, const api::ObjectRef& after) {
    count_ended(before, -1);
    count_ended(after, 1);
    if (!started_) return;
    judge((after ? after : before)->key(), api::as<api::Pod>(after));
    plan();
}

void PodGarbageCollector::on_node(const api::ObjectRef& before, const api::ObjectRef& after) {
    if (!started_) return;
    const auto old = api::as<api::Node>(before);
    const auto node = api::as<api::Node>(after);
    if (old && node && is_out_of_service(*old) == is_out_of_service(*node)) return;
    for (const api::Ref<api::Pod>& pod : pods_->on((node ? node : old)->metadata.name))
        judge(pod->key(), pod);
    plan();
}

bool PodGarbageCollector::is_suspect(const api::Pod& pod) const {
    if (pod.spec.nodeName.empty()) return pod.metadata.terminating();
    const auto node = nodes_.get<api::Node>(api::Key({}, pod.spec.nodeName));
    return !node || (pod.metadata.terminating() && is_out_of_service(*node));
}

void PodGarbageCollector::judge(const api::Key& key, const api::Ref<api::Pod>& pod) {
    if (pod && is_suspect(*pod)) {
        suspects_.insert(key);
    } else {
        suspects_.erase(key);
    }
}

sim::Time PodGarbageCollector::next_on_grid(sim::Time at) const {
    if (at <= grid_) return grid_;
    const sim::Duration past = (at - grid_) % kPeriod;
    return past == 0ns ? at : at + (kPeriod - past);
}

// Suspects of a node in quarantine need no pass before that ends.
void PodGarbageCollector::plan() {
    if (in_pass_) return;
    sim::Time due = sim::kNever;
    for (const api::Key& key : suspects_) {
        const auto pod = pod_cache_.get<api::Pod>(key);
        const auto waits = pod ? quarantine_.find(pod->spec.nodeName) : quarantine_.end();
        const sim::Time from = waits == quarantine_.end() ? now() : std::max(now(), waits->second);
        due = std::min(due, next_on_grid(from));
        if (due == next_on_grid(now())) break;
    }
    if (too_many_ended()) due = next_on_grid(now());
    if (due == due_) return;
    if (event_) process_.engine().cancel(*event_);
    event_.reset();
    due_ = due;
    if (due == sim::kNever) return;
    event_ = process_.engine().call_at(due, kind_of(Wait::PollGrid), [this] {
        event_.reset();
        due_ = sim::kNever;
        in_pass_ = true;
        process_.spawn("pod garbage collection", pass());
    });
}

sim::Task<void> PodGarbageCollector::pass() {
    std::vector<api::Ref<api::Pod>> pods;
    for (const api::Key& key : suspects_)
        if (auto pod = pod_cache_.get<api::Pod>(key)) pods.push_back(std::move(pod));
    if (too_many_ended()) {
        auto collecting = collect_ended();
        co_await std::move(collecting);
    }
    auto out_of_service = collect_out_of_service(pods);
    co_await std::move(out_of_service);
    auto orphans = collect_orphans(pods);
    co_await std::move(orphans);
    auto unscheduled = collect_unscheduled(pods);
    co_await std::move(unscheduled);
    in_pass_ = false;
    grid_ = now() + kPeriod;
    plan();
}

sim::Task<void> PodGarbageCollector::collect_ended() {
    std::vector<api::Ref<api::Pod>> pods;
    pod_cache_.for_each([&](const api::ObjectRef& o) {
        auto pod = api::as<api::Pod>(o);
        if (has_ended(*pod)) pods.push_back(std::move(pod));
    });
    std::sort(pods.begin(), pods.end(),
              [this](const api::Ref<api::Pod>& a, const api::Ref<api::Pod>& b) {
                  const bool first = a->status.reason == "Evicted";
                  const bool second = b->status.reason == "Evicted";
                  if (evicted_first_ && first != second) return first;
                  return is_older(a, b);
              });
    pods.resize(pods.size() > ended_max_ ? pods.size() - ended_max_ : 0);
    auto ending = end_all(std::move(pods));
    co_await std::move(ending);
}

sim::Task<void> PodGarbageCollector::collect_out_of_service(std::vector<api::Ref<api::Pod>> pods) {
    std::erase_if(pods, [this](const api::Ref<api::Pod>& pod) {
        const auto node = nodes_.get<api::Node>(api::Key({}, pod->spec.nodeName));
        return !node || !pod->metadata.terminating() || !is_out_of_service(*node);
    });
    std::sort(pods.begin(), pods.end(), is_older);
    auto ending = end_all(std::move(pods));
    co_await std::move(ending);
}

// A node that is missing is looked for again by a pass 40 s later, live at last.
sim::Task<void> PodGarbageCollector::collect_orphans(std::vector<api::Ref<api::Pod>> pods) {
    const auto is_missing = [this](const api::Text& node) {
        return !node.empty() && !nodes_.get(api::Key({}, node));
    };
    for (const api::Ref<api::Pod>& pod : pods)
        if (is_missing(pod->spec.nodeName))
            quarantine_.try_emplace(pod->spec.nodeName, now() + kQuarantine);
    std::set<api::Text> over, gone;
    for (const auto& entry : quarantine_)
        if (entry.second <= now()) over.insert(entry.first);
    for (const api::Text& node : over) {
        quarantine_.erase(node);
        if (!is_missing(node)) continue;
        auto getting = client_.get<api::Node>(api::Key({}, node));
        api::Result<api::Ref<api::Node>> live = co_await std::move(getting);
        if (!live && live.error().is(api::Reason::NotFound)) gone.insert(node);
    }
    for (const api::Ref<api::Pod>& pod : pods) {
        if (!gone.contains(pod->spec.nodeName)) continue;
        auto ending = end_pod(pod, true);
        co_await std::move(ending);
    }
}

sim::Task<void> PodGarbageCollector::collect_unscheduled(std::vector<api::Ref<api::Pod>> pods) {
    for (const api::Ref<api::Pod>& pod : pods) {
        if (!pod->spec.nodeName.empty() || !pod->metadata.terminating()) continue;
        auto ending = end_pod(pod, false);
        co_await std::move(ending);
    }
}

sim::Task<void> PodGarbageCollector::end_all(std::vector<api::Ref<api::Pod>> pods) {
    ending_ = pods.size();
    for (const api::Ref<api::Pod>& pod : pods) {
        auto one = [](PodGarbageCollector& self, api::Ref<api::Pod> p) -> sim::Task<void> {
            auto ending = self.end_pod(p, false);
            co_await std::move(ending);
            if (--self.ending_ == 0) self.ended_one_.notify_all();
        };
        process_.spawn("collection of " + pod->key().to_string(), one(*this, pod));
    }
    while (ending_ != 0) {
        co_await ended_one_.wait(kind_of(Wait::Lock), "pods that are being ended");
    }
}

sim::Task<void> PodGarbageCollector::end_pod(api::Ref<api::Pod> pod, bool orphan) {
    if (!has_ended(*pod)) {
        api::Condition c;
        if (orphan) {
            c.type = "DisruptionTarget";
            c.status = "True";
            c.reason = "DeletionByPodGC";
            c.message = "PodGC: node no longer exists";
            c.lastTransitionTime = process_.server().wall_clock();
        }
        auto patching = patch_pod_status(client_, pod, std::move(c), "Failed");
        api::Status patched = co_await std::move(patching);
        if (!patched.ok()) co_return;
    }
    api::DeleteOptions now_at_once;
    now_at_once.gracePeriodSeconds = 0;
    auto deleting = client_.remove(api::Kind::Pod, pod->key(), std::move(now_at_once));
    api::Response answer = co_await std::move(deleting);
    (void)answer;  // whatever is left the next pass finds again
}

sim::Time PodGarbageCollector::next_action() const { return in_pass_ ? now() : due_; }

std::string PodGarbageCollector::explain(api::Kind kind, const api::Key& key) const {
    if (kind != api::Kind::Pod || !suspects_.contains(key)) return {};
    return "collected, since nobody else can end it, at " + sim::seconds_text(due_) + "s";
}

}  // namespace model::workload
