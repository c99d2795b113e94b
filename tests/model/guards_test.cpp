#include "model/guards.hpp"

#include <doctest/doctest.h>

#include <set>

using namespace model;

TEST_SUITE_BEGIN("guards");

TEST_CASE("every guard has one name, and is on until it is turned off by it") {
    CHECK(guard_names().size() == static_cast<std::size_t>(Guard::Count_));
    std::set<std::string_view> names;
    for (const GuardName& g : guard_names()) {
        CAPTURE(g.name);
        CHECK(names.insert(g.name).second);
        Guards guards;
        CHECK(guards.on(g.guard));
        CHECK(guards.turn_off(g.name));
        for (const GuardName& other : guard_names())
            CHECK(guards.on(other.guard) == (other.guard != g.guard));
    }
    CHECK_FALSE(Guards().turn_off("no-such-guard"));
}

TEST_SUITE_END();
