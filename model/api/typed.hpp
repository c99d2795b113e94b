// From a Kind to the C++ type of its objects: calls a generic lambda with the object as what it is.
// Unstructured objects come as Unstructured. Left out: anything about fields, which is the codec's
// business.
#pragma once

#include <type_traits>
#include <utility>

#include "model/api/objects_core.hpp"

namespace model::api {

// The type T with the constness of Like.
template <class T, class Like>
using LikeConst = std::conditional_t<std::is_const_v<Like>, const T, T>;

// `visit` takes a reference to the typed object; all its overloads return one type.
template <class O, class F>
requires std::is_same_v<std::remove_const_t<O>, Object>
decltype(auto) visit_typed(O& object, F&& visit) {
    switch (object.kind) {
        case Kind::Namespace:
            return visit(static_cast<LikeConst<Namespace, O>&>(object));
        case Kind::Node:
            return visit(static_cast<LikeConst<Node, O>&>(object));
        case Kind::Pod:
            return visit(static_cast<LikeConst<Pod, O>&>(object));
        case Kind::PersistentVolume:
            return visit(static_cast<LikeConst<PersistentVolume, O>&>(object));
        case Kind::PersistentVolumeClaim:
            return visit(static_cast<LikeConst<PersistentVolumeClaim, O>&>(object));
        case Kind::StorageClass:
            return visit(static_cast<LikeConst<StorageClass, O>&>(object));
        case Kind::Event:
            return visit(static_cast<LikeConst<Event, O>&>(object));
        case Kind::ResourceQuota:
            return visit(static_cast<LikeConst<ResourceQuota, O>&>(object));
        case Kind::VolumeAttachment:
            return visit(static_cast<LikeConst<VolumeAttachment, O>&>(object));
        case Kind::CSIDriver:
            return visit(static_cast<LikeConst<CSIDriver, O>&>(object));
        case Kind::CSINode:
            return visit(static_cast<LikeConst<CSINode, O>&>(object));
        case Kind::CSIStorageCapacity:
            return visit(static_cast<LikeConst<CSIStorageCapacity, O>&>(object));
        default:
            return visit(static_cast<LikeConst<Unstructured, O>&>(object));
    }
}

// A new, empty object of the kind.
std::unique_ptr<Object> make_object(Kind kind);

}  // namespace model::api
