// Each promise of the provisioner is broken once on purpose, and kept once.
#include "model/sidecar/provision_rules.hpp"

#include <doctest/doctest.h>

#include "model/api/constants.hpp"
#include "model/api/typed.hpp"

namespace model::sidecar {

namespace {

using PV = api::PersistentVolume;
using PVC = api::PersistentVolumeClaim;

struct World : Listener {
    World() : rules(journal) { journal.listen(this); }
    ~World() override { journal.ignore(this); }
    void on(const Stamp&, const Happening& h) override {
        if (const auto* v = std::get_if<Violated>(&h)) broken.push_back(v->invariant);
    }
    void write(Change change, const api::ObjectRef& object,
               const api::ObjectRef& previous = nullptr, Verb verb = Verb::Update) {
        Committed c;
        c.change = change;
        c.object = object;
        c.previous = previous;
        c.by = by;
        c.verb = verb;
        journal.emit(Stamp(), c);
    }
    void remove_storage(std::string_view handle, csi::Code code = csi::Code::Ok) {
        csi::DeleteVolumeRequest request;
        request.volume_id = handle;
        const csi::Request sent(request);
        const csi::Outcome outcome(csi::RpcStatus(code, ""));
        CsiCall call;
        call.driver = "d";
        call.caller = "csi-provisioner";
        call.request = &sent;
        call.moment = CsiCall::Moment::Started;
        journal.emit(Stamp(), call);
        call.moment = CsiCall::Moment::Ended;
        call.outcome = &outcome;
        journal.emit(Stamp(), call);
    }
    bool broke(std::string_view rule) {
        const bool only = broken.size() == 1 && broken[0] == rule;
        broken.clear();
        return only;
    }
    bool broke_nothing() const { return broken.empty(); }

    Journal journal;
    ProvisionRules rules;
    api::Text by = "csi-provisioner";
    std::vector<std::string> broken;
};

PV made_volume(std::string_view name, std::string_view claim_uid = "uid-1",
               std::string_view capacity = "2Gi") {
    PV v;
    v.metadata.name = name;
    v.spec.capacity.set("storage", *api::Quantity::parse(capacity));
    v.spec.persistentVolumeReclaimPolicy = "Delete";
    v.spec.source.csi.emplace();
    v.spec.source.csi->driver = "d";
    v.spec.source.csi->volumeHandle = "handle-" + std::string(name);
    v.spec.claimRef.emplace();
    v.spec.claimRef->uid = claim_uid;
    return v;
}

PVC claim_of(std::string_view size) {
    PVC c;
    c.metadata.name = "data";
    c.metadata.uid = "uid-1";
    c.spec.resources.requests.set("storage", *api::Quantity::parse(size));
    return c;
}

PV released(PV v) {
    v.status.phase = "Released";
    return v;
}

}  // namespace

TEST_SUITE("rules of provisioning") {
    TEST_CASE("a claim gets volumes of one name") {
        World w;
        w.write(Change::Added, api::freeze(made_volume("a")), nullptr, Verb::Create);
        w.write(Change::Added, api::freeze(made_volume("a")), nullptr, Verb::Create);
        w.write(Change::Added, api::freeze(made_volume("b", "uid-2")), nullptr, Verb::Create);
        CHECK(w.broke_nothing());
        w.write(Change::Added, api::freeze(made_volume("c")), nullptr, Verb::Create);
        CHECK(w.broke(rule::kOneVolume));
    }

    TEST_CASE("a volume is reserved and large enough for the least that was asked for") {
        World w;
        w.by = "client";
        w.write(Change::Added, api::freeze(claim_of("2Gi")), nullptr, Verb::Create);
        w.write(Change::Modified, api::freeze(claim_of("5Gi")), api::freeze(claim_of("2Gi")));
        w.by = "csi-provisioner";
        w.write(Change::Added, api::freeze(made_volume("a")), nullptr, Verb::Create);
        CHECK(w.broke_nothing());
        w.write(Change::Added, api::freeze(made_volume("a", "uid-1", "1Gi")), nullptr,
                Verb::Create);
        CHECK(w.broke(rule::kReserved));
        w.write(Change::Added, api::freeze(made_volume("b", "")), nullptr, Verb::Create);
        CHECK(w.broke(rule::kReserved));
    }

    TEST_CASE("of a claim only annotations are its business") {
        World w;
        PVC annotated = claim_of("2Gi");
        annotated.metadata.annotations.set("a", "b");
        w.write(Change::Modified, api::freeze(PVC(annotated)), api::freeze(claim_of("2Gi")));
        CHECK(w.broke_nothing());
        annotated.spec.volumeName = "a";
        w.write(Change::Modified, api::freeze(PVC(annotated)), api::freeze(claim_of("2Gi")));
        CHECK(w.broke(rule::kOnlyAnnotations));
        w.by = "client";
        w.write(Change::Modified, api::freeze(PVC(annotated)), api::freeze(claim_of("2Gi")));
        CHECK(w.broke_nothing());
    }
}

TEST_SUITE("rules of deleting") {
    TEST_CASE("storage is deleted only after the volume was released") {
        World w;
        w.remove_storage("its own, named by no volume");
        CHECK(w.broke_nothing());
        w.rules.learn(api::freeze(made_volume("a")));
        w.remove_storage("handle-a");
        CHECK(w.broke(rule::kReleasedFirst));
        PV kept = released(made_volume("b"));
        kept.spec.persistentVolumeReclaimPolicy = "Retain";
        w.rules.learn(api::freeze(std::move(kept)));
        w.remove_storage("handle-b");
        CHECK(w.broke(rule::kReleasedFirst));
        // The policy may have changed since the provisioner saw it.
        w.rules.learn(api::freeze(released(made_volume("b"))));
        w.remove_storage("handle-b");
        CHECK(w.broke_nothing());
    }

    TEST_CASE("the object goes after the storage") {
        World w;
        const auto volume = api::freeze(released(made_volume("a")));
        w.rules.learn(volume);
        w.remove_storage("handle-a", csi::Code::Internal);
        w.write(Change::Deleted, volume, volume, Verb::Delete);
        CHECK(w.broke(rule::kStorageFirst));
        w.remove_storage("handle-a");
        w.write(Change::Deleted, volume, volume, Verb::Delete);
        CHECK(w.broke_nothing());
        w.rules.learn(api::freeze(made_volume("b")));
        w.by = "client";
        w.write(Change::Deleted, api::freeze(made_volume("b")), nullptr, Verb::Delete);
        CHECK(w.broke_nothing());
    }
}

}  // namespace model::sidecar
