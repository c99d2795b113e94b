// Scheme: what is known of each kind beside its fields: API version, resource name, scope,
// subresources, concurrency rules. Kinds without a typed struct are numbered when first seen (their
// resource name is guessed as kubectl would print it), so that any manifest can be stored.
#pragma once

#include <deque>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "model/api/object.hpp"

namespace model::api {

struct KindInfo {
    Kind id{};
    std::string kind;        // PersistentVolumeClaim
    std::string apiVersion;  // v1, storage.k8s.io/v1
    std::string group;       // "", storage.k8s.io
    std::string resource;    // persistentvolumeclaims
    std::string short_name;  // pvc; "" where kubectl has none
    bool namespaced = true;
    bool has_status = false;           // a /status subresource that keeps spec and status apart
    bool has_generation = false;       // metadata.generation counts changes of spec
    bool unconditional_update = true;  // an update may leave resourceVersion out
    bool pod_like_grace = false;       // DELETE honours gracePeriodSeconds (pods)
    bool typed = false;

    // persistentvolumes, volumeattachments.storage.k8s.io: as in 404, 409 and 403 messages.
    std::string qualified_resource() const {
        return group.empty() ? resource : resource + "." + group;
    }
    // PersistentVolume, StorageClass.storage.k8s.io: as in 422 messages.
    std::string qualified_kind() const { return group.empty() ? kind : kind + "." + group; }
};

class Scheme {
  public:
    Scheme();
    const KindInfo& info(Kind kind) const { return info(static_cast<std::size_t>(kind)); }
    // The kind of that name, whatever its version; null when never seen.
    const KindInfo* find(std::string_view kind) const;
    // The kind of that API group and name; kinds of one name may live in several groups.
    const KindInfo* find(std::string_view group, std::string_view kind) const;
    // By plural, "plural.group", singular or short name, in any case of letters.
    const KindInfo* find_resource(std::string_view resource) const;
    // The kind of a manifest, registered as unstructured where it is not known. apiVersion may be
    // empty for known kinds.
    Kind resolve(std::string_view apiVersion, std::string_view kind, bool namespaced = true);
    std::size_t size() const { return known_.size() + seen_.size(); }

  private:
    const KindInfo& info(std::size_t number) const {
        return number < known_.size() ? known_[number] : seen_[number - known_.size()];
    }
    template <class Wanted>
    const KindInfo* find_if(Wanted wanted) const;

    std::span<const KindInfo> known_;  // shared by all schemes; after them come ...
    std::deque<KindInfo> seen_;        // ... these, as they appeared
};

}  // namespace model::api
