#include "model/api/object.hpp"

#include <algorithm>

#include "model/api/typed.hpp"

namespace model::api {

namespace {

template <class Items>
auto place(Items& items, std::string_view key) {
    return std::lower_bound(
        items.begin(), items.end(), key,
        [](const auto& item, std::string_view k) { return item.first.view() < k; });
}

}  // namespace

const Text* TextMap::find(std::string_view key) const {
    const List<Member>& members = members_;
    const auto it = place(members, key);
    return it != members.end() && it->first == key ? &it->second : nullptr;
}

std::string_view TextMap::get(std::string_view key) const {
    const Text* value = find(key);
    return value ? value->view() : std::string_view();
}

void TextMap::append(Text key, Text value) {
    const List<Member>& members = members_;
    if (members.empty() || members.back().first < key) {
        members_.emplace_back(std::move(key), std::move(value));
    } else {
        set(key, std::move(value));
    }
}

void TextMap::set(std::string_view key, Text value) {
    const auto it = place(members_, key);
    if (it != members_.end() && it->first == key) {
        it->second = std::move(value);
    } else {
        members_.insert(it, Member(Text(key), std::move(value)));
    }
}

bool TextMap::erase(std::string_view key) {
    if (!contains(key)) return false;
    members_.erase(place(members_, key));
    return true;
}

bool ObjectMeta::has_finalizer(std::string_view wanted) const {
    return std::any_of(finalizers.begin(), finalizers.end(),
                       [&](const Text& f) { return f == wanted; });
}

const Quantity* ResourceList::find(std::string_view name) const {
    const auto it = place(items, name);
    return it != items.end() && it->first == name ? &it->second : nullptr;
}

void ResourceList::set(std::string_view name, Quantity q) {
    const auto it = place(items, name);
    if (it != items.end() && it->first == name) {
        it->second = std::move(q);
    } else {
        items.insert(it, {Text(name), std::move(q)});
    }
}

std::string_view PersistentVolumeSource::name() const {
    // The order of the fields in the API's PersistentVolumeSource.
    constexpr std::string_view kOrder[] = {"gcePersistentDisk",
                                           "awsElasticBlockStore",
                                           "hostPath",
                                           "glusterfs",
                                           "nfs",
                                           "rbd",
                                           "iscsi",
                                           "cinder",
                                           "cephfs",
                                           "fc",
                                           "flocker",
                                           "flexVolume",
                                           "azureFile",
                                           "vsphereVolume",
                                           "quobyte",
                                           "azureDisk",
                                           "photonPersistentDisk",
                                           "portworxVolume",
                                           "scaleIO",
                                           "local",
                                           "storageos",
                                           "csi"};
    for (std::string_view field : kOrder) {
        const bool typed = (field == "hostPath" && hostPath) || (field == "nfs" && nfs) ||
                           (field == "local" && local) || (field == "csi" && csi);
        if (typed || others.find(field) != nullptr) return field;
    }
    return others.as_map().empty() ? std::string_view() : others.as_map().front().first.view();
}

std::size_t PersistentVolumeSource::count() const {
    return std::size_t{hostPath.has_value()} + nfs.has_value() + local.has_value() +
           csi.has_value() + others.as_map().size();
}

std::unique_ptr<Object> copy_of(const Object& object) {
    return visit_typed(object, [](const auto& typed) -> std::unique_ptr<Object> {
        using T = std::remove_cvref_t<decltype(typed)>;
        return std::make_unique<T>(typed);
    });
}

std::unique_ptr<Object> thaw(ObjectRef object) {
    if (object->count_ != 1) return copy_of(*object);
    object.object_->count_ = 0;
    return std::unique_ptr<Object>(const_cast<Object*>(std::exchange(object.object_, nullptr)));
}

std::unique_ptr<Object> make_object(Kind kind) {
    switch (kind) {
        case Kind::Namespace:
            return std::make_unique<Namespace>();
        case Kind::Node:
            return std::make_unique<Node>();
        case Kind::Pod:
            return std::make_unique<Pod>();
        case Kind::PersistentVolume:
            return std::make_unique<PersistentVolume>();
        case Kind::PersistentVolumeClaim:
            return std::make_unique<PersistentVolumeClaim>();
        case Kind::StorageClass:
            return std::make_unique<StorageClass>();
        case Kind::Event:
            return std::make_unique<Event>();
        case Kind::ResourceQuota:
            return std::make_unique<ResourceQuota>();
        case Kind::VolumeAttachment:
            return std::make_unique<VolumeAttachment>();
        case Kind::CSIDriver:
            return std::make_unique<CSIDriver>();
        case Kind::CSINode:
            return std::make_unique<CSINode>();
        case Kind::CSIStorageCapacity:
            return std::make_unique<CSIStorageCapacity>();
        default:
            return std::make_unique<Unstructured>(kind);
    }
}

}  // namespace model::api
