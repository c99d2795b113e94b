// What all API objects have in common: kind, metadata, and a reference-counted handle to an
// immutable version. A version never changes once stored; a controller that wants another one
// copies it (`copy_of`), edits and sends that. Fields a manifest holds beyond the model are kept in
// `extra` of the struct they stood in, and given back.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "model/api/quantity.hpp"
#include "model/api/text.hpp"
#include "model/api/timestamp.hpp"
#include "model/api/value.hpp"
#include "sim/frame_pool.hpp"

namespace model::api {

// The kinds with a typed struct; kinds at and above Kind::FirstUnstructured are numbered by the
// Scheme as they appear.
enum class Kind : std::uint16_t {
    Namespace,
    Node,
    Pod,
    PersistentVolume,
    PersistentVolumeClaim,
    StorageClass,
    Event,
    ResourceQuota,
    VolumeAttachment,
    CSIDriver,
    CSINode,
    CSIStorageCapacity,
    FirstUnstructured,
};
inline constexpr std::size_t kTypedKinds = static_cast<std::size_t>(Kind::FirstUnstructured);

// Labels and annotations: few and often compared, so a sorted vector; versions of an object share
// it until one changes it.
class TextMap {
  public:
    using Member = std::pair<Text, Text>;
    bool empty() const { return members_.empty(); }
    std::size_t size() const { return members_.size(); }
    bool contains(std::string_view key) const { return find(key) != nullptr; }
    const Text* find(std::string_view key) const;
    std::string_view get(std::string_view key) const;  // "" when absent
    void set(std::string_view key, Text value);
    void append(Text key, Text value);  // as set; fast where keys come in order
    bool erase(std::string_view key);
    auto begin() const { return members_.begin(); }
    auto end() const { return members_.end(); }
    friend bool operator==(const TextMap& a, const TextMap& b) { return a.members_ == b.members_; }

  private:
    List<Member> members_;
};

struct OwnerReference {
    Text apiVersion, kind, name, uid;
    std::optional<bool> controller, blockOwnerDeletion;
    Value extra;
    bool operator==(const OwnerReference&) const = default;
};

struct ObjectMeta {
    Text name, generateName, ns, uid;
    std::uint64_t resourceVersion = 0;  // 0: not given
    std::int64_t generation = 0;        // 0: the kind has none
    std::optional<Timestamp> creationTimestamp, deletionTimestamp;
    std::optional<std::int64_t> deletionGracePeriodSeconds;
    TextMap labels, annotations;
    List<Text> finalizers;
    List<OwnerReference> ownerReferences;
    Value extra;
    bool operator==(const ObjectMeta&) const = default;

    bool has_finalizer(std::string_view name) const;
    bool terminating() const { return deletionTimestamp.has_value(); }
};

// Namespace and name; the namespace is empty for cluster-scoped kinds.
struct Key {
    Text ns, name;
    Key() = default;
    Key(Text ns_, Text name_) : ns(std::move(ns_)), name(std::move(name_)) {}
    std::uint32_t hash() const { return ns.hash() * 0x9e3779b1U + name.hash(); }
    // The name first: namespaces are few.
    friend bool operator==(const Key& a, const Key& b) { return a.name == b.name && a.ns == b.ns; }
    friend auto operator<=>(const Key& a, const Key& b) {
        auto c = a.ns <=> b.ns;
        return c != 0 ? c : a.name <=> b.name;
    }
    std::string to_string() const {
        return ns.empty() ? name.str() : ns.str() + "/" + name.str();
    }  // "ns/name"
};

struct KeyHash {
    std::size_t operator()(const Key& k) const { return k.hash(); }
};

template <class T>
class Ref;

struct Object {
    explicit Object(Kind k) : kind(k) {}
    Object(const Object& o) : kind(o.kind), metadata(o.metadata), extra(o.extra) {}
    Object& operator=(const Object& o) {
        metadata = o.metadata;
        extra = o.extra;
        return *this;
    }
    virtual ~Object() = default;
    // Versions come and go with every write, in few sizes.
    static void* operator new(std::size_t bytes) { return sim::allocate_frame(bytes); }
    static void operator delete(void* memory, std::size_t bytes) {
        sim::release_frame(memory, bytes);
    }
    Key key() const { return Key(metadata.ns, metadata.name); }

    const Kind kind;
    ObjectMeta metadata;
    Value extra;  // members beside apiVersion, kind, metadata and the described ones

  private:
    template <class T>
    friend class Ref;
    friend std::unique_ptr<Object> thaw(Ref<Object> object);
    mutable std::uint32_t count_ = 0;
};

// A kind that the model does not act on: everything beside metadata is in `extra`.
struct Unstructured : Object {
    explicit Unstructured(Kind k) : Object(k) {}
};

// Handle to one immutable version. Null when default-made.
template <class T>
class Ref {
  public:
    Ref() = default;
    Ref(std::nullptr_t) {}
    explicit Ref(const T* object) : object_(object) { hold(); }
    Ref(const Ref& o) : object_(o.object_) { hold(); }
    Ref(Ref&& o) noexcept : object_(std::exchange(o.object_, nullptr)) {}
    template <class U>
    requires std::is_base_of_v<T, U> Ref(const Ref<U>& o) : object_(o.get()) { hold(); }
    Ref& operator=(Ref o) noexcept {
        std::swap(object_, o.object_);
        return *this;
    }
    ~Ref() {
        if (object_ && --object_->Object::count_ == 0) delete object_;
    }
    const T* get() const { return object_; }
    const T* operator->() const { return object_; }
    const T& operator*() const { return *object_; }
    explicit operator bool() const { return object_ != nullptr; }
    friend bool operator==(const Ref& a, const Ref& b) { return a.object_ == b.object_; }

  private:
    void hold() {
        if (object_) ++object_->Object::count_;
    }
    friend std::unique_ptr<Object> thaw(Ref<Object> object);
    const T* object_ = nullptr;
};

using ObjectRef = Ref<Object>;

template <class T>
Ref<T> freeze(T object) {
    return Ref<T>(new T(std::move(object)));
}

// The typed view of a reference; null when it is of another kind.
template <class T>
Ref<T> as(const ObjectRef& o) {
    return o && o->kind == T::kKind ? Ref<T>(static_cast<const T*>(o.get())) : Ref<T>();
}

// A mutable copy behind a base pointer, whatever the kind.
std::unique_ptr<Object> copy_of(const Object& object);
inline ObjectRef freeze(std::unique_ptr<Object> object) { return ObjectRef(object.release()); }
// As copy_of, without the copy where nobody else holds that version.
std::unique_ptr<Object> thaw(ObjectRef object);

}  // namespace model::api
