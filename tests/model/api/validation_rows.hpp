// Rows of validation: a sound object, what spoils it, and the refusal that must follow. Every
// refusal is held against the API's own words; long standing phrases are written {subdomain},
// {label}, {key} and {value}.
#pragma once

#include <doctest/doctest.h>

#include "model/api/codec.hpp"
#include "model/api/patch.hpp"
#include "model/api/validation.hpp"
#include "tests/model/api/flow_text.hpp"

namespace model::api {

inline constexpr std::string_view kSubdomain =
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or "
    "'.', and must start "
    "and end with an alphanumeric character (e.g. 'example.com', regex used for validation is "
    "'[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
inline constexpr std::string_view kLabel =
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and "
    "must start and end "
    "with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is "
    "'[a-z0-9]([-a-z0-9]*[a-z0-9])?')";
inline constexpr std::string_view kKey =
    "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end "
    "with an alphanumeric "
    "character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is "
    "'([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";
inline constexpr std::string_view kValue =
    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', "
    "and must start "
    "and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex "
    "used for validation "
    "is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";

// A sound object of each kind, which the rows spoil.
inline constexpr std::string_view kVolume =
    "{apiVersion: v1, kind: PersistentVolume, metadata: {name: v}, spec: {capacity: {storage: "
    "1Gi}, "
    "accessModes: [ReadWriteOnce], hostPath: {path: /tmp/v}}}";
inline constexpr std::string_view kCsiVolume =
    "{apiVersion: v1, kind: PersistentVolume, metadata: {name: v}, spec: {capacity: {storage: "
    "1Gi}, "
    "accessModes: [ReadWriteOnce], csi: {driver: d.example.com, volumeHandle: h}}}";
inline constexpr std::string_view kClaim =
    "{apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: c, namespace: default}, "
    "spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 2Gi}}, storageClassName: "
    "fast}}";
inline constexpr std::string_view kBoundClaim =
    "{apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: c, namespace: default}, "
    "spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 5Gi}}, storageClassName: "
    "fast, "
    "volumeName: v}, status: {phase: Bound, capacity: {storage: 2Gi}}}";
inline constexpr std::string_view kClass =
    "{apiVersion: storage.k8s.io/v1, kind: StorageClass, metadata: {name: fast}, provisioner: "
    "d.example.com}";
inline constexpr std::string_view kAttributes =
    "{apiVersion: storage.k8s.io/v1, kind: VolumeAttributesClass, metadata: {name: gold}, "
    "driverName: d.example.com, "
    "parameters: {iops: \"100\"}}";
inline constexpr std::string_view kAttachment =
    "{apiVersion: storage.k8s.io/v1, kind: VolumeAttachment, metadata: {name: a}, spec: {attacher: "
    "d.example.com, "
    "nodeName: n, source: {persistentVolumeName: v}}}";
inline constexpr std::string_view kDriver =
    "{apiVersion: storage.k8s.io/v1, kind: CSIDriver, metadata: {name: d.example.com}, spec: {}}";
inline constexpr std::string_view kCsiNode =
    "{apiVersion: storage.k8s.io/v1, kind: CSINode, metadata: {name: n}, spec: {drivers: [{name: "
    "d.example.com, "
    "nodeID: n}]}}";
inline constexpr std::string_view kCapacity =
    "{apiVersion: storage.k8s.io/v1, kind: CSIStorageCapacity, metadata: {name: s, namespace: "
    "default}, "
    "storageClassName: fast, capacity: 1Gi}";
inline constexpr std::string_view kPod =
    "{apiVersion: v1, kind: Pod, metadata: {name: p, namespace: default}, spec: {containers: "
    "[{name: c, "
    "image: busybox, volumeMounts: [{name: data, mountPath: /data}]}], volumes: [{name: data, "
    "persistentVolumeClaim: {claimName: c}}]}}";
inline constexpr std::string_view kNamespace =
    "{apiVersion: v1, kind: Namespace, metadata: {name: team}}";
inline constexpr std::string_view kNode = "{apiVersion: v1, kind: Node, metadata: {name: n}}";
inline constexpr std::string_view kQuota =
    "{apiVersion: v1, kind: ResourceQuota, metadata: {name: q, namespace: default}, spec: {hard: "
    "{requests.storage: 1Gi}}}";
inline constexpr std::string_view kEvent =
    "{apiVersion: v1, kind: Event, metadata: {name: e, namespace: default}, involvedObject: {kind: "
    "Pod, name: p, "
    "namespace: default}}";
inline constexpr std::string_view kSnapshot =
    "{apiVersion: snapshot.storage.k8s.io/v1, kind: VolumeSnapshot, metadata: {name: s, namespace: "
    "default}}";

struct CreateRow {
    std::string_view sentence, version, base, spoil,
        refusal;  // refusal: what follows "is invalid: "; "" for none
};

struct UpdateRow {
    std::string_view sentence, version, base, before, change, refusal;
    Subresource sub = Subresource::None;
};

inline std::string filled(std::string_view text) {
    std::string out(text);
    const std::pair<std::string_view, std::string_view> words[] = {
        {"{subdomain}", kSubdomain}, {"{label}", kLabel}, {"{key}", kKey}, {"{value}", kValue}};
    for (const auto& [word, full] : words)
        for (std::size_t at; (at = out.find(word)) != std::string::npos;)
            out.replace(at, word.size(), full);
    return out;
}

inline Value merged(const Value& base, std::string_view change) {
    if (change.empty()) return base;
    return apply_patch(PatchType::Merge, base, FlowText::parse(change), Kind::Pod).value();
}

inline std::unique_ptr<Object> object_of(const Value& manifest, Scheme& scheme) {
    auto decoded = decode(manifest, scheme);
    if (!decoded.ok()) throw std::runtime_error(decoded.error().message.str());
    return std::move(decoded.value());
}

inline std::string refusal_of(const KindInfo& info, const FieldErrors& errors) {
    if (errors.empty()) return {};
    const std::string message = invalid_status(info, "x", errors).message.str();
    const std::size_t start = message.find(" is invalid: ") + 13;
    return message.substr(start, message.find('\n') == std::string::npos
                                     ? message.size()
                                     : message.find('\n') - start);
}

inline void check_create(const CreateRow& row) {
    CAPTURE(row.sentence);
    Scheme scheme;
    const Profile profile = *Profile::of(row.version);
    const auto object = object_of(merged(FlowText::parse(row.base), row.spoil), scheme);
    const KindInfo& info = scheme.info(object->kind);
    set_defaults(*object, profile);
    prepare_for_create(*object, profile, Timestamp{});
    set_defaults(*object, profile);
    CHECK(refusal_of(info, validate_create(*object, info, profile)) == filled(row.refusal));
}

inline void check_update(const UpdateRow& row) {
    CAPTURE(row.sentence);
    Scheme scheme;
    const Profile profile = *Profile::of(row.version);
    Value stored = merged(FlowText::parse(row.base), row.before);
    stored["metadata"]["resourceVersion"] = "7";
    const auto old = object_of(stored, scheme);
    set_defaults(*old, profile);
    const auto object = object_of(merged(encode(*old, scheme), row.change), scheme);
    const KindInfo& info = scheme.info(object->kind);
    set_defaults(*object, profile);
    prepare_for_update(*object, *old, row.sub, info, profile, Timestamp{});
    CHECK(refusal_of(info, validate_update(*object, *old, row.sub, info, profile)) ==
          filled(row.refusal));
}

}  // namespace model::api
