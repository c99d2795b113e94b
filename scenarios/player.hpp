// Player: sends the steps of a scenario at their times, waits for their conditions, and holds the
// answers against what the file announces. Steps are events of the engine; conditions are judged
// inside commits, deadlines between events.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <vector>

#include "scenarios/built.hpp"
#include "scenarios/run.hpp"
#include "scenarios/tally.hpp"

namespace scenarios {

class Player {
  public:
    struct Hooks {
        std::function<void(const Expectation&, int step)> expect;
        std::function<void()>
            give_up;  // a condition was not met in time: what comes after makes no sense
        Hooks() = default;
    };
    Player(const std::vector<Step>& steps, View& view, Tallies& tallies,
           std::vector<StepResult>& results, Hooks hooks);

    // Call once, at time 0, with the cluster started.
    void begin();
    // Of the condition that is waited for; kNever where none is.
    sim::Time next_deadline() const { return waits_ ? deadline_ : sim::kNever; }
    void pass(sim::Time at);
    bool all_sent() const { return next_ >= steps_.size(); }
    std::size_t unanswered() const { return unanswered_; }
    sim::Time last_sent() const { return last_sent_; }
    // Conditions and refusals that were judged.
    std::size_t checks() const { return checks_; }
    // The run is over: whoever still waits has failed.
    void finish(sim::Time end);
    // "step 3 waits for Pod default/web-0 ..."; empty where none waits.
    std::string waiting_for() const;

  private:
    struct Wait {
        const Condition* condition;
        Tally* tally;
    };

    void arm();
    void look();
    void stop_waiting();
    void send(std::size_t index);
    void perform(std::size_t index);
    bool holds() const;
    std::string unmet();

    void request(std::size_t index, model::api::Request request);
    void answered(std::size_t index, const model::api::Response& answer);
    void judge_answer(std::size_t index, const model::api::Status& status);
    void fail(std::size_t index, std::string why);
    std::optional<model::api::Request> to_object(std::size_t index, model::Verb verb,
                                                 const Value& manifest);
    std::optional<model::api::Request> to_target(std::size_t index, model::Verb verb,
                                                 const Pattern& target);
    std::optional<Value> resolved(std::size_t index, const Value& value);
    void apply_next(std::size_t index, std::size_t manifest);
    void send_apply(std::size_t index, std::size_t manifest, bool exists);
    void send_to_node(std::size_t index, const std::string& node, Value patch);
    void tell(std::string text, bool warning);

    void act(std::size_t index, const action::Create& a);
    void act(std::size_t index, const action::Apply& a);
    void act(std::size_t index, const action::Replace& a);
    void act(std::size_t index, const action::Patch& a);
    void act(std::size_t index, const action::Delete& a);
    void act(std::size_t index, const action::Crash& a);
    void act(std::size_t index, const action::Stop& a);
    void act(std::size_t index, const action::Start& a);
    void act(std::size_t index, const action::Restart& a);
    void act(std::size_t index, const action::Cordon& a);
    void act(std::size_t index, const action::Taint& a);
    void act(std::size_t index, const action::Note& a);
    void act(std::size_t index, const std::monostate& a);
    // The loader refuses these while their parts are not built.
    void act(std::size_t index, const action::Drain& a);
    void delete_all(std::size_t index, const action::Delete& a);
    void act(std::size_t index, const action::Partition& a);
    void act(std::size_t index, const action::Heal& a);
    std::optional<std::string> heal(const Target& target);
    void act(std::size_t index, const action::Faults& a);
    void act(std::size_t index, const action::Lag& a);
    void done(std::size_t index, const std::optional<std::string>& problem);
    void evict(std::size_t index, const model::api::Key& pod);
    std::optional<std::string> switch_heartbeats(const std::string& node, bool on);

    const std::vector<Step>& steps_;
    View& view_;
    Tallies& tallies_;
    std::vector<StepResult>& results_;
    Hooks hooks_;
    std::size_t next_ = 0;  // the step that is sent next
    sim::Time last_sent_{};
    bool waits_ = false;      // for the condition of the next step
    bool scheduled_ = false;  // the next step has its event
    sim::Time earliest_{}, deadline_ = sim::kNever;
    std::vector<Wait> waiting_;
    std::size_t unanswered_ = 0;
    std::map<std::size_t, std::size_t>
        draining_;  // by step: evictions, deletions that are not accepted yet
    std::size_t checks_ = 0;
};

}  // namespace scenarios
