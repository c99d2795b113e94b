#include "scenarios/match.hpp"

#include <doctest/doctest.h>

#include "scenarios/yaml_reader.hpp"

using namespace scenarios;

namespace {

Value yaml(const std::string& text) {
    static const std::string file = "value";
    Diagnostics problems;
    const auto documents = read_yaml(text, file, problems);
    REQUIRE(problems.empty());
    return documents.empty() ? Value() : documents[0].to_value();
}

bool fits(const std::string& pattern, const std::string& object) {
    const Value found = yaml(object);
    const bool result = matches(yaml(pattern), &found);
    CHECK(result == differences(yaml(pattern), found).empty());
    return result;
}

}  // namespace

TEST_CASE("maps match by the keys given") {
    CHECK(fits("{status: {phase: Bound}}", "{spec: {a: 1}, status: {phase: Bound, more: 2}}"));
    CHECK_FALSE(fits("{status: {phase: Bound}}", "{status: {phase: Pending}}"));
    CHECK_FALSE(fits("{status: {phase: Bound}}", "{spec: {}}"));
    CHECK_FALSE(fits("{status: {phase: Bound}}", "{status: Bound}"));
}

TEST_CASE("lists match when each given element has a match, in any order") {
    CHECK(fits("{a: [2, 1]}", "{a: [1, 2, 3]}"));
    CHECK(fits("{a: [{name: x}]}", "{a: [{name: y}, {name: x, more: 1}]}"));
    CHECK_FALSE(fits("{a: [4]}", "{a: [1, 2, 3]}"));
    CHECK_FALSE(fits("{a: [1]}", "{a: 1}"));
    CHECK_FALSE(fits("{a: [1]}", "{}"));
}

TEST_CASE("amounts compare by value where amounts stand, and as text elsewhere") {
    CHECK(fits("{spec: {resources: {requests: {storage: 1024Mi}}}}",
               "{spec: {resources: {requests: {storage: 1Gi}}}}"));
    CHECK(fits("{status: {capacity: {storage: 1}}}", "{status: {capacity: {storage: '1'}}}"));
    CHECK(fits("{status: {used: {requests.storage: 3072Mi}}}",
               "{status: {used: {requests.storage: 3Gi}}}"));
    CHECK_FALSE(fits("{spec: {capacity: {storage: 2Gi}}}", "{spec: {capacity: {storage: 1Gi}}}"));
    CHECK_FALSE(fits("{metadata: {labels: {size: 1Gi}}}", "{metadata: {labels: {size: 1024Mi}}}"));
}

TEST_CASE("a given zero value matches a field that is left out") {
    CHECK(fits("{spec: {claimRef: null}}", "{spec: {}}"));
    CHECK(fits("{spec: {storageClassName: ''}}", "{spec: {}}"));
    CHECK(fits("{status: {attached: false}}", "{}"));
    CHECK(fits("{metadata: {finalizers: []}}", "{metadata: {}}"));
    CHECK_FALSE(fits("{spec: {claimRef: null}}", "{spec: {claimRef: {name: x}}}"));
    CHECK_FALSE(fits("{status: {attached: false}}", "{status: {attached: true}}"));
}

TEST_CASE("differences name each field with what was expected and found") {
    const auto found =
        differences(yaml("{status: {phase: Bound}, spec: {volumeName: a, modes: [x]}}"),
                    yaml("{status: {phase: Pending}, spec: {modes: [y]}}"));
    REQUIRE(found.size() == 3);
    CHECK(found[0].to_string() == "spec.modes[]: expected x, found [y]");
    CHECK(found[1].to_string() == "spec.volumeName: expected a, found nothing");
    CHECK(found[2].to_string() == "status.phase: expected Bound, found Pending");
}

TEST_CASE("messages of refusals are cut where upstream prints Go") {
    CHECK(comparable_message("a is invalid: spec: core.PodSpec{x}") == "a is invalid: spec: ");
    CHECK(comparable_message("first\nsecond") == "first");
    CHECK(comparable_message("pointer (*int)(0xc0001)") == "pointer ");
    CHECK(comparable_message("at 0xc0001") == "at ");
    CHECK(comparable_message("x storage.CSINodeDriver{}") == "x ");
    CHECK(comparable_message("plain text") == "plain text");
}
