// RunDifference: two runs, A and B, held against each other: what differs, as plain values, as text
// and as JSON.
//
// The same are two runs with equal outcomes, equal times of all passages to the nanosecond, and the
// same writes, CSI calls and Events; the instants of writes are not compared by themselves, since
// the passages tell what became of them. Objects are matched by the names of StableNames. Left out:
// final states of objects, which the writes lead to.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "reports/run_digest.hpp"

namespace reports {

// Of A and B.
template <class T>
struct Sides {
    T a{}, b{};
    bool same() const { return a == b; }
    bool operator==(const Sides&) const = default;
};

struct TimingDifference {
    std::string object;
    Sides<bool> there;  // whether it began at all
    Sides<std::optional<sim::Duration>> took;
    std::string mostly;  // the kind of wait that changed most: "backoff +7.000s"
};

struct PercentileDifference {
    std::string kind;       // total, backoff, CSI call CreateVolume
    std::string_view rank;  // p50, p90, p99, max
    Sides<sim::Duration> spent;
};

struct GroupDifference {
    std::string_view name, title;
    Sides<std::size_t> began, ended;
    std::vector<TimingDifference> differing;  // the largest difference first
    std::vector<PercentileDifference> percentiles;
    bool same() const { return differing.empty(); }
};

struct CountDifference {
    std::vector<std::string> key;  // who, verb, what; driver, method, outcome
    Sides<std::int64_t> count;
};

struct FirstDifference {
    std::size_t nth = 0;                // of the writes, from 1
    std::vector<Write> before;          // the last ones that are the same, as A has them
    Sides<std::optional<Write>> write;  // nothing: no more writes
};

struct RunDifference {
    Sides<std::string> label;
    std::vector<std::string> outcome;     // a sentence each: "exit: 0, 1"
    std::vector<GroupDifference> groups;  // those in which anything began
    std::vector<CountDifference> writes, calls;
    std::optional<FirstDifference> first;
    Sides<std::vector<std::string>> events;  // that only this one has
    bool same() const;
};

RunDifference difference_of(const RunDigest& a, const RunDigest& b);

// Bounded in length: of many differing objects the largest differences.
std::string text_of(const RunDifference& difference);

// {schema: "stowage.dev/run-difference/v1", same, a, b, outcome: [text],
//  passages: {name: {began: [a, b], ended: [a, b],
//             differing: [{object, a, b, difference, mostly}],
//             percentiles: [{kind, rank, a, b, difference, ratio}]}},
//  writes: [{by, verb, what, a, b}], calls: [{driver, method, outcome, a, b}],
//  firstDifference: {nth, before: [write], a: write, b: write} or null,
//  events: {onlyA: [text], onlyB: [text]}}
// Times are seconds, null where there is none; a write is {t, by, verb, what, object, code}.
std::string json_text_of(const RunDifference& difference);

}  // namespace reports
