// Backend: the storage behind a driver, with identity, so that duplicates, leaks and double
// attachment can be seen. It remembers what exists; what may be done with it is the driver's part.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <vector>

#include "model/csi/message_parts.hpp"

namespace model::csi {

struct Attachment {
    bool readonly = false;
    AccessMode mode = AccessMode::Unknown;
};

struct PublishedTarget {
    bool readonly = false;
    VolumeCapability capability;
};

// What a node has of a volume.
struct NodeUse {
    Text staging_path;  // "" where it is not staged
    std::optional<VolumeCapability> staged_as;
    std::map<Text, PublishedTarget> published;  // by target path
    bool empty() const { return staging_path.empty() && published.empty(); }
};

// Bytes that somebody wrote: who, from which node, and a token that tells this writing from others.
struct WrittenData {
    Text by, node;
    std::uint64_t token = 0;
};

struct BackendVolume {
    Text id, name;
    std::int64_t size_bytes = 0;
    TextMap parameters, mutable_parameters, context;
    std::vector<VolumeCapability> capabilities;
    std::optional<VolumeContentSource> source;
    std::vector<Topology> topology;       // where it can be reached from; empty: everywhere
    std::map<Text, Attachment> attached;  // by node id
    std::map<Text, NodeUse> used;         // by node id; entries are never empty
    std::vector<WrittenData> data;
    bool erased = false;  // its bytes went with another volume's
    Text kept_as;         // the driver has let go of it, but the bytes are there: "archived-..."
    bool is_in_use() const { return !attached.empty() || !used.empty(); }
};

struct BackendSnapshot {
    Text id, name, source_volume_id, group_id;
    std::int64_t size_bytes = 0, created_nanos = 0;
    TextMap parameters;
    std::vector<WrittenData> data;
};

struct BackendGroupSnapshot {
    Text id, name;
    std::vector<Text> source_volume_ids, snapshot_ids;
    std::int64_t created_nanos = 0;
};

class Backend {
  public:
    using Volumes = std::map<Text, BackendVolume>;  // by id

    // What is found may be changed by its finder but for id, name, size, topology and attachments,
    // which the calls below change. A second volume of one name does not take the name over.
    BackendVolume& add(BackendVolume volume);
    BackendVolume* find(const Text& id);
    const BackendVolume* find(const Text& id) const;
    BackendVolume* find_named(const Text& name);
    void erase(const Text& id);
    void resize(BackendVolume& volume, std::int64_t bytes);
    void attach(BackendVolume& volume, const Text& node, Attachment attachment);
    void detach(BackendVolume& volume, const Text& node);
    // What the node has of it, made where there is nothing; drop_unused after taking away.
    NodeUse& use(BackendVolume& volume, const Text& node) { return volume.used[node]; }
    void drop_unused(BackendVolume& volume, const Text& node);
    // The node lost its power: nothing is mounted there any more. Attachments stay.
    void forget_mounts(const Text& node);
    const Volumes& volumes() const { return volumes_; }
    // What the driver has let go of but the bytes of which are still there (archived, retained).
    const std::vector<BackendVolume>& kept() const { return kept_; }
    void keep(const Text& id, Text as);

    BackendSnapshot& add(BackendSnapshot snapshot);
    BackendSnapshot* find_snapshot(const Text& id);
    BackendSnapshot* find_snapshot_named(const Text& name);
    void erase_snapshot(const Text& id);
    const std::map<Text, BackendSnapshot>& snapshots() const { return snapshots_; }

    BackendGroupSnapshot& add(BackendGroupSnapshot group);
    BackendGroupSnapshot* find_group(const Text& id);
    BackendGroupSnapshot* find_group_named(const Text& name);
    void erase_group(const Text& id);

    // Bytes of the volumes that name this segment as theirs; without one: of all.
    std::int64_t used_bytes(const std::optional<Topology>& segment) const;
    std::size_t attached_to(const Text& node) const;
    std::uint64_t created() const { return created_; }  // volumes ever made

  private:
    void count(const BackendVolume& volume, std::int64_t bytes);

    Volumes volumes_;
    std::map<Text, Text> ids_by_name_, snapshots_by_name_;
    std::vector<BackendVolume> kept_;
    std::map<Text, BackendSnapshot> snapshots_;
    std::map<Text, BackendGroupSnapshot> groups_;
    std::map<Text, std::int64_t> used_by_segment_;  // keyed by the segments' text; "": all
    std::map<Text, std::size_t> attachments_;       // by node id
    std::uint64_t created_ = 0;
};

}  // namespace model::csi
