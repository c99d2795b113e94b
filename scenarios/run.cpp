#include "scenarios/run.hpp"
#include "scenarios/comparisons.hpp"

#include <algorithm>

#include "model/aftermath.hpp"
#include "model/attachdetach/invariants.hpp"
#include "model/csi/endpoint.hpp"
#include "model/csi/lifecycle.hpp"
#include "model/node/node_invariants.hpp"
#include "model/scheduler/placement_rules.hpp"
#include "model/sidecar/provision_rules.hpp"
#include "model/volume/invariants.hpp"
#include "scenarios/activity.hpp"
#include "scenarios/judge.hpp"
#include "scenarios/manifests.hpp"
#include "scenarios/oracles.hpp"
#include "scenarios/player.hpp"
#include "scenarios/tally.hpp"
#include "scenarios/view.hpp"
#include "sim/check.hpp"

namespace scenarios {
namespace {

using sim::Duration;
using sim::Time;

// Without `until`, a run that has not settled by then never will.
constexpr Duration kLongestRun = std::chrono::hours(1);
// Where no loop runs, a cluster is still given this long to show that it rests.
constexpr Duration kShortestRest = std::chrono::seconds(1);
constexpr std::uint64_t kEventsPerProgress = 1 << 16;

model::ClusterOptions cluster_options(const Scenario& scenario, const Run::Options& options) {
    model::ClusterOptions cluster = scenario.cluster;
    cluster.ready_order = options.order;
    return cluster;
}

// Asks for the uids that an action names.
struct UidsOfAction {
    View& view;
    void operator()(const action::Create& a) const { view.want_uids(a.manifest); }
    void operator()(const action::Replace& a) const { view.want_uids(a.manifest); }
    void operator()(const action::Apply& a) const {
        for (const Value& m : a.manifests) view.want_uids(m);
    }
    void operator()(const action::Patch& a) const {
        view.want_uids(a.body);
        view.want_uids(Value(a.target.name));
    }
    void operator()(const action::Delete& a) const {
        view.want_uids(Value(a.target.name));
        view.want_uids(Value(a.options.uid));
    }
    template <class Other>
    void operator()(const Other&) const {}  // these name components and nodes
};

}  // namespace

struct Run::Impl : model::Listener {
    Impl(const Scenario& s, Options o)
        : scenario(s),
          options(std::move(o)),
          cluster(cluster_options(s, options)),
          view(cluster),
          tallies(view),
          judge(view, tallies, outcome.expectations),
          player(scenario.steps, view, tallies, outcome.steps, hooks()) {
        cluster.journal().listen(this);
        preload();
    }
    ~Impl() override { cluster.journal().ignore(this); }

    Player::Hooks hooks() {
        Player::Hooks h;
        h.expect = [this](const Expectation& e, int step) { judge.begin(e, step); };
        h.give_up = [this] { stopped = true; };
        return h;
    }

    void preload();
    void want_uids();
    void watch_drivers();
    void start();
    void play_to(Time end);
    bool due(Time at, Time end);
    bool is_settled();
    void explain_unsettled();
    void look_back();
    void finish();
    Exit verdict() const;
    void on(const model::Stamp& stamp, const model::Happening& happening) override;
    void on_commit(const model::Stamp& stamp, const model::Committed& committed);

    Time settle_at() {
        if (!settles() || !player.all_sent()) return sim::kNever;
        const Duration rest = std::max(kShortestRest, cluster.settle_period());
        return std::max(sim::later(std::max(last_write, player.last_sent()), rest),
                        next_settle_check);
    }
    bool settles() const { return !options.until && !scenario.until; }
    Time end() const {
        if (options.until) return Time(*options.until);
        return Time(scenario.until.value_or(kLongestRun));
    }

    const Scenario scenario;
    const Options options;
    Outcome outcome;
    model::Cluster cluster;
    View view;
    Tallies tallies;
    Judge judge;
    Player player;

    bool started = false;
    bool stopped = false;  // before the end: an invariant broke, or a condition was not met in time
    bool settled = false;
    bool finished = false;
    Time last_write{};
    model::api::ObjectRef last_written;
    model::api::Text last_writer;
    Time next_settle_check{};
    const std::set<std::string, std::less<>> announced = announced_rules(scenario);
    std::unique_ptr<model::Listener> invariants, placement;
    std::unique_ptr<model::Aftermath> aftermath;
    std::unique_ptr<model::attachdetach::Invariants> attach_invariants;
    // Where there are drivers.
    std::unique_ptr<model::node::NodeInvariants> node_invariants;
    std::unique_ptr<model::csi::LifecycleRules> lifecycle;
    std::unique_ptr<model::Listener> provisioning;
    Comparer comparer{scenario.compare, view};
};

void Run::Impl::preload() {
    // Kinds first, so that nothing is taken for a kind of another group.
    for (const Value& object : scenario.objects) {
        const Value* version = object.find("apiVersion");
        const Value* kind = object.find("kind");
        cluster.server().scheme().resolve(version->as_string(), kind->as_string());
    }
    want_uids();
    for (const Value& object : scenario.objects) {
        const auto stored = cluster.preload(object);
        if (stored) continue;
        outcome.bad_input =
            "spec.cluster: " + name_of(object) + ": " + stored.error().message.str();
        return;
    }
}

void Run::Impl::want_uids() {
    for (const Step& step : scenario.steps) {
        std::visit(UidsOfAction{view}, step.action);
        for (const Condition& c : step.when) {
            view.want_uids(c.object.body);
            view.want_uids(Value(c.object.name));
        }
        if (step.rejected) view.want_uids(Value(step.rejected->message));
        if (step.expect) view.want_uids(step.expect->body);
    }
    for (const Expectation& e : scenario.expect) view.want_uids(e.body);
}

void Run::Impl::watch_drivers() {
    if (cluster.drivers().empty()) return;
    provisioning = model::sidecar::make_provision_rules(cluster);
    node_invariants = std::make_unique<model::node::NodeInvariants>(
        cluster.journal(), [this](const model::api::Text& node, const model::api::Text& pod) {
            return cluster.runs_container(node, pod);
        });
    node_invariants->set_grace(cluster.race_grace());
    lifecycle = std::make_unique<model::csi::LifecycleRules>(cluster.journal());
    lifecycle->allow([this](std::string_view rule, const model::CsiCall& call) {
        if (rule == model::csi::rule::kLeftNodeFirst) return attach_invariants->is_by_force(call);
        if (rule != model::csi::rule::kAttachedFirst) return false;
        // A driver whose CSIDriver object says that nothing attaches its volumes is taken at its
        // word.
        const auto driver = model::api::as<model::api::CSIDriver>(
            cluster.server().find(model::api::Kind::CSIDriver, model::api::Key("", call.driver)));
        return driver && !driver->spec.attachRequired.value_or(true);
    });
    cluster.when_power_fails([this](const model::api::Text& node) {
        lifecycle->forget_node(node);
        node_invariants->forget_node(node.str());
    });
    for (const std::string& name : cluster.drivers())
        lifecycle->know(name, offered(cluster.endpoint(name)->driver().settings()));
}

void Run::Impl::start() {
    if (std::exchange(started, true)) return;
    // First: kubelets that run since long bring objects of theirs, which all others must know.
    cluster.start();
    invariants = model::volume::make_invariants(cluster);
    attach_invariants = model::attachdetach::make_invariants(cluster);
    placement = model::scheduler::make_placement_rules(cluster);
    watch_drivers();
    aftermath = std::make_unique<model::Aftermath>(cluster);
    view.note_existing_uids();
    for (const Expectation& e : scenario.expect) judge.begin(e, -1);
    player.begin();
}

void Run::Impl::on(const model::Stamp& stamp, const model::Happening& happening) {
    if (const auto* committed = std::get_if<model::Committed>(&happening))
        on_commit(stamp, *committed);
    comparer.on(stamp, happening);
    const auto* violated = std::get_if<model::Violated>(&happening);
    const bool expected = violated && (violated->hazard || announced.contains(violated->invariant));
    if (expected) outcome.hazards.push_back({violated->invariant, violated->detail, stamp.at});
    if (violated && !expected) {
        outcome.broken.push_back({violated->invariant, violated->detail, stamp.at});
        stopped = true;
    }
    if (started) judge.on(stamp, happening);
}

void Run::Impl::on_commit(const model::Stamp& stamp, const model::Committed& committed) {
    view.note_uid(committed);
    tallies.on(committed);
    if (!is_activity(committed, cluster.server().scheme())) return;
    last_write = stamp.at;
    last_written = committed.object;
    last_writer = committed.by;
}

// Events up to `end`, and between them whatever is due by the clock: deadlines, conditions given
// up, the look whether all is at rest.
void Run::Impl::play_to(Time end) {
    sim::Engine& engine = cluster.engine();
    std::uint64_t events = 0;
    try {
        while (!stopped) {
            const Time next_due =
                std::min({judge.next_deadline(), player.next_deadline(), settle_at(), end});
            const auto next = engine.next_time();
            if (next && *next <= next_due) {
                engine.step();
                if (options.progress && ++events % kEventsPerProgress == 0)
                    options.progress(engine.now());
                continue;
            }
            if (next_due > engine.now()) engine.run_until(next_due);
            if (!due(next_due, end)) return;
        }
    } catch (const sim::BoundExceeded& error) {
        outcome.broken.push_back({"bounds of a run", error.what(), engine.now()});
        stopped = true;
    } catch (const sim::CheckFailed& error) {
        outcome.broken.push_back({"check", error.what(), engine.now()});
        stopped = true;
    } catch (const sim::ActorFailed& error) {
        outcome.broken.push_back({"actor", error.what(), engine.now()});
        stopped = true;
    }
}

// All that happens up to and including `at` has happened. False where playing ends here.
bool Run::Impl::due(Time at, Time end) {
    judge.pass(at);
    player.pass(at);
    if (at >= settle_at()) {
        if (is_settled()) {
            settled = true;
            return false;
        }
        next_settle_check = sim::later(at, std::max(kShortestRest, cluster.settle_period()));
    }
    return at < end;
}

bool Run::Impl::is_settled() {
    return player.unanswered() == 0 && judge.open() == 0 && cluster.unsettled().empty();
}

void Run::Impl::explain_unsettled() {
    for (const model::Unsettled& u : cluster.unsettled()) {
        std::string text = u.what;
        if (u.next != sim::kNever)
            text += " (next at " + sim::to_text(u.next.time_since_epoch()) + ")";
        outcome.unsettled.push_back(std::move(text));
    }
    if (const std::string waits = player.waiting_for(); !waits.empty())
        outcome.unsettled.push_back(waits);
    if (player.unanswered() > 0) {
        outcome.unsettled.push_back(std::to_string(player.unanswered()) +
                                    " requests of steps are not answered");
    }
    if (judge.open() > 0) outcome.unsettled.push_back("expectation is open: " + judge.first_open());
    const Duration since = cluster.engine().now() - last_write;
    if (since < cluster.settle_period() || outcome.unsettled.empty()) {
        std::string what;
        if (last_written)
            what = cluster.server().scheme().info(last_written->kind).kind + " " +
                   last_written->key().to_string() + ", written by " + last_writer.str();
        outcome.unsettled.push_back("the last write was " + sim::to_text(since) + " ago: " + what);
    }
}

// What a run that was played to its end has left behind.
void Run::Impl::look_back() {
    if (!started || stopped) return;
    const model::Stamp stamp{cluster.engine().now(), cluster.engine().current().seq};
    attach_invariants->finish(
        stamp, settled ? Duration::zero() : model::kLeftAfter,
        [this](const model::api::Text& node) { return cluster.has_kubelet(node); });
    aftermath->finish(stamp, settled);
}

void Run::Impl::finish() {
    finished = true;
    const Time now = cluster.engine().now();
    outcome.ended = now;
    const bool gave_out = settles() && !settled && !stopped;
    if (gave_out) explain_unsettled();
    player.finish(now);
    look_back();
    judge.finish(now);
    outcome.figures = comparer.figures();
    outcome.checks = player.checks() + outcome.expectations.size();
    outcome.fingerprint = cluster.engine().fingerprint();
    outcome.final_draw = cluster.engine().final_draw();
    outcome.events = cluster.engine().events_run();
    outcome.exit = verdict();
}

// The worst first; a failed expectation tells more than that the cluster did not settle.
Exit Run::Impl::verdict() const {
    if (!outcome.bad_input.empty()) return Exit::BadInput;
    if (!outcome.broken.empty()) return Exit::InvariantBroken;
    for (const StepResult& step : outcome.steps) {
        if (step.state == StepResult::State::Failed) return Exit::ExpectationFailed;
    }
    for (const ExpectationResult& e : outcome.expectations) {
        if (e.verdict == Verdict::Failed) return Exit::ExpectationFailed;
    }
    return outcome.unsettled.empty() ? Exit::Fine : Exit::NotSettled;
}

Run::Run(const Scenario& scenario, Options options)
    : impl_(std::make_unique<Impl>(scenario, std::move(options))) {}
Run::~Run() = default;

model::Cluster& Run::cluster() { return impl_->cluster; }
const Scenario& Run::scenario() const { return impl_->scenario; }
const Outcome& Run::outcome() const { return impl_->outcome; }

const Outcome& Run::play() {
    if (impl_->finished) return impl_->outcome;
    if (impl_->outcome.bad_input.empty()) {
        impl_->start();
        impl_->play_to(impl_->end());
    }
    impl_->finish();
    return impl_->outcome;
}

void Run::play_until(sim::Time at) {
    if (impl_->finished || !impl_->outcome.bad_input.empty()) return;
    impl_->start();
    impl_->play_to(std::min(at, impl_->end()));
}

std::string Outcome::first_failure() const {
    if (!bad_input.empty()) return bad_input;
    for (const InvariantBreak& b : broken) {
        return "at " + sim::to_text(b.at.time_since_epoch()) + " " + b.invariant + ": " + b.detail;
    }
    for (const StepResult& step : steps) {
        if (step.state != StepResult::State::Failed) continue;
        return step.place.to_string() + ": " + step.text + ": " +
               step.failure.substr(0, step.failure.find('\n'));
    }
    for (const ExpectationResult& e : expectations) {
        if (e.verdict == Verdict::Failed)
            return e.place.to_string() + ": " + e.text + ": " + e.reason;
    }
    if (exit == Exit::NotSettled && !unsettled.empty())
        return "did not settle: " + unsettled.front();
    return "";
}

}  // namespace scenarios
