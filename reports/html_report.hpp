// HtmlReport: one run as one web page, for reading and for passing on: outcome, expectations, time
// line by object and by node, latencies, CSI calls, Events.
//
// The page stands alone: no script, no network, no font or picture from elsewhere, and a policy in
// it that forbids all of them. Light and dark by the reader's setting; all that colours and bars
// say is there as text too. Equal runs give equal bytes. Sections in which there is nothing are
// left out.
#pragma once

#include <string>
#include <vector>

#include "reports/call_bars.hpp"
#include "reports/driver_report.hpp"
#include "reports/passage_groups.hpp"
#include "reports/run_summary.hpp"
#include "reports/state_bars.hpp"

namespace reports {

struct HtmlFindings {
    const RunSummary& summary;
    const std::vector<PassageGroup>& groups;
    const std::vector<DriverState>& drivers;
    const StateBars& states;
    const CallBars& calls;
};

std::string html_report(const HtmlFindings& findings);

}  // namespace reports
