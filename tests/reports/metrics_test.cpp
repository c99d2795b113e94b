// Metrics of a run with a driver, held against what its request and call logs tell, and the text
// format in its odd corners.
#include "reports/metrics.hpp"

#include <doctest/doctest.h>

#include <sstream>

#include "tests/reports/reported_cluster.hpp"

using namespace std::chrono_literals;
using reports::Metrics;
using reports::ReportedCluster;

namespace {

// The value of the one series that begins so; -1 where there is none.
double value_of(const std::string& text, const std::string& series) {
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);)
        if (line.starts_with(series + " ")) return std::stod(line.substr(series.size() + 1));
    return -1;
}

struct Measured {
    explicit Measured(int failures = 0) {
        cluster.cluster.journal().listen(&metrics);
        cluster.cluster.journal().set_meter(&metrics);
        if (failures > 0) {
            model::csi::Fault f;
            f.code = model::csi::Code::Internal;
            f.times = failures;
            cluster.endpoint().faults().add(model::csi::Method::CreateVolume, f);
        }
        cluster.cluster.start();
        cluster.create_at(1s, ReportedCluster::driver_class());
        cluster.create_at(2s, ReportedCluster::driver_claim("data"));
        cluster.cluster.engine().run_until(sim::Time(60s));
        text = metrics.text(cluster.cluster.server());
    }
    ReportedCluster cluster{ReportedCluster::with_driver(1, "instant")};
    Metrics metrics{cluster.cluster.server().scheme()};
    std::string text;
};

}  // namespace

TEST_SUITE("metrics") {
    TEST_CASE("attempts to provision are counted by class, failures apart") {
        const Measured m(2);
        CHECK(value_of(m.text,
                       "controller_persistentvolumeclaim_provision_total"
                       "{class=\"fast\",source=\"\"}") == 1);
        CHECK(value_of(m.text,
                       "controller_persistentvolumeclaim_provision_failed_total"
                       "{class=\"fast\",source=\"\"}") == 2);
        CHECK(value_of(m.text,
                       "controller_persistentvolumeclaim_provision_duration_seconds_count"
                       "{class=\"fast\",source=\"\"}") == 1);
        const std::string driver = "driver_name=\"" + std::string(ReportedCluster::kDriver) + "\"";
        CHECK(value_of(m.text, "csi_sidecar_operations_seconds_count{" + driver +
                                   ",grpc_status_code=\"Internal\",job=\"csi-provisioner\","
                                   "method_name=\"/csi.v1.Controller/CreateVolume\"}") == 2);
    }

    TEST_CASE("volumes and claims are counted as they are at the end") {
        const Measured m;
        CHECK(value_of(m.text, "pv_collector_bound_pv_count{storage_class=\"fast\"}") == 1);
        CHECK(value_of(m.text,
                       "pv_collector_bound_pvc_count"
                       "{namespace=\"default\",storage_class=\"fast\"}") == 1);
        CHECK(value_of(m.text, "pv_collector_unbound_pv_count{storage_class=\"fast\"}") == -1);
    }

    TEST_CASE("requests are counted by what was answered") {
        const Measured m;
        CHECK(value_of(m.text,
                       "apiserver_request_total{code=\"201\",resource="
                       "\"persistentvolumes\",subresource=\"\",verb=\"POST\"}") == 1);
        CHECK(value_of(m.text,
                       "rest_client_requests_total{code=\"201\",job=\"csi-provisioner\","
                       "method=\"POST\"}") >= 1);
    }

    TEST_CASE("buckets add up, bounds belong to the bucket below") {
        Measured m;
        Metrics metrics(m.cluster.cluster.server().scheme());
        for (const sim::Duration took :
             {sim::Duration(100ms), sim::Duration(101ms), sim::Duration(700s)})
            metrics.observe("csi_operations_seconds", {{"b", "x"}, {"a", "q\"\\\n"}}, took);
        const std::string text = metrics.text(m.cluster.cluster.server());
        const std::string labels = "a=\"q\\\"\\\\\\n\",b=\"x\"";
        const std::string bucket = "csi_operations_seconds_bucket{" + labels + ",le=";
        CHECK(value_of(text, bucket + "\"0.1\"}") == 1);
        CHECK(value_of(text, bucket + "\"0.25\"}") == 2);
        CHECK(value_of(text, bucket + "\"600\"}") == 2);
        CHECK(value_of(text, bucket + "\"+Inf\"}") == 3);
        CHECK(value_of(text, "csi_operations_seconds_sum{" + labels + "}") ==
              doctest::Approx(700.201));
        CHECK(text.find("# TYPE csi_operations_seconds histogram\n") != std::string::npos);
    }
}
