#include "tests/model/attachdetach/attach_world.hpp"

#include <doctest/doctest.h>

namespace model::attachdetach {

namespace {

// The writes of a busy hour, told with their instants.
Texts writes_of_a_story(bool every_tick) {
    AttachWorld w;
    w.options.reconciler.every_tick = every_tick;
    w.options.populator.every_tick = every_tick;
    w.options.reconciler.first_pass = 37ms;
    w.options.reconciler.last_sync = 13s;
    w.options.populator.first_pass = 21s;
    for (const char* name : {"a", "b", "c"}) w.make_volume(name);
    w.make_volume("d", "ReadWriteMany");
    w.attach_by_itself();
    w.start();
    w.run_for(1234ms);
    w.make_pod("p", "node-1", {"a", "b"});
    w.make_pod("q", "node-2", {"d"});
    w.run_for(777ms);
    w.make_pod("r", "node-2", {"a"});  // waits for p
    w.run_for(5431ms);
    w.set_in_use("node-1", {"a", "b"});
    w.remove_pod("p");
    w.run_for(3s);
    w.set_in_use("node-1", {"b"});
    w.run_for(90s);
    w.remove(api::Kind::VolumeAttachment, api::Key("", w.attachment("d", "node-2")));
    w.run_for(100s);
    w.set_ready("node-1", "Unknown");
    w.run_for(8min);  // b is forced away
    w.make_pod("s", "node-1", {"c"});
    w.run_for(80ms);
    w.remove(api::Kind::PersistentVolumeClaim, w.claim_key("c"));
    w.remove(api::Kind::PersistentVolume, api::Key("", "c"));
    w.remove_pod("s");
    w.run_for(1min);
    w.answer("c", "node-1", "broken");
    w.run_for(10min);
    CHECK(w.broken.empty());
    return w.timed_writes;
}

}  // namespace

TEST_CASE("a loop that sleeps writes what one writes that looks ten times a second") {
    const Texts sleeps = writes_of_a_story(false);
    CHECK(sleeps.size() > 15);
    CHECK(sleeps == writes_of_a_story(true));
}

TEST_CASE("an idle controller costs no events") {
    AttachWorld w;
    w.make_volume("a");
    w.attach_by_itself();
    w.start();
    w.make_pod("p", "node-1", {"a"});
    w.run_for(5min);
    const auto before = w.engine.events_run();
    w.run_for(1h);
    CHECK(w.engine.events_run() == before);
}

TEST_CASE("a restart goes on with an attachment that nobody has answered") {
    AttachWorld w;
    w.make_volume("a");
    w.start();
    w.make_pod("p", "node-1", {"a"});
    w.run_for(1s);
    w.taken();
    w.crash();
    w.answer("a", "node-1");
    w.run_for(1s);
    w.start();
    w.run_for(1s);
    CHECK(w.taken() == Texts{"patch nodes node-1 200"});
    CHECK(w.taken_events() == Texts{"p: AttachVolume.Attach succeeded for volume \"a\" "});
}

TEST_CASE("a restart knows from the node's status what is attached, and says nothing") {
    AttachWorld w;
    w.make_volume("a");
    w.attach_by_itself();
    w.start();
    w.make_pod("p", "node-1", {"a"});
    w.run_for(3s);
    w.crash();
    w.taken();
    w.taken_events();
    w.start();
    w.run_for(5min);
    // One list of the node, as it is already.
    CHECK(w.taken() == Texts{"patch nodes node-1 200"});
    CHECK(w.taken_events().empty());
    w.remove_pod("p");
    w.run_for(2s);
    CHECK(w.taken() == Texts{"patch nodes node-1 200", "delete volumeattachments a@node-1 200"});
}

TEST_CASE("a pod that went while the controller was down lets its volume go at the start") {
    AttachWorld w;
    w.make_volume("a");
    w.attach_by_itself();
    w.start();
    w.make_pod("p", "node-1", {"a"});
    w.run_for(3s);
    w.crash();
    w.taken();
    w.remove_pod("p");
    w.run_for(1s);
    w.start();
    w.run_for(2s);
    CHECK(w.taken() == Texts{"patch nodes node-1 200", "delete volumeattachments a@node-1 200"});
    CHECK(w.broken.empty());
}

TEST_CASE("an attachment whose node does not list it waits for a word of the node") {
    AttachWorld w;
    w.make_volume("a");
    w.start();
    w.make_pod("p", "node-1", {"a"});
    w.run_for(1s);
    w.crash();
    w.taken();
    w.remove_pod("p");
    w.start();
    w.run_for(1min);
    CHECK(w.taken().empty());  // taken for mounted
    w.set_in_use("node-1", {"b"});
    w.run_for(1s);
    CHECK(w.taken() == Texts{"delete volumeattachments a@node-1 200"});
}

TEST_CASE("a pod missed with two volumes needs two passes of the populator") {
    AttachWorld w;
    for (const char* name : {"a", "b"}) w.make_volume(name);
    w.attach_by_itself();
    w.start();
    w.make_pod("p", "node-1", {"a", "b"});
    w.run_for(30s);
    w.taken();
    // Without claims the volumes of the pod that goes are not known.
    for (const char* name : {"a", "b"}) {
        w.remove(api::Kind::PersistentVolumeClaim, w.claim_key(name));
        api::PersistentVolumeClaim claim = *w.find<api::PersistentVolumeClaim>(name, "default");
        claim.metadata.finalizers = {};
        w.update(claim);
    }
    w.run_for(1s);
    w.remove_pod("p");
    w.run_for(5s);
    CHECK(w.taken().empty());
    w.run_for(30s);
    CHECK(w.listed("node-1") == "a");
    w.run_for(1min);
    CHECK(w.listed("node-1").empty());
    CHECK(w.broken.empty());
}

TEST_CASE("migrated volumes are attached by their driver, once the node has it in 1.26") {
    for (const char* version : {"1.26", "1.36"}) {
        AttachWorld w(version);
        api::Value v = w.volume("a");
        v["spec"].erase("hostPath");
        v["spec"]["awsElasticBlockStore"]["volumeID"] = "vol-1";
        w.make_bound("a", std::move(v));
        w.start();
        w.make_pod("p", "node-1", {"a"});
        w.run_for(1s);
        const std::string name = attachment_name("vol-1", "ebs.csi.aws.com", "node-1");
        CHECK((w.find<api::VolumeAttachment>(name) != nullptr) == (std::string(version) == "1.36"));
        api::Value n, driver;
        n["apiVersion"] = "storage.k8s.io/v1";
        n["kind"] = "CSINode";
        n["metadata"]["name"] = "node-1";
        n["metadata"]["annotations"]["storage.alpha.kubernetes.io/migrated-plugins"] =
            "kubernetes.io/aws-ebs,kubernetes.io/gce-pd";
        driver["name"] = "ebs.csi.aws.com";
        driver["nodeID"] = "i-1";
        n["spec"]["drivers"].push_back(std::move(driver));
        w.create(n);
        w.run_for(4min);
        CHECK(w.find<api::VolumeAttachment>(name));
    }
}

TEST_CASE("iscsi volumes are attached without anybody's doing") {
    AttachWorld w;
    api::Value v = w.volume("a");
    v["spec"].erase("hostPath");
    v["spec"]["iscsi"]["targetPortal"] = "10.0.0.1:3260";
    v["spec"]["iscsi"]["iqn"] = "iqn.2001-04.com.example:disk";
    v["spec"]["iscsi"]["lun"] = 2;
    w.make_bound("a", std::move(v));
    w.start();
    w.make_pod("p", "node-1", {"a"});
    w.run_for(1s);
    CHECK(w.taken() == Texts{"patch nodes node-1 200"});
    CHECK(w.find<api::Node>("node-1")->status.volumesAttached.begin()->name ==
          "kubernetes.io/iscsi/10.0.0.1:3260:iqn.2001-04.com.example:disk:2");
    w.remove_pod("p");
    w.run_for(1s);
    CHECK(w.taken() == Texts{"patch nodes node-1 200"});
}

}  // namespace model::attachdetach
