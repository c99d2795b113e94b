// Holds a log of CSI calls against the recordings of a case: which calls began in which order, with
// which request, and how each ended. Times are not judged.
//
// Volumes are compared by which they are, not by what they are called: names and handles are
// numbered in the order in which the log first speaks of them. The provisioner's identity and
// secrets count as present or absent; requisite topologies are a set (external-provisioner sends
// them in the order of a Go map). Probe and GetPluginInfo are left out, since the recorded driver
// does not log them.
#pragma once

#include <string>

#include "tests/conformance/request_log.hpp"

namespace conformance {

// `case_dir` holds rpc.jsonl, rpc-2.jsonl, ..., or none where no call may be made; `log` is what
// `stowage run --rpc` writes.
LogResult check_call_log(const std::string& case_dir, const std::string& log);

}  // namespace conformance
