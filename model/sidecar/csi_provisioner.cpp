// From a claim to a volume object: the order of prepareProvision and Provision.
#include "model/sidecar/csi_provisioner.hpp"

#include <algorithm>

#include "model/api/constants.hpp"
#include "model/volume/csi_translation.hpp"

namespace model::sidecar {

using csi::Code;
using csi::ControllerCapability;

namespace {

constexpr std::string_view kCaller = "csi-provisioner";
constexpr std::string_view kIdentity = "storage.kubernetes.io/csiProvisionerIdentity";
constexpr int kCleanUpTries = 5;  // deleteVolumeRetryCount

std::string annotated_provisioner(const api::TextMap& annotations) {
    if (const api::Text* name = annotations.find(api::annotation::kStorageProvisioner))
        return name->str();
    return std::string(annotations.get(api::annotation::kBetaStorageProvisioner));
}

}  // namespace

ProvisionState state_after(Code code, bool may_reschedule) {
    switch (code) {
        case Code::ResourceExhausted:
            return may_reschedule ? ProvisionState::Reschedule : ProvisionState::Finished;
        case Code::Canceled:
        case Code::DeadlineExceeded:
        case Code::Unavailable:
        case Code::Aborted:
            return ProvisionState::InBackground;
        default:
            return ProvisionState::Finished;
    }
}

CsiProvisioner::CsiProvisioner(control::Process& process, control::Client& client,
                               control::EventRecorder& recorder, csi::Endpoint& endpoint,
                               DriverCapabilities capabilities, ProvisionerOptions options,
                               const Profile& profile, std::string identity)
    : client_(client),
      recorder_(recorder),
      endpoint_(endpoint),
      capabilities_(std::move(capabilities)),
      options_(std::move(options)),
      profile_(profile),
      identity_(std::move(identity)),
      claims_(process.informer(api::Kind::PersistentVolumeClaim)),
      classes_(process.informer(api::Kind::StorageClass)) {
    if (capabilities_.controller.has(ControllerCapability::PublishUnpublishVolume))
        attachments_ = &process.informer(api::Kind::VolumeAttachment);
    if (!capabilities_.topology()) return;
    TopologyOptions topology;
    topology.strict = options_.strict_topology;
    topology.immediate = options_.immediate_topology;
    topology_ = std::make_unique<TopologyRequirements>(
        process.informer(api::Kind::Node), process.informer(api::Kind::CSINode),
        capabilities_.driver, topology, process.engine().stream(process.name() + "/topology"));
}

std::vector<csi::CallInFlight> CsiProvisioner::in_flight(const PVC& claim) const {
    return endpoint_.in_flight(volume_name(options_, claim.metadata.uid));
}

std::vector<csi::CallInFlight> CsiProvisioner::in_flight(const PV& volume) const {
    const auto& csi = volume.spec.source.csi;
    if (!csi || csi->driver != capabilities_.driver) return {};
    return endpoint_.in_flight(csi->volumeHandle);
}

bool CsiProvisioner::is_for_this_driver(const PVC& claim) const {
    const api::TextMap& annotations = claim.metadata.annotations;
    return annotated_provisioner(annotations) == capabilities_.driver ||
           annotations.get(api::annotation::kMigratedTo) == capabilities_.driver;
}

sim::Task<Provisioned> CsiProvisioner::provision(api::Ref<PVC> claim,
                                                 api::Ref<api::StorageClass> cls,
                                                 std::string selected_node) {
    auto attempting = attempt(claim, cls, std::move(selected_node));
    Provisioned made = co_await std::move(attempting);
    if (watcher_) watcher_->provisioned(made, *cls);
    co_return made;
}

sim::Task<Provisioned> CsiProvisioner::attempt(api::Ref<PVC> claim, api::Ref<api::StorageClass> cls,
                                               std::string selected_node) {
    if (!is_for_this_driver(*claim)) {
        Provisioned other;
        other.ignored = true;
        co_return other;
    }
    const bool migrated = cls->provisioner != capabilities_.driver;
    if (migrated) {
        api::Result<api::StorageClass> translated = volume::class_for_csi(*cls);
        if (!translated)
            co_return Provisioned(ProvisionState::Finished, "failed to translate storage class: " +
                                                                translated.error().message.str());
        cls = api::freeze(std::move(*translated));
    }
    auto preparing = prepare(claim, cls, selected_node);
    Preparation preparation = co_await std::move(preparing);
    if (auto* ended = std::get_if<Provisioned>(&preparation)) co_return std::move(*ended);
    Prepared prepared = std::get<Prepared>(std::move(preparation));

    auto calling = endpoint_.call(api::Text(kCaller), csi::CreateVolumeRequest(prepared.request),
                                  options_.timeout);
    csi::CallResult<csi::CreateVolumeResponse> answer = co_await std::move(calling);
    if (!answer.ok()) {
        const bool may_reschedule = topology_ && !selected_node.empty();
        Provisioned failed(state_after(answer.status.code, may_reschedule), answer.status.text());
        failed.infeasible = answer.status.code == Code::InvalidArgument;
        const bool is_final =
            failed.state == ProvisionState::Finished || failed.state == ProvisionState::Reschedule;
        if (topology_ && is_final) topology_->forget(claim->metadata.uid);
        co_return failed;
    }
    const csi::Volume& made = answer.response.volume;
    if (std::string wrong = wrong_answer(*claim, prepared.request, made); !wrong.empty()) {
        auto cleaning = clean_up(prepared.request, made);
        const std::string orphaned = co_await std::move(cleaning);
        co_return Provisioned(ProvisionState::InBackground, wrong + orphaned);
    }
    finish_volume(made, prepared.request, prepared.volume);
    if (migrated) {
        auto translating = as_in_tree(std::move(prepared.volume));
        Provisioned translated = co_await std::move(translating);
        if (!translated.volume) co_return translated;
        prepared.volume = std::move(*translated.volume);
    }
    if (topology_) topology_->forget(claim->metadata.uid);
    if (claim->spec.dataSource && claim->spec.dataSource->kind == "VolumeSnapshot") {
        auto releasing =
            release_snapshot(api::Key(claim->metadata.ns, claim->spec.dataSource->name));
        co_await std::move(releasing);
    }
    Provisioned done;
    done.volume = std::move(prepared.volume);
    co_return done;
}

bool CsiProvisioner::knows(std::string_view provisioner) const {
    const std::string_view in_tree = volume::in_tree_plugin_of(capabilities_.driver);
    return provisioner == capabilities_.driver || (!in_tree.empty() && provisioner == in_tree);
}

// A volume that cannot be told in the words of the in-tree plugin is deleted again.
sim::Task<Provisioned> CsiProvisioner::as_in_tree(PV made) {
    api::Result<PV> translated = volume::volume_in_tree(made);
    Provisioned done;
    if (translated) {
        done.volume = std::move(*translated);
        co_return done;
    }
    done.error = translated.error().message.str();
    auto removing = remove_storage(api::freeze(std::move(made)));
    const api::Status removed = co_await std::move(removing);
    done.state = removed.ok() ? ProvisionState::Finished : ProvisionState::InBackground;
    co_return done;
}

sim::Task<CsiProvisioner::Preparation> CsiProvisioner::prepare(api::Ref<PVC> claim,
                                                               api::Ref<api::StorageClass> cls,
                                                               std::string selected_node) {
    const auto refused = [](std::string why) {
        return Preparation(Provisioned(ProvisionState::Finished, std::move(why)));
    };
    if (std::optional<Provisioned> ended = check_source(*claim)) co_return std::move(*ended);
    if (std::string why = missing_capability(*claim); !why.empty()) co_return refused(why);
    if (claim->spec.selector) co_return refused("claim Selector is not supported");
    const api::Result<std::string> type = fs_type(cls->parameters, options_.default_fstype);
    if (!type) co_return refused(type.error().message.str());

    Prepared prepared;
    csi::CreateVolumeRequest& request = prepared.request;
    request.name = volume_name(options_, claim->metadata.uid);
    request.volume_capabilities =
        capabilities_of(*claim, *cls, *type,
                        capabilities_.controller.has(ControllerCapability::SingleNodeMultiWriter));
    csi::CapacityRange range;
    if (const api::Quantity* size = claim->spec.resources.requests.find("storage"))
        range.required_bytes = size->value();
    request.capacity_range = range;
    begin_volume(*claim, *cls, *type, request, prepared.volume);

    auto adding_source = add_source(claim, cls, request);
    std::optional<Provisioned> ended = co_await std::move(adding_source);
    if (ended) co_return std::move(*ended);
    ended = add_topology(*claim, *cls, selected_node, request);
    if (ended) co_return std::move(*ended);
    auto adding_secrets = add_secrets(claim, cls, prepared);
    const api::Status secrets = co_await std::move(adding_secrets);
    if (!secrets.ok()) co_return Provisioned(ProvisionState::NoChange, secrets.message.str());
    const api::Status parameters = add_parameters(*claim, *cls, request);
    if (!parameters.ok()) co_return refused(parameters.message.str());
    auto adding_attributes = add_attributes_class(claim, request);
    ended = co_await std::move(adding_attributes);
    if (ended) co_return std::move(*ended);
    co_return prepared;
}

// "" where the driver can do what the claim asks for.
std::string CsiProvisioner::missing_capability(const PVC& claim) const {
    if (std::string why = unsupported(); !why.empty()) return why;
    const auto lacks = [this](ControllerCapability c) { return !capabilities_.controller.has(c); };
    const auto& source = claim.spec.dataSource ? claim.spec.dataSource : claim.spec.dataSourceRef;
    if (source && source->kind == "VolumeSnapshot" &&
        lacks(ControllerCapability::CreateDeleteSnapshot))
        return "CSI driver does not support snapshot restore: controller CREATE_DELETE_SNAPSHOT "
               "capability is not reported";
    if (source && source->kind == "PersistentVolumeClaim" &&
        lacks(ControllerCapability::CloneVolume))
        return "CSI driver does not support clone operations: controller CLONE_VOLUME capability "
               "is "
               "not reported";
    if (!attributes_class_of(claim).empty() && lacks(ControllerCapability::ModifyVolume))
        return "CSI driver does not support VolumeAttributesClass: controller MODIFY_VOLUME "
               "capability is not reported";
    return "";
}

std::string CsiProvisioner::unsupported() const {
    constexpr std::string_view kBegin = "CSI driver does not support dynamic provisioning: ";
    if (!capabilities_.plugin.has(csi::PluginCapability::ControllerService))
        return std::string(kBegin) + "plugin CONTROLLER_SERVICE capability is not reported";
    if (!capabilities_.controller.has(ControllerCapability::CreateDeleteVolume))
        return std::string(kBegin) + "controller CREATE_DELETE_VOLUME capability is not reported";
    return "";
}

api::Text CsiProvisioner::attributes_class_of(const PVC& claim) const {
    if (!profile_.on(Gate::VolumeAttributesClass)) return {};
    return claim.spec.volumeAttributesClassName.value_or(api::Text());
}

std::optional<Provisioned> CsiProvisioner::add_topology(const PVC& claim,
                                                        const api::StorageClass& cls,
                                                        const std::string& selected_node,
                                                        csi::CreateVolumeRequest& request) {
    if (!topology_) return std::nullopt;
    auto requirement = topology_->of(claim, cls, selected_node);
    if (requirement) {
        request.accessibility_requirements = std::move(*requirement);
        return std::nullopt;
    }
    const std::string message = requirement.error().message.str();
    if (requirement.error().is(api::Reason::NotFound))
        return Provisioned(ProvisionState::Reschedule, message);
    return Provisioned(ProvisionState::NoChange,
                       "error generating accessibility requirements: " + message);
}

api::Status CsiProvisioner::add_parameters(const PVC& claim, const api::StorageClass& cls,
                                           csi::CreateVolumeRequest& request) const {
    api::Result<api::TextMap> parameters = without_prefixed(cls.parameters);
    if (!parameters)
        return failed("failed to strip CSI Parameters of prefixed keys: " +
                      parameters.error().message.str());
    request.parameters = std::move(*parameters);
    if (options_.extra_create_metadata) {
        request.parameters.set("csi.storage.k8s.io/pvc/name", claim.metadata.name);
        request.parameters.set("csi.storage.k8s.io/pvc/namespace", claim.metadata.ns);
        request.parameters.set("csi.storage.k8s.io/pv/name", request.name);
    }
    return api::Status();
}

void CsiProvisioner::begin_volume(const PVC& claim, const api::StorageClass& cls,
                                  const std::string& fs_type,
                                  const csi::CreateVolumeRequest& request, PV& volume) const {
    volume.metadata.name = request.name;
    volume.spec.accessModes = claim.spec.accessModes;
    volume.spec.mountOptions = cls.mountOptions;
    volume.spec.persistentVolumeReclaimPolicy = cls.reclaimPolicy.value_or(api::Text());
    volume.spec.volumeMode = claim.spec.volumeMode;
    if (const api::Text attributes = attributes_class_of(claim); !attributes.empty())
        volume.spec.volumeAttributesClassName = attributes;
    api::CSIPersistentVolumeSource source;
    source.driver = capabilities_.driver;
    if (!is_block(claim)) source.fsType = fs_type;
    volume.spec.source.csi = std::move(source);
}

// "" where the answer may be used.
std::string CsiProvisioner::wrong_answer(const PVC& claim, const csi::CreateVolumeRequest& request,
                                         const csi::Volume& made) const {
    const std::int64_t wanted = request.capacity_range->required_bytes;
    if (made.capacity_bytes != 0 && made.capacity_bytes < wanted)
        return "created volume capacity " + std::to_string(made.capacity_bytes) +
               " less than requested capacity " + std::to_string(wanted);
    if (claim.spec.dataSource && !made.content_source) return "volume content source missing";
    return "";
}

// What becomes of the message: "" where the useless volume is gone.
sim::Task<std::string> CsiProvisioner::clean_up(csi::CreateVolumeRequest request,
                                                csi::Volume made) {
    const sim::Time deadline = client_.engine().now() + options_.timeout;
    csi::RpcStatus status;
    for (int i = 0; i < kCleanUpTries; ++i) {
        csi::DeleteVolumeRequest removal;
        removal.volume_id = made.volume_id;
        removal.secrets = request.secrets;
        auto calling = endpoint_.call(api::Text(kCaller), std::move(removal),
                                      deadline - client_.engine().now());
        csi::CallResult<csi::Empty> answer = co_await std::move(calling);
        status = answer.status;
        if (status.ok()) co_return "";
    }
    co_return ". Cleanup of volume " + request.name.str() +
        " failed, volume is orphaned: " + status.text();
}

void CsiProvisioner::finish_volume(const csi::Volume& made, const csi::CreateVolumeRequest& request,
                                   PV& volume) const {
    const std::int64_t bytes =
        made.capacity_bytes != 0 ? made.capacity_bytes : request.capacity_range->required_bytes;
    volume.spec.capacity.set("storage", api::Quantity::of(bytes, api::Quantity::Format::BinarySI));
    api::CSIPersistentVolumeSource& source = *volume.spec.source.csi;
    source.volumeHandle = made.volume_id;
    source.volumeAttributes = made.volume_context;
    if (!source.volumeAttributes.contains(kIdentity))
        source.volumeAttributes.set(kIdentity, identity_);
    const auto& wanted = request.volume_capabilities;
    source.readOnly = options_.controller_publish_readonly && wanted.size() == 1 &&
                      wanted[0].access_mode == csi::AccessMode::MultiNodeReaderOnly;
    if (topology_) volume.spec.nodeAffinity = node_affinity(made.accessible_topology);
}

}  // namespace model::sidecar
