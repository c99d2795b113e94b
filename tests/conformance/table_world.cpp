#include "tests/conformance/table_world.hpp"

#include "model/api/codec.hpp"

namespace conformance {

using namespace model;
using namespace std::chrono_literals;

namespace {

constexpr std::string_view kClient = "persistent-volume-binder";

bool ends_with_reason(std::string_view text, std::string_view reason) {
    return text.ends_with(reason);
}

// An injected error keeps its text; its reason is read from it, as Go tells errors of the API apart
// by their type.
api::Status status_of(const std::string& text) {
    if (ends_with_reason(text, "already exists"))
        return api::Status(409, api::Reason::AlreadyExists, text);
    if (ends_with_reason(text, "not found")) return api::Status(404, api::Reason::NotFound, text);
    if (text.find("object has been modified") != std::string::npos)
        return api::Status(409, api::Reason::Conflict, text);
    return api::Status(500, api::Reason::Injected, text);
}

sim::Task<void> run_sync(volume::PersistentVolumeController& controller, api::ObjectRef object) {
    volume::Pass pass;
    if (const auto claim = api::as<PVC>(object)) {
        auto syncing = controller.sync_claim(claim, pass);
        api::Status ignored = co_await std::move(syncing);
    } else if (const auto volume = api::as<PV>(object)) {
        auto syncing = controller.sync_volume(volume, pass);
        api::Status ignored = co_await std::move(syncing);
    }
}

}  // namespace

std::string SentRequest::to_string() const {
    std::string text = verb + " " + resource + (subresource.empty() ? "" : "/" + subresource) + " ";
    return text + (ns.empty() ? name : ns + "/" + name);
}

void CollectingRecorder::record_part(const api::Object&, std::string_view, control::EventType type,
                                     std::string_view reason, std::string message) {
    const std::string word = type == control::EventType::Warning ? "Warning " : "Normal ";
    events.push_back(word + std::string(reason) + " " + message);
}

TableWorld::TableWorld(const Profile& profile, bool whole_loop) : whole_loop_(whole_loop) {
    latencies_.write = latencies_.read = latencies_.response = latencies_.watch =
        sim::Distribution::constant(0ns);
    api::ServerOptions options;
    options.profile = profile;
    options.raw = true;
    server_ = std::make_unique<api::Server>(engine_, journal_, std::move(options));
    server_->add_fault(
        [this](const api::Request& r, const api::Text& by) { return answer_instead(r, by); });
    process_ = std::make_unique<control::Process>(*server_, latencies_, "kube-controller-manager");
    client_ = &process_->client(kClient, 0, 0);
    volume::PersistentVolumeControllerOptions o;
    o.profile = profile;
    o.sync_period = o.first_resync = 1000h;  // the resyncs asked for here are enough
    o.true_grid = true;
    o.save_interval = 5ms;
    o.before_operation = [this](const std::string&) {
        // In cases of several steps the world changes while the operation is asked for again.
        if (hooks_run_++ == 0 && !run_hooks_at_once) return;
        for (const auto& hook : std::exchange(before_operation, {})) hook();
    };
    controller_ = std::make_unique<volume::PersistentVolumeController>(
        *process_, *client_, recorder, plugins, std::move(o));
    journal_.listen(this);
}

TableWorld::~TableWorld() {
    process_.reset();  // actors first: they hold on to the controller
    controller_.reset();
}

api::ObjectRef TableWorld::put(const api::Value& manifest) {
    api::Request r;
    r.verb = Verb::Create;
    const api::Value* kind = manifest.find("kind");
    const api::Value* version = manifest.find("apiVersion");
    if (!kind || !version) return {};
    r.kind = server_->scheme().resolve(version->as_string(), kind->as_string());
    r.manifest = manifest;
    const auto decoded = api::decode_as(r.kind, manifest, server_->scheme());
    if (!decoded) return {};
    r.key = decoded.value()->key();
    if (server_->find(r.kind, r.key)) remove(r.kind, r.key);
    return server_->handle(r, "test").object;
}

void TableWorld::remove(api::Kind kind, const api::Key& key) {
    api::Request r;
    r.verb = Verb::Delete;
    r.kind = kind;
    r.key = key;
    server_->handle(r, "test");
}

void TableWorld::put_and_tell(const api::Value& manifest) {
    if (const api::ObjectRef o = put(manifest)) tell(Change::Added, o);
}

void TableWorld::remove_and_tell(api::Kind kind, std::string_view name) {
    for (const api::ObjectRef& o : all(kind)) {
        if (o->metadata.name != name) continue;
        remove(kind, o->key());
        tell(Change::Deleted, o);
    }
}

void TableWorld::tell(Change change, const api::ObjectRef& object) {
    api::WatchEvent event;
    event.change = change;
    event.slot = *server_->slot(object->kind, object->key());
    event.resourceVersion = server_->resource_version();
    event.object = object;
    process_->informer(object->kind).on_commit(event);
}

void TableWorld::start_side_informers() {
    for (api::Kind kind : {api::Kind::StorageClass, api::Kind::Pod, api::Kind::Node})
        process_->informer(kind).start();
}

void TableWorld::start_controller() {
    process_->start();
    controller_->start();
    controller_->resync();  // upstream's first one comes before the workers take up a key
    for (api::Kind kind : {api::Kind::PersistentVolume, api::Kind::PersistentVolumeClaim})
        server_->unwatch(kind, &process_->informer(kind));
}

void TableWorld::settle() { engine_.run_until(engine_.now() + (whole_loop_ ? 60s : 600s)); }
void TableWorld::pass_time(sim::Duration d) { engine_.run_until(engine_.now() + d); }

void TableWorld::sync(const api::ObjectRef& object) {
    process_->spawn("one sync", run_sync(*controller_, object));
}

std::vector<api::ObjectRef> TableWorld::all(api::Kind kind) const {
    std::vector<api::ObjectRef> objects;
    server_->for_each(kind, "", [&](const api::ObjectRef& o) { objects.push_back(o); });
    return objects;
}

void TableWorld::on(const Stamp&, const Happening& happening) {
    const auto* committed = std::get_if<Committed>(&happening);
    if (!committed || committed->by != kClient) return;
    ++changes_since_sync;
    if (committed->change != Change::Deleted) changes.push_back(committed->object);
}

void TableWorld::note(const api::Request& r) {
    SentRequest s;
    s.verb = to_string(r.verb);
    s.resource = server_->scheme().info(r.kind).resource;
    s.subresource = api::to_string(r.subresource);
    s.ns = r.key.ns.str();
    s.name = r.key.name.str();
    if (r.body) s.object = api::encode(*r.body, server_->scheme());
    sent.push_back(std::move(s));
}

std::optional<api::Status> TableWorld::answer_instead(const api::Request& r, const api::Text& by) {
    if (by != kClient) return std::nullopt;
    note(r);
    for (auto it = errors.begin(); it != errors.end(); ++it) {
        const bool verb = it->verb == "*" || it->verb == to_string(r.verb);
        const bool resource =
            it->resource == "*" || it->resource == server_->scheme().info(r.kind).resource;
        if (!verb || !resource) continue;
        const api::Status answer = status_of(it->text);
        errors.erase(it);
        return answer;
    }
    return std::nullopt;
}

}  // namespace conformance
