// The writing half of the API server: create, update, patch, delete, each as one commit.
#include "model/api/eviction.hpp"
#include "model/api/kind_store.hpp"
#include "model/api/server.hpp"

namespace model::api {

namespace {

Response refused(Status status) {
    Response r;
    r.status = std::move(status);
    return r;
}

constexpr std::string_view kModified =
    "the object has been modified; please apply your changes to the latest version and try again";

// The body of a create or update: what the client's struct says, or its text decoded now.
Result<std::unique_ptr<Object>> body_of(Request& r, const Scheme& scheme) {
    if (r.body) return thaw(std::move(r.body));
    return decode_as(r.kind, r.manifest, scheme);
}

// A patch that makes an object unreadable is the patch's fault: 422 about a nameless kind, as
// upstream answers it, with the object's text and the reader's own words.
Status unreadable_patch(const Value& patched, const Status& error) {
    std::string_view words = error.message.view();
    constexpr std::string_view kHandled = " cannot be handled as a ";
    if (const std::size_t at = words.find(kHandled); at != std::string_view::npos)
        words = words.substr(words.find(": ", at) + 2);
    return Status::invalid(
        "", "",
        "patch: Invalid value: " + Value(patched.to_json()).to_json() + ": " + std::string(words));
}

// TaintNodesByCondition: a new node takes no pods before somebody has seen it ready.
void taint_new_node(Node& node) {
    constexpr std::string_view kNotReady = "node.kubernetes.io/not-ready", kEffect = "NoSchedule";
    for (const Taint& t : std::as_const(node.spec.taints))
        if (t.key == kNotReady && t.effect == kEffect) return;
    Taint t;
    t.key = kNotReady;
    t.effect = kEffect;
    node.spec.taints.push_back(std::move(t));
}

// The pod with the word of why it goes.
std::unique_ptr<Object> evicted(const Pod& pod, Timestamp now) {
    std::unique_ptr<Object> next = copy_of(pod);
    List<Condition>& conditions = static_cast<Pod&>(*next).status.conditions;
    Condition c;
    c.type = "DisruptionTarget";
    c.status = "True";
    c.reason = "EvictionByEvictionAPI";
    c.message = "Eviction API: evicting";
    c.lastTransitionTime = now;
    erase_if(conditions, [&](const Condition& other) { return other.type == c.type; });
    conditions.push_back(std::move(c));
    return next;
}

bool awaits_finalizers(const Object& object) {
    if (!object.metadata.finalizers.empty()) return true;
    if (object.kind == Kind::Namespace)
        return !static_cast<const Namespace&>(object).spec.finalizers.empty();
    return false;
}

// Only pods have a graceful strategy: their object stays until the kubelet (or a delete with grace
// 0) ends it.
std::int64_t grace_of(const Object& object, const KindInfo& info, const DeleteOptions& options) {
    if (!info.pod_like_grace || object.kind != Kind::Pod) return 0;
    const Pod& pod = static_cast<const Pod&>(object);
    if (pod.spec.nodeName.empty() || pod.status.phase == "Succeeded" ||
        pod.status.phase == "Failed")
        return 0;
    std::int64_t grace = pod.spec.terminationGracePeriodSeconds.value_or(30);
    if (options.gracePeriodSeconds) grace = *options.gracePeriodSeconds;
    if (grace < 0) grace = 1;
    return grace;
}

// Whether the object waits for its kubelet since an earlier DELETE. Another one without a grace of
// its own then does nothing, even if the pod has ended meanwhile.
bool waits_out_grace(const ObjectMeta& meta, const KindInfo& info) {
    return info.pod_like_grace && meta.terminating() &&
           meta.deletionGracePeriodSeconds.value_or(0) > 0;
}

// A second DELETE can only shorten the wait, counted from the first; where that is over already, a
// second is left for who is to end it. False where nothing is to be changed.
bool shorten_grace(ObjectMeta& meta, const DeleteOptions& options, Timestamp now) {
    if (!options.gracePeriodSeconds) return false;
    std::int64_t grace = *options.gracePeriodSeconds < 0 ? 1 : *options.gracePeriodSeconds;
    const std::int64_t before = *meta.deletionGracePeriodSeconds;
    if (grace >= before) return false;
    Timestamp end{meta.deletionTimestamp->unix_seconds - before + grace};
    if (end.unix_seconds <= now.unix_seconds) {
        end = now;
        if (grace != 0) grace = 1;
    }
    meta.deletionTimestamp = end;
    meta.deletionGracePeriodSeconds = grace;
    return true;
}

}  // namespace

ObjectRef Server::commit(Change change, std::unique_ptr<Object> next, const ObjectRef& previous,
                         const Request& r, const Text& by) {
    KindStore& s = store(next->kind);
    const std::uint32_t slot = s.slot_of(next->key());
    next->metadata.resourceVersion = ++version_;
    WatchEvent event;
    event.change = change;
    event.slot = slot;
    event.resourceVersion = version_;
    event.object = freeze(std::move(next));
    s.current[slot] = change == Change::Deleted ? ObjectRef() : event.object;
    s.living += change == Change::Added ? 1 : 0;
    s.living -= change == Change::Deleted ? 1 : 0;
    s.append(event);
    engine_.mix((version_ << 20) ^ (std::uint64_t{slot} << 8) ^
                (static_cast<std::uint64_t>(event.object->kind) << 2) ^
                static_cast<std::uint64_t>(change));
    if (journal_.is_heard())
        journal_.emit(Stamp{engine_.now(), engine_.current().seq},
                      Committed{change, event.object, previous, by, r.verb, r.subresource});
    for (WatchSink* sink : s.sinks) sink->on_commit(event);
    return event.object;
}

Status Server::admit(Object& object, const KindInfo& info) {
    if (object.kind == Kind::Node) taint_new_node(static_cast<Node&>(object));
    if (Status s = admit_create(object, *this, options_.profile); !s.ok()) return s;
    if (Status s = complete(object, info); !s.ok()) return s;
    object.metadata.uid = Text();
    object.metadata.deletionTimestamp.reset();
    object.metadata.deletionGracePeriodSeconds.reset();
    object.metadata.generation = info.has_generation ? 1 : 0;
    name_generated(object, info);
    prepare_for_create(object, options_.profile, wall_clock());
    object.metadata.creationTimestamp = wall_clock();
    set_defaults(object, options_.profile);
    if (FieldErrors errors = validate_create(object, info, options_.profile); !errors.empty())
        return invalid_status(info, object.metadata.name, errors);
    return validate_admitted_create(object, *this, options_.profile);
}

// Upstream's quota admission writes the new usage itself, before the object is stored.
void Server::charge(std::vector<std::unique_ptr<Object>> quotas) {
    for (std::unique_ptr<Object>& quota : quotas) {
        Request r;
        r.verb = Verb::Update;
        r.kind = Kind::ResourceQuota;
        r.key = quota->key();
        r.subresource = Subresource::Status;
        const ObjectRef old = find(r.kind, r.key);
        if (old && !same_content(*quota, *old))
            commit(Change::Modified, std::move(quota), old, r, "kube-apiserver");
    }
}

Response Server::create(Request& r, const Text& by) {
    const KindInfo& info = scheme_.info(r.kind);
    if (r.kind == Kind::Pod && r.subresource == Subresource::Binding) return bind_pod(r, by);
    if (r.kind == Kind::Pod && r.subresource == Subresource::Eviction) {
        const ObjectRef pod = find(r.kind, r.key);
        if (!pod) return refused(Status::not_found(info.qualified_resource(), r.key.name));
        Request ending = r;
        ending.body = ObjectRef();
        if (!disrupts_nobody(static_cast<const Pod&>(*pod))) {
            if (Status s = check_budgets(static_cast<const Pod&>(*pod), *this); !s.ok())
                return refused(s);
            (void)commit(Change::Modified, evicted(static_cast<const Pod&>(*pod), wall_clock()),
                         pod, r, by);
        }
        Response answer = remove(ending, by);
        if (answer.status.ok()) answer.status.code = 201;
        return answer;
    }
    if (r.subresource != Subresource::None)
        return refused(
            Status(404, Reason::NotFound, "the server could not find the requested resource"));
    auto body = body_of(r, scheme_);
    if (!body) return refused(body.error());
    std::unique_ptr<Object> object = std::move(body.value());
    if (info.namespaced && object->metadata.ns.empty()) object->metadata.ns = r.key.ns;
    if (!options_.raw) {
        set_defaults(*object, options_.profile);
        if (Status s = admit(*object, info); !s.ok()) return refused(s);
        if (object->metadata.resourceVersion != 0)
            return refused(Status(500, Reason::InternalError,
                                  "resourceVersion should not be set on objects to be created"));
    }
    if (find(r.kind, object->key()))
        return refused(Status::already_exists(info.qualified_resource(), object->metadata.name));
    if (!options_.raw) {
        object->metadata.uid = new_uid(*object, info);
        charge(quota_updates_for_create(*object, *this, options_.profile));
    }
    Response answer;
    answer.warnings = options_.raw ? std::vector<std::string>() : warnings(*object);
    answer.object = commit(Change::Added, std::move(object), ObjectRef(), r, by);
    answer.status.code = 201;
    return answer;
}

Response Server::update(Request& r, const Text& by) {
    const KindInfo& info = scheme_.info(r.kind);
    auto body = body_of(r, scheme_);
    if (!body) return refused(body.error());
    std::unique_ptr<Object> object = std::move(body.value());
    if (info.namespaced && object->metadata.ns.empty()) object->metadata.ns = r.key.ns;
    const ObjectRef old = find(r.kind, r.key);
    if (!old) return refused(Status::not_found(info.qualified_resource(), r.key.name));
    if (object->metadata.resourceVersion == 0) {
        if (r.any_version || info.unconditional_update || options_.raw) {
            object->metadata.resourceVersion = old->metadata.resourceVersion;
        } else {
            return refused(invalid_status(
                info, r.key.name,
                validate_update(*object, *old, r.subresource, info, options_.profile)));
        }
    }
    return write_over(std::move(object), old, r, by);
}

Response Server::patch(const Request& r, const Text& by) {
    const KindInfo& info = scheme_.info(r.kind);
    const ObjectRef old = find(r.kind, r.key);
    if (!old) return refused(Status::not_found(info.qualified_resource(), r.key.name));
    auto patched = apply_patch(r.patch_type, encode(*old, scheme_), r.patch, r.kind);
    if (!patched) return refused(patched.error());
    auto decoded = decode_as(r.kind, patched.value(), scheme_);
    if (!decoded) return refused(unreadable_patch(patched.value(), decoded.error()));
    return write_over(std::move(decoded.value()), old, r, by);
}

// What update and patch share: the version check, the strategy, validation, admission, and the
// removal of an object whose last finalizer goes.
Response Server::write_over(std::unique_ptr<Object> next, const ObjectRef& old, const Request& r,
                            const Text& by) {
    const KindInfo& info = scheme_.info(r.kind);
    if (next->metadata.resourceVersion != old->metadata.resourceVersion)
        return refused(Status::conflict(info.qualified_resource(), r.key.name, kModified));
    if (!next->metadata.uid.empty() && next->metadata.uid != old->metadata.uid)
        return refused(Status::conflict(
            info.qualified_resource(), r.key.name,
            "Precondition failed: UID in precondition: " + next->metadata.uid.str() +
                ", UID in object meta: " + old->metadata.uid.str()));
    Response answer;
    if (!options_.raw) {
        set_defaults(*next, options_.profile);
        if (next->kind == Kind::Pod && r.subresource == Subresource::None)
            pods_.keep_complete(static_cast<Pod&>(*next), static_cast<const Pod&>(*old));
        prepare_for_update(*next, *old, r.subresource, info, options_.profile, wall_clock());
        FieldErrors errors = validate_update(*next, *old, r.subresource, info, options_.profile);
        if (!errors.empty()) return refused(invalid_status(info, r.key.name, errors));
        Status s = validate_admitted_update(*next, *old, r.subresource, *this, options_.profile);
        if (!s.ok()) return refused(s);
        answer.warnings = warnings(*next);
    }
    if (same_content(*next, *old) && !options_.raw) {
        answer.object = old;
        return answer;
    }
    if (!options_.raw) charge(quota_updates_for_update(*next, *old, *this, options_.profile));
    const bool gone = !options_.raw && next->metadata.terminating() && !awaits_finalizers(*next) &&
                      next->metadata.deletionGracePeriodSeconds.value_or(0) == 0;
    answer.object = commit(gone ? Change::Deleted : Change::Modified, std::move(next), old, r, by);
    return answer;
}

// One request, a commit for each object; the first refusal is the answer.
Response Server::remove_all(const Request& r, const Text& by) {
    Request one = r;
    Response answer;
    std::vector<ObjectRef> all;
    for_each(r.kind, r.key.ns, [&](const ObjectRef& o) { all.push_back(o); });
    for (const ObjectRef& o : all) {
        one.key = o->key();
        Response deleted = remove(one, by);
        if (!deleted.status.ok() && answer.status.ok()) answer.status = deleted.status;
    }
    return answer;
}

Response Server::remove(const Request& r, const Text& by) {
    const KindInfo& info = scheme_.info(r.kind);
    const ObjectRef old = find(r.kind, r.key);
    if (!old) return refused(Status::not_found(info.qualified_resource(), r.key.name));
    if (!r.options.uid.empty() && r.options.uid != old->metadata.uid)
        return refused(
            Status::conflict(info.qualified_resource(), r.key.name,
                             "the UID in the precondition (" + r.options.uid.str() +
                                 ") does not match the UID in record (" + old->metadata.uid.str() +
                                 "). The object might have been deleted and then recreated"));
    if (r.options.resourceVersion != 0 &&
        r.options.resourceVersion != old->metadata.resourceVersion)
        return refused(Status::conflict(info.qualified_resource(), r.key.name,
                                        "the ResourceVersion in the precondition (" +
                                            std::to_string(r.options.resourceVersion) +
                                            ") does not match the ResourceVersion in record (" +
                                            std::to_string(old->metadata.resourceVersion) +
                                            "). The object might have been modified"));
    std::unique_ptr<Object> next = copy_of(*old);
    if (!options_.raw && waits_out_grace(old->metadata, info)) {
        Response answer;
        answer.object = old;
        if (!shorten_grace(next->metadata, r.options, wall_clock())) return answer;
        const bool ends = *next->metadata.deletionGracePeriodSeconds == 0;
        const bool held = awaits_finalizers(*next);
        answer.object = commit(Change::Modified, std::move(next), old, r, by);
        if (!ends || held) return answer;
        answer.object = commit(Change::Deleted, copy_of(*answer.object), answer.object, r, by);
        return answer;
    }
    const std::int64_t grace = grace_of(*old, info, r.options);
    for (auto [policy, finalizer] :
         {std::pair<std::string_view, std::string_view>("Orphan", "orphan"),
          {"Foreground", "foregroundDeletion"}})
        if (r.options.propagationPolicy == policy && !next->metadata.has_finalizer(finalizer))
            next->metadata.finalizers.emplace_back(finalizer);
    Response answer;
    if (options_.raw || (grace == 0 && !awaits_finalizers(*next))) {
        const bool marks = !options_.raw && info.pod_like_grace &&
                           next->metadata.deletionGracePeriodSeconds.value_or(1) != 0;
        if (!marks) {
            answer.object = commit(Change::Deleted, std::move(next), old, r, by);
            return answer;
        }
        // A pod is marked with a grace of 0 first: watchers see that, then the deletion.
        next->metadata.deletionTimestamp = wall_clock();
        next->metadata.deletionGracePeriodSeconds = 0;
        const ObjectRef marked = commit(Change::Modified, std::move(next), old, r, by);
        answer.object = commit(Change::Deleted, copy_of(*marked), marked, r, by);
        return answer;
    }
    if (!next->metadata.terminating()) {
        next->metadata.deletionTimestamp = Timestamp{wall_clock().unix_seconds + grace};
        next->metadata.deletionGracePeriodSeconds = grace;
        if (info.has_generation) ++next->metadata.generation;
        if (next->kind == Kind::Namespace)
            static_cast<Namespace&>(*next).status.phase = "Terminating";
    }
    answer.object =
        same_content(*next, *old) ? old : commit(Change::Modified, std::move(next), old, r, by);
    return answer;
}

}  // namespace model::api
