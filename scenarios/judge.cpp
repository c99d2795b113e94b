#include "scenarios/judge.hpp"

#include <algorithm>
#include <optional>

#include "model/csi/messages.hpp"
#include "scenarios/happening_filter.hpp"
#include "scenarios/latencies.hpp"
#include "scenarios/patterns.hpp"
#include "scenarios/storage_filter.hpp"

namespace scenarios {
namespace {

using Kind = Expectation::Kind;

// A bound on a number: as `noMoreThan`, `atMost`, `atLeast` and `exactly` say.
struct Bounds {
    std::optional<std::int64_t> least, most;

    explicit Bounds(const Value& written) {
        for (const auto& [key, v] : written.as_map()) {
            if (key == "noMoreThan" || key == "atMost" || key == "exactly") most = v.as_int();
            if (key == "atLeast" || key == "exactly") least = v.as_int();
        }
    }
    bool hold(std::int64_t n) const { return (!least || n >= *least) && (!most || n <= *most); }
    std::string to_string() const {
        if (least && most && *least == *most) return "exactly " + std::to_string(*least);
        std::string text;
        if (least) text = "at least " + std::to_string(*least);
        if (most) text += (text.empty() ? "at most " : " and at most ") + std::to_string(*most);
        return text;
    }
};

std::string text_of_request(const model::Requested& r, const model::api::Scheme& scheme) {
    return std::string(to_string(r.verb)) + " " + scheme.info(r.kind).kind + " " +
           r.key.to_string() + " by " + r.by.str() + " was answered with " +
           std::to_string(r.status.code);
}

}  // namespace

struct Judge::Case {
    std::size_t result = 0;  // index of what is told
    Kind kind{};
    Value body;
    sim::Time began, deadline = sim::kNever;
    Tally* tally = nullptr;
    bool of_step = false;
    bool gone = false;             // the state is that nothing matches
    std::optional<Bounds> bounds;  // of a tally's count, or of happenings
    std::optional<EventFilter> event;
    std::optional<RequestFilter> request;
    std::optional<RpcFilter> rpc;
    std::string violated;  // a rule; "": another happening
    std::unique_ptr<LatencySamples> latency;
    std::int64_t seen = 0;  // happenings
    std::string last;       // the last of them
    bool decided = false;
};

Judge::Judge(View& view, Tallies& tallies, std::vector<ExpectationResult>& results)
    : view_(view), tallies_(tallies), results_(results) {}
Judge::~Judge() = default;

void Judge::begin(const Expectation& expectation, int step) {
    auto owned = std::make_unique<Case>();
    Case& c = *owned;
    c.result = results_.size();
    c.kind = expectation.kind;
    c.body = expectation.body;
    c.began = view_.now();
    ExpectationResult result;
    result.text = expectation.text;
    result.place = expectation.place;
    result.step = step;
    c.of_step = step >= 0;
    results_.push_back(std::move(result));
    cases_.push_back(std::move(owned));
    if (c.kind == Kind::Within) {
        c.deadline = sim::later(c.began, expectation.within);
        deadlines_.emplace(c.deadline, &c);
        ++open_;
    }
    // States are first looked at when the instant s is over.
    if (c.kind != Kind::Count && c.kind != Kind::Latency) deadlines_.emplace(c.began, &c);
    begin_state(c);
    begin_happening(c);
}

void Judge::begin_state(Case& c) {
    const Value* gone = c.body.find("gone");
    const Value* of = c.body.find("of");
    const Value* pattern = gone ? gone : c.body.find("object");
    if (!pattern && of && of->is_map()) pattern = of;
    if (!pattern) return;
    c.gone = gone != nullptr;
    Bounds bounds(c.body);
    if (bounds.least || bounds.most) c.bounds = bounds;
    const auto& scheme = view_.cluster().server().scheme();
    const auto& info = scheme.info(view_.kind(std::string(pattern->find("kind")->as_string())));
    Case* listening = &c;
    c.tally = &tallies_.add(make_pattern(*pattern, info),
                            [this, listening] { look(*listening, view_.now()); });
}

void Judge::begin_happening(Case& c) {
    if (const Value* event = c.body.find("event")) c.event.emplace(*event);
    if (const Value* request = c.body.find("request")) c.request.emplace(*request, view_);
    if (const Value* rpc = c.body.find("rpc")) c.rpc.emplace(*rpc);
    if (const Value* rule = c.body.find("violated")) c.violated = rule->as_string();
    if (c.kind == Kind::Latency)
        c.latency = std::make_unique<LatencySamples>(std::string(c.body.find("of")->as_string()));
    if (c.event || c.request || c.rpc || c.latency || !c.violated.empty()) listening_.push_back(&c);
    if (c.kind == Kind::Count && !c.bounds) c.bounds.emplace(c.body);
}

bool Judge::state_holds(const Case& c) const {
    if (c.bounds) return c.bounds->hold(static_cast<std::int64_t>(c.tally->count()));
    return c.tally->any() != c.gone;
}

// After a change, or at the end of the instant s. During s itself nothing is decided yet.
void Judge::look(Case& c, sim::Time at) {
    if (c.decided || !c.tally || c.kind == Kind::Count) return;
    const bool holds = state_holds(c);
    if (c.kind == Kind::Within && holds && at > c.began) decide(c, Verdict::Held, at);
    if (at <= c.began) return;
    if (c.kind == Kind::Always && !holds) {
        explain_state(c);
        decide(c, Verdict::Failed, at);
    }
    if (c.kind == Kind::Never && holds) {
        auto told = c.gone ? view_.why_not(c.tally->pattern())
                           : view_.why_there(c.tally->resolved(), c.tally->matching());
        results_[c.result].reason =
            c.gone ? told.reason : told.reason + " " + flow_text(c.tally->resolved().body);
        results_[c.result].events = std::move(told.events);
        decide(c, Verdict::Failed, at);
    }
}

void Judge::explain_state(Case& c) {
    ExpectationResult& result = results_[c.result];
    if (c.bounds) {
        result.reason =
            "expected " + c.bounds->to_string() + ", found " + std::to_string(c.tally->count());
        std::string names;
        for (const auto& key : c.tally->matching()) names += " " + key.to_string();
        if (!names.empty()) result.reason += ":" + names;
        return;
    }
    auto told = c.gone ? view_.why_there(c.tally->resolved(), c.tally->matching())
                       : view_.why_not(c.tally->pattern());
    result.reason = std::move(told.reason);
    result.events = std::move(told.events);
}

void Judge::decide(Case& c, Verdict verdict, sim::Time at) {
    c.decided = true;
    results_[c.result].verdict = verdict;
    results_[c.result].decided = at;
    if (c.kind == Kind::Within) --open_;
    if (c.tally && c.kind != Kind::Count) {
        tallies_.drop(*c.tally);
        c.tally = nullptr;
    }
}

void Judge::happened(Case& c, sim::Time at, std::int64_t times, const std::string& what) {
    if (times == 0 || c.decided) return;
    c.seen += times;
    c.last = what;
    if (c.kind == Kind::Within) decide(c, Verdict::Held, at);
    if (c.kind == Kind::Never) {
        results_[c.result].reason = what;
        decide(c, Verdict::Failed, at);
    }
}

void Judge::on(const model::Stamp& stamp, const model::Happening& happening) {
    if (listening_.empty()) return;
    const auto* committed = std::get_if<model::Committed>(&happening);
    const auto* requested = std::get_if<model::Requested>(&happening);
    const auto* called = std::get_if<model::CsiCall>(&happening);
    const auto* violated = std::get_if<model::Violated>(&happening);
    for (Case* c : listening_) {
        // The instant s itself belongs to what was before, but for what counts from the beginning
        // of the run.
        if (c->decided || stamp.at < c->began || (c->of_step && stamp.at == c->began)) continue;
        if (committed && c->latency) c->latency->on(stamp.at, *committed);
        if (committed && c->event) {
            const std::int64_t times = c->event->occurrences(*committed);
            const auto event = model::api::as<model::api::Event>(committed->object);
            if (times > 0) {
                happened(*c, stamp.at, times,
                         event->type.str() + " " + event->reason.str() + " about " +
                             event->involvedObject.kind.str() + " " +
                             event->involvedObject.name.str() + ": " + event->message.str());
            }
        }
        if (violated && !c->violated.empty() && c->violated == violated->invariant)
            happened(*c, stamp.at, 1, violated->detail);
        if (called && c->rpc && c->rpc->matches(*called)) {
            happened(*c, stamp.at, 1,
                     std::string(to_string(method_of(*called->request))) + " " +
                         subject_of(*called->request).str());
        }
        if (requested && c->request && c->request->matches(*requested)) {
            happened(*c, stamp.at, 1,
                     text_of_request(*requested, view_.cluster().server().scheme()));
        }
    }
}

sim::Time Judge::next_deadline() const {
    return deadlines_.empty() ? sim::kNever : deadlines_.begin()->first;
}

void Judge::pass(sim::Time at) {
    while (!deadlines_.empty() && deadlines_.begin()->first <= at) {
        const auto [due, c] = *deadlines_.begin();
        deadlines_.erase(deadlines_.begin());
        if (c->decided) continue;
        // What is true when s is over is true just after it.
        if (due == c->began) look(*c, due + sim::Duration(1));
        if (c->decided || due != c->deadline) continue;
        finish_within(*c, due);
    }
}

void Judge::finish_within(Case& c, sim::Time end) {
    ExpectationResult& result = results_[c.result];
    if (c.event) {
        result.reason = "no such event was written";
    } else if (!c.violated.empty()) {
        result.reason = "the rule was kept";
    } else {
        explain_state(c);
    }
    if (end < c.deadline) {
        result.reason = "the run ended at " + sim::to_text(end.time_since_epoch()) +
                        ", before the deadline at " + sim::to_text(c.deadline.time_since_epoch()) +
                        "; till then: " + result.reason;
    }
    decide(c, Verdict::Failed, end);
}

void Judge::finish_count(Case& c, sim::Time end) {
    std::int64_t n = c.tally ? static_cast<std::int64_t>(c.tally->count()) : c.seen;
    if (const Value* backend = c.body.find("backend")) {
        const std::vector<std::string> found = stored_volumes(view_.cluster(), *backend);
        n = static_cast<std::int64_t>(found.size());
        if (n > 0) c.last = found.back();
    }
    if (c.bounds->hold(n)) return decide(c, Verdict::Held, end);
    ExpectationResult& result = results_[c.result];
    result.reason = "expected " + c.bounds->to_string() + ", counted " + std::to_string(n);
    if (!c.last.empty()) result.reason += "; the last: " + c.last;
    if (c.tally && n == 0) {
        auto told = view_.why_not(c.tally->pattern());
        result.reason += "; " + told.reason;
        result.events = std::move(told.events);
    }
    decide(c, Verdict::Failed, end);
}

void Judge::finish_latency(Case& c, sim::Time end) {
    constexpr std::pair<std::string_view, int> kPercentiles[] = {
        {"p50", 50}, {"p90", 90}, {"p99", 99}, {"max", 100}};
    const LatencySamples& samples = *c.latency;
    std::string reason;
    auto add = [&reason](const std::string& text) {
        reason += (reason.empty() ? "" : "; ") + text;
    };
    if (samples.finished() + samples.unfinished() == 0) add("there was nothing to measure");
    for (const auto& [name, percent] : kPercentiles) {
        const Value* bound = c.body.find(name);
        if (!bound || samples.finished() + samples.unfinished() == 0) continue;
        const auto limit = sim::parse_duration(bound->as_string()).value_or(sim::Duration::zero());
        const auto measured = samples.percentile(percent);
        const std::string expected =
            std::string(name) + ": expected at most " + sim::to_text(limit) + ", found ";
        if (!measured) {
            add(expected + "none, since " + std::to_string(samples.unfinished()) + " of " +
                std::to_string(samples.finished() + samples.unfinished()) +
                " had not come so far when the run ended (" + samples.example() + ")");
        } else if (*measured > limit) {
            add(expected + sim::to_text(*measured));
        }
    }
    results_[c.result].reason = reason;
    decide(c, reason.empty() ? Verdict::Held : Verdict::Failed, end);
}

std::string Judge::first_open() const {
    for (const auto& c : cases_) {
        if (!c->decided && c->kind == Kind::Within) return results_[c->result].text;
    }
    return "";
}

void Judge::finish(sim::Time end) {
    pass(end);
    for (const auto& c : cases_) {
        if (c->decided) continue;
        switch (c->kind) {
            case Kind::Within:
                finish_within(*c, end);
                break;
            case Kind::Always:
            case Kind::Never:
                decide(*c, Verdict::Held, end);
                break;
            case Kind::Count:
                finish_count(*c, end);
                break;
            case Kind::Latency:
                finish_latency(*c, end);
                break;
        }
    }
}

}  // namespace scenarios
