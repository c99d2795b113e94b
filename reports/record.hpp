// Record: every watch event of a run, one JSON object a line, in the order of commits.
//
//     {"object":{...whole object as the API prints it...},"t":2.031487,"type":"MODIFIED"}
//
// `t` is virtual time in seconds. DELETED carries the last state. An object that existed before
// time 0 appears when it first changes. Left out: leases, which tell nothing and would be most
// lines, and what workload controllers say of their own objects, as in recordings of real clusters.
#pragma once

#include <string>

#include "model/api/scheme.hpp"
#include "model/journal.hpp"
#include "reports/output_file.hpp"

namespace reports {

class Record : public model::Listener {
  public:
    Record(const std::string& path, const model::api::Scheme& scheme);
    void on(const model::Stamp& stamp, const model::Happening& happening) override;
    // Throws OutputError where a line was lost.
    void close() { file_.close(); }

  private:
    OutputFile file_;
    const model::api::Scheme& scheme_;
};

}  // namespace reports
