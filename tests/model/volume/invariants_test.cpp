// Each invariant is seen to fail once, on a forged commit.
#include "model/volume/invariants.hpp"

#include <doctest/doctest.h>

#include "model/volume/binding.hpp"

namespace model::volume {

namespace {

using namespace std::chrono_literals;
constexpr std::string_view kBinder = "persistent-volume-binder";

// Feeds the listener commits and collects what it says.
struct Forgery : Listener {
    Forgery() : invariants(journal) { journal.listen(this); }
    ~Forgery() override { journal.ignore(this); }
    void on(const Stamp&, const Happening& h) override {
        if (const auto* v = std::get_if<Violated>(&h)) broken.push_back(v->invariant);
    }

    template <class T>
    api::Ref<T> commit(Change change, T object, const api::Ref<T>& before, std::string_view by,
                       Verb verb = Verb::Update, api::Subresource part = api::Subresource::None) {
        if (object.metadata.resourceVersion == 0) object.metadata.resourceVersion = ++version;
        const api::Ref<T> stored = api::freeze(std::move(object));
        Committed c;
        c.change = change;
        c.object = stored;
        c.previous = before;
        c.by = by;
        c.verb = verb;
        c.subresource = part;
        journal.emit(Stamp{now, 1}, c);
        return stored;
    }
    template <class T>
    api::Ref<T> create(T object) {
        return commit(Change::Added, std::move(object), api::Ref<T>(), "client", Verb::Create);
    }
    // The next version of `before`.
    template <class T>
    api::Ref<T> change(const api::Ref<T>& before, void (*edit)(T&), std::string_view by = kBinder,
                       api::Subresource part = api::Subresource::None, Verb verb = Verb::Update) {
        T next = *before;
        next.metadata.resourceVersion = 0;
        edit(next);
        return commit(Change::Modified, std::move(next), before, by, verb, part);
    }
    template <class T>
    void gone(const api::Ref<T>& before, std::string_view by) {
        T last = *before;
        last.metadata.resourceVersion = 0;
        last.metadata.finalizers.clear();
        commit(Change::Deleted, std::move(last), before, by);
    }

    sim::Time now{};
    std::uint64_t version = 0;
    Journal journal;
    Invariants invariants;
    std::vector<std::string> broken;
};

PVC claim(std::string_view name = "data") {
    PVC c;
    c.metadata.ns = "default";
    c.metadata.name = name;
    c.metadata.uid = "uid-" + std::string(name);
    c.metadata.finalizers = {api::Text(api::finalizer::kPVCProtection)};
    c.spec.resources.requests.set("storage", *api::Quantity::parse("1Gi"));
    c.status.phase = "Pending";
    return c;
}

PV volume(std::string_view uid = "") {
    PV v;
    v.metadata.name = "pv";
    v.metadata.finalizers = {api::Text(api::finalizer::kPVProtection)};
    v.spec.persistentVolumeReclaimPolicy = "Retain";
    v.spec.capacity.set("storage", *api::Quantity::parse("1Gi"));
    v.status.phase = uid.empty() ? "Available" : "Bound";
    if (!uid.empty()) {
        api::ObjectReference ref;
        ref.ns = "default";
        ref.name = "data";
        ref.uid = uid;
        v.spec.claimRef = ref;
    }
    return v;
}

using Broken = std::vector<std::string>;
constexpr auto kStatus = api::Subresource::Status;

}  // namespace

TEST_CASE("a bind as it should be breaks nothing") {
    Forgery f;
    auto v = f.create(volume());
    auto c = f.create(claim());
    v = f.change<PV>(v, [](PV& x) { x.spec.claimRef = volume("uid-data").spec.claimRef; });
    v = f.change<PV>(
        v, [](PV& x) { x.status.phase = "Bound"; }, kBinder, kStatus);
    c = f.change<PVC>(c, [](PVC& x) {
        x.spec.volumeName = "pv";
        x.metadata.annotations.set(api::annotation::kBindCompleted, "yes");
    });
    f.change<PVC>(
        c, [](PVC& x) { x.status.phase = "Bound"; }, kBinder, kStatus);
    CHECK(f.broken == Broken{});
}

TEST_CASE("what the binder must not do to a volume") {
    Forgery f;
    SUBCASE("give it from one claim to another") {
        f.change<PV>(f.create(volume("uid-data")),
                     [](PV& x) { x.spec.claimRef->uid = "uid-other"; });
        CHECK(f.broken == Broken{"a volume goes from one claim to another only by way of none"});
    }
    SUBCASE("give a free one to a claim that waits for its first consumer") {
        api::StorageClass cls;
        cls.metadata.name = "wait";
        cls.volumeBindingMode = "WaitForFirstConsumer";
        f.create(std::move(cls));
        PVC waiting = claim();
        waiting.spec.storageClassName = "wait";
        f.create(std::move(waiting));
        f.change<PV>(f.create(volume()),
                     [](PV& x) { x.spec.claimRef = volume("uid-data").spec.claimRef; });
        CHECK(f.broken ==
              Broken{"a WaitForFirstConsumer claim gets no free volume from the controller"});
    }
    SUBCASE("make a retained one Available") {
        PV released = volume("uid-data");
        released.status.phase = "Released";
        f.change<PV>(f.create(std::move(released)), [](PV& x) { x.spec.claimRef.reset(); });
        CHECK(
            f.broken ==
            Broken{"a retained volume keeps its claimRef and does not become Available by itself"});
    }
    SUBCASE("delete one that is not released") {
        f.change<PV>(
            f.create(volume("uid-data")),
            [](PV& x) { x.metadata.deletionTimestamp = api::Timestamp{}; }, kBinder,
            api::Subresource::None, Verb::Delete);
        CHECK(f.broken == Broken{"only Released and Failed volumes are reclaimed"});
    }
    SUBCASE("release one whose claim is there") {
        PVC bound = claim();
        bound.spec.volumeName = "pv";
        f.create(std::move(bound));
        f.change<PV>(
            f.create(volume("uid-data")), [](PV& x) { x.status.phase = "Released"; }, kBinder,
            kStatus);
        CHECK(f.broken == Broken{"a volume is released when its claim is gone"});
    }
}

TEST_CASE("what the binder must not do to a claim") {
    Forgery f;
    SUBCASE("say bind-completed without a volume") {
        f.change<PVC>(f.create(claim()), [](PVC& x) {
            x.metadata.annotations.set(api::annotation::kBindCompleted, "yes");
        });
        CHECK(f.broken == Broken{"bind-completed comes with volumeName"});
    }
    SUBCASE("name a volume that does not name it yet") {
        f.change<PV>(f.create(volume()), [](PV& x) { x.metadata.labels.set("a", "b"); });
        f.change<PVC>(f.create(claim()), [](PVC& x) { x.spec.volumeName = "pv"; });
        CHECK(f.broken == Broken{"the volume's claimRef is stored before the claim's volumeName"});
    }
    SUBCASE("call it Bound before it names its volume") {
        f.change<PVC>(
            f.create(claim()), [](PVC& x) { x.status.phase = "Bound"; }, kBinder, kStatus);
        CHECK(f.broken == Broken{"the claim's phase Bound is the last write of a bind"});
    }
    SUBCASE("change a Bound one's capacity") {
        PVC bound = claim();
        bound.status.phase = "Bound";
        f.change<PVC>(
            f.create(std::move(bound)),
            [](PVC& x) { x.status.capacity.set("storage", *api::Quantity::parse("2Gi")); }, kBinder,
            kStatus);
        CHECK(f.broken == Broken{"a Bound claim's capacity is not the controller's to change"});
    }
    SUBCASE("write one of the two provisioner annotations only") {
        f.change<PVC>(f.create(claim()), [](PVC& x) {
            x.metadata.annotations.set(api::annotation::kStorageProvisioner, "x");
        });
        CHECK(f.broken == Broken{"both storage-provisioner annotations are written together"});
    }
    SUBCASE("bind a second one to a volume") {
        for (std::string_view name : {"a", "b"}) {
            PVC named = claim(name);
            named.spec.volumeName = "pv";
            named.metadata.annotations.set(api::annotation::kBindCompleted, "yes");
            f.change<PVC>(
                f.create(std::move(named)), [](PVC& x) { x.status.phase = "Bound"; }, kBinder,
                kStatus);
        }
        CHECK(f.broken == Broken{"at most one claim is Bound to a volume"});
    }
}

TEST_CASE("what no write may do to an object") {
    Forgery f;
    SUBCASE("go back in resourceVersion") {
        f.create(volume());
        PVC late = claim();
        late.metadata.resourceVersion = 1;
        f.create(std::move(late));
        CHECK(f.broken == Broken{"resourceVersion strictly increases with every stored change"});
    }
    SUBCASE("take a name that is taken") {
        f.create(claim());
        f.create(claim());
        CHECK(f.broken == Broken{"two objects with the same name never coexist"});
    }
    SUBCASE("remove it while a finalizer is left") {
        const auto c = f.create(claim());
        PVC last = *c;
        last.metadata.resourceVersion = 0;
        f.commit(Change::Deleted, std::move(last), c, "client", Verb::Delete);
        CHECK(f.broken == Broken{"an object is removed when its last finalizer goes"});
    }
    SUBCASE("keep it when the last finalizer has gone") {
        PVC terminating = claim();
        terminating.metadata.deletionTimestamp = api::Timestamp{};
        f.change<PVC>(
            f.create(std::move(terminating)), [](PVC& x) { x.metadata.finalizers.clear(); },
            "client");
        CHECK(f.broken == Broken{"an object is removed when its last finalizer goes"});
    }
    SUBCASE("bring it back to life") {
        PVC terminating = claim();
        terminating.metadata.deletionTimestamp = api::Timestamp{};
        f.change<PVC>(
            f.create(std::move(terminating)), [](PVC& x) { x.metadata.deletionTimestamp.reset(); },
            "client");
        CHECK(f.broken == Broken{"deletionTimestamp never clears"});
    }
    SUBCASE("give a terminating one another finalizer") {
        PVC terminating = claim();
        terminating.metadata.deletionTimestamp = api::Timestamp{};
        f.change<PVC>(
            f.create(std::move(terminating)),
            [](PVC& x) { x.metadata.finalizers.emplace_back("a/b"); }, "client");
        CHECK(f.broken == Broken{"a terminating object gains no finalizer"});
    }
}

TEST_CASE("what a write must leave alone") {
    Forgery f;
    SUBCASE("change the status with the spec") {
        f.change<PVC>(
            f.create(claim()), [](PVC& x) { x.status.phase = "Lost"; }, "client");
        CHECK(f.broken == Broken{"a write to the object does not change its status"});
    }
    SUBCASE("change the spec with the status") {
        f.change<PV>(
            f.create(volume()), [](PV& x) { x.spec.storageClassName = "fast"; }, "client", kStatus);
        CHECK(f.broken == Broken{"a write to the status does not change the spec"});
    }
    SUBCASE("move the time of the last transition without one") {
        f.change<PV>(
            f.create(volume()), [](PV& x) { x.status.lastPhaseTransitionTime = api::Timestamp{5}; },
            kBinder, kStatus);
        CHECK(f.broken == Broken{"lastPhaseTransitionTime changes with the phase only"});
    }
    SUBCASE("change a volume's source") {
        f.change<PV>(
            f.create(volume()), [](PV& x) { x.spec.source.hostPath = api::HostPathVolumeSource(); },
            "client");
        CHECK(f.broken == Broken{"a volume's source never changes"});
    }
    SUBCASE("change a claim's volumeName") {
        PVC named = claim();
        named.spec.volumeName = "pv";
        f.change<PVC>(
            f.create(std::move(named)), [](PVC& x) { x.spec.volumeName = "other"; }, "client");
        CHECK(f.broken == Broken{"a claim's volumeName is written once"});
    }
    SUBCASE("change a Pending claim's size") {
        f.change<PVC>(
            f.create(claim()),
            [](PVC& x) { x.spec.resources.requests.set("storage", *api::Quantity::parse("2Gi")); },
            "client");
        CHECK(f.broken == Broken{"a Pending claim's size does not change"});
    }
    SUBCASE("change what a StorageClass provisions") {
        api::StorageClass cls;
        cls.metadata.name = "fast";
        f.change<api::StorageClass>(
            f.create(std::move(cls)), [](api::StorageClass& x) { x.provisioner = "other"; },
            "client");
        CHECK(f.broken == Broken{"a StorageClass never changes what it provisions"});
    }
    SUBCASE("make it without protection") {
        PVC bare = claim();
        bare.metadata.finalizers.clear();
        f.create(std::move(bare));
        CHECK(f.broken == Broken{"an object made through the API starts protected"});
    }
}

TEST_CASE("what the protection controllers must not let go") {
    Forgery f;
    SUBCASE("a Bound volume") {
        f.gone(f.create(volume("uid-data")), "pv-protection-controller");
        CHECK(f.broken == Broken{"a Bound volume is not removed"});
    }
    SUBCASE("a claim that a scheduled pod names") {
        api::Pod pod;
        pod.metadata.ns = "default";
        pod.metadata.name = "web";
        pod.spec.nodeName = "node-1";
        api::Volume v;
        v.persistentVolumeClaim = api::PersistentVolumeClaimVolumeSource();
        v.persistentVolumeClaim->claimName = "data";
        pod.spec.volumes.push_back(v);
        f.create(std::move(pod));
        const auto c = f.create(claim());
        f.now += 2s;
        f.gone(c, "pvc-protection-controller");
        CHECK(f.broken == Broken{"a claim is not removed while a scheduled pod names it"});
    }
    SUBCASE("the ephemeral claim of a pod, before that is shut down") {
        api::Pod pod;
        pod.metadata.ns = "default";
        pod.metadata.name = "web";
        pod.metadata.uid = "uid-web";
        pod.spec.nodeName = "node-1";
        api::Volume v;
        v.name = "data";
        v.ephemeral = api::EphemeralVolumeSource();
        pod.spec.volumes.push_back(v);
        const auto created = f.create(std::move(pod));
        PVC own = claim("web-data");
        api::OwnerReference owner;
        owner.kind = "Pod";
        owner.name = "web";
        owner.uid = "uid-web";
        owner.controller = true;
        own.metadata.ownerReferences.push_back(owner);
        const auto c = f.create(std::move(own));
        f.now += 2s;
        f.change<api::Pod>(
            created,
            [](api::Pod& p) {
                p.metadata.deletionTimestamp = api::Timestamp{1};
                p.metadata.deletionGracePeriodSeconds = 30;
            },
            "client");
        SUBCASE("it is held") {
            f.gone(c, "pvc-protection-controller");
            CHECK(f.broken == Broken{"a claim is not removed while a scheduled pod names it"});
        }
        SUBCASE("then it may go") {
            f.change<api::Pod>(
                created,
                [](api::Pod& p) {
                    p.metadata.deletionTimestamp = api::Timestamp{1};
                    p.metadata.deletionGracePeriodSeconds = 0;
                },
                "kubelet");
            f.gone(c, "pvc-protection-controller");
            CHECK(f.broken.empty());
        }
    }
}

}  // namespace model::volume
