// Holds a request log against the recordings of a case: for each component, which requests in which
// order. Of its events it counts how often each was written, give or take 1 or 20 %. Times are not
// judged, nor the order between components; a name that the server or the recorder made up counts
// only by its beginning, one made from a claim's uid by which claim of the log it is, an
// attachment's likewise where its volume's handle was counted. What a recorded controller did about
// other cases does not count. Writes of quotas do not count: no recording has them.
#pragma once

#include <string>
#include <vector>

namespace conformance {

struct LogResult {
    bool holds = false;
    std::string nearest;             // the recording that the log is nearest to
    std::vector<std::string> lines;  // the differences from it
};

// `case_dir` holds writes.jsonl, writes-2.jsonl, ...; `log` is a file of lines
// {"t","by","verb","what","name","code"}.
LogResult check_request_log(const std::string& case_dir, const std::string& log);

}  // namespace conformance
