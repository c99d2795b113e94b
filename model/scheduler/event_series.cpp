#include "model/scheduler/event_series.hpp"

#include <cstdio>

namespace model::scheduler {

using namespace std::chrono_literals;

namespace {

constexpr int kTriesMax = 12;
constexpr sim::Duration kRetry = 10s;          // and up to a quarter more
constexpr sim::Duration kFinishPeriod = 360s;  // a series without an event for so long has ended
constexpr sim::Duration kRefreshPeriod = 1800s;

}  // namespace

EventSeries::EventSeries(control::Process& process, control::Client& client, std::string component)
    : process_(process),
      client_(client),
      component_(std::move(component)),
      instance_(component_ + "-control-plane"),
      release_(Release::of(process.server().profile())),
      stream_(process.engine().stream("recorder/" + component_)),
      began_(process.engine().now()) {}

EventSeries::Key EventSeries::key_of(const api::Event& e) const {
    Key key;
    const api::ObjectReference& o = e.involvedObject;
    for (std::string_view part : {e.action.view(), e.reason.view(), o.kind.view(), o.ns.view(),
                                  o.name.view(), o.uid.view(), o.resourceVersion.view()})
        key.append(part).push_back('\n');
    return release_.events_keyed_by_type ? key + e.type.str() : key;
}

void EventSeries::record(const api::Pod& about, control::EventType type, std::string_view reason,
                         std::string_view action, std::string note) {
    api::Server& server = client_.server();
    api::Event event;
    event.involvedObject.kind = "Pod";
    event.involvedObject.apiVersion = "v1";
    event.involvedObject.ns = about.metadata.ns;
    event.involvedObject.name = about.metadata.name;
    event.involvedObject.uid = about.metadata.uid;
    event.involvedObject.resourceVersion = std::to_string(about.metadata.resourceVersion);
    last_name_ = std::max(server.wall_clock_nanos(), last_name_ + 1);
    char hex[24];
    std::snprintf(hex, sizeof hex, ".%llx", static_cast<unsigned long long>(last_name_));
    event.metadata.name = about.metadata.name.str() + hex;
    event.metadata.ns = about.metadata.ns;
    event.eventTime = server.wall_clock_micros();
    event.reportingComponent = component_;
    event.reportingInstance = instance_;
    event.action = action;
    event.reason = reason;
    event.message = note;
    event.type = type == control::EventType::Normal ? "Normal" : "Warning";

    const sim::Time now = process_.engine().now();
    const Key key = key_of(event);
    Known& known = known_[key];
    known.last = now;
    if (!known.event) {
        known.first = now;
        known.event = api::freeze(std::move(event));
        arm(kFinishPeriod, true);
    } else if (known.series != 0) {
        ++known.series;
        return;
    } else {
        known.series = release_.series_starts_at_two ? 2 : 1;
        arm(kRefreshPeriod, false);
    }
    process_.spawn("event about " + about.key().to_string(),
                   write(key, known.event, known.series, server.wall_clock_micros()));
}

sim::Task<void> EventSeries::write(Key key, api::Ref<api::Event> event, std::int64_t series,
                                   api::MicroTimestamp last) {
    for (int tries = 1;; ++tries) {
        auto trying = attempt(event, series, last);
        const bool done = co_await std::move(trying);
        if (done || tries >= kTriesMax) break;
        const auto more = static_cast<std::int64_t>(
            stream_.below(static_cast<std::uint64_t>((kRetry / 4).count())));
        co_await process_.engine().sleep_for(kRetry + sim::Duration(more), kind_of(Wait::Backoff));
    }
}

sim::Task<bool> EventSeries::attempt(api::Ref<api::Event> event, std::int64_t series,
                                     api::MicroTimestamp last) {
    api::Value about_series;
    if (series != 0) {
        about_series["count"] = series;
        about_series["lastObservedTime"] = last.to_string();
        api::Value body;
        body["series"] = about_series;
        auto patching =
            client_.patch<api::Event>(event->key(), std::move(body), api::PatchType::Strategic);
        api::Result<api::Ref<api::Event>> patched = co_await std::move(patching);
        if (patched) co_return true;
        if (!patched.error().is(api::Reason::NotFound)) {
            co_return patched.error().code != 0;
        }
    }
    api::Event fresh = *event;
    fresh.series = about_series;
    auto creating = client_.create(std::move(fresh));
    api::Result<api::Ref<api::Event>> created = co_await std::move(creating);
    if (created) co_return true;
    // Said twice in a moment: the repetition was faster than the event.
    const bool again = created.error().is(api::Reason::AlreadyExists) && series != 0 &&
                       release_.series_starts_at_two;
    co_return created.error().code != 0 && !again;
}

// The loops' ticks lie on a grid from the process's start; one is asked for when there is something
// that it will find.
void EventSeries::arm(sim::Duration period, bool finishing) {
    bool& armed = finishing ? finish_armed_ : refresh_armed_;
    if (armed) return;
    armed = true;
    const sim::Time now = process_.engine().now();
    const sim::Time next = began_ + ((now - began_) / period + 1) * period;
    process_.engine().call_at(next, kind_of(Wait::Timer),
                              [this, finishing, life = process_.life()] {
                                  if (!life) return;
                                  if (finishing) {
                                      finish();
                                  } else {
                                      refresh();
                                  }
                              });
}

void EventSeries::rewrite(const Key& key, const Known& known) {
    api::MicroTimestamp last = client_.server().wall_clock_micros();
    last.unix_micros -=
        std::chrono::duration_cast<std::chrono::microseconds>(process_.engine().now() - known.last)
            .count();
    process_.spawn("series of events", write(key, known.event, known.series, last));
}

void EventSeries::refresh() {
    refresh_armed_ = false;
    for (const auto& [key, known] : known_)
        if (known.series != 0) {
            rewrite(key, known);
            arm(kRefreshPeriod, false);
        }
}

void EventSeries::finish() {
    finish_armed_ = false;
    const sim::Time long_ago = process_.engine().now() - kFinishPeriod;
    for (auto at = known_.begin(); at != known_.end();) {
        const Known& known = at->second;
        const bool over = (known.series != 0 ? known.last : known.first) < long_ago;
        if (over && known.series != 0) rewrite(at->first, known);
        at = over ? known_.erase(at) : std::next(at);
    }
    if (!known_.empty()) arm(kFinishPeriod, true);
}

}  // namespace model::scheduler
