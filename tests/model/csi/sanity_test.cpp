// csi-sanity for every profile. A driver that lacks a capability must refuse the call as it does; a
// driver that is known to answer otherwise than csi-sanity asks is held to its own answer.
#include "tests/model/csi/sanity.hpp"

namespace model::csi::sanity {

namespace {

struct Known {
    std::string_view profile, group, name;
    Code code;
};

// What these drivers really say; for the first group csi-sanity would fail.
const Known kKnown[] = {
    // An NFS volume is a directory: any size of it exists already.
    {"nfs", "CreateVolume",
     "should fail when requesting to create a volume with already existing name and different "
     "capacity",
     Code::Ok},
    {"nfs", "ValidateVolumeCapabilities", "should fail when the requested volume does not exist",
     Code::Ok},
    {"nfs", "NodePublishVolume with single node multi writer capability",
     "should fail when volume with single node single writer access mode is already mounted at a "
     "different target path",
     Code::Ok},
    // It does not look at mutable parameters.
    {"nfs", "CreateVolume", "should create volume with a volume attribute class", Code::Ok},
    {"nfs", "CreateVolume", "should not create volume with an invalid volume attribute class",
     Code::Ok},
    // An empty id is an id that is not found.
    {"host-path", "GetSnapshot [Controller Server]", "should return an error", Code::NotFound},
    // These do not report SINGLE_NODE_MULTI_WRITER.
    {"instant", "NodePublishVolume with single node multi writer capability",
     "should fail when volume with single node single writer access mode is already mounted at a "
     "different target path",
     Code::FailedPrecondition},
    {"block-cloud", "NodePublishVolume with single node multi writer capability",
     "should fail when volume with single node single writer access mode is already mounted at a "
     "different target path",
     Code::InvalidArgument},
    {"shared-file", "NodePublishVolume with single node multi writer capability",
     "should fail when volume with single node single writer access mode is already mounted at a "
     "different target path",
     Code::InvalidArgument},
    // No limit to run into.
    {"instant", "ControllerPublishVolume",
     "should fail when publishing more volumes than the node max attach limit", Code::Ok},
};

// What a driver says to a call for which it has no capability.
Code refusal(const DriverProfile& profile, const Check& check) {
    // A source or a class that is not offered is a bad argument of CreateVolume, and so is every
    // such call to the host path driver but publishing and expanding.
    if (check.group == "CreateVolume" && check.need != Need::Snapshots)
        return Code::InvalidArgument;
    if (check.group == "CreateVolume" &&
        check.name == "should fail when the volume source snapshot is not found")
        return Code::InvalidArgument;
    if (profile.behaviour == Behaviour::HostPath && check.need == Need::Modify)
        return Code::InvalidArgument;
    // Here the volume of that class, which comes first, is refused already.
    if (profile.behaviour == Behaviour::Generic &&
        check.name.find("created with a volume attribute class") != std::string_view::npos)
        return Code::InvalidArgument;
    return Code::Unimplemented;
}

struct Counts {
    int passed = 0, refused = 0, own = 0;
};

void run(const DriverProfile& profile, const Check& check, Counts& counts) {
    World w(profile);
    const bool offered = w.has(check.need);
    Code expected = offered ? check.expected : refusal(profile, check);
    int* count = offered ? &counts.passed : &counts.refused;
    for (const Known& known : kKnown)
        if (known.profile == profile.name && known.group == check.group &&
            known.name == check.name) {
            expected = known.code;
            count = &counts.own;
        }
    const Code code = check.run(w);
    INFO(profile.name, ": ", check.group, " ", check.name, ": ", w.last.status.message.view());
    CHECK(to_string(code) == to_string(expected));
    ++*count;
}

}  // namespace

TEST_CASE("every profile passes csi-sanity, or says what it really says") {
    const std::vector<Check>* tables[] = {&controller_checks(), &change_checks(),
                                          &snapshot_checks(), &node_checks()};
    for (const DriverProfile& profile : profiles()) {
        Counts counts;
        for (const auto* table : tables)
            for (const Check& check : *table) run(profile, check, counts);
        MESSAGE(profile.name, ": ", counts.passed, " passed, ", counts.refused,
                " refused for a capability, ", counts.own, " of its own");
        CHECK(counts.passed + counts.refused + counts.own == 95);
        CHECK(counts.own <= 5);
    }
}

}  // namespace model::csi::sanity
