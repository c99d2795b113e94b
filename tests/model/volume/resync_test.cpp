// The resync that passes clean keys over must do what upstream's full one does, and cost nothing
// when all keys are clean.
#include <doctest/doctest.h>

#include "tests/model/volume/volume_world.hpp"

namespace model::volume {

namespace {

// What a person may do to claims and volumes, at random instants of two minutes.
class Meddler {
  public:
    Meddler(VolumeWorld& world, std::uint64_t seed) : world_(world), random_(seed, "meddler") {
        for (int i = 0; i < 60; ++i) {
            const sim::Time at(
                sim::Duration(static_cast<std::int64_t>(random_.below(120'000)) * 1ms));
            world.engine.call_at(at, kind_of(Wait::User), [this] { act(); });
        }
    }

  private:
    std::string claim_name() { return "c" + std::to_string(random_.below(6)); }
    std::string volume_name() { return "v" + std::to_string(random_.below(6)); }
    std::string class_name() {
        return std::vector<std::string>{"", "", "fast", "wait", "none"}[random_.below(5)];
    }

    void make_claim() {
        auto draft = world_.claim(claim_name());
        draft.of_class(class_name());
        if (random_.below(4) == 0) draft.names(volume_name());
        if (random_.below(4) == 0) draft.without_class();
        if (random_.below(6) == 0) draft.mode("Block");
        draft.made();
    }
    void make_volume() {
        constexpr std::string_view kPolicies[] = {"Retain", "Delete", "Recycle"};
        auto draft = world_.volume(volume_name());
        draft.of_class(class_name()).policy(kPolicies[random_.below(3)]);
        if (random_.below(4) == 0) draft.reserved_for(claim_name());
        if (random_.below(6) == 0)
            draft.annotated("pv.kubernetes.io/provisioned-by", "csi.example.com");
        if (random_.below(6) == 0) draft.mode("Block");
        draft.made();
    }
    void edit_volume() {
        const auto volume = world_.volume_now(volume_name());
        if (!volume) return;
        world_.edit<PV>(volume, [this](PV& v) {
            switch (random_.below(3)) {
                case 0:
                    v.spec.claimRef.reset();
                    break;
                case 1:
                    v.metadata.labels.set("edited", "yes");
                    break;
                default:
                    v.metadata.finalizers.clear();
            }
        });
    }
    void edit_claim() {
        const auto claim = world_.claim_now(claim_name());
        if (!claim) return;
        world_.edit<PVC>(claim, [this](PVC& c) {
            if (random_.below(2) == 0) {
                c.metadata.annotations.erase(api::annotation::kBindCompleted);
            } else {
                c.metadata.annotations.set(api::annotation::kSelectedNode, "node-1");
            }
        });
    }
    void break_status() {
        const auto volume = world_.volume_now(volume_name());
        if (!volume) return;
        world_.edit<PV>(
            volume, [](PV& v) { v.status.phase = "Failed"; }, api::Subresource::Status);
    }
    void act() {
        switch (random_.below(12)) {
            case 0:
            case 1:
            case 2:
                return make_claim();
            case 3:
            case 4:
            case 5:
                return make_volume();
            case 6:
                return world_.remove_claim(claim_name());
            case 7:
                return world_.remove_volume(volume_name());
            case 8:
                return edit_volume();
            case 9:
                return edit_claim();
            case 10:
                return break_status();
            default:
                (void)world_.pod("p" + std::to_string(random_.below(4))).uses(claim_name()).made();
        }
    }

    VolumeWorld& world_;
    sim::Stream random_;
};

Writes run(std::uint64_t seed, std::string_view version, bool true_grid) {
    VolumeWorld world(version);
    world.options.true_grid = true_grid;
    world.storage_class("fast", "csi.example.com").made();
    world.storage_class("wait", "csi.example.com", "WaitForFirstConsumer").made();
    world.storage_class("none", "kubernetes.io/no-provisioner").made();
    world.start();
    Meddler meddler(world, seed);
    world.pass(200s);
    CHECK(world.broken == Writes{});
    return world.all_writes;
}

}  // namespace

TEST_CASE("a resync of restless keys only makes the writes of a full one, at the same instants") {
    std::size_t writes = 0;
    for (std::uint64_t seed = 1; seed <= 60; ++seed) {
        for (std::string_view version : {"1.26", "1.36"}) {
            CAPTURE(seed);
            CAPTURE(version);
            const Writes grid = run(seed, version, true), clean = run(seed, version, false);
            writes += grid.size();
            REQUIRE(grid == clean);
        }
    }
    CHECK(writes > 5'000);
}

TEST_CASE("an idle day of bound claims costs no event") {
    VolumeWorld world;
    for (int i = 0; i < 50; ++i) world.volume("v" + std::to_string(i)).made();
    world.start();
    world.pass(1s);
    for (int i = 0; i < 50; ++i) world.claim("c" + std::to_string(i)).made();
    world.pass(60s);
    REQUIRE(world.claim_phase("c49") == "Bound");
    CHECK(world.controller->next_action() == sim::kNever);
    const std::uint64_t before = world.engine.events_run();
    world.pass(24h);
    CHECK(world.engine.events_run() == before);
    // And the grid is still where it was.
    world.claim("late").made();
    world.pass(1s);
    world.volume("late").made();
    const sim::Time tick = world.controller->next_action();
    CHECK((tick - sim::Time(10s)) % 15s == 0s);
}

TEST_CASE("a claim that only says the same again does not count as unfinished") {
    VolumeWorld world;
    world.start();
    world.claim("data").made();
    world.pass(60s);
    CHECK(world.controller->repeats_only());
    CHECK(world.controller->next_action() == sim::Time(70s));
}

}  // namespace model::volume
