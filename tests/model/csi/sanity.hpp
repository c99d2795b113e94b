// The checks of csi-sanity as a table. Each makes its calls against one driver and gives the code
// of the call that decides; the names are csi-sanity's own (kubernetes-csi/csi-test 2f1e2f2). Left
// out: what only a real machine has (sockets, mounts, the target directory itself).
#pragma once

#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "model/csi/driver.hpp"

namespace model::csi::sanity {

inline constexpr std::int64_t kGiB = 1 << 30;

enum class Need {
    Nothing,
    Publish,
    AttachLimit,
    List,
    Capacity,
    Snapshots,
    ListSnapshots,
    GetSnapshot,
    Clone,
    Expand,
    Modify,
    Stage,
    Stats,
    NodeExpand,
    SingleWriter,
    Groups,
};

class World {
  public:
    explicit World(const DriverProfile& profile);

    // The call's code; its answer is in answer<R>() where that is Ok.
    template <class R>
    Code call(R request) {
        const bool on_node =
            R::kMethod >= Method::NodeStageVolume && R::kMethod <= Method::NodeGetInfo;
        CallContext context;
        context.node = on_node ? "node-1" : "";
        context.clock_nanos = 1'700'000'000'000'000'000;
        last = driver->handle(Request(std::move(request)), context);
        return last.status.code;
    }
    template <class R>
    const typename R::Response& answer() const {
        return std::get<typename R::Response>(last.response);
    }

    CreateVolumeRequest create_request(std::string_view name) const;
    // Code of CreateVolume; `id` is the new volume's.
    Code create(std::string_view name, Text& id);
    Code snapshot(std::string_view name, const Text& volume, Text& id);
    ControllerPublishVolumeRequest publish_request(const Text& volume) const;
    // Attached and staged, as far as the driver has that.
    Code bring_to_node(const Text& volume);
    NodeStageVolumeRequest stage_request(const Text& volume) const;
    NodePublishVolumeRequest mount_request(const Text& volume, std::string_view path) const;

    bool has(Need need) const;
    const DriverProfile& profile() const { return driver->settings().profile; }

    std::unique_ptr<Driver> driver;
    Outcome last;
    TextMap publish_context;
};

VolumeCapability mount_capability();

struct Check {
    std::string_view group, name;
    Need need;
    Code expected;
    Code (*run)(World&);
};
const std::vector<Check>& controller_checks();
const std::vector<Check>& change_checks();
const std::vector<Check>& snapshot_checks();
const std::vector<Check>& node_checks();

}  // namespace model::csi::sanity
