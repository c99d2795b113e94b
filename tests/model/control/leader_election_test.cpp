#include "model/control/leader_election.hpp"

#include <doctest/doctest.h>

#include "model/api/codec.hpp"
#include "tests/model/small_server.hpp"

using namespace model;
using namespace model::control;
using namespace std::chrono_literals;

TEST_SUITE_BEGIN("leader election");

namespace {

struct Candidate {
    Candidate(SmallServer& world, std::string identity, bool updates_first = true)
        : process(*world.server, world.latencies, identity),
          client(process.client("sidecar", 5, 10)),
          election(client, process.recorder(client, "lock/" + identity),
                   options(std::move(identity), updates_first)) {
        process.spawn("election", run(*this));
    }
    static LeaderElectionOptions options(std::string identity, bool updates_first) {
        LeaderElectionOptions o;
        o.ns = "default";
        o.lease = "lock";
        o.identity = std::move(identity);
        o.updates_first = updates_first;
        return o;
    }
    static sim::Task<void> run(Candidate& self) {
        auto acquiring = self.election.acquire();
        co_await std::move(acquiring);
        self.leads = true;
        auto renewing = self.election.renew();
        co_await std::move(renewing);
        self.leads = false;
    }
    Process process;
    Client& client;
    LeaderElection election;
    bool leads = false;
};

struct World : SmallServer, private Listener {
    World() { journal.listen(this); }
    ~World() override { journal.ignore(this); }
    void run_for(sim::Duration d) { engine.run_until(engine.now() + d); }
    std::string field(std::string_view name) {
        const auto lease = server->find(server->scheme().resolve("coordination.k8s.io/v1", "Lease"),
                                        api::Key("default", "lock"));
        const api::Value v = lease ? api::encode(*lease, server->scheme()) : api::Value();
        const api::Value* found = v.at({"spec", name});
        return found ? found->to_json() : "";
    }
    void on(const Stamp&, const Happening& happening) override {
        const auto* r = std::get_if<Requested>(&happening);
        if (!r || r->by == "test") return;
        if (r->kind == api::Kind::Event) {
            ++events;
        } else {
            requests += (requests.empty() ? "" : " ") + std::string(to_string(r->verb)) + ":" +
                        std::to_string(r->status.code);
        }
    }
    std::string requests;
    int events = 0;
};

}  // namespace

TEST_CASE("the first one makes the lease, tells so, and renews it each five seconds") {
    World w;
    Candidate a(w, "pod-a");
    w.run_for(1s);
    CHECK(a.leads);
    CHECK(w.requests == "get:404 create:201 update:200");
    CHECK(w.events == 1);
    CHECK(w.field("holderIdentity") == "\"pod-a\"");
    CHECK(w.field("leaseTransitions") == "0");
    w.requests.clear();
    w.run_for(10s);
    CHECK(w.requests == "update:200 update:200");
}

TEST_CASE("before 1.30 each renewal reads the lease first") {
    World w;
    Candidate a(w, "pod-a", false);
    w.run_for(6s);
    CHECK(w.requests == "get:404 create:201 get:200 update:200 get:200 update:200");
}

TEST_CASE("another one waits until the lease has not changed for fifteen seconds") {
    World w;
    auto a = std::make_unique<Candidate>(w, "pod-a");
    w.run_for(1s);
    Candidate b(w, "pod-b");
    w.run_for(60s);
    CHECK(a->leads);
    CHECK_FALSE(b.leads);
    a.reset();
    w.run_for(10s);
    CHECK_FALSE(b.leads);
    w.run_for(30s);
    CHECK(b.leads);
    CHECK(w.field("leaseTransitions") == "1");
}

TEST_CASE("the same pod goes on at once after its container's restart") {
    World w;
    auto a = std::make_unique<Candidate>(w, "pod-a");
    w.run_for(7s);
    a.reset();
    Candidate again(w, "pod-a");
    w.run_for(100ms);
    CHECK(again.leads);
    CHECK(w.field("leaseTransitions") == "0");
}

TEST_CASE("a holder that cannot renew for ten seconds stops leading") {
    World w;
    Candidate a(w, "pod-a");
    w.run_for(1s);
    w.server->set_up(false);
    w.run_for(10s);
    CHECK(a.leads);
    w.run_for(6s);
    CHECK_FALSE(a.leads);
}

TEST_CASE("names of leases") {
    CHECK(LeaderElection::sanitized("external-attacher-leader-ebs.csi.aws.com") ==
          "external-attacher-leader-ebs-csi-aws-com");
    CHECK(LeaderElection::sanitized("odd/") == "odd-X");
}

TEST_SUITE_END();
