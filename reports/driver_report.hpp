// DriverReport: what each CSI driver was asked during a run, and what its storage holds at the end
// of it: which volume belongs to which PersistentVolume, which to none (leaked), and which
// PersistentVolume stands for nothing (dangling).
//
// As text of a bounded length, and as JSON (driver_report_json.cpp) with everything. Left out:
// snapshots' contents.
#pragma once

#include <string>
#include <vector>

#include "model/csi/inventory.hpp"
#include "reports/driver_calls.hpp"

#include <nlohmann/json_fwd.hpp>

namespace reports {

struct DriverState {
    std::string name;
    std::string profile;
    const model::csi::Backend& backend;
    model::csi::Inventory inventory;
    const DriverCalls::ByMethod& calls;
};

// Calls, then volumes: those that something is wrong with first.
std::string text_of(const DriverState& driver);

// {name, profile,
//  calls: [{method, calls, outcomes: {code: n}, lost, running, unawaited,
//           took: {count, p50, p90, p99, p999, max, sum}, mostAtATime, concurrency: [[t, n]]}],
//  volumes: [{id, name, bytes, volumes: [names of PersistentVolumes], attached: [nodes], leaked}],
//  dangling: [{volume, handle}], kept: [{id, name, bytes, as}], leaked, attachments, snapshots,
//  created}
nlohmann::ordered_json json_of(const DriverState& driver);

}  // namespace reports
