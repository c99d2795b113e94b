#include "model/profile.hpp"

#include <doctest/doctest.h>

#include <chrono>

using namespace std::chrono_literals;
using model::Gate;
using model::Profile;

namespace {

// The first version in which a gate is on; 0 where none is.
int first_on(Gate gate) {
    for (int minor = 26; minor <= 36; ++minor) {
        if (Profile::of("1." + std::to_string(minor))->on(gate)) return minor;
    }
    return 0;
}

}  // namespace

TEST_CASE("every version from 1.26 to 1.36 has a profile, others have none") {
    for (int minor = 26; minor <= 36; ++minor) {
        const auto profile = Profile::of("1." + std::to_string(minor));
        REQUIRE(profile.has_value());
        CHECK(profile->minor == minor);
        CHECK(profile->binder_sync_period == 15s);
    }
    for (std::string_view bad :
         {"1.25", "1.37", "", "1", "1.", "2.30", "1.3", "1.300", "1.36x", "latest"}) {
        CAPTURE(bad);
        CHECK_FALSE(Profile::of(bad).has_value());
    }
    CHECK(Profile::of("v1.26.1")->minor == 26);
}

TEST_CASE("gates come on with the version that switched them on by default, and stay on") {
    CHECK(first_on(Gate::ReadWriteOncePod) == 27);
    CHECK(first_on(Gate::RetroactiveDefaultStorageClass) == 26);
    CHECK(first_on(Gate::PersistentVolumeLastPhaseTransitionTime) == 29);
    CHECK(first_on(Gate::HonorPVReclaimPolicy) == 31);
    CHECK(first_on(Gate::RecoverVolumeExpansionFailure) == 32);
    CHECK(first_on(Gate::SchedulerQueueingHints) == 32);
    CHECK(first_on(Gate::OrderedNamespaceDeletion) == 33);
    CHECK(first_on(Gate::VolumeAttributesClass) == 34);
    CHECK(first_on(Gate::MutableCSINodeAllocatableCount) == 35);
    CHECK(first_on(Gate::MutablePVNodeAffinity) == 0);
    CHECK(Profile::of("1.36")->on(Gate::ReadWriteOncePod));
}

TEST_CASE("a failed key is requeued by the binder from 1.36 on") {
    CHECK_FALSE(Profile::of("1.35")->binder_requeues_on_error);
    CHECK(Profile::of("1.36")->binder_requeues_on_error);
}

TEST_CASE("the node monitor's patience grew with 1.32") {
    CHECK(Profile::of("1.31")->node_monitor_grace == 40s);
    CHECK(Profile::of("1.32")->node_monitor_grace == 50s);
}

TEST_CASE("the waiting message and the recycler's script changed with 1.28") {
    CHECK(Profile::of("1.27")->external_provisioning_message ==
          "waiting for a volume to be created, either by external provisioner \"{provisioner}\" or "
          "manually created by "
          "system administrator");
    CHECK(Profile::of("1.28")->external_provisioning_message.starts_with(
        "Waiting for a volume to be created either by the external provisioner '{provisioner}' or "
        "manually by the "
        "system administrator. If"));
    CHECK(Profile::of("1.26")->recycler_script.find("rm -rf /scrub/..?*") != std::string::npos);
    CHECK(Profile::of("1.28")->recycler_script.find("find /scrub -mindepth 1 -delete") !=
          std::string::npos);
    CHECK(Profile::of("1.26")->recycler_image == "registry.k8s.io/debian-base:v2.0.0");
}

TEST_CASE("a gate is set by its name, and only by a name that exists") {
    Profile profile = *Profile::of("1.36");
    for (std::string_view name : Profile::gate_names()) {
        CAPTURE(name);
        CHECK(profile.set_gate(name, true));
    }
    for (bool on : profile.gates) CHECK(on);
    CHECK(profile.set_gate("HonorPVReclaimPolicy", false));
    CHECK_FALSE(profile.on(Gate::HonorPVReclaimPolicy));
    CHECK_FALSE(profile.set_gate("NoSuchGate", true));
}
