#include "model/workload/job.hpp"

#include <algorithm>

#include "model/workload/deployment_numbers.hpp"
#include "model/workload/slow_start.hpp"

namespace model::workload {

using namespace std::chrono_literals;

namespace {

constexpr std::size_t kWorkers = 5, kMostAtOnce = 500;
constexpr std::string_view kFinalizer = "batch.kubernetes.io/job-tracking";
constexpr std::int64_t kFirstBackoff = 10, kLongestBackoff = 600;  // seconds

bool is_finished(const api::ObjectRef& job) {
    const api::Value* status = job->extra.find("status");
    if (!status) return false;
    for (std::string_view type : {"Complete", "Failed"})
        if (const api::Value* c = find_condition_of(*status, type))
            if (const api::Value* s = c->find("status"); s && s->as_string() == "True") return true;
    return false;
}

std::int64_t ended_at(const api::Pod& pod) {
    std::int64_t last = 0;
    for (const api::Condition& c : pod.status.conditions)
        if (c.lastTransitionTime) last = std::max(last, c.lastTransitionTime->unix_seconds);
    const auto born = pod.metadata.creationTimestamp.value_or(api::Timestamp());
    return std::max(last, born.unix_seconds);
}

void put_count(api::Value& status, std::string_view name, std::int64_t count) {
    if (count == 0) {
        status.erase(name);
    } else {
        status[name] = count;
    }
}

}  // namespace

JobController::JobController(control::Process& process, control::Client& client,
                             control::EventRecorder& recorder, std::shared_ptr<PodsOfOwners> pods,
                             Profile profile)
    : process_(process),
      client_(client),
      recorder_(recorder),
      pod_control_(client, recorder),
      pods_(std::move(pods)),
      profile_(std::move(profile)),
      kind_(process.server().scheme().resolve("batch/v1", "Job")),
      jobs_(process.informer(kind_)),
      queue_(process.engine(), process.journal(), "job") {
    jobs_.add_handler([this](const api::ObjectRef& before, const api::ObjectRef& after) {
        queue_.add((after ? after : before)->key());
    });
    process.informer(api::Kind::Pod)
        .add_handler([this](const api::ObjectRef& before, const api::ObjectRef& after) {
            on_pod(before, after);
        });
}

void JobController::start() {
    process_.spawn_workers(queue_, kWorkers, [this](control::WorkQueue::Item item) {
        return sync_and_requeue(std::move(item));
    });
}

api::ObjectRef JobController::job_of(const api::ObjectRef& pod) const {
    return owner_in(jobs_, "Job", pod);
}

void JobController::on_pod(const api::ObjectRef& before, const api::ObjectRef& after) {
    const api::ObjectRef job = job_of(after ? after : before);
    if (!job) return;
    if (!after || after->metadata.terminating()) {
        expectations_.saw_deletion(job->key(), (after ? after : before)->key());
    } else if (!before) {
        expectations_.saw_creation(job->key());
    }
    queue_.add(job->key());
}

sim::Task<api::Status> JobController::sync_and_requeue(control::WorkQueue::Item item) {
    auto syncing = sync(item.key);
    api::Status status = co_await std::move(syncing);
    settle(queue_, item.key, status);
    co_return status;
}

JobController::Work JobController::view(const api::ObjectRef& job) const {
    Work w;
    w.job = job;
    w.completions = int_at(job, {"spec", "completions"}, -1);
    w.parallelism = int_at(job, {"spec", "parallelism"}, 1);
    // The server's default: neither given means one of each.
    if (w.completions < 0 && !job->extra.at({"spec", "parallelism"})) w.completions = 1;
    w.backoff_limit = int_at(job, {"spec", "backoffLimit"}, 6);
    w.succeeded_before = int_at(job, {"status", "succeeded"}, 0);
    w.failed_before = int_at(job, {"status", "failed"}, 0);
    for (const api::Ref<api::Pod>& pod : pods_->of(job->metadata.uid)) {
        const bool counted = !pod->metadata.has_finalizer(kFinalizer);
        if (is_active(*pod)) {
            w.active.push_back(pod);
        } else if (!counted && pod->status.phase == "Succeeded") {
            w.succeeded.push_back(pod);
        } else if (!counted) {
            w.failed.push_back(pod);  // or deleted before its end
        }
    }
    return w;
}

JobController::Finish JobController::finish_of(const Work& w) const {
    Finish f;
    const std::int64_t deadline = int_at(w.job, {"spec", "activeDeadlineSeconds"}, -1);
    const auto start = api::Timestamp::parse(text_at(w.job, {"status", "startTime"}));
    if (w.all_failed() > w.backoff_limit) {
        f.type = "Failed";
        f.reason = "BackoffLimitExceeded";
        f.message = "Job has reached the specified backoff limit";
    } else if (deadline >= 0 && start && seconds() - start->unix_seconds >= deadline) {
        f.type = "Failed";
        f.reason = "DeadlineExceeded";
        f.message = "Job was active longer than specified deadline";
    } else {
        const bool enough =
            w.completions < 0 ? w.all_succeeded() > 0 : w.all_succeeded() >= w.completions;
        if (enough && w.active.empty()) f.type = "Complete";
    }
    return f;
}

sim::Task<api::Status> JobController::sync(api::Key key) {
    const api::ObjectRef job = jobs_.get(key);
    if (!job) {
        expectations_.forget(key);
        co_return api::Status();
    }
    const bool may_manage = expectations_.satisfied(key, process_.engine().now());
    Work work = view(job);
    if (is_finished(job)) {
        for (const auto* list : {&work.succeeded, &work.failed})
            for (const api::Ref<api::Pod>& pod : *list) {
                auto releasing = release(pod);
                api::Status released = co_await std::move(releasing);
                if (!released.ok()) co_return released;
            }
        co_return api::Status();
    }
    Finish finish = finish_of(work);
    api::Status managed;
    if (finish.type == "Failed") {
        auto deleting = delete_pods(job, work.active);
        managed = co_await std::move(deleting);
    } else if (may_manage && !job->metadata.terminating() && finish.type.empty()) {
        auto managing = manage(work);
        managed = co_await std::move(managing);
    }
    auto counting = count_ended(work, std::move(finish));
    api::Status counted = co_await std::move(counting);
    co_return managed.ok() ? counted : managed;
}

sim::Task<api::Status> JobController::manage(Work& work) {
    const auto active = static_cast<std::int64_t>(work.active.size());
    std::int64_t want = work.parallelism;
    if (work.completions >= 0) {
        want =
            std::clamp<std::int64_t>(work.completions - work.all_succeeded(), 0, work.parallelism);
    } else if (work.all_succeeded() > 0) {
        want = std::min(active, work.parallelism);
    }
    const api::Key key = work.job->key();
    if (active > want) {
        std::vector<api::Ref<api::Pod>> gone = work.active;
        gone.resize(static_cast<std::size_t>(active - want));
        auto deleting = delete_pods(work.job, std::move(gone));
        api::Status status = co_await std::move(deleting);
        co_return status;
    }
    if (active == want) co_return api::Status();
    if (work.all_failed() > 0) {
        std::int64_t wait = kFirstBackoff, last = 0;
        for (std::int64_t i = 1; i < work.all_failed() && wait < kLongestBackoff; ++i) wait *= 2;
        for (const api::Ref<api::Pod>& pod : pods_->of(work.job->metadata.uid))
            if (pod->status.phase == "Failed") last = std::max(last, ended_at(*pod));
        const std::int64_t left = last + std::min(wait, kLongestBackoff) - seconds();
        if (left > 0) {
            queue_.add_after(key, std::chrono::seconds(left));
            co_return api::Status();
        }
    }
    Batches batches;
    batches.actor = "worker of " + work.job->metadata.name.str();
    batches.count = std::min(static_cast<std::size_t>(want - active), kMostAtOnce);
    const std::size_t asked = batches.count;
    expectations_.expect(key, asked, {}, process_.engine().now());
    batches.work = [this, job = work.job](std::size_t) { return create_pod(job); };
    auto creating = slow_start(process_, std::move(batches));
    BatchResult made = co_await std::move(creating);
    for (std::size_t i = made.done; i < asked; ++i) expectations_.saw_creation(key);
    co_return made.status;
}

sim::Task<api::Status> JobController::create_pod(api::ObjectRef job) {
    const api::Value* t = job->extra.at({"spec", "template"});
    api::Value pod =
        pod_from_template(t ? *t : api::Value(), *job, process_.server().scheme().info(kind_));
    pod["metadata"]["finalizers"].push_back(api::Value(kFinalizer));
    api::Value& labels = pod["metadata"]["labels"];
    labels["controller-uid"] = job->metadata.uid;
    labels["job-name"] = job->metadata.name;
    if (profile_.stateful_set_batches) {  // 1.27 as well
        labels["batch.kubernetes.io/controller-uid"] = job->metadata.uid;
        labels["batch.kubernetes.io/job-name"] = job->metadata.name;
    }
    auto creating = pod_control_.create(std::move(job), std::move(pod));
    api::Status made = co_await std::move(creating);
    co_return made;
}

sim::Task<api::Status> JobController::delete_pods(api::ObjectRef job,
                                                  std::vector<api::Ref<api::Pod>> pods) {
    api::Status first;
    for (const api::Ref<api::Pod>& pod : pods) {
        auto removing = pod_control_.remove(job, pod);
        api::Status gone = co_await std::move(removing);
        if (!gone.ok() && !gone.is(api::Reason::NotFound) && first.ok()) first = gone;
    }
    co_return first;
}

sim::Task<api::Status> JobController::release(api::Ref<api::Pod> pod) {
    api::Value body;
    body["metadata"]["$deleteFromPrimitiveList/finalizers"].push_back(api::Value(kFinalizer));
    auto patching = client_.patch<api::Pod>(pod->key(), std::move(body), api::PatchType::Strategic);
    api::Result<api::Ref<api::Pod>> patched = co_await std::move(patching);
    if (patched.ok() || patched.error().is(api::Reason::NotFound)) co_return api::Status();
    co_return patched.error();
}

// An ended pod is first named in the status, then let go of, then counted.
sim::Task<api::Status> JobController::count_ended(Work& work, Finish finish) {
    api::ObjectRef job = work.job;
    const api::Value* told = job->extra.find("status");
    api::Value status = told ? *told : api::Value::map();
    if (!status.find("startTime")) status["startTime"] = process_.server().wall_clock().to_string();
    put_count(status, "active", static_cast<std::int64_t>(work.active.size()));
    api::Value named = api::Value::map();
    const std::pair<std::string_view, const std::vector<api::Ref<api::Pod>>*> lists[] = {
        {"succeeded", &work.succeeded}, {"failed", &work.failed}};
    for (const auto& list : lists)
        for (const api::Ref<api::Pod>& pod : *list.second)
            named[list.first].push_back(api::Value(pod->metadata.uid));
    status["uncountedTerminatedPods"] = named;
    auto naming = write_status(job, status);
    api::Status written = co_await std::move(naming);
    if (!written.ok()) co_return written;
    for (const auto& list : lists)
        for (const api::Ref<api::Pod>& pod : *list.second) {
            auto releasing = release(pod);
            api::Status released = co_await std::move(releasing);
            if (!released.ok()) co_return released;
        }
    put_count(status, "succeeded", work.all_succeeded());
    put_count(status, "failed", work.all_failed());
    status["uncountedTerminatedPods"] = api::Value::map();
    if (!finish.type.empty()) {
        const api::Timestamp now = process_.server().wall_clock();
        set_condition_of(status, finish.type, "True", finish.reason, finish.message, now);
        if (finish.type == "Complete") {
            status["completionTime"] = now.to_string();
            recorder_.record(*job, control::EventType::Normal, "Completed", "Job completed");
        } else {
            recorder_.record(*job, control::EventType::Warning, std::string(finish.reason),
                             finish.message);
        }
    }
    auto counting = write_status(job, std::move(status));
    api::Status counted = co_await std::move(counting);
    co_return counted;
}

sim::Task<api::Status> JobController::write_status(api::ObjectRef& job, api::Value status) {
    const api::Value* told = job->extra.find("status");
    if (told && *told == status) co_return api::Status();
    auto updating = client_.call(status_update(kind_, job, std::move(status)));
    api::Response answer = co_await std::move(updating);
    if (answer.status.ok()) job = answer.object;
    co_return answer.status;
}

sim::Time JobController::next_action() const { return next_due(jobs_, queue_); }

}  // namespace model::workload
