// RunDigest: what two runs are compared by: their writes in order, CSI calls, API Events and
// passages, as plain values that outlive the run, with names that do not hang on the seed.
//
// DigestListener gathers what the journal tells; the rest is put in after the run. It costs some
// 150 bytes a write. Left out: reads, leases, bodies of requests.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "model/api/scheme.hpp"
#include "reports/passage_groups.hpp"
#include "reports/run_summary.hpp"
#include "reports/stable_names.hpp"

namespace reports {

struct Write {
    sim::Time at;  // of the answer's being made
    std::string by;
    std::string_view verb;
    std::string what, object;  // persistentvolumes/status; default/data
    int code = 0;
    // Time apart.
    bool same_as(const Write& other) const {
        return code == other.code && verb == other.verb && by == other.by && what == other.what &&
               object == other.object;
    }
};
// "persistent-volume-binder: update persistentvolumes/status pv-a (409)"; 2xx codes are not told.
std::string text_of(const Write& write);

struct RunDigest {
    std::string label;  // how it was played: "claim.yaml, seed 7, --set ..."
    RunSummary summary;
    std::vector<PassageGroup> passages;
    std::vector<Write> writes;
    using CallKey = std::tuple<std::string, std::string, std::string>;  // driver, method, outcome
    std::map<CallKey, std::size_t> calls;
    std::map<std::string, std::int64_t> events;  // "Warning X about Pod a: ..." and how often
};

class DigestListener : public model::Listener {
  public:
    explicit DigestListener(const model::api::Scheme& scheme) : scheme_(scheme) {}
    void on(const model::Stamp& stamp, const model::Happening& happening) override;
    RunDigest digest(std::string label, RunSummary summary, std::vector<PassageGroup> passages);

  private:
    void tell(const model::Stamp& stamp, const model::Requested& request);
    void tell(const model::CsiCall& call);
    void tell(const model::Committed& commit);

    const model::api::Scheme& scheme_;
    StableNames names_;
    RunDigest digest_;
};

}  // namespace reports
