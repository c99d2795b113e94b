#include "tools/cli/observed_run.hpp"

#include "model/csi/endpoint.hpp"

namespace cli {

namespace {

const char* word_for(scenarios::Verdict v) {
    switch (v) {
        case scenarios::Verdict::Held:
            return "held";
        case scenarios::Verdict::Failed:
            return "failed";
        case scenarios::Verdict::Open:
            break;
    }
    return "open";
}

const char* word_for(scenarios::StepResult::State s) {
    using State = scenarios::StepResult::State;
    switch (s) {
        case State::Sent:
            return "sent";
        case State::Done:
            return "done";
        case State::Failed:
            return "failed";
        case State::Waiting:
            break;
    }
    return "waiting";
}

reports::StepLine line_of(const scenarios::StepResult& step) {
    using State = scenarios::StepResult::State;
    reports::StepLine line;
    line.text = step.text;
    line.place = step.place.to_string();
    line.state = word_for(step.state);
    if (step.state != State::Waiting) line.sent = step.sent;
    if (step.answered > step.sent) line.answered = step.answered;
    line.code = step.code;
    line.message = step.message;
    line.failure = step.failure;
    if (step.state == State::Failed && line.failure.empty()) line.failure = "failed";
    return line;
}

reports::ExpectationLine line_of(const scenarios::ExpectationResult& e) {
    reports::ExpectationLine line;
    line.text = e.text;
    line.place = e.place.to_string();
    line.verdict = word_for(e.verdict);
    if (e.verdict != scenarios::Verdict::Open) line.decided = e.decided;
    line.reason = e.reason;
    line.events = e.events;
    line.step = e.step;
    return line;
}

reports::ComparisonLine line_of(const scenarios::Comparison& c, const scenarios::Figure& figure) {
    reports::ComparisonLine line;
    line.what = c.what;
    line.source = c.source;
    line.is_share = c.is_share;
    line.count = figure.count;
    line.of = figure.of;
    line.recorded_count = c.recorded_count;
    line.recorded_of = c.recorded_of;
    if (figure.reached) line.reached.push_back(*figure.reached);
    line.recorded_time = c.recorded_time;
    line.p_at_least = c.p_at_least;
    line.from_percent = c.from_percent;
    line.to_percent = c.to_percent;
    line.within_percent = c.within_percent;
    return line;
}

}  // namespace

ObservedRun::ObservedRun(const scenarios::Scenario& scenario, const Options& options, Watch watch)
    : options_(options) {
    scenarios::Run::Options how;
    how.until = options.until;
    how.order = options.shuffle ? sim::ReadyOrder::Shuffle : sim::ReadyOrder::Fifo;
    how.progress = std::move(watch.progress);
    run_ = std::make_unique<scenarios::Run>(scenario, std::move(how));
    model::Cluster& cluster = run_->cluster();
    if (watch.paths || watch.graph) {
        trace_ = std::make_unique<reports::EventTrace>(cluster.engine(), cluster.journal());
        cluster.engine().set_observer(trace_.get());
        cluster.journal().keep_links(true);
        cluster.journal().listen(trace_.get());
        cluster.journal().listen(&paths_);
        pods_.take_in(cluster.server());
        cluster.journal().listen(&pods_);
        lives_ = std::make_unique<reports::VolumeLives>(cluster.drivers());
        cluster.journal().listen(lives_.get());
    }
    if (watch.drivers) cluster.journal().listen(&calls_);
    if (watch.matches) {
        cluster.journal().want_matches(true);
        cluster.journal().listen(&matches_);
    }
    if (watch.graph) {
        graph_ = std::make_unique<reports::CausalGraph>(cluster.server().scheme());
        cluster.journal().listen(graph_.get());
    }
}

reports::Clock ObservedRun::clock() {
    model::Cluster& cluster = run_->cluster();
    return {cluster.options().start_unix_seconds, cluster.engine().now()};
}

reports::RunSummary ObservedRun::summary() {
    model::Cluster& cluster = run_->cluster();
    const scenarios::Scenario& scenario = run_->scenario();
    reports::RunSummary s;
    s.scenario = scenario.name;
    s.file = scenario.file;
    s.description = scenario.description;
    s.kubernetes = "1." + std::to_string(cluster.options().profile.minor);
    s.order = options_.shuffle ? "shuffle" : "fifo";
    s.seed = cluster.options().seed;
    for (const auto& [name, first] : cluster.phases()) s.phases.emplace_back(name, first);
    s.notices = scenario.notices;
    take_outcome(s);
    return s;
}

void ObservedRun::take_outcome(reports::RunSummary& s) {
    const scenarios::Outcome& outcome = run_->outcome();
    for (const auto& step : outcome.steps) s.steps.push_back(line_of(step));
    for (const auto& e : outcome.expectations) s.expectations.push_back(line_of(e));
    const auto& compare = run_->scenario().compare;
    for (std::size_t i = 0; i < outcome.figures.size(); ++i)
        s.comparisons.push_back(line_of(compare[i], outcome.figures[i]));
    for (const auto& b : outcome.broken) s.broken.push_back({b.invariant, b.detail, b.at});
    for (const auto& h : outcome.hazards) s.hazards.push_back({h.invariant, h.detail, h.at});
    s.unsettled = outcome.unsettled;
    s.ended = outcome.ended;
    s.fingerprint = outcome.fingerprint;
    s.final_draw = outcome.final_draw;
    s.events = outcome.events;
    s.checks = outcome.checks;
    s.exit = static_cast<int>(outcome.exit);
    s.first_failure = outcome.first_failure();
}

std::vector<reports::ClaimPath> ObservedRun::claims() const {
    return trace_ ? paths_.paths(*trace_) : std::vector<reports::ClaimPath>();
}

reports::VolumePassages ObservedRun::passages() const {
    return trace_ ? lives_->passages(*trace_) : reports::VolumePassages();
}

std::vector<reports::PodPassage> ObservedRun::pods() const {
    return trace_ ? pods_.passages(trace_.get()) : std::vector<reports::PodPassage>();
}

std::vector<reports::PassageGroup> ObservedRun::groups() const {
    return reports::passage_groups(claims(), passages(), pods());
}

std::vector<reports::DriverState> ObservedRun::drivers() {
    std::vector<reports::DriverState> drivers;
    for (const std::string& name : run_->cluster().drivers()) {
        model::csi::Driver& driver = run_->cluster().endpoint(name)->driver();
        const model::csi::Backend& backend = driver.backend();
        drivers.push_back(
            {name, driver.settings().profile.name, backend,
             model::csi::inventory_of(backend.volumes(), model::csi::volumes_of(server(), name)),
             calls_.of(name)});
    }
    return drivers;
}

}  // namespace cli
