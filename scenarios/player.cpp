#include "scenarios/player.hpp"

#include <algorithm>

#include "scenarios/patterns.hpp"

namespace scenarios {

using model::api::Response;
using model::api::Status;

Player::Player(const std::vector<Step>& steps, View& view, Tallies& tallies,
               std::vector<StepResult>& results, Hooks hooks)
    : steps_(steps), view_(view), tallies_(tallies), results_(results), hooks_(std::move(hooks)) {
    for (const Step& step : steps) {
        StepResult result;
        result.text = step.text;
        result.place = step.place;
        results_.push_back(std::move(result));
    }
}

void Player::begin() { arm(); }

// Makes the next step wait for its time or condition. Called when the step before it was sent.
void Player::arm() {
    if (all_sent()) return;
    const Step& step = steps_[next_];
    const sim::Time now = view_.now();
    const sim::Time asked = step.at ? sim::Time(*step.at)
                                    : sim::later(last_sent_, step.after.value_or(sim::Duration()));
    earliest_ = std::max(now, asked);
    scheduled_ = false;
    if (step.when.empty()) {
        scheduled_ = true;
        const std::size_t index = next_;
        view_.cluster().engine().call_at(earliest_, kind_of(model::Wait::User),
                                         [this, index] { send(index); });
        return;
    }
    waits_ = true;
    deadline_ = sim::later(earliest_, step.timeout);
    for (const Condition& condition : step.when) {
        Tally& tally = tallies_.add(condition.object, [this] { look(); });
        waiting_.push_back({&condition, &tally});
    }
    look();
}

bool Player::holds() const {
    return std::all_of(waiting_.begin(), waiting_.end(), [](const Wait& wait) {
        return !wait.tally->is_unresolved() && wait.tally->any() != wait.condition->gone;
    });
}

// Runs inside commits: it may schedule, but not touch the model.
void Player::look() {
    if (!waits_ || waiting_.size() < steps_[next_].when.size() || !holds()) return;
    stop_waiting();
    ++checks_;
    scheduled_ = true;
    const std::size_t index = next_;
    const sim::Time at = std::max(earliest_, view_.now());
    view_.cluster().engine().call_at(at, kind_of(model::Wait::User),
                                     [this, index] { send(index); });
}

void Player::stop_waiting() {
    waits_ = false;
    for (const Wait& wait : waiting_) tallies_.drop(*wait.tally);
    waiting_.clear();
}

// What is missing of the condition, with the nearest object.
std::string Player::unmet() {
    std::string text;
    for (const Wait& wait : waiting_) {
        if (!wait.tally->is_unresolved() && wait.tally->any() != wait.condition->gone) continue;
        const auto told = wait.condition->gone && !wait.tally->is_unresolved()
                              ? view_.why_there(wait.tally->resolved(), wait.tally->matching())
                              : view_.why_not(wait.tally->pattern());
        text += (text.empty() ? "" : "; ") + to_text(*wait.condition) + ": " + told.reason;
        for (const std::string& event : told.events) text += "\n    " + event;
    }
    return text;
}

void Player::pass(sim::Time at) {
    if (!waits_ || deadline_ > at) return;
    ++checks_;
    results_[next_].failure =
        "`when` was not met within " + sim::to_text(steps_[next_].timeout) + ": " + unmet();
    results_[next_].state = StepResult::State::Failed;
    stop_waiting();
    hooks_.give_up();
}

void Player::finish(sim::Time end) {
    if (waits_) {
        ++checks_;
        results_[next_].failure = "the run ended at " + sim::to_text(end.time_since_epoch()) +
                                  " while this step waited: " + unmet();
        results_[next_].state = StepResult::State::Failed;
        stop_waiting();
    }
    for (std::size_t i = 0; i < results_.size(); ++i) {
        if (results_[i].state != StepResult::State::Sent || !steps_[i].rejected) continue;
        fail(i, "the run ended before the refusal came");
    }
}

std::string Player::waiting_for() const {
    if (!waits_) return "";
    std::string text = "step " + std::to_string(next_ + 1) + " waits for";
    for (const Wait& wait : waiting_) text += " " + to_text(*wait.condition);
    return text;
}

void Player::send(std::size_t index) {
    last_sent_ = view_.now();
    results_[index].sent = last_sent_;
    results_[index].state = StepResult::State::Sent;
    perform(index);
    next_ = index + 1;
    arm();
}

void Player::answered(std::size_t index, const Response& answer) {
    --unanswered_;
    StepResult& result = results_[index];
    result.answered = view_.now();
    result.code = answer.status.code;
    result.message = answer.status.message.str();
    for (const std::string& warning : answer.warnings) tell(warning, true);
    judge_answer(index, answer.status);
}

void Player::judge_answer(std::size_t index, const Status& status) {
    const auto& rejected = steps_[index].rejected;
    const std::string answer =
        std::to_string(status.code) + (status.message.empty() ? "" : " " + status.message.str());
    if (!rejected) {
        const std::vector<int>& fine = steps_[index].may_be_rejected;
        if (!fine.empty()) ++checks_;
        if (!status.ok() && std::find(fine.begin(), fine.end(), status.code) == fine.end())
            return fail(index, "refused: " + answer);
        results_[index].state = StepResult::State::Done;
        return;
    }
    ++checks_;
    const std::string announced =
        std::to_string(rejected->code) + (rejected->message.empty() ? "" : " " + rejected->message);
    if (status.ok())
        return fail(index,
                    "expected the refusal " + announced + ", but it was answered with " + answer);
    std::optional<UidReference> missing;
    const UidOf uid_of = [this](const UidReference& r) { return view_.uid_of(r); };
    const std::string expected =
        comparable_message(resolve_uids_in_text(rejected->message, uid_of, missing));
    const bool same =
        status.code == rejected->code &&
        (rejected->message.empty() || comparable_message(status.message.str()) == expected);
    if (!same) return fail(index, "expected the refusal " + announced + ", found " + answer);
    results_[index].state = StepResult::State::Done;
}

void Player::fail(std::size_t index, std::string why) {
    results_[index].state = StepResult::State::Failed;
    if (results_[index].failure.empty()) results_[index].failure = std::move(why);
}

void Player::tell(std::string text, bool warning) {
    sim::Engine& engine = view_.cluster().engine();
    view_.cluster().journal().emit(model::Stamp{engine.now(), engine.current().seq},
                                   model::Noted{std::move(text), warning});
}

}  // namespace scenarios
