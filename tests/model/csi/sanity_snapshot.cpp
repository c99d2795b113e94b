#include "tests/model/csi/sanity.hpp"

namespace model::csi::sanity {

namespace {

// A volume "of NAME" with a snapshot NAME.
Code volume_and_snapshot(World& w, const std::string& name, Text& volume, Text& snapshot) {
    if (const Code code = w.create("of " + name, volume); code != Code::Ok) return code;
    return w.snapshot(name, volume, snapshot);
}

Code list(World& w, const ListSnapshotsRequest& r, std::size_t expected) {
    const Code code = w.call(r);
    if (code == Code::Ok) CHECK(w.answer<ListSnapshotsRequest>().entries.size() == expected);
    return code;
}

Code list_two(World& w, void (*ask)(ListSnapshotsRequest&, const Text& volume, const Text& cut),
              std::size_t expected) {
    Text volume, snapshot;
    if (const Code code = volume_and_snapshot(w, "a", volume, snapshot); code != Code::Ok)
        return w.has(Need::Snapshots) ? code : w.call(ListSnapshotsRequest());
    Text other_volume, other;
    volume_and_snapshot(w, "b", other_volume, other);
    ListSnapshotsRequest r;
    ask(r, volume, snapshot);
    return list(w, r, expected);
}

template <class R>
Code with_snapshot(World& w, std::string_view id) {
    R r;
    r.snapshot_id = id;
    return w.call(r);
}

template <class R>
Code with_group(World& w, std::string_view id) {
    R r;
    r.group_snapshot_id = id;
    return w.call(r);
}

const Check kChecks[] = {
    {"ListSnapshots [Controller Server]",
     "should return appropriate values (no optional values added)", Need::ListSnapshots, Code::Ok,
     [](World& w) { return list(w, ListSnapshotsRequest(), 0); }},
    {"ListSnapshots [Controller Server]",
     "should return snapshots that match the specified snapshot id", Need::ListSnapshots, Code::Ok,
     [](World& w) {
         return list_two(
             w, [](ListSnapshotsRequest& r, const Text&, const Text& cut) { r.snapshot_id = cut; },
             1);
     }},
    {"ListSnapshots [Controller Server]",
     "should return empty when the specified snapshot id does not exist", Need::ListSnapshots,
     Code::Ok,
     [](World& w) {
         return list_two(
             w, [](ListSnapshotsRequest& r, const Text&, const Text&) { r.snapshot_id = "none"; },
             0);
     }},
    {"ListSnapshots [Controller Server]",
     "should return snapshots that match the specified source volume id", Need::ListSnapshots,
     Code::Ok,
     [](World& w) {
         return list_two(
             w,
             [](ListSnapshotsRequest& r, const Text& volume, const Text&) {
                 r.source_volume_id = volume;
             },
             1);
     }},
    {"ListSnapshots [Controller Server]",
     "should return empty when the specified source volume id does not exist", Need::ListSnapshots,
     Code::Ok,
     [](World& w) {
         return list_two(
             w,
             [](ListSnapshotsRequest& r, const Text&, const Text&) { r.source_volume_id = "none"; },
             0);
     }},
    {"ListSnapshots [Controller Server]",
     "check the presence of new snapshots in the snapshot list", Need::ListSnapshots, Code::Ok,
     [](World& w) {
         return list_two(
             w, [](ListSnapshotsRequest&, const Text&, const Text&) {}, 2);
     }},
    {"ListSnapshots [Controller Server]",
     "should return next token when a limited number of entries are requested", Need::ListSnapshots,
     Code::Ok,
     [](World& w) {
         Code code = list_two(
             w, [](ListSnapshotsRequest& r, const Text&, const Text&) { r.max_entries = 1; }, 1);
         if (code != Code::Ok) return code;
         ListSnapshotsRequest next;
         next.starting_token = w.answer<ListSnapshotsRequest>().next_token;
         CHECK(!next.starting_token.empty());
         code = list(w, next, 1);
         CHECK(w.answer<ListSnapshotsRequest>().next_token.empty());
         return code;
     }},
    {"GetSnapshot [Controller Server]", "should return an error", Need::GetSnapshot,
     Code::InvalidArgument, [](World& w) { return with_snapshot<GetSnapshotRequest>(w, ""); }},
    {"GetSnapshot [Controller Server]",
     "should return snapshot that match the specified snapshot id", Need::GetSnapshot, Code::Ok,
     [](World& w) {
         Text volume, snapshot;
         volume_and_snapshot(w, "a", volume, snapshot);
         const Code code = with_snapshot<GetSnapshotRequest>(w, snapshot);
         if (code == Code::Ok)
             CHECK(w.answer<GetSnapshotRequest>().snapshot.source_volume_id == volume);
         return code;
     }},
    {"GetSnapshot [Controller Server]",
     "should return an error when the specified snapshot id does not exist", Need::GetSnapshot,
     Code::NotFound,
     [](World& w) { return with_snapshot<GetSnapshotRequest>(w, "no-such-snapshot"); }},
    {"DeleteSnapshot [Controller Server]", "should fail when no snapshot id is provided",
     Need::Snapshots, Code::InvalidArgument,
     [](World& w) { return with_snapshot<DeleteSnapshotRequest>(w, ""); }},
    {"DeleteSnapshot [Controller Server]", "should succeed when an invalid snapshot id is used",
     Need::Snapshots, Code::Ok,
     [](World& w) { return with_snapshot<DeleteSnapshotRequest>(w, "no-such-snapshot"); }},
    {"DeleteSnapshot [Controller Server]",
     "should return appropriate values (no optional values added)", Need::Snapshots, Code::Ok,
     [](World& w) {
         Text volume, snapshot;
         volume_and_snapshot(w, "a", volume, snapshot);
         const Code code = with_snapshot<DeleteSnapshotRequest>(w, snapshot);
         CHECK(w.driver->backend().snapshots().empty());
         return code;
     }},
    {"CreateSnapshot [Controller Server]", "should fail when no name is provided", Need::Snapshots,
     Code::InvalidArgument,
     [](World& w) {
         Text volume, snapshot;
         w.create("source", volume);
         return w.snapshot("", volume, snapshot);
     }},
    {"CreateSnapshot [Controller Server]", "should fail when no source volume id is provided",
     Need::Snapshots, Code::InvalidArgument,
     [](World& w) {
         Text snapshot;
         return w.snapshot("cut", "", snapshot);
     }},
    {"CreateSnapshot [Controller Server]",
     "should succeed when requesting to create a snapshot with already existing name and same "
     "source volume ID",
     Need::Snapshots, Code::Ok,
     [](World& w) {
         Text volume, first, second;
         volume_and_snapshot(w, "cut", volume, first);
         const Code code = w.snapshot("cut", volume, second);
         CHECK(first == second);
         return code;
     }},
    {"CreateSnapshot [Controller Server]",
     "should fail when requesting to create a snapshot with already existing name and different "
     "source volume ID",
     Need::Snapshots, Code::AlreadyExists,
     [](World& w) {
         Text volume, first, other, second;
         volume_and_snapshot(w, "cut", volume, first);
         w.create("other", other);
         return w.snapshot("cut", other, second);
     }},
    {"CreateSnapshot [Controller Server]",
     "should succeed when creating snapshot with maximum-length name", Need::Snapshots, Code::Ok,
     [](World& w) {
         Text volume, snapshot;
         w.create("source", volume);
         return w.snapshot(std::string(128, 's'), volume, snapshot);
     }},
    {"GroupControllerGetCapabilities", "should return appropriate capabilities", Need::Groups,
     Code::Ok, [](World& w) { return w.call(GroupControllerGetCapabilitiesRequest()); }},
    {"CreateVolumeGroupSnapshot", "should fail when no name is provided", Need::Groups,
     Code::InvalidArgument,
     [](World& w) {
         CreateVolumeGroupSnapshotRequest r;
         r.source_volume_ids = {"some-volume"};
         return w.call(r);
     }},
    {"GetVolumeGroupSnapshot", "should fail when no volume id is provided", Need::Groups,
     Code::InvalidArgument,
     [](World& w) { return with_group<GetVolumeGroupSnapshotRequest>(w, ""); }},
    {"GetVolumeGroupSnapshot", "should fail when an invalid volume id is used", Need::Groups,
     Code::NotFound,
     [](World& w) { return with_group<GetVolumeGroupSnapshotRequest>(w, "no-such-group"); }},
    {"DeleteVolumeGroupSnapshot", "should fail when no volume id is provided", Need::Groups,
     Code::InvalidArgument,
     [](World& w) { return with_group<DeleteVolumeGroupSnapshotRequest>(w, ""); }},
    {"DeleteVolumeGroupSnapshot", "should succeed when an invalid volume id is used", Need::Groups,
     Code::Ok,
     [](World& w) { return with_group<DeleteVolumeGroupSnapshotRequest>(w, "no-such-group"); }},
};

}  // namespace

const std::vector<Check>& snapshot_checks() {
    static const std::vector<Check> all(std::begin(kChecks), std::end(kChecks));
    return all;
}

}  // namespace model::csi::sanity
