// CausalGraph: which write, refusal, start or note led to which, as a graph whose edges are waits.
//
// Vertices are the engine's events in which something happened that the journal told. An edge leads
// from the vertex in which a wait began to the one that it led to; besides the cause proper there
// is an edge from what kept a worker busy. Both point forward in time, so the longest path to a
// vertex says why it did not come sooner: the critical path. A third kind of edge, from one version
// of an object to the next, is drawn but waits for nothing. Left out: queue work, watches and wakes
// between vertices, which are summed up in the edges.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "model/api/scheme.hpp"
#include "reports/event_trace.hpp"

namespace reports {

class CausalGraph : public model::Listener {
  public:
    explicit CausalGraph(const model::api::Scheme& scheme);
    ~CausalGraph() override;
    void on(const model::Stamp& stamp, const model::Happening& happening) override;

    struct PathStep {
        sim::Time at;
        std::string what;    // "persistent-volume-binder: update PersistentVolume pv-a"
        std::string waited;  // for what since the step before: "API reply 0.4ms, API write 3.1ms"
    };
    // Ends at the last commit of that object, "PersistentVolumeClaim default/data", or, by default,
    // at the last commit that bound a claim; empty where there is none.
    std::vector<PathStep> critical_path(const EventTrace& trace,
                                        std::string_view object = "") const;
    // For Graphviz; the critical path is drawn bold.
    std::string dot(const EventTrace& trace, std::string_view object = "") const;

  private:
    struct Vertex {
        EventSeq event = 0;
        sim::Time at;
        std::string label;
        std::vector<std::string> objects;  // whose version was made here
        bool binds = false;
        bool failed = false;
    };
    struct Built;
    Vertex& vertex_of(const model::Stamp& stamp);
    std::unique_ptr<Built> build(const EventTrace& trace) const;
    std::optional<std::size_t> end_of(std::string_view object) const;

    const model::api::Scheme& scheme_;
    std::vector<Vertex> vertices_;  // in the order of running
    std::unordered_map<EventSeq, std::size_t> by_event_;
};

}  // namespace reports
