#include "reports/record.hpp"

#include <doctest/doctest.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <set>

#include "reports/requests.hpp"
#include "reports/rpc_log.hpp"
#include "tests/reports/reported_cluster.hpp"
#include "tests/reports/temporary_file.hpp"

using nlohmann::json;
using namespace std::chrono_literals;

TEST_CASE("the record holds every change as the API prints it, in the order of commits") {
    TemporaryFile file;
    reports::ReportedCluster c(1);
    REQUIRE(c.cluster.preload(reports::ReportedCluster::volume("pv-before")).ok());
    reports::Record record(file.path, c.cluster.server().scheme());
    c.cluster.journal().listen(&record);
    c.create_at(2s, reports::ReportedCluster::claim("data"));
    c.cluster.start();
    c.cluster.engine().run_until(sim::Time(30s));
    record.close();
    const std::vector<json> lines = file.lines();
    REQUIRE(lines.size() >= 5);
    double t = 0;
    std::int64_t version = 0;
    for (const json& line : lines) {
        CHECK(line.size() == 3);
        CHECK(line["t"].get<double>() >= t);
        t = line["t"].get<double>();
        const json& o = line["object"];
        CHECK(o.contains("apiVersion"));
        const std::int64_t next = std::stoll(o["metadata"]["resourceVersion"].get<std::string>());
        CHECK(next > version);
        version = next;
        // It existed before time 0: it may only change.
        if (o["metadata"]["name"] == "pv-before")
            CHECK(line["type"] == "MODIFIED");
        else if (o["kind"] == "PersistentVolumeClaim" && t < 2.1 && version == next)
            CHECK(o["metadata"]["namespace"] == "default");
    }
    CHECK(lines.back()["object"]["kind"] != "Lease");
}

TEST_CASE("of Events those about StatefulSets and the like are left out") {
    TemporaryFile file;
    reports::ReportedCluster c(1);
    reports::Record record(file.path, c.cluster.server().scheme());
    c.cluster.journal().listen(&record);
    const auto tell = [&](const char* name, const char* version, const char* kind) {
        model::api::Value v = reports::ReportedCluster::manifest("Event", name);
        v["metadata"]["namespace"] = "default";
        v["involvedObject"]["apiVersion"] = version;
        v["involvedObject"]["kind"] = kind;
        v["involvedObject"]["name"] = "web";
        v["involvedObject"]["namespace"] = "default";
        c.create_at(2s, v);
    };
    tell("about-set", "apps/v1", "StatefulSet");
    tell("about-pod", "v1", "Pod");
    c.cluster.start();
    c.cluster.engine().run_until(sim::Time(5s));
    record.close();
    std::set<std::string> names;
    for (const json& line : file.lines()) names.insert(line["object"]["metadata"]["name"]);
    CHECK(names.contains("about-pod"));
    CHECK_FALSE(names.contains("about-set"));
}

TEST_CASE("a full disk is an error, not a short record") {
    if (!std::ifstream("/dev/full")) return;
    reports::OutputFile file("/dev/full");
    file.write(std::string(1 << 20, 'x'));
    CHECK_THROWS_WITH_AS(file.close(), "cannot write /dev/full: No space left on device",
                         reports::OutputError);
    CHECK_THROWS_AS(reports::OutputFile("/no/such/folder/x"), reports::OutputError);
}

TEST_CASE("the request log holds writes with subresource and code, reads only when asked") {
    TemporaryFile writes, all;
    reports::ReportedCluster c(1);
    reports::RequestLog log(writes.path, c.cluster.server().scheme());
    reports::RequestLog with_reads(all.path, c.cluster.server().scheme(), reports::Reads::Included);
    c.cluster.journal().listen(&log);
    c.cluster.journal().listen(&with_reads);
    c.create_at(1s, reports::ReportedCluster::volume("pv-a"));
    c.create_at(2s, reports::ReportedCluster::volume("pv-a"));
    c.create_at(3s, reports::ReportedCluster::claim("data"));
    c.cluster.start();
    c.cluster.engine().run_until(sim::Time(30s));
    log.close();
    with_reads.close();
    const std::vector<json> lines = writes.lines();
    REQUIRE(lines.size() >= 6);
    CHECK(lines[0]["by"] == "client");
    CHECK(lines[0]["verb"] == "create");
    CHECK(lines[0]["what"] == "persistentvolumes");
    CHECK(lines[0]["name"] == "pv-a");
    CHECK(lines[0]["code"] == 201);
    std::set<std::string> what;
    bool refused = false;
    for (const json& line : lines) {
        what.insert(line["what"].get<std::string>());
        refused |= line["code"] == 409;
    }
    CHECK(what.contains("persistentvolumes/status"));
    CHECK(what.contains("persistentvolumeclaims/status"));
    CHECK(refused);
    CHECK(all.lines().size() >= lines.size());
}

TEST_CASE("the log of CSI calls has a start and an end for each, as a driver logs them") {
    TemporaryFile file;
    reports::ReportedCluster c(reports::ReportedCluster::with_driver(1, "instant"));
    REQUIRE(c.cluster.preload(reports::ReportedCluster::driver_class()).ok());
    model::csi::Fault slow, refused;
    slow.delay = 13s;
    refused.code = model::csi::Code::Internal;
    refused.message = "no luck";
    c.endpoint().faults().add(model::csi::Method::CreateVolume, refused);
    c.endpoint().faults().add(model::csi::Method::CreateVolume, slow);
    reports::RpcLog log(file.path);
    c.cluster.journal().listen(&log);
    c.create_at(1s, reports::ReportedCluster::driver_claim("data"));
    c.cluster.start();
    c.cluster.engine().run_until(sim::Time(60s));
    log.close();
    const std::vector<json> lines = file.lines();
    REQUIRE(lines.size() == 6);
    CHECK(lines[0]["ev"] == "start");
    CHECK(lines[0]["id"] == 1);
    CHECK(lines[0]["method"] == "CreateVolume");
    CHECK(lines[0]["driver"] == "disk.example.com");
    CHECK(lines[0]["req"]["capacity_range"]["required_bytes"] == 1 << 30);
    CHECK(lines[0]["req"]["name"].get<std::string>().starts_with("pvc-"));
    CHECK(lines[1]["ev"] == "end");
    CHECK(lines[1]["err"] == "rpc error: code = Internal desc = no luck");
    CHECK(lines[1]["ctx_err"] == "<nil>");
    CHECK(lines[1]["dur_ms"] == 0.1);
    CHECK_FALSE(lines[1].contains("resp"));
    // The second call is given up after 10 s; the third is through before it.
    CHECK(lines[2]["id"] == 2);
    CHECK(lines[4]["id"] == 3);
    CHECK(lines[5]["id"] == 2);
    CHECK(lines[5]["ctx_err"] == "context canceled");
    CHECK(lines[5]["dur_ms"] == 13000.1);
    CHECK(lines[5]["resp"] == lines[4]["resp"]);
    CHECK(lines[5]["resp"]["volume"]["volume_id"] == "lab-vol-1");
}
