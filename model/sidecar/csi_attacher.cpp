// Attaching and detaching: what is checked, written and called, in which order.
#include "model/sidecar/csi_attacher.hpp"

#include <algorithm>

#include "model/api/codec.hpp"
#include "model/api/constants.hpp"
#include "model/sidecar/plain_objects.hpp"
#include "model/sidecar/provision_parameters.hpp"
#include "model/volume/csi_translation.hpp"

namespace model::sidecar {

using csi::ControllerCapability;

namespace {

constexpr std::string_view kCaller = "csi-attacher";
constexpr std::string_view kNodeId = "csi.alpha.kubernetes.io/node-id";

bool both_sources(const Attachment& a) {
    return a.spec.source.persistentVolumeName && a.spec.source.inlineVolumeSpec;
}

}  // namespace

CsiAttacher::CsiAttacher(control::Process& process, control::Client& client,
                         csi::Endpoint& endpoint, DriverCapabilities capabilities,
                         AttacherOptions options, const Profile& profile)
    : client_(client),
      endpoint_(endpoint),
      capabilities_(std::move(capabilities)),
      options_(std::move(options)),
      profile_(profile),
      finalizer_(attacher_finalizer(capabilities_.driver)),
      attachments_(process.informer(api::Kind::VolumeAttachment)),
      volumes_(process.informer(api::Kind::PersistentVolume)),
      csi_nodes_(process.informer(api::Kind::CSINode)) {
    attachments_.add_handler([this](const api::ObjectRef& before, const api::ObjectRef& after) {
        const auto count = [this](const api::ObjectRef& object, int change) {
            if (!object) return;
            const auto& a = static_cast<const Attachment&>(*object);
            const auto& volume = a.spec.source.persistentVolumeName;
            if (!volume) return;
            if ((attachments_of_volume_[*volume] += change) == 0)
                attachments_of_volume_.erase(*volume);
        };
        count(after, 1);
        count(before, -1);
    });
}

sim::Task<api::Status> CsiAttacher::sync(api::Ref<Attachment> attachment) {
    return attachment->metadata.terminating() ? sync_detach(std::move(attachment))
                                              : sync_attach(std::move(attachment));
}

sim::Task<api::Status> CsiAttacher::sync_attach(api::Ref<Attachment> attachment) {
    const bool forced = consume_forced(attachment->key());
    if (!forced && attachment->status.attached) co_return api::Status();
    auto attaching = attach(attachment);
    Attempt attempt = co_await std::move(attaching);
    if (!attempt.error.empty()) {
        const std::string why = "failed to attach: " + attempt.error;
        auto saving = save_error(std::move(attempt), true);
        co_await std::move(saving);  // an error of it is not told
        co_return failed(why);
    }
    auto marking = mark_attached(attempt.attachment, attempt.publish_context);
    const api::Status marked = co_await std::move(marking);
    co_return marked.ok() ? marked : failed("failed to mark as attached: " + marked.message.str());
}

// One without the finalizer counts as detached: the driver is not asked.
sim::Task<api::Status> CsiAttacher::sync_detach(api::Ref<Attachment> attachment) {
    const bool forced = consume_forced(attachment->key());
    if (!forced && !attachment->metadata.has_finalizer(finalizer_)) co_return api::Status();
    auto detaching = detach(attachment);
    Attempt attempt = co_await std::move(detaching);
    if (attempt.error.empty()) co_return api::Status();
    const std::string why = "failed to detach: " + attempt.error;
    auto saving = save_error(std::move(attempt), false);
    co_await std::move(saving);  // an error of it is not told
    co_return failed(why);
}

// As much as possible is checked before the finalizer is added, since that holds the object.
sim::Task<CsiAttacher::Attempt> CsiAttacher::attach(api::Ref<Attachment> attachment) {
    Attempt attempt;
    attempt.attachment = attachment;
    auto preparing = prepare(attachment);
    api::Result<csi::ControllerPublishVolumeRequest> request = co_await std::move(preparing);
    if (!request) {
        attempt.error = request.error().message.str();
        co_return attempt;
    }
    Attachment marked = *attachment;
    if (!marked.metadata.has_finalizer(finalizer_))
        marked.metadata.finalizers.emplace_back(finalizer_);
    marked.metadata.annotations.set(kNodeId, request->node_id);
    const bool is_marked = marked.metadata.finalizers == attachment->metadata.finalizers &&
                           marked.metadata.annotations == attachment->metadata.annotations;
    if (!is_marked) {
        auto saving = patch(attachment, std::move(marked), api::Subresource::None);
        const api::Result<api::Ref<Attachment>> saved = co_await std::move(saving);
        if (!saved) {
            attempt.error = "could not save VolumeAttachment: " + saved.error().message.str();
            co_return attempt;
        }
        attempt.attachment = *saved;
    }
    csi::ControllerPublishVolumeRequest sent = *request;
    auto calling = endpoint_.call(api::Text(kCaller), std::move(sent), options_.timeout);
    csi::CallResult<csi::ControllerPublishVolumeResponse> answer = co_await std::move(calling);
    if (!answer.ok()) {
        attempt.error = answer.status.text();
        attempt.code = answer.status.code;
    }
    attempt.publish_context = std::move(answer.response.publish_context);
    co_return attempt;
}

sim::Task<api::Result<csi::ControllerPublishVolumeRequest>> CsiAttacher::prepare(
    api::Ref<Attachment> attachment) {
    if (attachment->spec.source.persistentVolumeName && !both_sources(*attachment)) {
        const api::Result<api::Ref<api::PersistentVolume>> volume = volume_of(*attachment);
        if (!volume) co_return volume.error();
        if ((*volume)->metadata.terminating())
            co_return failed("PersistentVolume \"" + (*volume)->metadata.name.str() +
                             "\" is marked for deletion");
        auto claiming = claim_volume(*volume);
        const api::Status claimed = co_await std::move(claiming);
        if (!claimed.ok())
            co_return failed("could not add PersistentVolume finalizer: " + claimed.message.str());
    }
    const api::Result<api::PersistentVolumeSpec> spec = spec_of(*attachment);
    if (!spec) co_return spec.error();
    const api::CSIPersistentVolumeSource& source = *spec->source.csi;
    csi::ControllerPublishVolumeRequest request;
    request.volume_id = source.volumeHandle;
    request.volume_context = source.volumeAttributes;
    request.readonly = source.readOnly && has(ControllerCapability::PublishReadonly);
    api::Result<csi::VolumeCapability> capability = capability_of(
        *spec, options_.default_fstype, has(ControllerCapability::SingleNodeMultiWriter));
    if (!capability) co_return capability.error();
    request.volume_capability = *capability;
    auto reading = secret(source.controllerPublishSecretRef);
    api::Result<api::TextMap> secrets = co_await std::move(reading);
    if (!secrets) co_return secrets.error();
    request.secrets = *secrets;
    const api::Result<api::Text> node = node_id(*attachment, false);
    if (!node) co_return node.error();
    request.node_id = *node;
    co_return request;
}

sim::Task<CsiAttacher::Attempt> CsiAttacher::detach(api::Ref<Attachment> attachment) {
    Attempt attempt;
    attempt.attachment = attachment;
    auto preparing = prepare_detach(attachment);
    api::Result<csi::ControllerUnpublishVolumeRequest> request = co_await std::move(preparing);
    if (!request) {
        attempt.error = request.error().message.str();
        co_return attempt;
    }
    csi::ControllerUnpublishVolumeRequest sent = *request;
    auto calling = endpoint_.call(api::Text(kCaller), std::move(sent), options_.timeout);
    const csi::CallResult<csi::Empty> answer = co_await std::move(calling);
    if (!answer.ok()) {
        attempt.error = answer.status.text();
        co_return attempt;
    }
    auto marking = mark_detached(attachment);
    const api::Status marked = co_await std::move(marking);
    if (!marked.ok()) attempt.error = "could not mark as detached: " + marked.message.str();
    co_return attempt;
}

sim::Task<api::Result<csi::ControllerUnpublishVolumeRequest>> CsiAttacher::prepare_detach(
    api::Ref<Attachment> attachment) {
    const api::Result<api::PersistentVolumeSpec> spec = spec_of(*attachment);
    if (!spec) co_return spec.error();
    csi::ControllerUnpublishVolumeRequest request;
    request.volume_id = spec->source.csi->volumeHandle;
    auto reading = secret(spec->source.csi->controllerPublishSecretRef);
    api::Result<api::TextMap> secrets = co_await std::move(reading);
    if (!secrets) co_return secrets.error();
    request.secrets = *secrets;
    const api::Result<api::Text> node = node_id(*attachment, true);
    if (!node) co_return node.error();
    request.node_id = *node;
    co_return request;
}

sim::Task<api::Status> CsiAttacher::claim_volume(api::Ref<api::PersistentVolume> volume) {
    if (volume->metadata.has_finalizer(finalizer_)) co_return api::Status();
    api::List<api::Text> finalizers = volume->metadata.finalizers;
    api::Value body;
    api::PatchType type = api::PatchType::Merge;
    api::Value list = api::Value::list();
    if (!profile_.attacher_patches_finalizer) {
        for (const api::Text& f : finalizers) list.push_back(api::Value(f));
        list.push_back(api::Value(finalizer_));
        body["metadata"]["finalizers"] = list;
    } else {
        type = api::PatchType::Json;
        body = api::Value::list();
        api::Value test, add;
        add["op"] = "add";
        if (finalizers.empty()) {
            test["op"] = "test";
            test["path"] = "/metadata/finalizers";
            test["value"] = api::Value();
            body.push_back(std::move(test));
            list.push_back(api::Value(finalizer_));
            add["path"] = "/metadata/finalizers";
            add["value"] = list;
        } else {
            add["path"] = "/metadata/finalizers/-";
            add["value"] = finalizer_;
        }
        body.push_back(std::move(add));
    }
    auto patching = client_.patch<api::PersistentVolume>(volume->key(), std::move(body), type);
    const api::Result<api::Ref<api::PersistentVolume>> patched = co_await std::move(patching);
    co_return patched ? api::Status() : patched.error();
}

bool CsiAttacher::is_to_release(const api::PersistentVolume& volume) const {
    if (!volume.metadata.has_finalizer(finalizer_)) return false;
    // An in-tree volume that is not migrated (any more) is not this program's.
    const bool given_back =
        !volume::translated_driver_of(volume).empty() &&
        volume.metadata.annotations.get(api::annotation::kMigratedTo) != capabilities_.driver;
    return volume.metadata.terminating() || given_back;
}

sim::Task<api::Status> CsiAttacher::sync_volume(api::Ref<api::PersistentVolume> volume) {
    if (!is_to_release(*volume) || attachments_of_volume_.contains(volume->metadata.name))
        co_return api::Status();
    const api::List<api::Text>& finalizers = volume->metadata.finalizers;
    const api::List<api::Text> rest = without(finalizers, finalizer_);
    api::Value body;
    api::PatchType type = api::PatchType::Merge;
    if (!profile_.attacher_patches_finalizer) {
        api::Value list = api::Value::list();
        for (const api::Text& f : rest) list.push_back(api::Value(f));
        body["metadata"]["finalizers"] = rest.empty() ? api::Value() : list;
    } else {
        type = api::PatchType::Json;
        const auto at = std::find(finalizers.begin(), finalizers.end(), api::Text(finalizer_));
        const std::string path = "/metadata/finalizers/" + std::to_string(at - finalizers.begin());
        api::Value test, remove;
        test["op"] = "test";
        test["path"] = path;
        test["value"] = finalizer_;
        remove["op"] = "remove";
        remove["path"] = path;
        body = api::Value::list();
        body.push_back(std::move(test));
        body.push_back(std::move(remove));
    }
    auto patching = client_.patch<api::PersistentVolume>(volume->key(), std::move(body), type);
    const api::Result<api::Ref<api::PersistentVolume>> patched = co_await std::move(patching);
    co_return patched ? api::Status() : patched.error();
}

sim::Task<api::Result<api::TextMap>> CsiAttacher::secret(
    std::optional<api::SecretReference> reference) {
    if (!reference) co_return api::TextMap();
    auto getting = get_secret(client_, api::Key(reference->ns, reference->name));
    api::Result<api::TextMap> found = co_await std::move(getting);
    if (!found)
        co_return failed("failed to load secret \"" + reference->ns.str() + "/" +
                         reference->name.str() + "\": " + found.error().message.str());
    co_return found;
}

sim::Task<api::Status> CsiAttacher::mark_attached(api::Ref<Attachment> attachment,
                                                  api::TextMap context) {
    Attachment next = *attachment;
    next.status.attached = true;
    next.status.attachmentMetadata = std::move(context);
    next.status.attachError.reset();
    auto saving = patch(attachment, std::move(next), api::Subresource::Status);
    const api::Result<api::Ref<Attachment>> saved = co_await std::move(saving);
    co_return saved ? api::Status() : saved.error();
}

sim::Task<api::Status> CsiAttacher::mark_detached(api::Ref<Attachment> attachment) {
    const bool held = attachment->metadata.has_finalizer(finalizer_);
    if (!held && !attachment->status.attached) co_return api::Status();
    const api::List<api::Text> rest = without(attachment->metadata.finalizers, finalizer_);
    const bool frees_first = profile_.attacher_frees_first;
    if (frees_first && held) {
        Attachment freed = *attachment;
        freed.metadata.finalizers = rest;
        auto freeing = patch(attachment, std::move(freed), api::Subresource::None);
        const api::Result<api::Ref<Attachment>> is_free = co_await std::move(freeing);
        if (!is_free) co_return is_free.error();
        attachment = *is_free;
    }
    Attachment next = *attachment;
    next.status.attached = false;
    next.status.detachError.reset();
    next.status.attachmentMetadata = api::TextMap();
    auto saving = patch(attachment, std::move(next), api::Subresource::Status);
    const api::Result<api::Ref<Attachment>> saved = co_await std::move(saving);
    if (frees_first) {
        // Without the finalizer it may be gone already.
        const bool fine = saved || saved.error().is(api::Reason::NotFound);
        co_return fine ? api::Status() : saved.error();
    }
    if (!saved) co_return saved.error();
    Attachment freed = **saved;
    freed.metadata.finalizers = rest;
    auto freeing = patch(*saved, std::move(freed), api::Subresource::None);
    const api::Result<api::Ref<Attachment>> is_free = co_await std::move(freeing);
    co_return is_free ? api::Status() : is_free.error();
}

// The old error stays until the attachment succeeds.
sim::Task<api::Status> CsiAttacher::save_error(Attempt attempt, bool attaching) {
    Attachment next = *attempt.attachment;
    api::VolumeError error;
    error.message = attempt.error;
    error.time = client_.server().wall_clock();
    if (attaching && attempt.code && profile_.on(Gate::MutableCSINodeAllocatableCount))
        error.errorCode = static_cast<std::int64_t>(*attempt.code);
    (attaching ? next.status.attachError : next.status.detachError) = std::move(error);
    auto saving = patch(attempt.attachment, std::move(next), api::Subresource::Status);
    const api::Result<api::Ref<Attachment>> saved = co_await std::move(saving);
    co_return saved ? api::Status() : saved.error();
}

sim::Task<api::Result<api::Ref<Attachment>>> CsiAttacher::patch(api::Ref<Attachment> from,
                                                                Attachment to,
                                                                api::Subresource sub) {
    const api::Scheme& scheme = client_.server().scheme();
    api::Value body = api::merge_patch_between(api::encode(*from, scheme), api::encode(to, scheme));
    return client_.patch<Attachment>(from->key(), std::move(body), api::PatchType::Merge, sub);
}

api::Result<api::Ref<api::PersistentVolume>> CsiAttacher::volume_of(
    const Attachment& attachment) const {
    const api::Text name = *attachment.spec.source.persistentVolumeName;
    const auto volume = volumes_.get<api::PersistentVolume>(api::Key(api::Text(), name));
    if (!volume) return api::Status::not_found("persistentvolume", name);
    return volume;
}

api::Result<api::PersistentVolumeSpec> CsiAttacher::spec_of(const Attachment& attachment) const {
    const api::VolumeAttachmentSource& source = attachment.spec.source;
    if (both_sources(attachment))
        return failed("both InlineCSIVolumeSource and PersistentVolumeName specified in VA source");
    if (source.persistentVolumeName) {
        const api::Result<api::Ref<api::PersistentVolume>> volume = volume_of(attachment);
        if (!volume) return volume.error();
        if (!volume::translated_driver_of(**volume).empty()) {
            const api::Result<api::PersistentVolume> translated = volume::volume_for_csi(**volume);
            if (translated) return translated->spec;
            return failed("failed to translate in tree pv to CSI: " +
                          translated.error().message.str());
        }
        if (!(*volume)->spec.source.csi)
            return failed("pv spec contained non-csi source that was not migrated");
        return (*volume)->spec;
    }
    if (!source.inlineVolumeSpec)
        return failed(
            "neither InlineCSIVolumeSource nor PersistentVolumeName specified in VA source");
    if (!source.inlineVolumeSpec->source.csi)
        return failed("inline volume spec contains nil CSI source");
    return *source.inlineVolumeSpec;
}

// A detach goes on where the node or its driver is gone: by the annotation that the attach left.
api::Result<api::Text> CsiAttacher::node_id(const Attachment& attachment,
                                            bool by_annotation) const {
    const api::Text& node = attachment.spec.nodeName;
    const auto csi_node = csi_nodes_.get<api::CSINode>(api::Key(api::Text(), node));
    if (csi_node)
        for (const api::CSINodeDriver& d : csi_node->spec.drivers)
            if (d.name == capabilities_.driver) return d.nodeID;
    const api::Text* kept = attachment.metadata.annotations.find(kNodeId);
    if (by_annotation && kept) return *kept;
    if (!csi_node) return api::Status::not_found("csinode.storage.k8s.io", node);
    return failed("CSINode " + node.str() + " does not contain driver " + capabilities_.driver);
}

bool CsiAttacher::can_list() const {
    return has(ControllerCapability::ListVolumes) &&
           has(ControllerCapability::ListVolumesPublishedNodes);
}

sim::Task<std::vector<api::Key>> CsiAttacher::find_differing() {
    const sim::Time deadline = client_.engine().now() + options_.timeout;
    std::set<std::pair<api::Text, api::Text>> published;  // volume, node
    api::Text token;
    do {
        csi::ListVolumesRequest request;
        request.max_entries = options_.max_entries;
        request.starting_token = token;
        auto listing = endpoint_.call(api::Text(kCaller), std::move(request),
                                      deadline - client_.engine().now());
        csi::CallResult<csi::ListVolumesResponse> page = co_await std::move(listing);
        if (!page.ok()) co_return std::vector<api::Key>();
        for (const csi::ListedVolume& entry : page.response.entries) {
            if (!entry.status) continue;
            for (const api::Text& node : entry.status->published_node_ids)
                published.emplace(entry.volume.volume_id, node);
        }
        token = page.response.next_token;
    } while (!token.empty());
    std::vector<api::Key> differing;
    attachments_.for_each([&](const api::ObjectRef& object) {
        const auto& a = static_cast<const Attachment&>(*object);
        if (a.spec.attacher != capabilities_.driver) return;
        const api::Result<api::Text> node = node_id(a, true);
        const api::Result<api::PersistentVolumeSpec> spec = spec_of(a);
        if (!node || !spec) return;
        const bool is_published =
            published.contains(std::pair(spec->source.csi->volumeHandle, *node));
        if (is_published != a.status.attached) differing.push_back(a.key());
    });
    forced_.insert(differing.begin(), differing.end());
    co_return differing;
}

std::string attacher_finalizer(std::string_view driver) {
    std::string name(driver);
    for (char& c : name) {
        const bool stays =
            (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-';
        if (!stays) c = '-';
    }
    if (!name.empty() && name.back() == '-') name += 'X';
    return "external-attacher/" + name;
}

api::Result<csi::AccessMode> attach_mode(const api::List<api::Text>& modes,
                                         bool single_node_multi_writer) {
    const auto has = [&modes](std::string_view mode) {
        return std::any_of(modes.begin(), modes.end(),
                           [mode](const api::Text& m) { return m == mode; });
    };
    const bool alone = std::all_of(modes.begin(), modes.end(),
                                   [&modes](const api::Text& m) { return m == modes.front(); });
    if (has(api::mode::kReadWriteOncePod)) {
        if (!alone)
            return failed(
                "Kubernetes does not support use of ReadWriteOncePod with other access modes on "
                "the same PersistentVolume");
        return access_mode(api::mode::kReadWriteOncePod, single_node_multi_writer);
    }
    if (has(api::mode::kReadWriteMany))
        return access_mode(api::mode::kReadWriteMany, single_node_multi_writer);
    const bool reads = has(api::mode::kReadOnlyMany), writes = has(api::mode::kReadWriteOnce);
    if (reads && writes)
        return failed(
            "CSI does not support ReadOnlyMany and ReadWriteOnce on the same PersistentVolume");
    if (reads) return access_mode(api::mode::kReadOnlyMany, single_node_multi_writer);
    if (writes) return access_mode(api::mode::kReadWriteOnce, single_node_multi_writer);
    std::string list;
    for (const api::Text& m : modes) list += (list.empty() ? "" : " ") + m.str();
    return failed("unsupported AccessMode combination: [" + list + "]");
}

api::Result<csi::VolumeCapability> capability_of(const api::PersistentVolumeSpec& volume,
                                                 const std::string& default_fstype,
                                                 bool single_node_multi_writer) {
    csi::VolumeCapability capability;
    capability.block = volume.volumeMode && *volume.volumeMode == api::mode::kBlock;
    if (!capability.block) {
        const api::Text& type = volume.source.csi->fsType;
        capability.fs_type = type.empty() ? api::Text(default_fstype) : type;
        capability.mount_flags.assign(volume.mountOptions.begin(), volume.mountOptions.end());
    }
    const api::Result<csi::AccessMode> mode =
        attach_mode(volume.accessModes, single_node_multi_writer);
    if (!mode) return mode.error();
    capability.access_mode = *mode;
    return capability;
}

}  // namespace model::sidecar
