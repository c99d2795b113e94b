#include "model/csi/nfs_volume.hpp"

#include <algorithm>
#include <vector>

namespace model::csi {

namespace {

constexpr std::string_view kWorkingDirectory = "/tmp/";

std::string without_slashes(std::string_view text) {
    while (text.starts_with('/')) text.remove_prefix(1);
    while (text.ends_with('/')) text.remove_suffix(1);
    return std::string(text);
}

std::vector<std::string> split(std::string_view text) {
    std::vector<std::string> parts;
    for (std::size_t from = 0;;) {
        const std::size_t to = text.find('#', from);
        parts.emplace_back(text.substr(from, to - from));
        if (to == std::string_view::npos) return parts;
        from = to + 1;
    }
}

void replace_all(std::string& text, std::string_view what, std::string_view with) {
    for (std::size_t at = text.find(what); at != std::string::npos;
         at = text.find(what, at + with.size()))
        text.replace(at, what.size(), with);
}

bool is_octal(std::string_view text) {
    return text.size() <= 10 &&
           std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '7'; });
}

// server/share/subDir: the first and the last slash part it.
std::optional<NfsVolume> parse_old(std::string_view id) {
    const std::size_t first = id.find('/'), last = id.rfind('/');
    if (first == std::string_view::npos || first == last || first == 0 || last + 1 == id.size())
        return std::nullopt;
    NfsVolume volume;
    volume.server = id.substr(0, first);
    volume.share = id.substr(first + 1, last - first - 1);
    volume.sub_dir = id.substr(last + 1);
    return volume;
}

}  // namespace

std::string lower_case(std::string_view text) {
    std::string out(text);
    for (char& c : out)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    return out;
}

std::string NfsVolume::id() const {
    const std::string policy = lower_case(on_delete);
    const bool kept = policy == "retain" || policy == "archive";
    return without_slashes(server) + "#" + without_slashes(share) + "#" + without_slashes(sub_dir) +
           "#" + uuid + "#" + (kept ? on_delete : "");
}

std::string NfsVolume::directory() const {
    return without_slashes(server) + ":/" + without_slashes(share) + "/" + without_slashes(sub_dir);
}

std::string NfsVolume::mount_path() const {
    return std::string(kWorkingDirectory) + (uuid.empty() ? sub_dir : uuid);
}

std::optional<NfsVolume> NfsVolume::parse(const Text& id) {
    const std::vector<std::string> parts = split(id);
    if (parts.size() < 3) return parse_old(id);
    NfsVolume volume;
    volume.server = parts[0];
    volume.share = parts[1];
    volume.sub_dir = parts[2];
    if (parts.size() > 3) volume.uuid = parts[3];
    if (parts.size() > 4) volume.on_delete = parts[4];
    return volume;
}

std::string NfsSnapshot::id() const {
    return without_slashes(server) + "#" + without_slashes(share) + "#" + name + "#" + name + "#" +
           source;
}

std::optional<NfsSnapshot> NfsSnapshot::parse(const Text& id) {
    const std::vector<std::string> parts = split(id);
    if (parts.size() != 5) return std::nullopt;
    NfsSnapshot snapshot;
    snapshot.server = parts[0];
    snapshot.share = parts[1];
    snapshot.name = parts[2];
    snapshot.source = parts[4];
    return snapshot;
}

std::string nfs_parameter(const TextMap& parameters, std::string_view lower_case_name) {
    for (const auto& [key, value] : parameters)
        if (lower_case(key) == lower_case_name) return value.str();
    return {};
}

std::optional<Text> unknown_nfs_parameter(const TextMap& parameters,
                                          std::initializer_list<std::string_view> known) {
    for (const auto& [key, value] : parameters)
        if (std::find(known.begin(), known.end(), lower_case(key)) == known.end()) return key;
    return std::nullopt;
}

std::string nfs_sub_dir(const TextMap& parameters) {
    std::string dir = nfs_parameter(parameters, "subdir");
    replace_all(dir, "${pvc.metadata.name}",
                nfs_parameter(parameters, "csi.storage.k8s.io/pvc/name"));
    replace_all(dir, "${pvc.metadata.namespace}",
                nfs_parameter(parameters, "csi.storage.k8s.io/pvc/namespace"));
    replace_all(dir, "${pv.metadata.name}",
                nfs_parameter(parameters, "csi.storage.k8s.io/pv/name"));
    return dir;
}

RpcStatus read_nfs_parameters(const CreateVolumeRequest& r, const std::string& on_delete,
                              NfsVolume& out) {
    const auto unknown = unknown_nfs_parameter(
        r.parameters,
        {"server", "share", "subdir", "ondelete", "mountpermissions", "csi.storage.k8s.io/pvc/name",
         "csi.storage.k8s.io/pvc/namespace", "csi.storage.k8s.io/pv/name"});
    if (unknown)
        return {Code::InvalidArgument, "invalid parameter \"" + *unknown + "\" in storage class"};
    const std::string permissions = nfs_parameter(r.parameters, "mountpermissions");
    if (!is_octal(permissions))
        return {Code::InvalidArgument,
                "invalid mountPermissions " + permissions + " in storage class"};
    out.server = nfs_parameter(r.parameters, "server");
    if (out.server.empty()) return {Code::InvalidArgument, "server is a required parameter"};
    out.share = nfs_parameter(r.parameters, "share");
    out.sub_dir = nfs_sub_dir(r.parameters);
    if (out.sub_dir.empty()) {
        out.sub_dir = r.name.str();
    } else {
        out.uuid = r.name.str();
    }
    const std::string asked = nfs_parameter(r.parameters, "ondelete"), policy = lower_case(asked);
    if (!policy.empty() && policy != "delete" && policy != "retain" && policy != "archive")
        return {Code::InvalidArgument, "invalid value " + asked +
                                           " for OnDelete, supported values are "
                                           "[ delete retain archive]"};
    out.on_delete = asked.empty() ? on_delete : asked;
    return {};
}

}  // namespace model::csi
