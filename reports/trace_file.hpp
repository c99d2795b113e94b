// TraceFile: the Trace Event Format of Chrome, which ui.perfetto.dev and chrome://tracing open.
//
// Tracks are threads of processes. Slices of one track may only nest, so what runs at a time is
// dealt out to lanes, each a thread of its own: "requests", "requests 2", ... Written from front to
// back with no more memory than a few numbers a lane. Costs are bounded: what would need more than
// kLanesMax lanes is left out, and beyond the limit of entries the trace is cut; both are told in
// the file. Times are microseconds with three decimals: exact.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/api/value.hpp"
#include "reports/output_file.hpp"
#include "sim/time.hpp"

namespace reports {

class TraceFile {
  public:
    static constexpr std::size_t kLanesMax = 50;
    static constexpr std::size_t kGroupsMax = 64;  // of lanes, a process; more share one
    static constexpr std::size_t kEntriesMax = 1'000'000;
    explicit TraceFile(const std::string& path, std::size_t entries_max = kEntriesMax);

    struct Process {
        std::string name;
        int rank = 0;  // small ones stand above, equal ones in the order of coming
    };
    // A point on a track, for arrows.
    struct Point {
        int process = 0, thread = 0;
        sim::Time at;
    };
    struct Part {
        std::string_view name;
        sim::Time from, to;
    };
    struct Slice {
        std::string name;
        std::string_view category;
        sim::Time from, to;
        std::vector<Part> parts;  // within it, one after the other; empty ones are not drawn
        model::api::Value args;
    };
    // On the first free lane; nothing where there is none or the trace is cut. The point lies at
    // the slice's beginning.
    std::optional<Point> slice(const Process& process, const std::string& group,
                               const Slice& slice);
    struct Instant {
        std::string name;
        std::string_view category;
        sim::Time at;
        model::api::Value args;
    };
    void instant(const Process& process, const std::string& group, const Instant& instant);
    // From the slice that holds one point to the slice that holds the other.
    void arrow(const Point& from, const Point& to);
    bool is_cut() const { return entries_ >= entries_max_; }

    // Throws OutputError where anything was lost.
    void close();

  private:
    struct Lane {
        int thread = 0;
        sim::Time free_from;
    };
    struct Group {
        std::string name;
        std::vector<Lane> lanes;
        std::size_t left_out = 0;
        int rank = 0;
    };
    struct Known {
        int id = 0, threads = 0;
        std::map<std::string, Group> groups;
    };
    Known& known(const Process& process);
    Group& group_of(Known& process, const std::string& name);
    int new_thread(Known& process, Group& group);
    void metadata(std::string_view what, int process, int thread, std::string_view key,
                  model::api::Value value);
    void begin_entry(std::string_view phase, std::string_view name, std::string_view category,
                     const Point& point);
    void one_slice(std::string_view name, std::string_view category, const Point& point,
                   sim::Time to, const model::api::Value& args);

    OutputFile file_;
    std::map<std::string, Known> processes_;
    std::size_t entries_ = 0, entries_max_, arrows_ = 0;
    bool is_first_ = true;
};

}  // namespace reports
