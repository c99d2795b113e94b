// ObservedRun: a scenarios::Run with the listeners that the reports need, and what they found.
//
// Listeners cost time and memory (a trace of all events costs 24 bytes each), so each is attached
// only where it is asked for. They outlive the run, since dying components still speak. Left out:
// output.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "reports/causal_graph.hpp"
#include "reports/driver_report.hpp"
#include "reports/matches.hpp"
#include "reports/passage_groups.hpp"
#include "reports/paths.hpp"
#include "reports/run_summary.hpp"
#include "reports/tables.hpp"
#include "reports/volume_lives.hpp"
#include "scenarios/run.hpp"
#include "tools/cli/options.hpp"

namespace cli {

class ObservedRun {
  public:
    struct Watch {
        bool paths = false, matches = false, graph = false, drivers = false;
        std::function<void(sim::Time)> progress;
        Watch() = default;
    };
    ObservedRun(const scenarios::Scenario& scenario, const Options& options, Watch watch);

    // For further listeners, before play; they must outlive this.
    void listen(model::Listener* listener) { run().cluster().journal().listen(listener); }
    const scenarios::Outcome& play() { return run_->play(); }

    scenarios::Run& run() { return *run_; }
    const model::api::Server& server() { return run_->cluster().server(); }
    reports::EventTrace* trace() { return trace_.get(); }
    const reports::EventTrace* trace() const { return trace_.get(); }
    const reports::CausalGraph* graph() const { return graph_.get(); }
    reports::Clock clock();

    // Without the outcome before play: what the head of a report tells.
    reports::RunSummary summary();
    std::vector<reports::ClaimPath> claims() const;
    reports::VolumePassages passages() const;
    std::vector<reports::PodPassage> pods() const;
    std::vector<reports::PassageGroup> groups() const;
    // They point into the run.
    std::vector<reports::DriverState> drivers();
    std::vector<reports::Match> matches() const { return matches_.all(); }

  private:
    void take_outcome(reports::RunSummary& summary);

    Options options_;
    reports::ClaimPaths paths_;
    reports::PodLives pods_;
    reports::Matches matches_;
    reports::DriverCalls calls_;
    std::unique_ptr<reports::VolumeLives> lives_;
    std::unique_ptr<reports::CausalGraph> graph_;
    std::unique_ptr<reports::EventTrace> trace_;
    std::unique_ptr<scenarios::Run> run_;  // last: dies first
};

}  // namespace cli
