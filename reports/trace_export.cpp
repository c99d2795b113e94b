#include "reports/trace_export.hpp"

#include "reports/csi_words.hpp"
#include "reports/object_words.hpp"

namespace reports {

namespace {

using model::api::Value;
using Process = TraceFile::Process;

enum Rank : int { kScenario, kServer, kClients, kDrivers };
constexpr std::string_view kUser = "client";
constexpr int kStepsBack = 200;  // further than any cause lies behind

Process scenario() { return {"scenario", kScenario}; }
Process component(std::string_view name) {
    return {std::string(name), name == kUser ? kScenario : kClients};
}

// "persistent-volume-binder" of "persistent-volume-binder/claims", and the rest.
std::pair<std::string_view, std::string_view> split(std::string_view name, char at) {
    const std::size_t place = name.find(at);
    if (place == name.npos) return {name, {}};
    return {name.substr(0, place), name.substr(place + 1)};
}

Value text(std::string_view words) { return Value(words); }

}  // namespace

void TraceExport::on_event(const sim::EventRecord& event) {
    if (!event.actor || file_.is_cut()) return;
    const auto [last, is_new] = seen_.try_emplace(event.actor.value, event.scheduled_at);
    const sim::Time since = last->second;
    last->second = event.time;
    const auto wait = static_cast<model::Wait>(event.kind);
    if (since == event.time || wait == model::Wait::None) return;
    const std::string_view actor = trace_.actor(event.seq);
    if (actor.empty()) return;
    TraceFile::Slice slice;
    slice.name = model::name_of(wait);
    slice.category = "wait";
    slice.from = since;
    slice.to = event.time;
    file_.slice(component(trace_.program(event.seq)), "waits: " + std::string(actor), slice);
}

void TraceExport::on(const model::Stamp& stamp, const model::Happening& happening) {
    if (file_.is_cut()) return;
    std::visit([&](const auto& what) { tell(stamp, what); }, happening);
}

void TraceExport::tell(const model::Stamp& stamp, const model::Committed& commit) {
    const model::api::KindInfo& info = scheme_.info(commit.object->kind);
    if (info.kind == "Lease") return;
    TraceFile::Instant instant;
    instant.at = stamp.at;
    if (const auto event = model::api::as<model::api::Event>(commit.object)) {
        if (commit.change == model::Change::Deleted) return;
        const Said said = said_by(*event);
        instant.name = said.type + " " + said.reason;
        instant.category = "event";
        instant.args["about"] = said.about;
        instant.args["message"] = said.message;
        instant.args["times"] = said.times;
        return file_.instant(component(commit.by.view()), "events", instant);
    }
    instant.name = std::string(to_string(commit.change)) + " " + name_of(*commit.object, scheme_);
    instant.category = "commit";
    instant.args["by"] = commit.by;
    instant.args["resourceVersion"] =
        static_cast<std::int64_t>(commit.object->metadata.resourceVersion);
    file_.instant({"API server", kServer}, info.resource, instant);
}

void TraceExport::tell(const model::Stamp& stamp, const model::Requested& request) {
    const model::api::KindInfo& info = scheme_.info(request.kind);
    if (info.kind == "Lease") return;
    TraceFile::Slice slice;
    if (!request.request_id.empty()) slice.name = request.request_id.str() + ": ";
    slice.name += std::string(to_string(request.verb)) + " " + info.resource;
    if (request.subresource != model::api::Subresource::None)
        slice.name += "/" + std::string(to_string(request.subresource));
    if (!request.key.name.empty()) slice.name += " " + request.key.to_string();
    const bool refused = request.status.code < 200 || request.status.code > 299;
    if (refused) slice.name += " (" + std::to_string(request.status.code) + ")";
    slice.category = refused ? "request,refused" : "request";
    slice.from = request.asked;
    slice.to = stamp.at;
    slice.parts = {{"throttle", request.asked, request.sent}, {"travel", request.sent, stamp.at}};
    slice.args["code"] = request.status.code;
    if (refused) slice.args["message"] = request.status.message;
    const auto point = file_.slice(component(request.by.view()), "requests", slice);
    if (!point) return;
    arrow_to(*point, stamp.event);
    ends(stamp.event, *point, stamp.at);
}

void TraceExport::tell(const model::Stamp& stamp, const model::Synced& sync) {
    const auto [owner, queue] = split(sync.controller, '/');
    TraceFile::Slice slice;
    slice.name = sync.key.to_string();
    slice.category = sync.failed ? "sync,failed" : "sync";
    slice.from = sync.started;
    slice.to = stamp.at;
    slice.args["queuedSeconds"] = text(sim::seconds_text(sim::Time(sync.started - sync.added), 9));
    if (sync.failed) slice.args["error"] = sync.error;
    file_.slice(component(owner), "syncs" + (queue.empty() ? "" : ": " + std::string(queue)),
                slice);
}

void TraceExport::tell(const model::Stamp& stamp, const model::Lifecycle& lifecycle) {
    using What = model::Lifecycle::What;
    TraceFile::Instant instant;
    instant.at = stamp.at;
    instant.category = "life";
    instant.name = lifecycle.what == What::Started   ? "started"
                   : lifecycle.what == What::Stopped ? "stopped"
                   : lifecycle.what == What::Crashed ? "crashed"
                   : lifecycle.what == What::CutOff  ? "cut off"
                   : lifecycle.what == What::Healed  ? "reachable again"
                                                     : "ready";
    file_.instant(component(lifecycle.component.view()), "life", instant);
}

void TraceExport::tell(const model::Stamp& stamp, const model::CsiCall& call) {
    using Moment = model::CsiCall::Moment;
    CallId id(call.driver.str(), call.node.str(), call.id);
    if (call.moment == Moment::Started) {
        calls_[std::move(id)] = stamp.event;
        return;
    }
    const auto running = calls_.find(id);
    const EventSeq began = running == calls_.end() ? 0 : running->second;
    if (running != calls_.end()) calls_.erase(running);
    TraceFile::Slice slice;
    slice.name = to_string(method_of(*call.request));
    slice.category = "csi";
    slice.from = call.started;
    slice.to = stamp.at;
    slice.args["request"] = words_of_request(*call.request);
    slice.args["caller"] = call.caller;
    if (call.moment == Moment::Lost) {
        slice.args["outcome"] = "lost: the driver died";
    } else {
        const model::csi::RpcStatus& status = call.outcome->status;
        slice.args["outcome"] = text(to_string(status.code));
        if (!status.ok()) {
            slice.args["message"] = status.message;
            slice.name += " (" + std::string(to_string(status.code)) + ")";
        }
    }
    if (call.abandoned) slice.args["awaited"] = "no";
    const std::string on = call.node.empty() ? "" : " on " + call.node.str();
    const auto point = file_.slice({call.driver.str() + on, kDrivers}, "calls", slice);
    if (!point) return;
    if (began != 0) arrow_to(*point, began);
    ends(stamp.event, *point, stamp.at);
}

void TraceExport::tell(const model::Stamp& stamp, const model::Noted& note) {
    file_.instant(scenario(), "notes",
                  {note.text.str(), note.warning ? "note,warning" : "note", stamp.at, {}});
}

void TraceExport::tell(const model::Stamp& stamp, const model::Violated& violation) {
    TraceFile::Instant instant;
    instant.name = (violation.hazard ? "HAZARD: " : "BROKEN: ") + violation.invariant;
    instant.category = violation.hazard ? "hazard" : "broken";
    instant.at = stamp.at;
    instant.args["detail"] = violation.detail;
    file_.instant(scenario(), "broken invariants", instant);
}

// Back from event to event to the nearest one in which another slice ended.
void TraceExport::arrow_to(const TraceFile::Point& slice, EventSeq event) {
    for (int steps = 0; steps < kStepsBack && event != 0; ++steps) {
        const auto step = trace_.back(event);
        if (!step) return;
        event = step->parent;
        const auto cause = ended_in_.find(event);
        if (cause == ended_in_.end()) continue;
        if (cause->second.at <= slice.at) file_.arrow(cause->second, slice);
        return;
    }
}

// The last nanosecond of a slice is still within it, its end is not.
void TraceExport::ends(EventSeq event, const TraceFile::Point& slice, sim::Time to) {
    TraceFile::Point end = slice;
    if (to > slice.at) end.at = to - sim::Duration(1);
    ended_in_.insert_or_assign(event, end);
}

void TraceExport::close(const RunSummary& summary) {
    for (std::size_t i = 0; i < summary.steps.size(); ++i) {
        const StepLine& step = summary.steps[i];
        if (!step.sent) continue;
        TraceFile::Instant instant;
        instant.name = "step " + std::to_string(i + 1) + ": " + step.text;
        instant.category = step.failure.empty() ? "step" : "step,failed";
        instant.at = *step.sent;
        instant.args["place"] = step.place;
        if (!step.failure.empty()) instant.args["failure"] = step.failure;
        file_.instant(scenario(), "steps", instant);
    }
    for (const ExpectationLine& e : summary.expectations) {
        TraceFile::Instant instant;
        instant.name = e.verdict + ": " + e.text;
        instant.category = e.failed() ? "expectation,failed" : "expectation";
        instant.at = e.decided.value_or(summary.ended);
        instant.args["place"] = e.place;
        if (!e.reason.empty()) instant.args["reason"] = e.reason;
        file_.instant(scenario(), "expectations", instant);
    }
    file_.close();
}

}  // namespace reports
