// Sidecars as scenarios ask for them: the attacher, elections, their options.
#include <doctest/doctest.h>

#include "model/api/objects_storage.hpp"
#include "tests/scenarios/played.hpp"

using namespace scenarios;
using model::api::VolumeAttachment;

TEST_SUITE_BEGIN("sidecars");

namespace {

const char* kObjects =
    "    objects:\n"
    "    - {apiVersion: storage.k8s.io/v1, kind: CSINode, metadata: {name: node-1}, spec: "
    "{drivers: "
    "[{name: d, nodeID: node-1}]}}\n"
    "    - {apiVersion: v1, kind: PersistentVolume, metadata: {name: disk}, spec: {accessModes: "
    "[ReadWriteOnce], capacity: {storage: 1Gi}, csi: {driver: d, volumeHandle: disk}}}\n";

std::string attach(const std::string& at) {
    return "  - {at: " + at +
           ", create: {apiVersion: storage.k8s.io/v1, kind: VolumeAttachment, metadata: {name: "
           "a}, spec: {attacher: d, nodeName: node-1, source: {persistentVolumeName: disk}}}}\n";
}

std::string cluster(const std::string& options = "", const std::string& controllers = "") {
    return "  cluster:\n" +
           (controllers.empty() ? "" : "    controllers: {" + controllers + "}\n") +
           "    drivers: [{name: d, profile: instant, sidecars: {externalAttacher: {" + options +
           "}}}]\n" + kObjects;
}

std::string error_of(Run& run) {
    const auto a = model::api::as<VolumeAttachment>(run.cluster().server().find(
        VolumeAttachment::kKind, model::api::Key(model::api::Text(), "a")));
    return a && a->status.attachError ? a->status.attachError->message.str() : "";
}

}  // namespace

TEST_CASE("an attachment made by a step is answered by the driver, and its time measured") {
    // The driver knows no such volume: it was not made through it.
    const auto run = test::play(cluster() + "  until: 10s\n  steps:\n" + attach("1s"));
    CHECK(error_of(*run).starts_with("rpc error: code = NotFound desc = "));
}

TEST_CASE("a cluster without attachers leaves attachments alone") {
    const auto run = test::play(cluster("", "externalAttacher: false") +
                                "  until: 10s\n  steps:\n" + attach("1s"));
    CHECK(error_of(*run) == "");
}

TEST_CASE("after a crash the same pod works on at once, another pod waits for the lease") {
    const std::string crashed = cluster("leaderElection: true") + "  until: 9s\n  steps:\n" +
                                "  - {at: 1s, crash: {component: external-attacher}}\n"
                                "  - {at: 2s, start: {component: external-attacher}}\n" +
                                attach("3s");
    CHECK(error_of(*test::play(crashed)) != "");
    const std::string stopped = cluster("leaderElection: true") +
                                "  until: ${UNTIL}\n  steps:\n"
                                "  - {at: 1s, stop: {component: external-attacher}}\n"
                                "  - {at: 2s, start: {component: external-attacher}}\n" +
                                attach("3s");
    const auto until = [&stopped](const std::string& end) {
        std::string text = stopped;
        text.replace(text.find("${UNTIL}"), 8, end);
        return error_of(*test::play(text));
    };
    CHECK(until("15s") == "");
    CHECK(until("40s") != "");
}

TEST_CASE("options that make no sense are refused") {
    const auto told = [](const std::string& options) {
        return test::complaints(
            load_text(test::scenario_of(cluster(options)), "test.yaml", LoadOptions()));
    };
    CHECK(told("reconcileSync: 0s").find("reconcileSync must be longer than 0s") !=
          std::string::npos);
    CHECK(told("timeout: 0s").find("externalAttacher: a timeout must be longer than 0s") !=
          std::string::npos);
    CHECK(told("workerThread: 1").find("workerThreads") != std::string::npos);
    CHECK(told("workerThreads: 3, maxEntries: 100, defaultFSType: xfs, resync: 5m") == "");
}

TEST_SUITE_END();
