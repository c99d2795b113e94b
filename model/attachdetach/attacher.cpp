#include "model/attachdetach/attacher.hpp"

#include "model/volume/attachment_name.hpp"

namespace model::attachdetach {

namespace {

using control::EventType;
using volume::attachment_name;

constexpr std::string_view kFailed = "FailedAttachVolume", kSucceeded = "SuccessfulAttachVolume",
                           kCsiPrefix = "kubernetes.io/csi/";
constexpr const char* kLogPrefix = "kubernetes.io/csi: ";

std::string attach_timeout(const VolumeSpec& spec) {
    return std::string(kTimedOut) + " of " + spec.driver.str() + " CSI driver to attach volume " +
           spec.handle.str();
}

// Where "kubernetes.io/PLUGIN" ends; npos where the name has no such form.
std::size_t plugin_end(std::string_view unique_name) {
    const std::size_t first = unique_name.find('/');
    return first == unique_name.npos ? first : unique_name.find('/', first + 1);
}

// The part after "kubernetes.io/PLUGIN/"; nothing where the name has no such form.
std::optional<std::string> name_in_plugin(std::string_view unique_name) {
    const std::size_t end = plugin_end(unique_name);
    if (end == unique_name.npos) return std::nullopt;
    const std::string_view plugin = unique_name.substr(0, end);
    if (plugin != "kubernetes.io/csi" && plugin != "kubernetes.io/iscsi" &&
        plugin != "kubernetes.io/fc")
        return std::nullopt;
    return std::string(unique_name.substr(end + 1));
}

bool is_csi(const api::Text& unique_name) { return unique_name.view().starts_with(kCsiPrefix); }

}  // namespace

Attacher::Attacher(control::Process& process, control::Client& client,
                   control::EventRecorder& recorder, const VolumeResolver& resolver, World& world,
                   const Profile& profile)
    : process_(process),
      client_(client),
      recorder_(recorder),
      resolver_(resolver),
      world_(world),
      profile_(profile),
      attachments_(process.informer(api::Kind::VolumeAttachment)),
      waits_(process.engine(), attachments_) {}

Attacher::Start Attacher::attach(const VolumeOnNode& where) {
    Target target;
    target.where = where;
    target.wanted = *world_.desired.find(where);
    target.spec = target.wanted.spec;
    target.key = OperationKey::of(where, target.spec);
    target.started = process_.engine().now();
    const Start start =
        world_.operations.start(target.key, Operation::Attach, process_.engine().now());
    if (start == Start::Started)
        process_.spawn("attach " + where.volume.str() + " to " + where.node.str(),
                       run_attach(std::move(target)));
    return start;
}

std::optional<Attacher::Start> Attacher::detach(const VolumeOnNode& where, const SpecRef& spec,
                                                bool verify_safe) {
    const std::optional<std::string> name = name_in_plugin(where.volume);
    if (!name) return std::nullopt;
    Target target;
    target.where = where;
    target.spec = spec;
    target.key = OperationKey::of(where, spec);
    target.started = process_.engine().now();
    const Start start =
        world_.operations.start(target.key, Operation::Detach, process_.engine().now());
    if (start == Start::Started)
        process_.spawn("detach " + where.volume.str() + " from " + where.node.str(),
                       run_detach(std::move(target), verify_safe, *name));
    return start;
}

void Attacher::tell(const DesiredState::Entry& entry, EventType type, const std::string& prefix,
                    const std::string& suffix) {
    const std::string message = prefix + " for volume \"" + entry.spec->name.str() + "\" " + suffix;
    const std::string_view reason = type == EventType::Normal ? kSucceeded : kFailed;
    for (const auto& pod : entry.pods) recorder_.record(*pod.second, type, reason, message);
}

void Attacher::end(const Target& target, Operation what, bool ok) {
    const sim::Time now = process_.engine().now();
    world_.operations.ended(target.key, ok, now);
    world_.ended.push_back(target.where);
    world_.changed();
    Meter* meter = process_.journal().meter();
    if (!meter) return;
    std::string plugin(target.where.volume.view().substr(0, plugin_end(target.where.volume)));
    if (target.spec && !target.spec->driver.empty()) plugin += ":" + target.spec->driver.str();
    const bool migrated = target.spec && target.spec->migrated;
    meter->observe(
        "storage_operation_duration_seconds",
        {{"migrated", migrated ? "true" : "false"},
         {"operation_name", what == Operation::Attach ? "volume_attach" : "volume_detach"},
         {"status", ok ? "success" : "fail-unknown"},
         {"volume_plugin", plugin}},
        now - target.started);
}

sim::Task<void> Attacher::run_attach(Target target) {
    if (!resolver_.is_attachable(*target.spec)) {
        tell(target.wanted, EventType::Warning, "AttachVolume.FindAttachablePluginBySpec failed",
             "");
        world_.errors[target.where] = "no attachable volume plugin matched";
        end(target, Operation::Attach, false);
        co_return;
    }
    std::string error;
    if (target.spec->plugin == VolumeSpec::Plugin::Csi) {
        auto attaching = attach_csi(target.spec, target.where.node);
        error = co_await std::move(attaching);
    }
    if (!error.empty()) {
        world_.actual.mark_uncertain(target.where, target.spec);
        tell(target.wanted, EventType::Warning, "AttachVolume.Attach failed", ": " + error);
        world_.errors[target.where] = error;
        end(target, Operation::Attach, false);
        co_return;
    }
    world_.actual.mark_attached(target.where, target.spec, api::Text());
    tell(target.wanted, EventType::Normal, "AttachVolume.Attach succeeded", "");
    world_.errors.erase(target.where);
    end(target, Operation::Attach, true);
}

sim::Task<std::string> Attacher::attach_csi(SpecRef spec, api::Text node) {
    const api::Text name = attachment_name(spec->handle, spec->driver, node);
    if (!attachments_.get(api::Key(api::Text(), name))) {
        api::VolumeAttachment attachment;
        attachment.metadata.name = name;
        attachment.spec.attacher = spec->driver;
        attachment.spec.nodeName = node;
        attachment.spec.source.persistentVolumeName = spec->name;
        auto creating = client_.create<api::VolumeAttachment>(std::move(attachment));
        const api::Result<api::Ref<api::VolumeAttachment>> created = co_await std::move(creating);
        if (!created && !created.error().is(api::Reason::AlreadyExists))
            co_return kLogPrefix + std::string("attacher.Attach failed: ") +
                created.error().message.str();
    }
    auto waiting = waits_.wait(name, AttachmentWaits::Goal::Attached, attach_timeout(*spec));
    std::string error = co_await std::move(waiting);
    co_return error;
}

sim::Task<void> Attacher::run_detach(Target target, bool verify_safe, std::string name) {
    std::string error;
    if (verify_safe) {
        auto verifying = verify_safe_to_detach(target.where);
        error = co_await std::move(verifying);
    }
    if (error.empty() && is_csi(target.where.volume)) {
        auto detaching = detach_csi(std::move(name), target.where.node);
        error = co_await std::move(detaching);
    }
    if (error.empty()) {
        world_.actual.mark_detached(target.where);
        world_.errors.erase(target.where);
        end(target, Operation::Detach, true);
        co_return;
    }
    // No event tells of it.
    world_.errors[target.where] = error;
    if (profile_.failed_detach_is_uncertain) {
        world_.actual.mark_uncertain(target.where, target.spec);
    } else {
        world_.actual.report(target.where);
    }
    end(target, Operation::Detach, false);
}

sim::Task<std::string> Attacher::verify_safe_to_detach(VolumeOnNode where) {
    auto getting = client_.get<api::Node>(api::Key(api::Text(), where.node));
    const api::Result<api::Ref<api::Node>> node = co_await std::move(getting);
    if (!node) {
        if (node.error().is(api::Reason::NotFound)) co_return std::string();
        co_return "DetachVolume failed fetching node from API server: " +
            node.error().message.str();
    }
    for (const api::Text& used : (*node)->status.volumesInUse)
        if (used == where.volume)
            co_return std::string("volume is still in use by node, according to Node status");
    co_return std::string();
}

sim::Task<std::string> Attacher::detach_csi(std::string name, api::Text node) {
    const std::size_t split = name.find('^');
    if (split == name.npos || name.find('^', split + 1) != name.npos)
        co_return std::string("volumeName missing expected data");
    const std::string handle = name.substr(split + 1);
    const api::Text attachment = attachment_name(handle, name.substr(0, split), node);
    api::DeleteOptions options;
    auto removing = client_.remove(api::Kind::VolumeAttachment, api::Key(api::Text(), attachment),
                                   std::move(options));
    const api::Response answer = co_await std::move(removing);
    if (answer.status.is(api::Reason::NotFound)) co_return std::string();
    if (!answer.status.ok())
        co_return kLogPrefix + std::string("detacher.Detach failed to delete VolumeAttachment [") +
            attachment.str() + "]: " + answer.status.message.str();
    std::string late = std::string(kTimedOut) + " of unknown CSI driver to detach volume " + handle;
    auto waiting = waits_.wait(attachment, AttachmentWaits::Goal::Gone, std::move(late));
    std::string error = co_await std::move(waiting);
    co_return error;
}

void Attacher::verify() {
    std::map<api::Text, std::vector<VolumeOnNode>> to_ask;  // by node
    for (const auto& v : world_.actual.volumes()) {
        const SpecRef& spec = v.second.spec;
        if (!spec || spec->plugin != VolumeSpec::Plugin::Csi) continue;
        if (!resolver_.is_attachable(*spec)) continue;  // as good as attached
        for (const auto& n : v.second.nodes) {
            if (!n.second.confirmed) continue;
            const auto found = attachments_.get<api::VolumeAttachment>(
                api::Key(api::Text(), attachment_name(spec->handle, spec->driver, n.first)));
            if (!found || !found->status.attached) to_ask[n.first].push_back({v.first, n.first});
        }
    }
    for (auto& node : to_ask)
        process_.spawn("verify volumes of " + node.first.str(),
                       verify_live(std::move(node.second)));
}

sim::Task<void> Attacher::verify_live(std::vector<VolumeOnNode> pairs) {
    std::vector<VolumeOnNode> detached;
    for (const VolumeOnNode& where : pairs) {
        const ActualState::Volume* volume = world_.actual.find(where.volume);
        if (!volume || !volume->spec) continue;
        const SpecRef spec = volume->spec;
        const api::Key key(api::Text(), attachment_name(spec->handle, spec->driver, where.node));
        const auto cached = attachments_.get<api::VolumeAttachment>(key);
        bool attached = cached && cached->status.attached;
        if (!cached) {
            auto getting = client_.get<api::VolumeAttachment>(key);
            const api::Result<api::Ref<api::VolumeAttachment>> live = co_await std::move(getting);
            attached = live.ok() && (*live)->status.attached;
        }
        if (!attached) detached.push_back(where);
    }
    for (const VolumeOnNode& where : detached) world_.actual.mark_detached(where);
    if (!detached.empty()) world_.changed();
}

sim::Time Attacher::next_look(const VolumeOnNode& where) const {
    const ActualState::Volume* volume = world_.actual.find(where.volume);
    const DesiredState::Entry* wanted = world_.desired.find(where);
    const SpecRef spec = wanted ? wanted->spec : volume ? volume->spec : nullptr;
    if (!spec || spec->plugin != VolumeSpec::Plugin::Csi) return sim::kNever;
    return waits_.next_action(attachment_name(spec->handle, spec->driver, where.node));
}

}  // namespace model::attachdetach
