// Driver profiles: named sets of capabilities, limits and latencies, as data, each value with where
// it comes from. A scenario starts from one and overrides what it likes.
#pragma once

#include <array>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/csi/message_parts.hpp"
#include "sim/distribution.hpp"

namespace model::csi {

// How a driver takes calls that come while others run.
enum class Concurrency : std::uint8_t {
    Free,              // side by side
    AbortsSameVolume,  // ABORTED for a second call of the same volume
    OneAtATime,        // the others wait, first come first served
};

// A limit of the storage's own API: `qps` calls a second, `burst` at once. Over it a call waits, or
// is refused with a code. qps 0: none.
struct CallRate {
    int qps = 0, burst = 0;
    bool refuses = false;
    Code code = Code::ResourceExhausted;
    std::string message;
    bool operator==(const CallRate&) const = default;
};

// What answers: csi_driver.cpp and its specialisations.
enum class Behaviour : std::uint8_t { Generic, Nfs, HostPath };

struct Citation {
    std::string value;   // "attach limit", "latency CreateVolume", ...
    std::string source;  // file of the driver, page of its documentation, or "chosen: why"
};

struct DriverProfile {
    std::string name, summary;
    Behaviour behaviour = Behaviour::Generic;
    Capabilities<PluginCapability> plugin;
    Capabilities<ControllerCapability> controller;
    Capabilities<NodeCapability> node;
    Capabilities<GroupCapability> group;
    Capabilities<AccessMode> access_modes;  // empty: any
    bool block = true;                      // raw block volumes
    // Those about snapshots (topology) are offered only where DriverSettings say so.
    bool snapshots_on_request = false, topology_on_request = true;
    std::string vendor_version = "1.0.0";

    // What its CSIDriver object says.
    bool attach_required = true;
    bool pod_info_on_mount = false;
    bool storage_capacity = false;
    std::string fs_group_policy = "ReadWriteOnceWithFSType";

    // By method; what is not given takes `latency_otherwise`.
    std::array<std::optional<sim::Distribution>, kMethods> latency;
    sim::Distribution latency_otherwise;
    // By method: the driver looks at these periods whether the storage is done, so a call takes a
    // multiple of them. Several: waits one after the other, each for an equal part of the latency.
    std::array<std::vector<sim::Duration>, kMethods> polls;
    Concurrency concurrency = Concurrency::Free;
    int parallel_calls = 0;  // at a time; 0: no limit
    CallRate rate;           // of calls that change something

    std::int64_t min_volume_bytes = 0, max_volume_bytes = 0;  // 0: no limit
    std::int64_t capacity_bytes = 0;                          // of each segment; 0: no limit
    std::int64_t default_volume_bytes = 0;                    // where no size is asked for
    std::int64_t rounds_up_to = 1;                            // bytes
    bool reports_capacity = true;                             // else capacity_bytes 0 in answers
    int attach_limit = 0;                                     // volumes a node; 0: no limit
    bool refuses_second_node = true;  // of a volume for one node that is attached elsewhere
    std::string topology_key;         // where it has topology
    // Parameters of a class; empty: any.
    std::vector<std::string> known_parameters;
    std::vector<std::string> mutable_parameters;
    std::string handle_prefix;    // of volume ids: "vol-"
    std::string snapshot_prefix;  // of snapshot ids: "snap-"
    // Ids end in a count of everything made so far; else in 17 hexadecimal digits that belong to
    // the seed and the name.
    bool counted_handles = false;
    bool checks_attachment = true;        // refuses to stage what is not attached to the node
    std::string publish_context_key;      // its value is a device's path; "": none
    std::string device_prefix = "/dev/";  // of that path; the volume id follows
    std::map<std::string, std::string>
        options;  // of its behaviour: nfs: onDelete; host path: capacity kinds

    // What its deployment starts sidecars with where that differs from their defaults.
    std::optional<sim::Duration> provisioner_timeout, provisioner_retry_max;
    bool extra_create_metadata = false;

    std::vector<Citation> sources;

    // "" where the behaviour has no such option.
    std::string option(const std::string& key) const {
        const auto found = options.find(key);
        return found == options.end() ? std::string() : found->second;
    }
    // What a call takes whose work takes `latency`.
    sim::Duration polled(Method m, sim::Duration latency) const;
    const sim::Distribution& latency_of(Method m) const {
        const auto& own = latency[static_cast<std::size_t>(m)];
        return own ? *own : latency_otherwise;
    }
};

// instant, nfs, host-path, block-cloud, block-array, shared-file.
const std::vector<DriverProfile>& profiles();
const DriverProfile* find_profile(std::string_view name);
// A profile for people: name, value and source of everything in it that is not left at its default.
std::vector<std::array<std::string, 3>> rows(const DriverProfile& profile);

// One driver of one cluster.
struct DriverSettings {
    Text name;  // as StorageClasses and volumes name it
    DriverProfile profile;
    bool topology = false;                      // volumes are reachable from their segment only
    bool snapshots = false;                     // where the profile has them on request
    std::uint64_t seed = 0;                     // of volume ids
    std::map<Text, Topology> topology_of_node;  // node id -> its segment; absent: none
    std::vector<Text> nodes;                    // node ids it knows; empty: any is accepted
    DriverSettings() = default;
};

// What a driver with these settings reports: its profile without what nobody asked for.
DriverProfile offered(const DriverSettings& settings);

}  // namespace model::csi
