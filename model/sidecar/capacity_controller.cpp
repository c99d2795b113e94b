#include "model/sidecar/capacity_controller.hpp"

#include <algorithm>

#include "model/api/constants.hpp"

namespace model::sidecar {

using namespace std::chrono_literals;

namespace {

constexpr std::string_view kCaller = "csi-provisioner";
constexpr std::string_view kDriverLabel = "csi.storage.k8s.io/drivername";
constexpr std::string_view kManagedByLabel = "csi.storage.k8s.io/managed-by";
// In keys of the queue, in place of a segment: this object is to be deleted.
constexpr std::string_view kDeletion = "!";

bool are_equal(const std::optional<api::Quantity>& a, const std::optional<api::Quantity>& b) {
    return a.has_value() == b.has_value() && (!a || a->value() == b->value());
}

// The segment of a term that names one value for each of its keys.
std::optional<csi::Topology> segment_of(const api::NodeSelectorTerm& term) {
    if (!term.matchFields.empty()) return std::nullopt;
    csi::Topology segment;
    for (const api::SelectorRequirement& r : term.matchExpressions) {
        if (r.op != "In" || r.values.size() != 1) return std::nullopt;
        segment.segments.set(r.key, r.values.front());
    }
    return segment;
}

}  // namespace

CapacityController::CapacityController(control::Process& process, control::Client& client,
                                       csi::Endpoint& endpoint, std::string driver,
                                       ProvisionerOptions options, std::string managed_by,
                                       sim::Duration first_poll)
    : process_(process),
      client_(client),
      endpoint_(endpoint),
      driver_(std::move(driver)),
      options_(std::move(options)),
      managed_by_(std::move(managed_by)),
      first_poll_(first_poll),
      classes_(process.informer(api::Kind::StorageClass)),
      objects_(process.informer(api::Kind::CSIStorageCapacity)),
      segments_(process, driver_, [this] { update_items(); }),
      queue_(process, "csi-provisioner/capacities", options_, 0s),
      any_items_(process.engine()) {
    classes_.add_handler([this](const api::ObjectRef& before, const api::ObjectRef& after) {
        on_class(before, after);
    });
    objects_.add_handler([this](const api::ObjectRef& before, const api::ObjectRef& after) {
        on_object(before, after);
    });
}

void CapacityController::start() {
    segments_.start();
    started_ = true;
    update_items();
    objects_.for_each([this](const api::ObjectRef& object) { take_in(api::as<Capacity>(object)); });
    queue_.start(1, [this](control::WorkQueue::Item item) { return work(std::move(item)); });
    process_.spawn(process_.name() + " capacity poll", poll());
}

api::Key CapacityController::key_of(const csi::Topology& segment, const api::Text& class_name) {
    return api::Key(segment.text(), class_name);
}

bool CapacityController::is_served(const api::Object& object) const {
    const auto& cls = static_cast<const api::StorageClass&>(object);
    const bool immediate = cls.volumeBindingMode && *cls.volumeBindingMode == api::mode::kImmediate;
    return cls.provisioner == driver_ && (options_.capacity_for_immediate_binding || !immediate);
}

void CapacityController::on_class(const api::ObjectRef&, const api::ObjectRef& after) {
    if (!started_) return;
    update_items();
    if (after && is_served(*after)) refresh_class(after->metadata.name);
}

// What should be there, after a change of segments or classes. New items are queued; the objects of
// those that are not wanted any more go.
void CapacityController::update_items() {
    std::map<api::Key, Item> wanted;
    classes_.for_each([&](const api::ObjectRef& cls) {
        if (!is_served(*cls)) return;
        for (const csi::Topology& segment : segments_.all()) {
            Item item;
            item.segment = segment;
            item.class_name = cls->metadata.name;
            wanted.emplace(key_of(segment, cls->metadata.name), std::move(item));
        }
    });
    for (auto& entry : wanted) {
        const auto known = items_.find(entry.first);
        if (known == items_.end()) {
            queue_.add(entry.first);
        } else {
            entry.second.object = known->second.object;
        }
    }
    std::swap(items_, wanted);
    for (const auto& entry : wanted)
        if (!items_.contains(entry.first) && entry.second.object)
            queue_.add(api::Key(api::Text(kDeletion), entry.second.object->metadata.name));
    if (!items_.empty()) any_items_.open();
}

bool CapacityController::is_mine(const Capacity& object) const {
    return object.metadata.labels.get(kDriverLabel) == driver_ &&
           object.metadata.labels.get(kManagedByLabel) == managed_by_;
}

bool CapacityController::matches(const Item& item, const Capacity& object) const {
    return object.storageClassName == item.class_name && object.nodeTopology &&
           object.nodeTopology->matchExpressions.empty() &&
           object.nodeTopology->matchLabels == item.segment.segments;
}

void CapacityController::on_object(const api::ObjectRef& before, const api::ObjectRef& after) {
    if (!started_) return;
    if (after) return take_in(api::as<Capacity>(after));
    // Somebody else has removed it: it is made again.
    for (auto& entry : items_) {
        Item& item = entry.second;
        if (!item.object || item.object->metadata.uid != before->metadata.uid) continue;
        item.object = {};
        queue_.add(entry.first);
    }
}

void CapacityController::take_in(const api::Ref<Capacity>& object) {
    const bool mine = is_mine(*object);
    for (auto& entry : items_) {
        Item& item = entry.second;
        const bool known = item.object && item.object->metadata.uid == object->metadata.uid;
        if (known && !mine) {
            item.object = {};
            queue_.add(entry.first);
        } else if (known || (mine && !item.object && matches(item, *object))) {
            item.object = object;
            return;
        }
    }
    if (mine) queue_.add(api::Key(api::Text(kDeletion), object->metadata.name));
}

void CapacityController::provisioned(const Provisioned& made, const api::StorageClass& cls) {
    if (made.volume && made.volume->spec.nodeAffinity)
        return refresh_topology(*made.volume->spec.nodeAffinity);
    if (made.volume || made.state != ProvisionState::NoChange) refresh_class(cls.metadata.name);
}

void CapacityController::removed(const PV& volume) {
    if (volume.spec.nodeAffinity) refresh_topology(*volume.spec.nodeAffinity);
}

void CapacityController::refresh_class(const api::Text& class_name) {
    for (const auto& entry : items_)
        if (entry.second.class_name == class_name) queue_.add(entry.first);
}

void CapacityController::refresh_topology(const api::VolumeNodeAffinity& affinity) {
    if (!affinity.required) return;
    for (const api::NodeSelectorTerm& term : affinity.required->nodeSelectorTerms) {
        const std::optional<csi::Topology> segment = segment_of(term);
        if (!segment) continue;
        for (const auto& entry : items_)
            if (entry.second.segment == *segment) queue_.add(entry.first);
    }
}

sim::Task<void> CapacityController::poll() {
    sim::Engine& engine = process_.engine();
    const sim::Time first = engine.now() + first_poll_;
    const sim::Duration period = options_.capacity_poll_interval;
    for (;;) {
        co_await any_items_.wait(kind_of(Wait::PollGrid), "no class of the driver");
        const sim::Duration since = engine.now() - first;
        const sim::Duration rest = since < 0ns ? -since : period - since % period;
        co_await engine.sleep_for(rest, kind_of(Wait::PollGrid));
        for (const auto& entry : items_) queue_.add(entry.first);
        if (items_.empty()) any_items_.close();
    }
}

sim::Task<api::Status> CapacityController::work(control::WorkQueue::Item work) {
    const auto found = items_.find(work.key);
    api::Status result;
    if (work.key.ns == kDeletion) {
        auto removing = remove_object(work.key);
        result = co_await std::move(removing);
    } else if (found != items_.end()) {
        auto syncing = sync(work.key, found->second);
        result = co_await std::move(syncing);
    }
    queue_.ended(work.key, result);
    co_return result;
}

sim::Task<api::Status> CapacityController::sync(api::Key, Item item) {
    const auto cls = classes_.get<api::StorageClass>(api::Key(api::Text(), item.class_name));
    if (!cls) co_return api::Status();
    csi::GetCapacityRequest request;
    request.parameters = cls->parameters;
    request.accessible_topology = item.segment;
    auto asking = endpoint_.call(api::Text(kCaller), std::move(request), options_.timeout);
    const csi::CallResult<csi::GetCapacityResponse> answer = co_await std::move(asking);
    const std::string about = item.segment.text() + " " + item.class_name.str();
    if (!answer.ok())
        co_return failed("CSI GetCapacity for " + about + ": " + answer.status.text());
    const auto quantity = [](std::int64_t bytes) {
        return api::Quantity::of(bytes, api::Quantity::Format::BinarySI);
    };
    const std::optional<api::Quantity> left = quantity(answer.response.available_capacity);
    std::optional<api::Quantity> largest;
    if (answer.response.maximum_volume_size)
        largest = quantity(*answer.response.maximum_volume_size);
    Capacity next;
    if (item.object) {
        if (are_equal(item.object->capacity, left) &&
            are_equal(item.object->maximumVolumeSize, largest))
            co_return api::Status();
        next = *item.object;
    } else {
        next.metadata.generateName = "csisc-";
        next.metadata.ns = kSidecarNamespace;
        next.metadata.labels.set(kDriverLabel, driver_);
        next.metadata.labels.set(kManagedByLabel, managed_by_);
        next.storageClassName = item.class_name;
        next.nodeTopology.emplace();
        next.nodeTopology->matchLabels = item.segment.segments;
    }
    next.capacity = left;
    next.maximumVolumeSize = largest;
    auto saving = item.object ? client_.update<Capacity>(std::move(next))
                              : client_.create<Capacity>(std::move(next));
    const api::Result<api::Ref<Capacity>> saved = co_await std::move(saving);
    if (saved) co_return api::Status();
    co_return failed((item.object ? "update" : "create") + std::string(" CSIStorageCapacity for ") +
                     about + ": " + saved.error().message.str());
}

sim::Task<api::Status> CapacityController::remove_object(api::Key key) {
    auto removing =
        client_.remove(api::Kind::CSIStorageCapacity,
                       api::Key(api::Text(kSidecarNamespace), key.name), api::DeleteOptions());
    const api::Response answer = co_await std::move(removing);
    const bool fine = answer.status.ok() || answer.status.is(api::Reason::NotFound);
    co_return fine ? api::Status() : answer.status;
}

std::size_t CapacityController::current() const {
    return static_cast<std::size_t>(std::count_if(
        items_.begin(), items_.end(), [](const auto& entry) { return bool(entry.second.object); }));
}

std::size_t CapacityController::obsolete() const {
    std::size_t count = 0;
    objects_.for_each([&](const api::ObjectRef& object) {
        const auto& capacity = static_cast<const Capacity&>(*object);
        const bool wanted = std::any_of(items_.begin(), items_.end(), [&](const auto& entry) {
            return matches(entry.second, capacity);
        });
        if (is_mine(capacity) && !wanted) ++count;
    });
    return count;
}

std::string CapacityController::explain(api::Kind kind, const api::Key& key) const {
    if (kind != api::Kind::CSIStorageCapacity) return {};
    for (const auto& entry : items_) {
        if (!entry.second.object || entry.second.object->key() != key) continue;
        const std::string text = queue_.explain(entry.first);
        return text.empty() ? text : process_.name() + ": " + text;
    }
    return {};
}

}  // namespace model::sidecar
