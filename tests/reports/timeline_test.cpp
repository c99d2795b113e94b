#include "reports/timeline.hpp"

#include <doctest/doctest.h>

#include <sstream>

#include "reports/explanation.hpp"
#include "reports/object_words.hpp"
#include "reports/tables.hpp"
#include "tests/reports/reported_cluster.hpp"

using namespace std::chrono_literals;
using reports::ReportedCluster;

namespace {

bool has(const std::string& text, std::string_view part) {
    return text.find(part) != std::string::npos;
}

std::string told(ReportedCluster& c, bool verbose = false) {
    std::ostringstream out;
    reports::Timeline::Options how;
    how.verbose = verbose;
    reports::Timeline timeline(out, c.cluster.server().scheme(), &c.trace, how);
    c.cluster.journal().listen(&timeline);
    c.cluster.start();
    c.cluster.engine().run_until(sim::Time(1min));
    c.cluster.journal().ignore(&timeline);
    return out.str();
}

}  // namespace

TEST_CASE("the time line tells writes in words, Events, refusals and what was waited for") {
    ReportedCluster c(2);
    c.create_at(1s, ReportedCluster::claim("data", "5Gi"));
    c.create_at(2s, ReportedCluster::volume("pv-a", "10Gi"));
    c.create_at(40s, ReportedCluster::volume("pv-a", "10Gi"));
    const std::string text = told(c);
    INFO(text);
    CHECK(has(text, "create PersistentVolumeClaim default/data: 5Gi RWO, no class"));
    CHECK(has(text, "create PersistentVolume pv-a: 10Gi RWO, Retain, no class"));
    CHECK(has(text, "update status of PersistentVolume pv-a: phase Pending -> Available"));
    CHECK(has(text, "claimRef -> default/data"));
    CHECK(has(text, "annotation pv.kubernetes.io/bound-by-controller=yes added"));
    CHECK(has(text, "phase Pending -> Bound"));
    CHECK(has(text, "volumeName -> pv-a"));
    CHECK(has(text,
              "Normal FailedBinding about PersistentVolumeClaim default/data: no persistent "
              "volumes available"));
    CHECK(has(text, "[at its periodic resync"));
    CHECK(has(text, "refused, 409 AlreadyExists"));
    CHECK_FALSE(has(text, "\x1b"));
    CHECK_FALSE(has(text, " rv "));
}

TEST_CASE("verbose adds syncs and resource versions") {
    ReportedCluster c(2);
    c.create_at(1s, ReportedCluster::claim("data", "5Gi"));
    const std::string text = told(c, true);
    INFO(text);
    CHECK(has(text, " rv "));
    CHECK(has(text, "sync default/data"));
}

TEST_CASE("tables have kubectl's columns") {
    ReportedCluster c(4);
    c.create_at(1s, ReportedCluster::volume("pv-a", "10Gi"));
    c.create_at(2s, ReportedCluster::claim("data", "5Gi"));
    c.cluster.start();
    c.cluster.engine().run_until(sim::Time(62s));
    const reports::Clock clock{c.cluster.options().start_unix_seconds, c.cluster.engine().now()};
    CHECK(reports::volume_table(c.cluster.server(), clock) ==
          "NAME   CAPACITY   ACCESS MODES   RECLAIM POLICY   STATUS   CLAIM          "
          "STORAGECLASS   REASON   AGE\n"
          "pv-a   10Gi       RWO            Retain           Bound    default/data   "
          "                        61s\n");
    CHECK(reports::claim_table(c.cluster.server(), clock) ==
          "NAME   STATUS   VOLUME   CAPACITY   ACCESS MODES   STORAGECLASS   AGE\n"
          "data   Bound    pv-a     10Gi       RWO                           60s\n");
}

TEST_CASE("changes are told without bookkeeping") {
    model::api::Scheme scheme;
    model::api::PersistentVolume a;
    a.metadata.name = "pv-a";
    a.metadata.resourceVersion = 4;
    a.metadata.finalizers = {"kubernetes.io/pv-protection"};
    model::api::PersistentVolume b = a;
    b.metadata.resourceVersion = 5;
    CHECK(reports::changes_between(a, b, scheme).empty());
    b.metadata.finalizers = {"example.com/mine"};
    b.metadata.labels.set("tier", "gold");
    b.spec.persistentVolumeReclaimPolicy = "Delete";
    b.status.phase = "Released";
    const std::vector<std::string> expected = {
        "finalizer example.com/mine added", "finalizer kubernetes.io/pv-protection removed",
        "labels -> {\"tier\":\"gold\"}", "persistentVolumeReclaimPolicy -> Delete",
        "phase -> Released"};
    const auto told = reports::changes_between(a, b, scheme);
    CHECK(told.size() == expected.size());
    CHECK(std::find(told.begin(), told.end(), "label tier=gold added") != told.end());
    CHECK(std::find(told.begin(), told.end(), "phase -> Released") != told.end());
    CHECK(std::find(told.begin(), told.end(), expected[1]) != told.end());
}

TEST_CASE("an explanation tells state, finalizers and history") {
    ReportedCluster c(4);
    const model::api::Key key("default", "data");
    reports::ObjectHistory history(model::api::Kind::PersistentVolumeClaim, key,
                                   c.cluster.server().scheme());
    c.cluster.journal().listen(&history);
    c.create_at(1s, ReportedCluster::claim("data", "5Gi"));
    c.cluster.start();
    c.cluster.engine().run_until(sim::Time(50s));
    reports::ExplanationInput input{c.cluster.server(), model::api::Kind::PersistentVolumeClaim,
                                    key, history};
    input.clock = {c.cluster.options().start_unix_seconds, c.cluster.engine().now()};
    input.controllers = {"waits for a volume"};
    const std::string text = reports::explanation_of(input);
    INFO(text);
    CHECK(has(text, "PersistentVolumeClaim default/data at 50.000s"));
    CHECK(has(text, "state        Pending; 5Gi RWO, no class"));
    CHECK(has(text, "kubernetes.io/pvc-protection: the PVC protection controller"));
    CHECK(has(text, "waits for a volume"));
    CHECK(has(text, "create: 5Gi RWO, no class"));
    CHECK(has(text, "Normal FailedBinding"));
}
