#include "model/api/server.hpp"

#include "model/api/kind_store.hpp"
#include "model/api/validation_rules.hpp"
#include "sim/fingerprint.hpp"

namespace model::api {

namespace {

std::string uuid_text(std::uint64_t high, std::uint64_t low) {
    high = (high & ~0xf000ULL) | 0x4000ULL;            // version 4
    low = (low & ~(0xc0ULL << 56)) | (0x80ULL << 56);  // variant 1
    std::string text(36, '-');
    constexpr int kPlaces[] = {0,  1,  2,  3,  4,  5,  6,  7,  9,  10, 11, 12, 14, 15, 16, 17,
                               19, 20, 21, 22, 24, 25, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35};
    for (int i = 0; i < 32; ++i) {
        const std::uint64_t half = i < 16 ? high : low;
        text[static_cast<std::size_t>(kPlaces[i])] =
            "0123456789abcdef"[half >> (60 - i % 16 * 4) & 15];
    }
    return text;
}

constexpr std::size_t kSuffixLength = 5;

// Upstream's rand.String: no vowels, so that no words come about.
std::string suffix(std::uint64_t h) {
    constexpr std::string_view kAlphabet = "bcdfghjklmnpqrstvwxz2456789";
    std::string text;
    for (std::size_t i = 0; i < kSuffixLength; ++i, h /= kAlphabet.size())
        text += kAlphabet[h % kAlphabet.size()];
    return text;
}

Response refused(Status status) {
    Response r;
    r.status = std::move(status);
    return r;
}

}  // namespace

Server::Server(sim::Engine& engine, Journal& journal, ServerOptions options)
    : engine_(engine), journal_(journal), options_(std::move(options)) {}

Server::~Server() = default;

Server::KindStore& Server::store(Kind kind) {
    const auto index = static_cast<std::size_t>(kind);
    if (index >= stores_.size()) stores_.resize(index + 1);
    if (!stores_[index]) {
        stores_[index] = std::make_unique<KindStore>();
        for (const auto& hook : kind_hooks_) hook();
    }
    return *stores_[index];
}

const Server::KindStore* Server::store(Kind kind) const {
    const auto index = static_cast<std::size_t>(kind);
    return index < stores_.size() ? stores_[index].get() : nullptr;
}

Response Server::handle(Request& request, const Text& by) {
    if (!up_) return refused(Status(0, Reason::ConnectionRefused, "connect: connection refused"));
    for (const Fault& fault : faults_)
        if (auto answer = fault(request, by)) return refused(*answer);
    switch (request.verb) {
        case Verb::Get:
            return get(request);
        case Verb::List:
            return list(request);
        case Verb::Create:
            return create(request, by);
        case Verb::Update:
            return update(request, by);
        case Verb::Patch:
            return patch(request, by);
        case Verb::Delete:
            return remove(request, by);
        case Verb::DeleteCollection:
            return remove_all(request, by);
        case Verb::Watch:
            break;  // see watch(): a stream, not a request with one answer
    }
    return refused(Status(405, Reason::MethodNotAllowed,
                          "the server does not allow this method on the requested resource"));
}

Response Server::get(const Request& r) {
    Response answer;
    answer.object = find(r.kind, r.key);
    answer.resourceVersion = version_;
    if (!answer.object)
        return refused(Status::not_found(scheme_.info(r.kind).qualified_resource(), r.key.name));
    return answer;
}

Response Server::list(const Request& r) {
    Response answer;
    answer.resourceVersion = version_;
    for_each(r.kind, r.key.ns, [&](const ObjectRef& o) { answer.items.push_back(o); });
    return answer;
}

ObjectRef Server::find(Kind kind, const Key& key) const {
    const KindStore* s = store(kind);
    return s ? s->find(key) : ObjectRef();
}

void Server::for_each(Kind kind, std::string_view ns,
                      const std::function<void(const ObjectRef&)>& visit) const {
    const KindStore* s = store(kind);
    if (!s || s->living == 0) return;
    for (std::uint32_t slot : s->sorted()) {
        if (!s->current[slot]) continue;
        if (ns.empty() || s->keys[slot].ns == ns) visit(s->current[slot]);
    }
}

std::optional<std::uint32_t> Server::slot(Kind kind, const Key& key) const {
    const KindStore* s = store(kind);
    if (!s) return std::nullopt;
    const std::uint32_t slot = s->known_slot(key);
    if (slot == HashIndex::kNone) return std::nullopt;
    return slot;
}

std::uint32_t Server::slot_count(Kind kind) const {
    const KindStore* s = store(kind);
    return s ? static_cast<std::uint32_t>(s->keys.size()) : 0;
}

ObjectRef Server::at(Kind kind, std::uint32_t slot) const {
    const KindStore* s = store(kind);
    return s && slot < s->current.size() ? s->current[slot] : ObjectRef();
}

const std::vector<std::uint32_t>& Server::sorted_slots(Kind kind) const {
    static const std::vector<std::uint32_t> kNone;
    const KindStore* s = store(kind);
    return s ? s->sorted() : kNone;
}

Status Server::watch(Kind kind, std::uint64_t since, WatchSink* sink) {
    if (!up_) return Status(0, Reason::ConnectionRefused, "connect: connection refused");
    KindStore& s = store(kind);
    if (since != 0 && since < s.log_floor)
        return Status(410, Reason::Expired,
                      "too old resource version: " + std::to_string(since) + " (" +
                          std::to_string(s.log_floor) + ")");
    s.sinks.push_back(sink);
    if (since != 0)
        for (const WatchEvent& event : s.log)
            if (event.resourceVersion > since) sink->on_commit(event);
    return Status();
}

void Server::unwatch(Kind kind, WatchSink* sink) { std::erase(store(kind).sinks, sink); }

void Server::set_up(bool up) {
    if (up_ == up) return;
    up_ = up;
    if (up_) return;
    for (auto& s : stores_) {
        if (!s) continue;
        // The watch cache of a new process begins at the present version.
        s->log.clear();
        s->log_floor = version_;
        const std::vector<WatchSink*> cut = std::exchange(s->sinks, {});
        for (WatchSink* sink : cut) sink->on_disconnect();
    }
}

std::int64_t Server::wall_clock_nanos() const {
    return options_.start_unix_seconds * 1'000'000'000 + engine_.now().time_since_epoch().count();
}
Timestamp Server::wall_clock() const { return Timestamp{wall_clock_nanos() / 1'000'000'000}; }
MicroTimestamp Server::wall_clock_micros() const {
    return MicroTimestamp{wall_clock_nanos() / 1000};
}

// How many objects of that name there have been; part of the hash that makes uids and suffixes, so
// that another order of events elsewhere changes neither.
std::uint64_t Server::nth(std::string_view what, const Object& object, const KindInfo& info,
                          std::string_view name) {
    std::string key;
    key.reserve(what.size() + info.kind.size() + object.metadata.ns.size() + name.size() + 2);
    key.append(what)
        .append(info.kind)
        .append("/")
        .append(object.metadata.ns.view())
        .append("/")
        .append(name);
    const std::uint64_t hash = sim::hash_text(key);
    const std::uint64_t n = names_given_.next(hash);
    return sim::hash_pair(sim::hash_pair(options_.seed, hash), n);
}

Text Server::new_uid(const Object& object, const KindInfo& info) {
    const std::uint64_t h = nth("uid:", object, info, object.metadata.name);
    return uuid_text(h, sim::scramble(h ^ 0x5bf03635ULL));
}

void Server::name_generated(Object& object, const KindInfo& info) {
    if (!object.metadata.name.empty() || object.metadata.generateName.empty()) return;
    constexpr std::size_t kMaxBase = 253 - kSuffixLength;
    const std::string base(object.metadata.generateName.view().substr(0, kMaxBase));
    do {
        const std::uint64_t h = nth("name:", object, info, object.metadata.generateName);
        object.metadata.name = base + suffix(h);
    } while (find(info.id, object.key()));
}

// Admission of one kind: a pod gets the name of its token's volume from its own name, or from what
// its name is still to be made of.
Status Server::complete(Object& object, const KindInfo& info) {
    if (object.kind != Kind::Pod) return Status();
    const Text& name =
        object.metadata.name.empty() ? object.metadata.generateName : object.metadata.name;
    const Text volume("kube-api-access-" + suffix(nth("token:", object, info, name)));
    return pods_.complete(static_cast<Pod&>(object), volume, *this);
}

Result<ObjectRef> Server::preload(const Value& manifest) {
    auto decoded = decode(manifest, scheme_);
    if (!decoded) return decoded.error();
    Object& object = *decoded.value();
    const KindInfo& info = scheme_.info(object.kind);
    if (info.namespaced && object.metadata.ns.empty()) object.metadata.ns = "default";
    name_generated(object, info);
    if (object.metadata.uid.empty()) object.metadata.uid = new_uid(object, info);
    if (!object.metadata.creationTimestamp) object.metadata.creationTimestamp = wall_clock();
    if (info.has_generation && object.metadata.generation == 0) object.metadata.generation = 1;
    set_defaults(object, options_.profile);
    // As it was when it was created: else the next writer would change its spec.
    if (object.kind == Kind::PersistentVolumeClaim)
        normalize_data_sources(static_cast<PersistentVolumeClaim&>(object).spec, options_.profile);
    if (Status s = admit_create(object, *this, options_.profile); !s.ok()) return s;
    if (Status s = complete(object, info); !s.ok()) return s;
    if (FieldErrors errors = validate_create(object, info, options_.profile); !errors.empty())
        return invalid_status(info, object.metadata.name, errors);
    if (find(object.kind, object.key()))
        return Status::already_exists(info.qualified_resource(), object.metadata.name);
    KindStore& s = store(object.kind);
    const std::uint32_t slot = s.slot_of(object.key());
    object.metadata.resourceVersion = ++version_;
    s.log_floor = version_;
    s.current[slot] = freeze(std::move(decoded.value()));
    ++s.living;
    return s.current[slot];
}

void Server::preload_again(ObjectRef object) {
    KindStore& s = store(object->kind);
    const std::uint32_t slot = s.slot_of(object->key());
    s.current[slot] = std::move(object);
}

}  // namespace model::api
