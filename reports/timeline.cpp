#include "reports/timeline.hpp"

#include <algorithm>

#include "model/api/objects_core.hpp"
#include "reports/columns.hpp"
#include "reports/csi_words.hpp"
#include "reports/object_words.hpp"
#include "reports/requests.hpp"

namespace reports {

namespace {

using model::Change;
using model::Wait;

constexpr sim::Duration kWorthTelling = std::chrono::milliseconds(100);
constexpr std::size_t kWhoWidth = 27;

std::string wait_words(Wait wait, sim::Duration length) {
    const std::string time = brief(length);
    switch (wait) {
        case Wait::Start:
            return "started for " + time;
        case Wait::WorkQueue:
            return "lay " + time + " in the work queue";
        case Wait::Throttle:
            return "held back " + time + " by its client's rate limit";
        case Wait::ApiWrite:
            return "the write took " + time;
        case Wait::ApiRead:
            return "the read took " + time;
        case Wait::ApiReply:
            return "the answer took " + time;
        case Wait::Watch:
            return "seen " + time + " late";
        case Wait::CsiCall:
            return "the CSI call took " + time;
        case Wait::PollGrid:
            return "at its next poll";
        case Wait::Backoff:
            return "retried after a backoff of " + time;
        case Wait::Resync:
            return "at its periodic resync";
        case Wait::Lock:
            return "waited " + time + " for a lock";
        case Wait::Reconnect:
            return "its watch was cut for " + time;
        case Wait::Timer:
            return "after a delay of " + time;
        default:
            return "";  // the scenario's own clock explains itself
    }
}

bool is_round(std::int64_t times) {
    while (times >= 10 && times % 10 == 0) times /= 10;
    return times == 1 || times == 2 || times == 5;
}

std::string shortened(std::string text) {
    std::replace(text.begin(), text.end(), '\n', ' ');
    return text;
}

}  // namespace

Timeline::Timeline(std::ostream& out, const model::api::Scheme& scheme, const EventTrace* trace,
                   Options options)
    : out_(out), scheme_(scheme), trace_(trace), options_(std::move(options)) {}

void Timeline::on(const model::Stamp& stamp, const model::Happening& happening) {
    std::visit([&](const auto& what) { tell(stamp, what); }, happening);
}

void Timeline::tell(const model::Stamp& stamp, const model::Committed& commit) {
    last_commit_ = stamp.event;
    if (commit.object->kind == model::api::Kind::Event) {
        tell_event(stamp, commit);
    } else if (scheme_.info(commit.object->kind).kind != "Lease" || options_.verbose) {
        std::string text = words_of(commit);
        if (const std::string waits = waits_before(stamp); !waits.empty())
            text += options_.ink.faint("  [" + waits + "]");
        if (options_.verbose)
            text += options_.ink.faint("  rv " +
                                       std::to_string(commit.object->metadata.resourceVersion));
        line(stamp, commit.by, text);
    }
    told_.insert(stamp.event);
}

std::string Timeline::words_of(const model::Committed& commit) const {
    const std::string name = options_.ink.strong(name_of(*commit.object, scheme_));
    if (commit.change == Change::Added) {
        const std::string gist = gist_of(*commit.object);
        return "create " + name + (gist.empty() ? "" : ": " + gist);
    }
    if (commit.change == Change::Deleted) {
        const bool directly = commit.verb == model::Verb::Delete;
        return directly ? "delete " + name + ": gone" : "take the last hold off " + name + ": gone";
    }
    const std::vector<std::string> changes =
        changes_between(*commit.previous, *commit.object, scheme_);
    std::string verb(model::to_string(commit.verb));
    if (commit.subresource != model::api::Subresource::None)
        verb += " " + std::string(to_string(commit.subresource)) + " of";
    std::string text = verb + " " + name;
    for (std::size_t i = 0; i < changes.size(); ++i) text += (i ? "; " : ": ") + changes[i];
    const bool begins_to_go =
        commit.object->metadata.terminating() && !commit.previous->metadata.terminating();
    if (begins_to_go && !commit.object->metadata.finalizers.empty()) {
        text += "; held by";
        for (const auto& finalizer : commit.object->metadata.finalizers)
            text += " " + finalizer.str();
    }
    return text;
}

void Timeline::tell_event(const model::Stamp& stamp, const model::Committed& commit) {
    if (commit.change == Change::Deleted) return;
    const Said said = said_by(static_cast<const model::api::Event&>(*commit.object));
    if (!options_.verbose && !is_round(said.times)) return;
    const std::string kind = said.type + " " + said.reason;
    std::string text =
        (said.type == "Normal" ? kind : options_.ink.warning(kind)) + " about " + said.about + ": ";
    text += shortened(said.message);
    if (said.times > 1) text += " (" + std::to_string(said.times) + " times)";
    line(stamp, said.who, text);
}

void Timeline::tell(const model::Stamp& stamp, const model::Requested& request) {
    const model::api::KindInfo& info = scheme_.info(request.kind);
    const bool failed = !request.status.ok();
    const bool changed = last_commit_ == stamp.event;
    if (is_read(request.verb) && !options_.verbose) return;
    if (!failed && changed) return;  // told by the commit
    if (!failed && !options_.verbose) return;
    std::string text(model::to_string(request.verb));
    if (request.subresource != model::api::Subresource::None)
        text += " " + std::string(to_string(request.subresource)) + " of";
    text += " " + info.kind;
    if (!request.key.name.empty()) {
        text += " " + request.key.to_string();
    } else if (!request.key.ns.empty()) {
        text += " in " + request.key.ns.str();
    }
    if (failed) {
        last_refusal_ = request.status.message.str();
        const int code = request.status.code;
        const std::string refused = is_read(request.verb) ? "" : "refused, ";
        text += ": " + options_.ink.bad(code ? refused + std::to_string(code) + " " +
                                                   std::string(to_string(request.status.reason))
                                             : "no answer");
        text += ": " + shortened(request.status.message.str());
        if (const std::string waits = waits_before(stamp); !waits.empty())
            text += options_.ink.faint("  [" + waits + "]");
        if (!is_read(request.verb)) told_.insert(stamp.event);
    } else if (!is_read(request.verb)) {
        text += ": nothing changed";
    }
    if (!request.request_id.empty()) text += options_.ink.faint("  [" + request.request_id + "]");
    line(stamp, request.by, failed ? text : options_.ink.faint(text));
}

void Timeline::tell(const model::Stamp& stamp, const model::Synced& sync) {
    // A sync that failed by a refused request was told with the refusal.
    const bool news = sync.failed && (last_refusal_.empty() ||
                                      sync.error.view().find(last_refusal_) == std::string::npos);
    if (!news && !options_.verbose) return;
    // persistent-volume-binder/claims: the component, and which of its queues.
    const std::string_view who = sync.controller.substr(0, sync.controller.find('/'));
    std::string text = "sync " + sync.key.to_string();
    if (who.size() < sync.controller.size())
        text += " (" + std::string(sync.controller.substr(who.size() + 1)) + ")";
    if (options_.verbose && sync.started > sync.added)
        text += ", " + brief(sync.started - sync.added) + " in the queue";
    if (sync.failed) text += ": " + options_.ink.warning("failed: ") + shortened(sync.error.str());
    line(stamp, who, news ? text : options_.ink.faint(text));
}

void Timeline::tell(const model::Stamp& stamp, const model::Matched& matched) {
    if (!options_.verbose) return;
    std::string text = "claim " + matched.claim.to_string() + " ";
    text += matched.volume.empty() ? "finds no volume" : "finds " + matched.volume;
    text += " (" + std::to_string(matched.passed_over.size() + matched.not_told) + " passed over)";
    line(stamp, "match", options_.ink.faint(text));
}

void Timeline::tell(const model::Stamp& stamp, const model::Lifecycle& lifecycle) {
    using What = model::Lifecycle::What;
    told_.insert(stamp.event);
    switch (lifecycle.what) {
        case What::Started:
            return line(stamp, lifecycle.component, "starts");
        case What::Ready:
            return line(stamp, lifecycle.component, "is up");
        case What::Stopped:
            return line(stamp, lifecycle.component, "stops");
        case What::Crashed:
            return line(stamp, lifecycle.component, options_.ink.bad("crashes"));
        case What::CutOff:
            return line(stamp, lifecycle.component,
                        options_.ink.bad("is cut off from the API server"));
        case What::Healed:
            return line(stamp, lifecycle.component, "can reach the API server again");
    }
}

// A short call is one line, at its end; a long one is told when it begins, too.
void Timeline::tell(const model::Stamp& stamp, const model::CsiCall& call) {
    using Moment = model::CsiCall::Moment;
    const std::string words = words_of_request(*call.request);
    told_.insert(stamp.event);
    if (call.moment == Moment::Started) {
        return line(stamp, call.caller,
                    "CSI " + words + options_.ink.faint("  [to " + call.driver.str() + "]"));
    }
    std::string text = "CSI " + words + ": ";
    if (call.moment == Moment::Lost) {
        text += options_.ink.bad("lost, the driver died");
    } else if (call.outcome->status.ok()) {
        text += words_of_response(call.outcome->response);
    } else {
        text += options_.ink.bad(std::string(to_string(call.outcome->status.code))) + ": " +
                shortened(call.outcome->status.message.str());
    }
    const sim::Duration took = stamp.at - call.started;
    text += options_.ink.faint("  [after " + brief(took) +
                               (call.abandoned ? ", nobody waits for it any more]" : "]"));
    line(stamp, call.driver, text);
}

void Timeline::tell(const model::Stamp& stamp, const model::Noted& note) {
    line(stamp, note.warning ? "warning" : "note",
         note.warning ? options_.ink.warning(note.text) : options_.ink.strong(note.text));
}

void Timeline::tell(const model::Stamp& stamp, const model::Violated& violation) {
    const std::string text = violation.invariant + ": " + violation.detail;
    if (violation.hazard) return line(stamp, "HAZARD", options_.ink.warning(text));
    line(stamp, "INVARIANT", options_.ink.bad(text));
}

std::string Timeline::waits_before(const model::Stamp& stamp) const {
    if (!trace_) return "";
    std::vector<std::string> waits;
    EventSeq event = stamp.event;
    do {
        const std::optional<EventTrace::Step> step = trace_->back(event);
        if (!step) break;
        const sim::Duration length = trace_->time(event) - trace_->time(step->parent);
        if (length >= kWorthTelling)
            if (std::string words = wait_words(step->wait, length); !words.empty())
                waits.push_back(std::move(words));
        // What led to a resync or a poll is the loop itself, pass after pass; what led to a step is
        // the scenario's clock.
        if (step->wait == Wait::Resync || step->wait == Wait::PollGrid || step->wait == Wait::User)
            break;
        event = step->parent;
    } while (event != 0 && !told_.contains(event));
    std::string text;
    for (auto words = waits.rbegin(); words != waits.rend(); ++words)
        text += (text.empty() ? "" : ", ") + *words;
    return text;
}

void Timeline::line(const model::Stamp& stamp, std::string_view who, std::string_view text) {
    const std::string time = sim::seconds_text(stamp.at, 3) + "s";
    const std::string blanks(time.size() < 11 ? 11 - time.size() : 0, ' ');
    out_ << options_.ink.faint(blanks + time) << "  " << options_.ink.actor(padded(who, kWhoWidth))
         << "  " << text << '\n';
}

}  // namespace reports
