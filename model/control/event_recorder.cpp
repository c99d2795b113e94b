#include "model/control/event_recorder.hpp"

#include <cstdio>

namespace model::control {

using namespace std::chrono_literals;

namespace {

constexpr std::size_t kCacheSize = 4096;
constexpr std::size_t kSimilarMax = 10;  // the tenth is combined
constexpr sim::Duration kSimilarInterval = 600s;
constexpr sim::Duration kSpamRefill = 300s;  // one event each 5 minutes ...
constexpr int kSpamBurst = 25;               // ... after 25 at once, for each source and object
constexpr std::size_t kQueueMax = 1000;
constexpr int kTriesMax = 12;
constexpr sim::Duration kRetryInterval = 10s;

std::string object_key(const api::Event& e) {
    const api::ObjectReference& o = e.involvedObject;
    std::string key;
    for (std::string_view part : {e.source.component.view(), e.source.host.view(), o.kind.view(),
                                  o.ns.view(), o.name.view(), o.uid.view(), o.apiVersion.view()})
        key.append(part).push_back('\n');
    return key;
}

std::string name_at(const api::Text& object, std::int64_t clock_nanos) {
    char hex[24];
    std::snprintf(hex, sizeof hex, ".%llx", static_cast<unsigned long long>(clock_nanos));
    return object.str() + hex;
}

}  // namespace

EventCorrelator::EventCorrelator()
    : similar_(kCacheSize), observed_(kCacheSize), spam_(kCacheSize) {}

std::optional<EventCorrelator::Correlated> EventCorrelator::correlate(api::Event event,
                                                                      sim::Time now,
                                                                      std::int64_t clock_nanos) {
    Correlated out;
    const std::string about = object_key(event);
    const std::string aggregate_key = about + event.type.str() + "\n" + event.reason.str() + "\n" +
                                      event.reportingComponent.str() + "\n" +
                                      event.reportingInstance.str();
    Similar* similar = similar_.find(aggregate_key);
    if (!similar || now - similar->last > kSimilarInterval)
        similar = &similar_.put(aggregate_key, Similar());
    similar->last = now;
    similar->messages.insert(event.message.str());
    if (similar->messages.size() < kSimilarMax) {
        out.key = aggregate_key + "\n" + event.involvedObject.fieldPath.str() + "\n" +
                  event.message.str();
    } else {
        similar->messages.erase(similar->messages.begin());
        event.message = "(combined from similar events): " + event.message.str();
        event.metadata.name = name_at(event.involvedObject.name, clock_nanos);
        out.key = aggregate_key;
    }
    Observed* seen = observed_.find(out.key);
    if (!seen) seen = &observed_.put(out.key, Observed());
    if (seen->count > 0) {
        event.metadata.name = seen->name;
        event.firstTimestamp = seen->first;
        event.count = seen->count + 1;
        out.existing = true;
    }
    *seen = Observed{event.count, event.firstTimestamp, event.metadata.name};
    RateLimit* bucket = spam_.find(about);
    if (!bucket) bucket = &spam_.put(about, RateLimit(kSpamRefill, kSpamBurst, now));
    if (!bucket->try_take(now)) return std::nullopt;
    out.event = std::move(event);
    return out;
}

void EventCorrelator::stored(const std::string& key, const api::Event& event) {
    observed_.put(key, Observed{event.count, event.firstTimestamp, event.metadata.name});
}

ClientEventRecorder::ClientEventRecorder(Client& client, std::string component, std::string host)
    : client_(client),
      component_(std::move(component)),
      host_(std::move(host)),
      stream_(
          client.engine().stream("recorder/" + component_ + (host_.empty() ? "" : "/") + host_)),
      queue_(client.engine()) {}

void ClientEventRecorder::record_part(const api::Object& about, std::string_view field_path,
                                      EventType type, std::string_view reason,
                                      std::string message) {
    if (queued_ >= kQueueMax) return;  // as upstream: dropped without a word
    api::Server& server = client_.server();
    const api::KindInfo& info = server.scheme().info(about.kind);
    api::Event event;
    event.involvedObject.kind = info.kind;
    event.involvedObject.apiVersion = info.apiVersion;
    event.involvedObject.ns = about.metadata.ns;
    event.involvedObject.name = about.metadata.name;
    event.involvedObject.uid = about.metadata.uid;
    if (about.metadata.resourceVersion != 0)
        event.involvedObject.resourceVersion = std::to_string(about.metadata.resourceVersion);
    // Two events of one instant must not share a name.
    last_name_ = std::max(server.wall_clock_nanos(), last_name_ + 1);
    event.metadata.name = name_at(about.metadata.name, last_name_);
    event.metadata.ns = about.metadata.ns.empty() ? api::Text("default") : about.metadata.ns;
    event.reason = reason;
    event.message = message;
    event.type = type == EventType::Normal ? "Normal" : "Warning";
    event.source.component = component_;
    event.source.host = host_;
    event.involvedObject.fieldPath = field_path;
    event.firstTimestamp = event.lastTimestamp = server.wall_clock();
    event.count = 1;
    if (server.profile().events_name_reporter) event.reportingComponent = component_;
    ++queued_;
    queue_.post(api::freeze(std::move(event)));
}

sim::Task<void> ClientEventRecorder::run() {
    for (;;) {
        api::Ref<api::Event> event =
            co_await queue_.receive(kind_of(Wait::WorkQueue), "events to write");
        --queued_;
        api::Server& server = client_.server();
        std::optional<EventCorrelator::Correlated> correlated =
            correlator_.correlate(*event, client_.engine().now(), server.wall_clock_nanos());
        if (!correlated) continue;
        for (int tries = 1;; ++tries) {
            auto attempt = write(*correlated);
            const bool written = co_await std::move(attempt);
            if (written || tries >= kTriesMax) break;
            sim::Duration pause = kRetryInterval;
            if (tries == 1)
                pause =
                    sim::Duration(static_cast<std::int64_t>(stream_.below(kRetryInterval.count())));
            co_await client_.engine().sleep_for(pause, kind_of(Wait::Backoff));
        }
    }
}

// True when there is nothing more to do: written, or refused for good. Only a lost connection is
// worth another try.
sim::Task<bool> ClientEventRecorder::write(EventCorrelator::Correlated& correlated) {
    if (correlated.existing) {
        api::Value body;
        body["count"] = correlated.event.count;
        body["lastTimestamp"] = correlated.event.lastTimestamp->to_string();
        body["message"] = correlated.event.message;
        auto patch = client_.patch<api::Event>(correlated.event.key(), std::move(body),
                                               api::PatchType::Strategic);
        api::Result<api::Ref<api::Event>> patched = co_await std::move(patch);
        if (patched) {
            correlator_.stored(correlated.key, *patched.value());
            co_return true;
        }
        if (!patched.error().is(api::Reason::NotFound)) {
            co_return patched.error().code != 0;
        }
    }
    api::Event event = correlated.event;
    auto create = client_.create(std::move(event));
    api::Result<api::Ref<api::Event>> created = co_await std::move(create);
    if (!created) {
        co_return created.error().code != 0;
    }
    correlator_.stored(correlated.key, *created.value());
    co_return true;
}

}  // namespace model::control
