// The JSON of a run, for programs. Keys keep the order given here, equal runs give equal bytes, and
// times are numbers of seconds, exact to the nanosecond.
//
//     schema         "stowage.dev/run-report/v1"
//     scenario, description, kubernetes, seed, order ("fifo", "shuffle")
//     fingerprint    16 hexadecimal digits over all events of the run; finalDraw one more of them
//     events, ended, exit, checks, failure ("" or the first failure in a line)
//     phases         {name: first tick}
//     notices        what the run said of absent actors and the like
//     steps          [{text, place, state, sent, answered, code, message, failure}]
//     expectations   [{text, place, step, verdict, decided, reason, events}]
//     broken         [{invariant, detail, at}]
//     hazards        the same: rules that Kubernetes does not keep, or that were announced
//     unsettled      what still waited
//     claims         [{claim, uid, created, bound, deleted, total,
//                      segments: [{wait, from, seconds, actor, cut, call}]}]; seconds sum to total;
//                     `call` is the method, and only there for a CSI call
//     latency        {claims, bound, spent: [{name, count, p50, p90, p99, p999, max, sum}]}
//     passages       {claim-provisioned, volume-bound, volume-reclaimed, pod-running: {began,
//     ended,
//                     spent: as above, each: [{object, from, to, total, labels, segments}]}};
//                     pods are told by stages, which `stage` of a segment names, and have
//                     `waits`, by kind of wait; `by`: {label: {value: spent}}; and `startLatency`
//                     {count, p50, p90, p99, p999, max, sum, leftOut}, the SLI of stateful pods
//     drivers        as driver_report.hpp says
//     matches        [{claim, volume, at, times, passedOver: [{rule, count, names}]}]
//     objects        the final objects of every kind but Lease, as the API prints them
//
// A time that never came is null.
#pragma once

#include <string>

#include "model/api/server.hpp"
#include "reports/driver_report.hpp"
#include "reports/matches.hpp"
#include "reports/passage_groups.hpp"
#include "reports/run_summary.hpp"

namespace reports {

struct RunFindings {
    const RunSummary& summary;
    const std::vector<ClaimPath>& claims;
    const std::vector<PassageGroup>& groups;
    const std::vector<DriverState>& drivers;
    const std::vector<Match>& matches;
    const model::api::ObjectReader& objects;
};

std::string run_report(const RunFindings& findings);

}  // namespace reports
