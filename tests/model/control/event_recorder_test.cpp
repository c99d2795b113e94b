#include "model/control/event_recorder.hpp"

#include <doctest/doctest.h>

#include "tests/model/small_server.hpp"

using namespace model;
using namespace std::chrono_literals;
using control::EventCorrelator;

TEST_SUITE_BEGIN("event recorder");

namespace {

api::Event event(std::string_view message, std::string_view object = "data") {
    api::Event e;
    e.metadata.name = std::string(object) + ".1";
    e.metadata.ns = "default";
    e.involvedObject.kind = "PersistentVolumeClaim";
    e.involvedObject.ns = "default";
    e.involvedObject.name = object;
    e.reason = "FailedBinding";
    e.type = "Normal";
    e.message = message;
    e.source.component = "persistentvolume-controller";
    e.count = 1;
    return e;
}

}  // namespace

TEST_CASE("the same event again is counted up under its first name") {
    EventCorrelator c;
    auto first = c.correlate(event("no volumes"), sim::Time(0s), 0);
    auto second = c.correlate(event("no volumes"), sim::Time(15s), 15'000'000'000);
    REQUIRE(first);
    REQUIRE(second);
    CHECK_FALSE(first->existing);
    CHECK(second->existing);
    CHECK(second->event.count == 2);
    CHECK(second->event.metadata.name == first->event.metadata.name);
}

TEST_CASE("the tenth message of a kind within ten minutes is combined") {
    EventCorrelator c;
    std::vector<std::string> messages;
    for (int i = 0; i < 12; ++i) {
        auto out = c.correlate(event("message " + std::to_string(i)),
                               sim::Time(std::chrono::seconds(i)), i);
        REQUIRE(out);
        messages.push_back(out->event.message.str());
    }
    CHECK(messages[8] == "message 8");
    CHECK(messages[9] == "(combined from similar events): message 9");
    CHECK(messages[11] == "(combined from similar events): message 11");
}

TEST_CASE("one object may say 25 things at once and one more each five minutes") {
    EventCorrelator c;
    int written = 0;
    for (int i = 0; i < 40; ++i)
        written += c.correlate(event("same"), sim::Time(0s), 0).has_value();
    CHECK(written == 25);
    CHECK_FALSE(c.correlate(event("same"), sim::Time(299s), 0));
    const auto later = c.correlate(event("same"), sim::Time(301s), 0);
    REQUIRE(later);
    CHECK(later->event.count == 42);  // what was swallowed was counted all the same
    CHECK(c.correlate(event("same", "other"), sim::Time(0s), 0));
}

TEST_CASE("an event that is gone from the store is created anew") {
    SmallServer s;
    (void)s.create(s.claim("data"));
    control::Client::Options options;
    options.name = "binder";
    control::Client client(*s.server, s.latencies, std::move(options));
    control::ClientEventRecorder recorder(client, "persistentvolume-controller");
    s.engine.spawn(s.engine.make_group("test"), "events", recorder.run());
    const api::ObjectRef claim =
        s.server->find(api::Kind::PersistentVolumeClaim, api::Key("default", "data"));
    auto events = [&] {
        std::vector<api::Ref<api::Event>> all;
        s.server->for_each(api::Kind::Event, "",
                           [&](const api::ObjectRef& o) { all.push_back(api::as<api::Event>(o)); });
        return all;
    };
    for (int i = 0; i < 2; ++i)
        recorder.record(*claim, control::EventType::Normal, "FailedBinding", "no volumes");
    s.engine.run();
    REQUIRE(events().size() == 1);
    CHECK(events()[0]->count == 2);
    CHECK(events()[0]->involvedObject.uid == claim->metadata.uid);
    (void)s.remove(api::Kind::Event, events()[0]->key());
    recorder.record(*claim, control::EventType::Normal, "FailedBinding", "no volumes");
    s.engine.run();
    REQUIRE(events().size() == 1);
    CHECK(events()[0]->count == 3);
}

TEST_SUITE_END();
