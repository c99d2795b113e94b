#include "model/control/leader_election.hpp"

#include "model/api/codec.hpp"
#include "model/api/timestamp.hpp"

namespace model::control {

using namespace std::chrono_literals;

namespace {

constexpr std::uint64_t kJitterPerMille = 1200;  // JitterFactor 1.2

api::Request request_for(Verb verb, api::Kind kind, const LeaderElectionOptions& o) {
    api::Request request;
    request.verb = verb;
    request.kind = kind;
    request.key = api::Key(api::Text(o.ns), api::Text(o.lease));
    return request;
}

}  // namespace

LeaderElection::LeaderElection(Client& client, EventRecorder& recorder,
                               LeaderElectionOptions options)
    : client_(client),
      recorder_(recorder),
      options_(std::move(options)),
      stream_(
          client.engine().stream("leader election/" + options_.lease + "/" + options_.identity)) {}

api::Kind LeaderElection::kind() const {
    return client_.server().scheme().resolve("coordination.k8s.io/v1", "Lease");
}

sim::Task<void> LeaderElection::acquire() {
    for (;;) {
        auto trying = try_once();
        const bool held = co_await std::move(trying);
        if (held) break;
        const auto period = static_cast<std::uint64_t>(options_.retry_period.count());
        const std::uint64_t jitter = stream_.below(period / 1000 * kJitterPerMille);
        co_await client_.engine().sleep_for(
            options_.retry_period + sim::Duration(static_cast<std::int64_t>(jitter)),
            kind_of(Wait::Timer));
    }
    recorder_.record(*lease_, EventType::Normal, "LeaderElection",
                     options_.identity + " became leader");
}

void LeaderElection::hold_since_long() {
    api::Server& server = client_.server();
    const api::ObjectRef known =
        server.find(kind(), api::Key(api::Text(options_.ns), api::Text(options_.lease)));
    Record record;
    record.holder = options_.identity;
    record.acquired = clock();
    api::Value manifest;
    manifest["apiVersion"] = "coordination.k8s.io/v1";
    manifest["kind"] = "Lease";
    manifest["metadata"]["name"] = options_.lease;
    manifest["metadata"]["namespace"] = options_.ns;
    manifest["spec"] = spec_of(record);
    const api::Result<api::ObjectRef> loaded =
        known ? api::Result<api::ObjectRef>(known) : server.preload(manifest);
    if (loaded) lease_ = *loaded;
    observed_ = record;
    observed_at_ = client_.engine().now();
}

sim::Task<void> LeaderElection::renew() {
    sim::Engine& engine = client_.engine();
    for (;;) {
        const sim::Time deadline = engine.now() + options_.renew_deadline;
        for (;;) {
            auto trying = try_once();
            const bool held = co_await std::move(trying);
            if (held) break;
            const sim::Time next = engine.now() + options_.retry_period;
            if (next >= deadline) {
                co_await engine.sleep_until(deadline, kind_of(Wait::Timer));
                recorder_.record(*lease_, EventType::Normal, "LeaderElection",
                                 options_.identity + " stopped leading");
                co_return;
            }
            co_await engine.sleep_until(next, kind_of(Wait::Timer));
        }
        co_await engine.sleep_for(options_.retry_period, kind_of(Wait::Timer));
    }
}

// Counterpart: tryAcquireOrRenew.
sim::Task<bool> LeaderElection::try_once() {
    const std::string now = clock();
    Record record;
    record.holder = options_.identity;
    record.acquired = now;
    if (options_.updates_first && is_leader() && is_valid() && lease_) {
        record.acquired = observed_.acquired;
        record.transitions = observed_.transitions;
        auto writing = write(lease_, record);
        const bool written = co_await std::move(writing);
        if (written) co_return true;
    }
    auto getting = client_.call(request_for(Verb::Get, kind(), options_));
    const api::Response answer = co_await std::move(getting);
    if (!answer.status.ok()) {
        if (!answer.status.is(api::Reason::NotFound)) co_return false;
        record.acquired = now;
        record.transitions = 0;
        auto writing = write(api::ObjectRef(), record);
        const bool written = co_await std::move(writing);
        co_return written;
    }
    observe(answer.object);
    if (!observed_.holder.empty() && is_valid() && !is_leader()) co_return false;
    record.acquired = is_leader() ? observed_.acquired : now;
    record.transitions = observed_.transitions + (is_leader() ? 0 : 1);
    auto writing = write(answer.object, record);
    const bool written = co_await std::move(writing);
    co_return written;
}

// Without a lease one is made. What was written is what was last seen.
sim::Task<bool> LeaderElection::write(api::ObjectRef lease, Record record) {
    api::Scheme& scheme = client_.server().scheme();
    api::Value manifest = lease ? api::encode(*lease, scheme) : api::Value();
    manifest["apiVersion"] = "coordination.k8s.io/v1";
    manifest["kind"] = "Lease";
    manifest["metadata"]["name"] = options_.lease;
    manifest["metadata"]["namespace"] = options_.ns;
    manifest["spec"] = spec_of(record);
    auto decoded = api::decode(manifest, scheme);
    if (!decoded) co_return false;
    api::Request request = request_for(lease ? Verb::Update : Verb::Create, kind(), options_);
    request.body = api::freeze(std::move(decoded.value()));
    auto writing = client_.call(std::move(request));
    const api::Response answer = co_await std::move(writing);
    if (!answer.status.ok()) co_return false;
    lease_ = answer.object;
    observed_ = std::move(record);
    observed_at_ = client_.engine().now();
    co_return true;
}

// A lease that is as it was last seen runs out by the clock of whoever looks.
void LeaderElection::observe(const api::ObjectRef& lease) {
    const bool same = lease_ && lease_->metadata.uid == lease->metadata.uid &&
                      lease_->metadata.resourceVersion == lease->metadata.resourceVersion;
    if (same) return;
    lease_ = lease;
    const api::Value value = api::encode(*lease, client_.server().scheme());
    const auto text = [&value](std::string_view field) {
        const api::Value* found = value.at({"spec", field});
        return found ? std::string(found->as_string()) : std::string();
    };
    observed_.holder = text("holderIdentity");
    observed_.acquired = text("acquireTime");
    const api::Value* transitions = value.at({"spec", "leaseTransitions"});
    observed_.transitions = transitions ? transitions->as_int() : 0;
    observed_at_ = client_.engine().now();
}

bool LeaderElection::is_valid() const {
    return observed_at_ + options_.lease_duration > client_.engine().now();
}

api::Value LeaderElection::spec_of(const Record& record) const {
    api::Value spec;
    spec["holderIdentity"] = record.holder;
    spec["leaseDurationSeconds"] = std::int64_t{options_.lease_duration / 1s};
    spec["acquireTime"] = record.acquired;
    spec["renewTime"] = clock();
    spec["leaseTransitions"] = record.transitions;
    return spec;
}

// A MicroTime.
std::string LeaderElection::clock() const {
    std::string text = client_.server().wall_clock().to_string();
    std::string micros = std::to_string(client_.server().wall_clock_nanos() / 1000 % 1'000'000);
    micros.insert(0, 6 - micros.size(), '0');
    text.insert(text.size() - 1, "." + micros);
    return text;
}

std::string LeaderElection::sanitized(std::string_view name) {
    std::string result(name);
    for (char& c : result) {
        const bool stays =
            (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-';
        if (!stays) c = '-';
    }
    if (!result.empty() && result.back() == '-') result += 'X';
    return result;
}

}  // namespace model::control
