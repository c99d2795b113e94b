// NfsVolume: what csi-driver-nfs packs into a volume's or a snapshot's id, and takes out of it
// again; ids are all that this driver remembers. Counterpart: csi-driver-nfs
// pkg/nfs/controllerserver.go, d3b27c0. Left out: the check of each part for "..".
#pragma once

#include <optional>
#include <string>

#include "model/csi/messages_controller.hpp"

namespace model::csi {

struct NfsVolume {
    std::string server, share, sub_dir;
    std::string uuid;       // the volume's name where the class gives a subDir
    std::string on_delete;  // "", or retain or archive
    // server#share#subDir#uuid#onDelete
    std::string id() const;
    // Which directory of which server it is; volumes with the same one share all data.
    std::string directory() const;
    std::string archived() const { return "archived-" + sub_dir; }
    // Where the controller mounts the share, and the volume's directory under it.
    std::string mount_path() const;
    std::string internal_path() const { return mount_path() + "/" + sub_dir; }
    // Nothing where it is no id; the old form server/share/subDir is one.
    static std::optional<NfsVolume> parse(const Text& id);
};

struct NfsSnapshot {
    std::string server, share, name;
    std::string source;  // the source volume's directory or name
    // server#share#name#name#source
    std::string id() const;
    std::string archive_name() const { return source + ".tar.gz"; }
    static std::optional<NfsSnapshot> parse(const Text& id);
};

// What CreateVolume's parameters ask for; an error is INVALID_ARGUMENT. `on_delete`: the driver's
// default.
RpcStatus read_nfs_parameters(const CreateVolumeRequest& request, const std::string& on_delete,
                              NfsVolume& out);

// A parameter of a class by its name, letters of either case.
std::string nfs_parameter(const TextMap& parameters, std::string_view lower_case_name);
// The first parameter that is none of these names, or nothing.
std::optional<Text> unknown_nfs_parameter(const TextMap& parameters,
                                          std::initializer_list<std::string_view> known);
// "server:/share/dir" of a volume's context, templates replaced.
std::string nfs_sub_dir(const TextMap& parameters);

std::string lower_case(std::string_view text);

}  // namespace model::csi
