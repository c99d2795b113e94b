#include "model/volume/binding.hpp"

#include <doctest/doctest.h>

#include "model/volume/migration.hpp"
#include "model/volume/operations.hpp"
#include "model/volume/restless.hpp"

using namespace model;
using namespace model::volume;
using namespace std::chrono_literals;

namespace {

PVC a_claim() {
    PVC c;
    c.metadata.ns = "default";
    c.metadata.name = "data";
    c.metadata.uid = "uid-1";
    c.metadata.resourceVersion = 42;
    c.spec.accessModes = {"ReadWriteOnce"};
    c.spec.resources.requests.set("storage", *api::Quantity::parse("1Gi"));
    c.status.phase = "Pending";
    return c;
}

PV a_volume() {
    PV v;
    v.metadata.name = "pv";
    v.spec.accessModes = {"ReadWriteOnce", "ReadOnlyMany"};
    v.spec.capacity.set("storage", *api::Quantity::parse("2Gi"));
    v.status.phase = "Available";
    return v;
}

PV reserved_by(std::string_view uid) {
    PV v = a_volume();
    api::ObjectReference ref;
    ref.ns = "default";
    ref.name = "data";
    ref.uid = uid;
    v.spec.claimRef = ref;
    return v;
}

}  // namespace

TEST_CASE("why a claim may not have the volume that it names, in upstream's order") {
    struct Row {
        void (*change)(PV&, PVC&);
        std::string_view why;
    };
    const Row rows[] = {
        {[](PV&, PVC&) {}, ""},
        {[](PV& v, PVC&) { v.status.phase = "Released"; }, ""},
        {[](PV& v, PVC& c) {
             v.metadata.deletionTimestamp = api::Timestamp{};
             c.spec.volumeMode = "Block";
         },
         "the volume is marked for deletion \"pv\""},
        {[](PV&, PVC& c) {
             c.spec.resources.requests.set("storage", *api::Quantity::parse("3Gi"));
         },
         "requested PV is too small"},
        {[](PV& v, PVC&) { v.spec.storageClassName = "fast"; }, "storageClassName does not match"},
        {[](PV&, PVC& c) { c.spec.volumeAttributesClassName = "gold"; },
         "volumeAttributesClassName does not match"},
        {[](PV&, PVC& c) { c.spec.volumeMode = "Block"; }, "incompatible volumeMode"},
        {[](PV&, PVC& c) { c.spec.accessModes = {"ReadWriteMany"}; }, "incompatible accessMode"},
    };
    for (const Row& row : rows) {
        PV v = a_volume();
        PVC c = a_claim();
        row.change(v, c);
        CHECK(mismatch(v, c, true) == row.why);
    }
    PVC c = a_claim();
    c.spec.volumeAttributesClassName = "gold";
    CHECK(mismatch(a_volume(), c, false) ==
          "volumeAttributesClassName is not supported when the feature-gate VolumeAttributesClass "
          "is disabled");
}

TEST_CASE(
    "the first write of a bind names the claim and marks the volume only if nobody had reserved "
    "it") {
    const auto fresh = bound_volume(a_volume(), a_claim());
    REQUIRE(fresh);
    CHECK(fresh->spec.claimRef->uid == "uid-1");
    CHECK(fresh->spec.claimRef->resourceVersion == "42");
    CHECK(fresh->spec.claimRef->kind == "PersistentVolumeClaim");
    CHECK(fresh->metadata.annotations.get(api::annotation::kBoundByController) == "yes");
    const auto reserved = bound_volume(reserved_by(""), a_claim());
    REQUIRE(reserved);
    CHECK(reserved->spec.claimRef->uid == "uid-1");
    CHECK_FALSE(reserved->metadata.annotations.contains(api::annotation::kBoundByController));
    CHECK_FALSE(bound_volume(reserved_by("uid-1"), a_claim()));
}

TEST_CASE("the third write of a bind sets bind-completed together with the volume's name") {
    const auto fresh = bound_claim(a_claim(), a_volume());
    REQUIRE(fresh);
    CHECK(fresh->spec.volumeName == "pv");
    CHECK(fresh->metadata.annotations.get(api::annotation::kBindCompleted) == "yes");
    CHECK(fresh->metadata.annotations.get(api::annotation::kBoundByController) == "yes");
    CHECK_FALSE(bound_claim(*fresh, a_volume()));
    PVC named = a_claim();
    named.spec.volumeName = "pv";
    CHECK_FALSE(bound_claim(named, a_volume())
                    ->metadata.annotations.contains(api::annotation::kBoundByController));
}

TEST_CASE("a claim that becomes Bound shows all the volume has, and its size of before a resize") {
    const PV plain = a_volume();
    const auto bound = claim_in_phase(a_claim(), "Bound", &plain, true);
    REQUIRE(bound.ok());
    CHECK((*bound)->status.accessModes.size() == 2);
    CHECK((*bound)->status.capacity.find("storage")->to_string() == "2Gi");
    PV resizing = a_volume();
    resizing.metadata.annotations.set(api::annotation::kPreResizeCapacity, "1Gi");
    CHECK((*claim_in_phase(a_claim(), "Bound", &resizing, true))
              ->status.capacity.find("storage")
              ->to_string() == "1Gi");
    PV odd = a_volume();
    odd.metadata.annotations.set(api::annotation::kPreResizeCapacity, "much");
    CHECK((*claim_in_phase(a_claim(), "Bound", &odd, true))
              ->status.capacity.find("storage")
              ->to_string() == "2Gi");
    // Once Bound, the capacity is not touched any more.
    PV grown = a_volume();
    grown.spec.capacity.set("storage", *api::Quantity::parse("5Gi"));
    CHECK_FALSE(*claim_in_phase(**bound, "Bound", &grown, true));
    PV empty = a_volume();
    empty.spec.capacity = api::ResourceList();
    CHECK(claim_in_phase(a_claim(), "Bound", &empty, true).error().message ==
          "PersistentVolume \"pv\" is without a storage capacity");
    const auto lost = claim_in_phase(**bound, "Lost", nullptr, true);
    CHECK((*lost)->status.accessModes.empty());
    CHECK((*lost)->status.capacity.empty());
    CHECK_FALSE(*claim_in_phase(**lost, "Lost", nullptr, true));
}

TEST_CASE("unbinding frees what the controller took and keeps what a user reserved") {
    PV taken = reserved_by("uid-1");
    taken.metadata.annotations.set(api::annotation::kBoundByController, "yes");
    CHECK_FALSE(unbound(taken).spec.claimRef);
    CHECK(unbound(taken).metadata.annotations.empty());
    CHECK(unbound(reserved_by("uid-1")).spec.claimRef->uid.empty());
    CHECK(unbound(reserved_by("uid-1")).spec.claimRef->name == "data");
}

TEST_CASE("a volume is released when its claim is gone, another, or bound elsewhere") {
    PVC c = a_claim();
    CHECK_FALSE(is_released(a_volume(), nullptr));
    CHECK_FALSE(is_released(reserved_by(""), nullptr));
    CHECK(is_released(reserved_by("uid-1"), nullptr));
    CHECK_FALSE(is_released(reserved_by("uid-1"), &c));
    CHECK(is_released(reserved_by("uid-0"), &c));
    c.spec.volumeName = "elsewhere";
    CHECK(is_released(reserved_by("uid-1"), &c));
}

TEST_CASE(
    "the beta annotation wins over the field, even empty, and counts as a class from 1.29 on") {
    PVC c = a_claim();
    CHECK_FALSE(has_class(c, true));
    c.metadata.annotations.set(api::annotation::kBetaStorageClass, "");
    CHECK(has_class(c, true));
    CHECK_FALSE(has_class(c, false));
    c.spec.storageClassName = "fast";
    CHECK(storage_class_of(c) == "");
    c.metadata.annotations.erase(api::annotation::kBetaStorageClass);
    CHECK(storage_class_of(c) == "fast");
}

TEST_CASE("migration sets, keeps and takes away the driver's name") {
    const HostPathAndNfs plugins(false);
    PVC c = a_claim();
    CHECK_FALSE(with_migration(c, plugins));
    c.metadata.annotations.set(api::annotation::kBetaStorageProvisioner, "kubernetes.io/gce-pd");
    const auto migrated = with_migration(c, plugins);
    REQUIRE(migrated);
    CHECK(migrated->metadata.annotations.get(api::annotation::kMigratedTo) ==
          "pd.csi.storage.gke.io");
    CHECK_FALSE(with_migration(*migrated, plugins));
    PVC back = *migrated;
    back.metadata.annotations.set(api::annotation::kStorageProvisioner, "kubernetes.io/rbd");
    CHECK_FALSE(
        with_migration(back, plugins)->metadata.annotations.contains(api::annotation::kMigratedTo));
}

TEST_CASE("deletion finalizers follow the policy of in-tree volumes and leave others alone") {
    struct Row {
        std::string_view provisioner, policy;
        api::List<api::Text> before, after;
    };
    const api::Text ours(api::finalizer::kPVController),
        external(api::finalizer::kExternalProvisioner), own("x/y");
    const Row rows[] = {
        {"csi.example.com", "Delete", {external}, {external}},
        {"kubernetes.io/host-path", "Delete", {own}, {own, ours}},
        {"kubernetes.io/host-path", "Delete", {external, own}, {own, ours}},
        {"kubernetes.io/host-path", "Retain", {ours, own}, {own}},
        {"kubernetes.io/gce-pd", "Delete", {external, ours}, {external}},
        {"", "Delete", {external, ours}, {external, ours}},
    };
    const HostPathAndNfs plugins(false);
    for (const Row& row : rows) {
        PV v = a_volume();
        if (!row.provisioner.empty())
            v.metadata.annotations.set(api::annotation::kProvisionedBy, row.provisioner);
        v.spec.persistentVolumeReclaimPolicy = row.policy;
        v.metadata.finalizers = row.before;
        const auto next = with_migration_and_finalizers(v, plugins, true);
        CHECK((next ? next->metadata.finalizers : v.metadata.finalizers) == row.after);
        const auto without_gate = with_migration_and_finalizers(v, plugins, false);
        CHECK((without_gate ? without_gate->metadata.finalizers : v.metadata.finalizers) ==
              row.before);
    }
}

TEST_CASE("a plugin that cannot is told apart from one that is not there") {
    struct Row {
        std::string_view plugin, ability;
        bool more_plugins;
        std::string_view words;
    };
    const Row rows[] = {
        {"kubernetes.io/nfs", "provisionable", false, "no provisionable volume plugin matched"},
        {"kubernetes.io/nfs", "deletable", false, "no deletable volume plugin matched"},
        {"kubernetes.io/local-volume", "provisionable", true,
         "no provisionable volume plugin matched"},
        {"kubernetes.io/local-volume", "provisionable", false,
         "no volume plugin matched name: kubernetes.io/local-volume"},
        {"kubernetes.io/no-provisioner", "provisionable", true,
         "no volume plugin matched name: kubernetes.io/no-provisioner"},
    };
    for (const Row& row : rows)
        CHECK(HostPathAndNfs(false, row.more_plugins).not_found(row.plugin, row.ability) ==
              row.words);
    PV v = a_volume();
    v.spec.source = api::PersistentVolumeSource();
    v.spec.source.local = api::LocalVolumeSource();
    CHECK(HostPathAndNfs(false, true).no_deleter(v) == "no deletable volume plugin matched");
    CHECK(HostPathAndNfs(false, false).no_deleter(v) == "no volume plugin matched");
}

TEST_CASE("the host path deleter stays below /tmp") {
    HostPathAndNfs plugins(false);
    PV v = a_volume();
    v.spec.source.hostPath = api::HostPathVolumeSource();
    v.spec.source.hostPath->path = "/tmp/data";
    CHECK(plugins.remove(v) == "");
    v.spec.source.hostPath->path = "/var/data";
    CHECK(plugins.remove(v) ==
          "host_path deleter only supports /tmp/.+ but received provided /var/data");
    v.spec.source.hostPath->path = "/tmp/";
    CHECK(plugins.remove(v) != "");
}

TEST_CASE(
    "a failed operation is held back for 500 ms, twice as long each time, at most 2 min 2 s") {
    OperationBackoff backoff;
    sim::Time now{};
    CHECK(backoff.may_start(now));
    sim::Duration expected = 500ms;
    for (int i = 0; i < 12; ++i) {
        backoff.fail(now);
        CHECK(backoff.refused_until() - now == std::min<sim::Duration>(expected, 122s));
        CHECK_FALSE(backoff.may_start(backoff.refused_until()));
        now = backoff.refused_until() + 1ns;
        CHECK(backoff.may_start(now));
        expected *= 2;
    }
}

TEST_CASE("an operation runs once at a time, and success forgets its failures") {
    Operations operations;
    const sim::Time t{};
    CHECK(operations.may_start("a", t));
    operations.started("a");
    CHECK_FALSE(operations.may_start("a", t));
    CHECK(operations.may_start("b", t));
    operations.ended("a", false, t);
    CHECK_FALSE(operations.may_start("a", t + 500ms));
    CHECK(operations.may_start("a", t + 501ms));
    operations.started("a");
    operations.ended("a", true, t);
    CHECK(operations.backoff("a") == nullptr);
    CHECK(operations.running() == 0);
}

TEST_CASE(
    "a key is clean when its sync did nothing, and restless again when something it read changes") {
    RestlessKeys keys;
    const api::Key key("default", "data");
    Pass nothing, spoke, wrote;
    spoke.spoke = true;
    wrote.wrote = true;
    keys.begin(key);
    keys.end(key, nothing, "");
    CHECK(keys.empty());
    keys.begin(key);
    keys.end(key, spoke, "");
    CHECK(keys.find(key)->why == RestlessKeys::Why::Repeats);
    keys.begin(key);
    keys.end(key, wrote, "");
    CHECK(keys.find(key)->why == RestlessKeys::Why::Changed);
    keys.begin(key);
    keys.mark(key);  // while the sync goes on
    keys.end(key, nothing, "");
    CHECK(keys.find(key)->why == RestlessKeys::Why::Changed);
    keys.begin(key);
    keys.end(key, nothing, "conflict");
    CHECK(keys.find(key)->why == RestlessKeys::Why::Failed);
    keys.begin(key);
    keys.end(key, nothing, "conflict");
    CHECK(keys.find(key)->why == RestlessKeys::Why::Repeats);
}
