#include "model/control/uplink.hpp"

#include <doctest/doctest.h>

#include "model/control/informer.hpp"
#include "tests/model/small_server.hpp"

using namespace model;
using namespace std::chrono_literals;
using api::Key;
using api::Kind;

TEST_SUITE_BEGIN("uplink");

namespace {

constexpr Kind kVolume = Kind::PersistentVolume;

// A server and a client over a line that can be cut.
struct Line : SmallServer {
    explicit Line(sim::Duration timeout = {}) {
        control::Client::Options options;
        options.name = "far";
        options.link = &link;
        options.timeout = timeout;
        client = std::make_unique<control::Client>(*server, latencies, std::move(options));
        (void)create(volume("v"));
    }
    // The answer's time, or that with the error's words.
    void label(const std::string& value) {
        api::Request r;
        r.verb = Verb::Patch;
        r.kind = kVolume;
        r.key = Key("", "v");
        r.patch["metadata"]["labels"]["l"] = value;
        client->send(std::move(r), [this](const api::Response& answer) {
            std::string text = sim::seconds_text(engine.now());
            if (!answer.status.ok()) text += " " + answer.status.message.str();
            answers.push_back(text);
        });
    }
    std::string stored() const {
        return std::string(server->find(kVolume, Key("", "v"))->metadata.labels.get("l"));
    }
    void at(sim::Duration time, std::function<void()> act) {
        engine.call_at(sim::Time(time), sim::WaitKind(), std::move(act));
    }
    // All that happens, with a cut from 10 s on that lasts so long.
    void play(sim::Duration cut) {
        at(10s, [this] { link.cut(45s); });
        at(10s + cut, [this] { link.heal(); });
        engine.run_until(sim::Time(10min));
    }

    control::Uplink link{engine};
    std::unique_ptr<control::Client> client;
    std::vector<std::string> answers;
};

}  // namespace

TEST_CASE("a request over a cut line comes with the first repetition after it was healed") {
    Line line;
    line.at(12s, [&] { line.label("x"); });
    line.play(5s);
    // Repeated 0.2, 0.6, 1.4, 3.0, 6.2 s after 12 s; then 3 ms there and 1 ms back.
    CHECK(line.answers == std::vector<std::string>{"15.004"});
    CHECK(line.stored() == "x");
}

TEST_CASE("what nothing was heard of for 45 s is lost with its connection") {
    Line line;
    line.at(12s, [&] { line.label("x"); });
    line.play(5min);
    CHECK(line.answers == std::vector<std::string>{"55.000 http2: client connection lost"});
    CHECK(line.stored().empty());
}

TEST_CASE("a repetition that would come after the connection's end comes too late") {
    Line line;
    line.at(10s + 1ms, [&] { line.label("x"); });
    line.play(30s);  // repeated after 25.4 s and after 51 s
    CHECK(line.answers == std::vector<std::string>{"55.000 http2: client connection lost"});
}

TEST_CASE("without a connection each request dials for 30 s") {
    Line line;
    line.at(60s, [&] { line.label("x"); });
    line.at(100s, [&] { line.label("y"); });
    line.play(93s);  // healed at 103 s; the SYN is repeated after 1, 3 and 7 s
    CHECK(line.answers == std::vector<std::string>{"90.000 dial tcp: i/o timeout", "103.004"});
    CHECK(line.stored() == "y");
}

TEST_CASE("a client with a time-out of its own waits no longer") {
    Line line(10s);
    line.at(12s, [&] { line.label("x"); });
    line.play(5min);
    REQUIRE(line.answers.size() == 1);
    CHECK(line.answers[0].starts_with("22.000 context deadline exceeded"));
}

TEST_CASE("a write whose answer the cut swallowed was made all the same") {
    Line line;
    line.at(10s - 3500us, [&] { line.label("x"); });  // carried out 0.5 ms before the cut
    line.play(5min);
    CHECK(line.answers == std::vector<std::string>{"55.000 http2: client connection lost"});
    CHECK(line.stored() == "x");
}

TEST_CASE("a line that is cut again before the repetition goes on waiting") {
    Line line;
    line.at(12s, [&] { line.label("x"); });
    line.at(14s + 100ms, [&] { line.link.heal(); });
    line.at(14s + 200ms, [&] { line.link.cut(45s); });
    line.play(20s);
    REQUIRE(line.answers.size() == 1);
    CHECK(line.answers[0] > "30");
    CHECK(line.stored() == "x");
}

TEST_CASE("over a short cut a watch hears late, in order, and lists nothing again") {
    Line line;
    control::Informer volumes(*line.server, line.latencies, kVolume, "far/volumes", &line.link);
    std::string heard;
    volumes.add_handler([&](const api::ObjectRef&, const api::ObjectRef& after) {
        heard += after->metadata.name.str() + "@" + sim::seconds_text(line.engine.now()) + " ";
    });
    volumes.start();
    line.at(12s, [&] { (void)line.create(line.volume("a")); });
    line.at(13s, [&] { (void)line.create(line.volume("b")); });
    line.play(5s);
    // Sent at 12.002 s, and repeated 3.0 s later.
    CHECK(heard == "v@0.000 a@15.002 b@15.002 ");
}

TEST_CASE("after a long cut a watch lists again and tells the difference") {
    Line line;
    (void)line.create(line.volume("old"));
    control::Informer volumes(*line.server, line.latencies, kVolume, "far/volumes", &line.link);
    std::vector<std::string> heard;
    volumes.add_handler([&](const api::ObjectRef& before, const api::ObjectRef& after) {
        if (line.engine.now() == sim::Time()) return;
        heard.push_back(!after ? "-" + before->metadata.name.str() : after->metadata.name.str());
    });
    volumes.start();
    line.at(12s, [&] { (void)line.create(line.volume("a")); });
    line.at(13s, [&] {
        api::Value unprotect;
        unprotect["metadata"]["finalizers"] = api::Value();
        (void)line.patch(kVolume, Key("", "old"), unprotect);
        (void)line.remove(kVolume, Key("", "old"));
    });
    line.at(100s, [&] { CHECK(heard.empty()); });
    line.play(5min);
    CHECK(heard == std::vector<std::string>{"a", "-old"});
    (void)line.create(line.volume("b"));
    line.engine.run_until(line.engine.now() + 1s);
    CHECK(heard.back() == "b");
}

TEST_CASE("a program that starts while it is cut off lists once it is healed") {
    Line line;
    control::Informer volumes(*line.server, line.latencies, kVolume, "far/volumes", &line.link);
    line.at(20s, [&] { volumes.start(); });
    line.at(39s, [&] { CHECK_FALSE(volumes.synced()); });
    line.play(30s);
    CHECK(volumes.synced());
    CHECK(volumes.get(Key("", "v")));
}

TEST_SUITE_END();
