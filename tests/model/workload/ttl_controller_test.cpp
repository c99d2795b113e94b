#include "model/workload/ttl_controller.hpp"

#include <doctest/doctest.h>

#include "tests/model/workload/node_world.hpp"

using namespace model;
using namespace std::chrono_literals;
using workload::TtlController;
using workload::TtlStep;

TEST_SUITE_BEGIN("ttl");

namespace {

std::string ttl_of(NodeWorld& w, std::string_view node) {
    return std::string(w.node(node)->metadata.annotations.get(TtlController::kAnnotation));
}

api::Value manifest(std::string_view name) {
    api::Value v;
    v["apiVersion"] = "v1";
    v["kind"] = "Node";
    v["metadata"]["name"] = name;
    return v;
}

}  // namespace

TEST_CASE("the steps of cluster sizes overlap") {
    TtlStep step;
    for (int i = 0; i < 100; ++i) step.add_node();
    CHECK(step.seconds() == 0);
    step.add_node();
    CHECK(step.seconds() == 15);
    for (int i = 0; i < 11; ++i) step.remove_node();  // 90 are left
    CHECK(step.seconds() == 15);
    step.remove_node();
    CHECK(step.seconds() == 0);
}

TEST_CASE("nodes that are there since long have their annotation, and nothing is written") {
    NodeWorld w(101);
    const std::uint64_t version = w.node("node-1")->metadata.resourceVersion;
    w.run_to(1min);
    CHECK(ttl_of(w, "node-1") == "15");
    CHECK(w.node("node-1")->metadata.resourceVersion == version);
}

TEST_CASE("a node that appears is told by a patch, and the hundred and first changes all") {
    NodeWorld w(99);
    (void)w.create(manifest("new-1"));
    w.run_to(1s);
    CHECK(ttl_of(w, "new-1") == "0");
    (void)w.create(manifest("new-2"));
    w.run_to(2s);
    CHECK(ttl_of(w, "new-2") == "15");
    CHECK(ttl_of(w, "node-1") == "0");  // it is told with its next update
    w.add_taint("node-1", "any", "NoSchedule");
    w.run_to(3s);
    CHECK(ttl_of(w, "node-1") == "15");
}

TEST_SUITE_END();
