#include "model/attachdetach/pending_operations.hpp"

#include <doctest/doctest.h>

namespace model::attachdetach {

using namespace std::chrono_literals;
using Start = PendingOperations::Start;

namespace {
constexpr sim::Time at(sim::Duration d) { return sim::Time(d); }
}  // namespace

TEST_CASE("operations of a volume for one node exclude each other everywhere") {
    PendingOperations ops;
    const OperationKey everywhere{"v", ""}, here{"v", "n1"};
    CHECK(ops.start(everywhere, Operation::Attach, at(0s)) == Start::Started);
    CHECK(ops.start(here, Operation::Detach, at(0s)) == Start::IsPending);
    CHECK(ops.is_pending(here));
    ops.ended(everywhere, true, at(1s));
    CHECK_FALSE(ops.is_pending(here));
}

TEST_CASE("operations of a shared volume go on side by side") {
    PendingOperations ops;
    CHECK(ops.start({"v", "n1"}, Operation::Attach, at(0s)) == Start::Started);
    CHECK(ops.start({"v", "n2"}, Operation::Attach, at(0s)) == Start::Started);
    CHECK(ops.pending() == 2);
}

TEST_CASE("a failure holds back the same operation, the last instant included, and no other") {
    PendingOperations ops;
    const OperationKey key{"v", ""};
    ops.start(key, Operation::Attach, at(0s));
    ops.ended(key, false, at(1s));
    CHECK(ops.refused_until(key, Operation::Attach) == at(1500ms));
    CHECK(ops.start(key, Operation::Attach, at(1500ms)) == Start::BacksOff);
    CHECK_FALSE(ops.may_retry(key, Operation::Attach, at(1500ms)));
    CHECK(ops.may_retry(key, Operation::Detach, at(1500ms)));
    CHECK(ops.start(key, Operation::Attach, at(1500ms) + sim::Duration(1)) == Start::Started);
    ops.ended(key, false, at(2s));
    CHECK(ops.refused_until(key, Operation::Attach) == at(3s));
    // Another operation begins anew.
    CHECK(ops.start(key, Operation::Detach, at(2s)) == Start::Started);
    ops.ended(key, false, at(2s));
    CHECK(ops.refused_until(key, Operation::Detach) == at(2500ms));
    CHECK_FALSE(ops.refused_until(key, Operation::Attach));
}

TEST_CASE("the backoff ends at 2 min 2 s, and success forgets it") {
    PendingOperations ops;
    const OperationKey key{"v", ""};
    sim::Time now{};
    for (const int wait_ms : {500, 1000, 2000, 4000, 8000, 16000, 32000, 64000, 122000, 122000}) {
        REQUIRE(ops.start(key, Operation::Attach, now) == Start::Started);
        ops.ended(key, false, now);
        REQUIRE(ops.refused_until(key, Operation::Attach) ==
                now + std::chrono::milliseconds(wait_ms));
        now += std::chrono::milliseconds(wait_ms) + sim::Duration(1);
    }
    ops.start(key, Operation::Attach, now);
    ops.ended(key, true, now);
    CHECK_FALSE(ops.refused_until(key, Operation::Attach));
    CHECK(ops.may_retry(key, Operation::Attach, now));
}

}  // namespace model::attachdetach
