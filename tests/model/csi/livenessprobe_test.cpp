#include "model/csi/livenessprobe.hpp"

#include <doctest/doctest.h>

#include "sim/engine.hpp"

namespace model::csi {

namespace {

using namespace std::chrono_literals;

struct Rig {
    Rig() {
        DriverSettings settings;
        settings.name = "d";
        settings.profile = *find_profile("instant");
        endpoint = std::make_unique<Endpoint>(engine, journal, make_driver(std::move(settings)),
                                              "node-1", 0);
        probe = std::make_unique<LivenessProbe>(*endpoint);
    }
    static sim::Task<void> ask(Rig* rig) {
        auto asking = rig->probe->check();
        rig->health = co_await std::move(asking);
        rig->answered = rig->engine.now();
        rig->has_answer = true;
    }
    void run() {
        engine.spawn(engine.make_group("test"), "probe", ask(this));
        engine.run();
    }

    sim::Engine engine;
    Journal journal;
    std::unique_ptr<Endpoint> endpoint;
    std::unique_ptr<LivenessProbe> probe;
    Health health;
    sim::Time answered;
    bool has_answer = false;
};

}  // namespace

TEST_CASE("a healthy driver is ok") {
    Rig rig;
    rig.run();
    REQUIRE(rig.has_answer);
    CHECK(rig.health.http_code == 200);
    CHECK(rig.health.text == "ok");
}

TEST_CASE("a driver that does not answer is given three seconds") {
    Rig rig;
    Fault fault;
    fault.hang = true;
    rig.endpoint->faults().add(Method::Probe, fault);
    rig.run();
    REQUIRE(rig.has_answer);
    CHECK(rig.health.http_code == 500);
    CHECK(rig.health.text.starts_with("rpc error: code = DeadlineExceeded"));
    CHECK(rig.answered.time_since_epoch() == 3s);
}

TEST_CASE("a driver that fails is told of with its error, one that is down is not there") {
    Rig rig;
    Fault fault;
    fault.code = Code::FailedPrecondition;
    fault.message = "no disk";
    rig.endpoint->faults().add(Method::Probe, fault);
    rig.run();
    CHECK(rig.health.http_code == 500);
    CHECK(rig.health.text == "rpc error: code = FailedPrecondition desc = no disk");
    Rig down;
    down.endpoint->set_running(false);
    down.run();
    CHECK(down.health.http_code == 500);
}

TEST_CASE("a driver that says it is not ready is not") {
    CallResult<ProbeResponse> result;
    CHECK(health_of(result).ok());
    result.response.ready = false;
    CHECK(health_of(result).http_code == 500);
    CHECK(health_of(result).text == "driver responded but is not ready");
}

}  // namespace model::csi
