// VolumeMounter: the kubelet's volume plugins: what they call, read and keep on disk to stage,
// publish, unpublish and unstage one volume. Counterparts: pkg/volume/csi (csi_attacher.go,
// csi_mounter.go, csi_block.go, csi_client.go) and the in-tree plugins, whose mounts succeed. Left
// out: tokens of service accounts, mount(8) itself, quotas.
#pragma once

#include <functional>
#include <string>

#include "model/control/process.hpp"
#include "model/csi/endpoint.hpp"
#include "model/node/kubelet_options.hpp"
#include "model/node/machine.hpp"
#include "model/node/volume_spec.hpp"
#include "model/profile.hpp"

namespace model::node {

// How a step of a mount ended. Final: it has not been done. Uncertain: it may have been done.
// Transient: it was not begun, and nothing is known anew.
struct MountResult {
    enum class Kind : unsigned char { Ok, Final, Uncertain, Transient } kind = Kind::Ok;
    std::string error;
    MountResult() = default;
    MountResult(Kind k, std::string e) : kind(k), error(std::move(e)) {}
    bool ok() const { return kind == Kind::Ok; }
    static MountResult final_error(std::string e) { return {Kind::Final, std::move(e)}; }
    static MountResult transient(std::string e) { return {Kind::Transient, std::move(e)}; }
};

// One pod's use of a volume.
struct MountJob {
    VolumeSpec spec;
    api::Ref<api::Pod> pod;  // null where it is gone: then only its uid is known
    api::Text pod_uid, outer_name;
    std::string selinux;
    bool remount = false, reconstructed = false;
};

struct MounterSetting {
    api::Text node;
    Profile profile;
    KubeletOptions options;
    Machine* machine = nullptr;
    // The node's part of a driver that is registered; null where it is not.
    std::function<csi::Endpoint*(const std::string& driver)> driver;
};

class VolumeMounter {
  public:
    VolumeMounter(control::Process& process, control::Client& client,
                  control::EventRecorder& recorder, MounterSetting setting);

    // An object of the driver's name, as the cache has it; null where there is none.
    api::Ref<api::CSIDriver> csi_driver(const std::string& name) const;
    bool is_attachable(const VolumeSpec& spec) const;
    // Whether it is set up again with each round of its pod.
    bool remounts(const VolumeSpec& spec) const;
    // The label that the volume is mounted with; "" where it is not mounted with one.
    std::string selinux_label(const VolumeSpec& spec, const api::Pod& pod) const;

    sim::Task<MountResult> wait_for_attach(MountJob job);
    sim::Task<MountResult> mount_device(MountJob job);
    sim::Task<MountResult> set_up(MountJob job);
    sim::Task<MountResult> tear_down(MountJob job);
    sim::Task<MountResult> unmount_device(MountJob job);

    std::string target_path(const MountJob& job) const;
    std::string device_path(const VolumeSpec& spec) const;  // of the global mount

  private:
    struct Published {  // what NodePublishVolume is given beyond the volume
        api::TextMap context, secrets, attributes;
        bool staged = false;
    };
    sim::Task<MountResult> csi_stage(MountJob job);
    sim::Task<MountResult> csi_publish(MountJob job);
    sim::Task<MountResult> csi_unpublish(MountJob job);
    sim::Task<MountResult> csi_unstage(MountJob job);
    sim::Task<MountResult> in_tree_set_up(MountJob job);
    sim::Task<MountResult> change_owner(MountJob job);

    // Capabilities of the node's part; asked for each time, as upstream does.
    sim::Task<api::Result<csi::Capabilities<csi::NodeCapability>>> ask(csi::Endpoint& endpoint);
    sim::Task<MountResult> read_context(VolumeSpec spec, api::TextMap& context);
    sim::Task<MountResult> read_secret(std::optional<api::SecretReference> reference,
                                       std::string field, api::TextMap& secrets);
    csi::VolumeCapability capability(const MountJob& job, bool multi_writer,
                                     bool group_by_driver) const;
    void add_pod_info(const MountJob& job, api::TextMap& attributes) const;
    std::optional<std::int64_t> fs_group(const MountJob& job) const;
    void note_on_disk(const MountJob& job);
    bool changes_owner(const MountJob& job) const;
    MountResult unregistered(const std::string& driver) const;
    MountResult of_rpc(const csi::RpcStatus& status) const;
    csi::Endpoint* registered(const VolumeSpec& spec) const {
        return setting_.driver(spec.driver());
    }

    control::Process& process_;
    sim::Engine& engine_;
    control::Client& client_;
    control::EventRecorder& recorder_;
    MounterSetting setting_;
    control::Informer& csi_drivers_;
};

// The handle of a volume that a pod asks a driver for in its own words.
std::string inline_handle(const api::Text& pod_uid, const api::Text& outer_name);

}  // namespace model::node
