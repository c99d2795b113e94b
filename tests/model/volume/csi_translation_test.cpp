#include "model/volume/csi_translation.hpp"

#include <doctest/doctest.h>

#include "model/api/codec.hpp"

using namespace model;
using namespace model::volume;

TEST_SUITE_BEGIN("CSI translation");

namespace {

api::PersistentVolume volume_of(std::string_view field, api::Value source) {
    api::PersistentVolume v;
    v.metadata.name = "v";
    v.spec.source.others[field] = std::move(source);
    v.spec.accessModes = {"ReadWriteOnce"};
    return v;
}

api::PersistentVolume made_by(std::string_view driver, std::string_view handle,
                              std::string_view key, std::string_view zone) {
    api::PersistentVolume v;
    v.metadata.name = "v";
    v.spec.source.csi.emplace();
    v.spec.source.csi->driver = driver;
    v.spec.source.csi->volumeHandle = handle;
    v.spec.source.csi->fsType = "ext4";
    if (key.empty()) return v;
    api::SelectorRequirement r;
    r.key = key;
    r.op = "In";
    r.values = {zone};
    api::NodeSelector selector;
    selector.nodeSelectorTerms.emplace_back().matchExpressions.push_back(r);
    v.spec.nodeAffinity.emplace();
    v.spec.nodeAffinity->required = selector;
    return v;
}

std::string text(const api::PersistentVolume& v) { return api::encode(v.spec).to_json(); }

}  // namespace

TEST_CASE("an EBS volume as its driver sees it, and back") {
    api::Value source;
    source["volumeID"] = "vol-1";
    source["fsType"] = "xfs";
    api::PersistentVolume v = volume_of("awsElasticBlockStore", source);
    v.metadata.labels.set("topology.kubernetes.io/zone", "us-east-1a");
    CHECK(translated_driver_of(v) == "ebs.csi.aws.com");
    const auto csi = volume_for_csi(v);
    REQUIRE(csi);
    CHECK(text(*csi) ==
          R"({"accessModes":["ReadWriteOnce"],"csi":{"driver":"ebs.csi.aws.com","fsType":"xfs",)"
          R"("volumeAttributes":{"partition":"0"},"volumeHandle":"vol-1"},"nodeAffinity":)"
          R"({"required":{"nodeSelectorTerms":[{"matchExpressions":[{"key":)"
          R"("topology.ebs.csi.aws.com/zone","operator":"In","values":["us-east-1a"]}]}]}}})");
    const auto back = volume_in_tree(
        made_by("ebs.csi.aws.com", "vol-1", "topology.ebs.csi.aws.com/zone", "us-east-1a"));
    REQUIRE(back);
    CHECK(text(*back) ==
          R"({"awsElasticBlockStore":{"fsType":"ext4","volumeID":"vol-1"},"nodeAffinity":)"
          R"({"required":{"nodeSelectorTerms":[{"matchExpressions":[{"key":)"
          R"("topology.kubernetes.io/zone","operator":"In","values":["us-east-1a"]},{"key":)"
          R"("topology.kubernetes.io/region","operator":"In","values":["us-east-1"]}]}]}}})");
    CHECK(back->metadata.labels.get("topology.kubernetes.io/zone") == "us-east-1a");
    CHECK(back->metadata.labels.get("topology.kubernetes.io/region") == "us-east-1");
}

TEST_CASE("handles of GCE disks name their place") {
    api::Value source;
    source["pdName"] = "disk";
    api::PersistentVolume v = volume_of("gcePersistentDisk", source);
    CHECK(volume_for_csi(v)->spec.source.csi->volumeHandle ==
          "projects/UNSPECIFIED/zones/UNSPECIFIED/disks/disk");
    v.metadata.labels.set("topology.kubernetes.io/zone", "us-central1-a");
    CHECK(volume_for_csi(v)->spec.source.csi->volumeHandle ==
          "projects/UNSPECIFIED/zones/us-central1-a/disks/disk");
    v.metadata.labels.set("topology.kubernetes.io/zone", "us-central1-a__us-central1-b");
    CHECK(volume_for_csi(v)->spec.source.csi->volumeHandle ==
          "projects/UNSPECIFIED/regions/us-central1/disks/disk");
    const auto back = volume_in_tree(
        made_by("pd.csi.storage.gke.io", "projects/p/zones/us-central1-a/disks/disk", "", ""));
    REQUIRE(back);
    CHECK(text(*back) == R"({"gcePersistentDisk":{"fsType":"ext4","pdName":"disk"}})");
    CHECK_FALSE(volume_in_tree(made_by("pd.csi.storage.gke.io", "disk", "", "")));
}

TEST_CASE("Azure, Cinder and vSphere volumes") {
    const std::string uri =
        "/subscriptions/s/resourceGroups/g/providers/Microsoft.Compute/disks/data";
    const auto azure = volume_in_tree(made_by("disk.csi.azure.com", uri, "", ""));
    REQUIRE(azure);
    CHECK(azure->spec.source.others.find("azureDisk")->find("diskName")->as_string() == "data");
    CHECK(volume_for_csi(*azure)->spec.source.csi->volumeHandle == uri);
    const auto cinder = volume_in_tree(made_by("cinder.csi.openstack.org", "id", "", ""));
    CHECK(text(*cinder) == R"({"cinder":{"fsType":"ext4","volumeID":"id"}})");
    auto disk = made_by("csi.vsphere.vmware.com", "fcd", "topology.csi.vmware.com/zone", "z");
    disk.spec.source.csi->volumeAttributes.set("initialvolumefilepath", "[ds] v.vmdk");
    const auto vsphere = volume_in_tree(disk);
    CHECK(vsphere->spec.source.others.find("vsphereVolume")->find("volumePath")->as_string() ==
          "[ds] v.vmdk");
    CHECK(vsphere->metadata.labels.get("topology.kubernetes.io/zone") == "z");
}

TEST_CASE("classes of in-tree plugins") {
    api::StorageClass cls;
    cls.provisioner = "kubernetes.io/aws-ebs";
    cls.parameters.set("fsType", "xfs");
    cls.parameters.set("iopsPerGB", "10");
    cls.parameters.set("zones", "a,b");
    auto translated = class_for_csi(cls);
    REQUIRE(translated);
    CHECK(translated->parameters.get("csi.storage.k8s.io/fstype") == "xfs");
    CHECK(translated->parameters.get("allowautoiopspergbincrease") == "true");
    CHECK(translated->parameters.size() == 3);
    const auto& label = translated->allowedTopologies[0].matchLabelExpressions[0];
    CHECK(label.key == "topology.ebs.csi.aws.com/zone");
    CHECK(label.values == api::List<api::Text>{"a", "b"});
    cls.allowedTopologies.emplace_back();
    CHECK_FALSE(class_for_csi(cls));
    cls = api::StorageClass();
    cls.provisioner = "kubernetes.io/vsphere-volume";
    cls.parameters.set("datastore", "ds");
    cls.parameters.set("unknown", "x");
    translated = class_for_csi(cls);
    CHECK(translated->parameters.get("datastore-migrationparam") == "ds");
    CHECK(translated->parameters.get("csimigration") == "true");
    CHECK(translated->parameters.size() == 2);
}

TEST_CASE("a driver stands in for one plugin or for none") {
    CHECK(in_tree_plugin_of("ebs.csi.aws.com") == "kubernetes.io/aws-ebs");
    CHECK(in_tree_plugin_of("lab.csi.example.com") == "");
    CHECK(translated_driver_of(made_by("lab", "x", "", "")) == "");
}

TEST_SUITE_END();
