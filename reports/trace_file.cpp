#include "reports/trace_file.hpp"

#include <algorithm>

namespace reports {

namespace {

using model::api::Value;

constexpr int kProcessesARank = 100'000;
const char* const kOthers = "others";

std::string microseconds(sim::Time t) {
    const std::int64_t ns = t.time_since_epoch().count();
    std::string decimals = std::to_string(ns % 1000);
    decimals.insert(0, 3 - decimals.size(), '0');
    return std::to_string(ns / 1000) + "." + decimals;
}

void append_text(std::string& out, std::string_view key, std::string_view value) {
    out += "\"";
    out += key;
    out += "\":";
    Value(value).append_json(out);
}

}  // namespace

TraceFile::TraceFile(const std::string& path, std::size_t entries_max)
    : file_(path), entries_max_(entries_max) {
    file_.write("{\"displayTimeUnit\":\"ms\",\"traceEvents\":[");
}

std::optional<TraceFile::Point> TraceFile::slice(const Process& process, const std::string& group,
                                                 const Slice& slice) {
    if (is_cut()) return {};
    Known& owner = known(process);
    Group& lanes = group_of(owner, group);
    auto lane = std::find_if(lanes.lanes.begin(), lanes.lanes.end(),
                             [&slice](const Lane& l) { return l.free_from <= slice.from; });
    if (lane == lanes.lanes.end()) {
        if (lanes.lanes.size() == kLanesMax) {
            ++lanes.left_out;
            return {};
        }
        lanes.lanes.push_back({new_thread(owner, lanes), {}});
        lane = std::prev(lanes.lanes.end());
    }
    lane->free_from = slice.to;
    const Point point{owner.id, lane->thread, slice.from};
    one_slice(slice.name, slice.category, point, slice.to, slice.args);
    for (const Part& part : slice.parts)
        if (part.from < part.to)
            one_slice(part.name, slice.category, {point.process, point.thread, part.from}, part.to,
                      Value());
    return point;
}

void TraceFile::instant(const Process& process, const std::string& group, const Instant& instant) {
    if (is_cut()) return;
    Known& owner = known(process);
    Group& lanes = group_of(owner, group);
    if (lanes.lanes.empty()) lanes.lanes.push_back({new_thread(owner, lanes), {}});
    begin_entry("i", instant.name, instant.category,
                {owner.id, lanes.lanes.front().thread, instant.at});
    std::string& out = file_.buffer();
    out += ",\"s\":\"t\"";
    if (instant.args.is_map()) {
        out += ",\"args\":";
        instant.args.append_json(out);
    }
    out += '}';
    file_.pass_on();
}

// Both entries carry one number. The end belongs to the slice around it, not to the next one.
void TraceFile::arrow(const Point& from, const Point& to) {
    if (is_cut()) return;
    ++arrows_;
    for (const bool ends : {false, true}) {
        begin_entry(ends ? "f" : "s", "cause", "cause", ends ? to : from);
        std::string& out = file_.buffer();
        out += ",\"id\":" + std::to_string(arrows_) + (ends ? ",\"bp\":\"e\"}" : "}");
    }
    file_.pass_on();
}

void TraceFile::close() {
    std::size_t left_out = 0;
    for (const auto& process : processes_)
        for (const auto& group : process.second.groups) left_out += group.second.left_out;
    file_.buffer() += "\n],\"otherData\":{\"clock\":\"virtual time of the run\",\"cut\":\"" +
                      std::string(is_cut() ? "yes: the rest of the run is not here" : "no") +
                      "\",\"slicesLeftOut\":\"" + std::to_string(left_out) + "\"}}\n";
    entries_ = entries_max_;  // dying components still speak
    file_.close();
}

TraceFile::Known& TraceFile::known(const Process& process) {
    const auto [entry, is_new] = processes_.try_emplace(process.name);
    Known& known = entry->second;
    if (!is_new) return known;
    known.id = static_cast<int>(processes_.size());
    metadata("process_name", known.id, 0, "name", Value(process.name));
    metadata("process_sort_index", known.id, 0, "sort_index",
             Value(std::int64_t{process.rank} * kProcessesARank + known.id));
    return known;
}

TraceFile::Group& TraceFile::group_of(Known& process, const std::string& name) {
    const auto found = process.groups.find(name);
    if (found != process.groups.end()) return found->second;
    const std::string shown = process.groups.size() < kGroupsMax ? name : kOthers;
    Group& group = process.groups[shown];
    if (group.rank == 0) group.rank = static_cast<int>(process.groups.size());
    group.name = shown;
    return group;
}

int TraceFile::new_thread(Known& process, Group& group) {
    const int thread = ++process.threads;
    const std::size_t nth = group.lanes.size() + 1;
    metadata("thread_name", process.id, thread, "name",
             Value(group.name + (nth > 1 ? " " + std::to_string(nth) : "")));
    metadata("thread_sort_index", process.id, thread, "sort_index",
             Value(static_cast<std::int64_t>(group.rank) * static_cast<std::int64_t>(kLanesMax) +
                   static_cast<std::int64_t>(nth)));
    return thread;
}

void TraceFile::metadata(std::string_view what, int process, int thread, std::string_view key,
                         Value value) {
    Value args;
    args[key] = std::move(value);
    begin_entry("M", what, "__metadata", {process, thread, {}});
    std::string& out = file_.buffer();
    out += ",\"args\":";
    args.append_json(out);
    out += '}';
}

void TraceFile::begin_entry(std::string_view phase, std::string_view name,
                            std::string_view category, const Point& point) {
    std::string& out = file_.buffer();
    out += is_first_ ? "\n{" : ",\n{";
    is_first_ = false;
    ++entries_;
    append_text(out, "name", name);
    out += ',';
    append_text(out, "cat", category);
    out += ",\"ph\":\"" + std::string(phase) + "\",\"ts\":" + microseconds(point.at) +
           ",\"pid\":" + std::to_string(point.process) + ",\"tid\":" + std::to_string(point.thread);
}

void TraceFile::one_slice(std::string_view name, std::string_view category, const Point& point,
                          sim::Time to, const Value& args) {
    begin_entry("X", name, category, point);
    std::string& out = file_.buffer();
    out += ",\"dur\":" + microseconds(sim::Time(to - point.at));
    if (args.is_map()) {
        out += ",\"args\":";
        args.append_json(out);
    }
    out += '}';
    file_.pass_on();
}

}  // namespace reports
