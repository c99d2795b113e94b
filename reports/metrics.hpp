// Metrics: what a Prometheus that scrapes the cluster would have at the end of the run, in its text
// format, under the names and labels that the real programs use.
//
//     csi_sidecar_operations_seconds, csi_operations_seconds      of CSI calls, as callers saw them
//     controller_persistentvolumeclaim_provision_*, controller_persistentvolume_delete_*
//     storage_operation_duration_seconds,
//     attach_detach_controller_attachdetach_controller_forced_detaches
//     workqueue_adds_total, workqueue_queue_duration_seconds, workqueue_work_duration_seconds
//     apiserver_request_total, rest_client_requests_total,
//     rest_client_rate_limiter_duration_seconds pv_collector_* of the objects at the end
//
// `job` names the program, as a scrape would. A work queue's `name` is the simulator's. Left out:
// metrics of processes as such (memory, goroutines) and everything nobody told.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "model/api/server.hpp"
#include "model/journal.hpp"

namespace reports {

class Metrics : public model::Listener, public model::Meter {
  public:
    explicit Metrics(const model::api::Scheme& scheme) : scheme_(scheme) {}

    void on(const model::Stamp& stamp, const model::Happening& happening) override;
    void count(std::string_view metric, Labels labels) override;
    void observe(std::string_view metric, Labels labels, sim::Duration took) override;

    // Families and their series in the order of their names. `objects` as they are at the end.
    std::string text(const model::api::ObjectReader& objects) const;

  private:
    struct Histogram {
        std::vector<std::uint64_t> counts;  // by bucket, the last without a bound
        sim::Duration sum{};
    };
    // By labels, as they are printed: driver_name="x",method_name="y".
    template <class T>
    using Series = std::map<std::string, T>;

    const model::api::Scheme& scheme_;
    std::map<std::string, Series<std::uint64_t>, std::less<>> counters_;
    std::map<std::string, Series<Histogram>, std::less<>> histograms_;
};

}  // namespace reports
