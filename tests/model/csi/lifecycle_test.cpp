// Each rule of the life cycle is broken once on purpose.
#include "model/csi/lifecycle.hpp"

#include <doctest/doctest.h>

namespace model::csi {

namespace {

struct Calls : Listener {
    Calls() : rules(journal) {
        journal.listen(this);
        rules.know("d", *find_profile("block-cloud"));
        rules.know("files", *find_profile("nfs"));
    }
    ~Calls() override { journal.ignore(this); }
    void on(const Stamp&, const Happening& h) override {
        if (const auto* v = std::get_if<Violated>(&h)) broken.push_back(v->invariant);
    }

    void tell(CsiCall::Moment moment, std::uint64_t id, const Request& request,
              const Outcome* outcome = nullptr, bool abandoned = false) {
        CsiCall call;
        call.moment = moment;
        call.driver = driver;
        const Method m = method_of(request);
        if (m >= Method::NodeStageVolume && m <= Method::NodeGetInfo) call.node = "node-1";
        call.caller = caller;
        call.id = id;
        call.request = &request;
        call.outcome = outcome;
        call.abandoned = abandoned;
        journal.emit(Stamp(), call);
    }
    // A call from start to end.
    void make(const Request& request, Code code = Code::Ok, bool abandoned = false) {
        const Outcome outcome(RpcStatus(code, ""));
        tell(CsiCall::Moment::Started, ++calls, request);
        tell(CsiCall::Moment::Ended, calls, request, &outcome, abandoned);
    }
    bool broke(std::string_view rule) {
        const bool only = broken.size() == 1 && broken[0] == rule;
        broken.clear();
        return only;
    }

    Journal journal;
    LifecycleRules rules;
    Text driver = "d", caller = "c";
    std::vector<std::string> broken;
    std::uint64_t calls = 0;
};

template <class R>
Request about(std::string_view path = "") {
    R r;
    r.volume_id = "v";
    if constexpr (requires { r.node_id; }) r.node_id = "node-1";
    if constexpr (requires { r.target_path; }) r.target_path = path;
    return Request(r);
}
const Request kAttach = about<ControllerPublishVolumeRequest>(),
              kDetach = about<ControllerUnpublishVolumeRequest>(),
              kStage = about<NodeStageVolumeRequest>(),
              kUnstage = about<NodeUnstageVolumeRequest>(),
              kPublish = about<NodePublishVolumeRequest>("/a"),
              kUnpublish = about<NodeUnpublishVolumeRequest>("/a"),
              kGrow = about<NodeExpandVolumeRequest>(), kDelete = about<DeleteVolumeRequest>();

}  // namespace

TEST_CASE("the full life cycle breaks no rule, repeats included") {
    Calls c;
    for (const Request* r :
         {&kAttach, &kAttach, &kStage, &kStage, &kPublish, &kPublish, &kGrow, &kUnpublish,
          &kUnpublish, &kUnstage, &kUnstage, &kDetach, &kDetach, &kDelete, &kDelete})
        c.make(*r);
    CHECK(c.broken.empty());
}

TEST_CASE("a driver without attach and staging goes its short way") {
    Calls c;
    c.driver = "files";
    c.make(kPublish);
    c.make(kUnpublish);
    c.make(kDelete);
    CHECK(c.broken.empty());
    c.make(kAttach, Code::Unimplemented);
    CHECK(c.broke(rule::kOffered));
    c.make(kStage, Code::Unimplemented);
    CHECK(c.broke(rule::kOffered));
}

TEST_CASE("nothing is staged or published before it is attached") {
    Calls c;
    c.make(kStage);
    CHECK(c.broke(rule::kAttachedFirst));
    c.make(kPublish);
    CHECK(c.broke(rule::kAttachedFirst));
    c.make(kUnpublish);
    c.make(kUnstage);
    c.make(kAttach, Code::Internal);
    c.make(kStage, Code::Internal);
    CHECK(c.broke(rule::kAttachedFirst));
    c.make(kAttach, Code::Ok, true);
    c.make(kStage, Code::Internal);
    CHECK(c.broke(rule::kAttachedFirst));
    c.make(kAttach);
    c.make(kStage);
    CHECK(c.broken.empty());
}

TEST_CASE("nothing is published before it is staged") {
    Calls c;
    c.make(kAttach);
    c.make(kPublish, Code::FailedPrecondition);
    CHECK(c.broke(rule::kStagedFirst));
    c.make(kStage, Code::Ok, true);
    c.make(kPublish, Code::Internal);
    CHECK(c.broke(rule::kStagedFirst));
    c.make(kStage);
    c.make(kPublish);
    CHECK(c.broken.empty());
}

TEST_CASE("nothing is unstaged or detached while it is in use on the node") {
    Calls c;
    c.make(kAttach);
    c.make(kStage);
    c.make(kPublish);
    c.make(kUnstage, Code::Internal);
    CHECK(c.broke(rule::kUnpublishedFirst));
    c.make(kUnpublish, Code::Internal);
    c.make(kUnstage, Code::Internal);
    CHECK(c.broke(rule::kUnpublishedFirst));
    c.make(kUnpublish);
    c.make(kDetach, Code::Internal);
    CHECK(c.broke(rule::kLeftNodeFirst));
    ControllerUnpublishVolumeRequest everywhere;
    everywhere.volume_id = "v";
    c.make(Request(everywhere), Code::Internal);
    CHECK(c.broke(rule::kLeftNodeFirst));
    c.make(kUnstage);
    c.make(Request(everywhere));
    c.make(kDelete);
    CHECK(c.broken.empty());
}

TEST_CASE("forced detach is allowed where somebody says so, and a lost node has nothing") {
    Calls c;
    c.make(kAttach);
    c.make(kStage);
    c.rules.allow([](std::string_view rule, const CsiCall& call) {
        return rule == rule::kLeftNodeFirst &&
               method_of(*call.request) == Method::ControllerUnpublishVolume;
    });
    c.make(kDetach);
    CHECK(c.broken.empty());
    c.rules.allow(nullptr);
    c.make(kDetach);
    CHECK(c.broke(rule::kLeftNodeFirst));
    c.rules.forget_node("node-1");
    c.make(kDetach);
    c.make(kDelete);
    CHECK(c.broken.empty());
}

TEST_CASE("nothing is deleted while it is attached or in use") {
    Calls c;
    c.make(kAttach);
    c.make(kDelete, Code::FailedPrecondition);
    CHECK(c.broke(rule::kUnusedFirst));
    c.make(kStage);
    c.rules.allow(
        [](std::string_view rule, const CsiCall&) { return rule == rule::kLeftNodeFirst; });
    c.make(kDetach);
    c.make(kDelete, Code::FailedPrecondition);
    CHECK(c.broke(rule::kUnusedFirst));
}

TEST_CASE("a filesystem grows only on a node that has the volume") {
    Calls c;
    c.make(kGrow);
    CHECK(c.broke(rule::kOnNodeFirst));
}

TEST_CASE("a caller has one call at a time, unless it gave up on the first") {
    Calls c;
    const Outcome fine{Empty()};
    const auto begin = [&](std::uint64_t id, const Request& r) {
        c.tell(CsiCall::Moment::Started, id, r);
    };
    const auto end = [&](std::uint64_t id, const Request& r, bool abandoned) {
        c.tell(CsiCall::Moment::Ended, id, r, &fine, abandoned);
    };
    begin(1, kAttach);
    begin(2, kDetach);
    end(2, kDetach, false);
    CHECK(c.broken.empty());  // the first may have been given up
    end(1, kAttach, false);
    CHECK(c.broke(rule::kOneCall));
    begin(3, kAttach);
    begin(4, kAttach);
    end(3, kAttach, true);
    end(4, kAttach, false);
    CHECK(c.broken.empty());
    begin(5, kAttach);
    c.caller = "another";
    begin(6, kAttach);
    end(6, kAttach, false);
    c.caller = "c";
    end(5, kAttach, false);
    CHECK(c.broken.empty());
    // Two pods of a node side by side.
    c.make(kStage);
    const Request other = about<NodePublishVolumeRequest>("/b");
    begin(7, kPublish);
    begin(8, other);
    end(7, kPublish, false);
    end(8, other, false);
    CHECK(c.broken.empty());
    begin(9, kPublish);
    begin(10, kPublish);
    c.tell(CsiCall::Moment::Lost, 9, kPublish);
    CHECK(c.broken.empty());
}

TEST_CASE("a driver that nobody told of is not judged") {
    Calls c;
    c.driver = "stranger";
    c.make(kStage);
    c.make(kDelete);
    CHECK(c.broken.empty());
}

}  // namespace model::csi
