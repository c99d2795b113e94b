// Run: one scenario played on one cluster: steps are sent, expectations judged after every commit,
// the end decided.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "model/cluster.hpp"
#include "scenarios/scenario.hpp"

namespace scenarios {

enum class Verdict : unsigned char { Open, Held, Failed };

struct ExpectationResult {
    std::string text;
    Place place;
    Verdict verdict = Verdict::Open;
    sim::Time decided;                // when it was held or failed
    std::string reason;               // why it failed, with an object diff; empty where it held
    std::vector<std::string> events;  // the last relevant events of the object where it failed
    int step = -1;                    // index of the step it belongs to; -1: of the scenario
};

struct StepResult {
    std::string text;
    Place place;
    enum class State : unsigned char { Waiting, Sent, Done, Failed } state{};
    sim::Time sent, answered;
    int code = 0;         // of the answer; 0 for steps that are no requests
    std::string message;  // of a refusal
    std::string failure;  // why the step fails the scenario
};

// What the run has to set against a scenario's comparison of the same index.
struct Figure {
    std::int64_t count = 0, of = 0;        // share
    std::optional<sim::Duration> reached;  // nothing: never
};

struct InvariantBreak {
    std::string invariant, detail;
    sim::Time at;
};

// Exit codes of the command line.
enum class Exit : int {
    Fine = 0,
    ExpectationFailed = 1,
    BadInput = 2,
    InvariantBroken = 3,
    NotSettled = 4,
    NotDeterministic = 5
};

struct Outcome {
    Exit exit = Exit::Fine;
    std::vector<StepResult> steps;
    std::vector<ExpectationResult> expectations;
    std::vector<Figure> figures;
    std::vector<InvariantBreak> broken;
    std::vector<InvariantBreak> hazards;  // and broken rules that were announced: they fail nothing
    std::vector<std::string> unsettled;   // what waits, when the run did not settle
    std::string
        bad_input;  // why the cluster could not be made from the scenario; then nothing was played
    sim::Time ended;
    std::uint64_t fingerprint = 0, final_draw = 0, events = 0;
    std::size_t checks = 0;  // expectations, refusals and when-conditions that were judged: 0 is no
                             // success of `test`
    std::string first_failure() const;  // one line; "" when fine
};

class Run {
  public:
    struct Options {
        std::optional<sim::Duration> until;
        sim::ReadyOrder order = sim::ReadyOrder::Fifo;
        // Called now and then with the virtual time reached (for a progress line); may be empty.
        std::function<void(sim::Time)> progress;
        Options() = default;
    };
    Run(const Scenario& scenario, Options options);
    ~Run();

    // For listeners (recorder, reports) to be attached before play, and for queries afterwards.
    model::Cluster& cluster();
    const Scenario& scenario() const;
    // Plays to the end and judges. Call once.
    const Outcome& play();
    // Plays only until `at` (for `explain --at`).
    void play_until(sim::Time at);
    const Outcome& outcome() const;

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace scenarios
