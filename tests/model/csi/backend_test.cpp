#include "model/csi/backend.hpp"

#include <doctest/doctest.h>

namespace model::csi {

namespace {

Topology zone(std::string_view name) {
    Topology t;
    t.segments.set("zone", name);
    return t;
}

BackendVolume volume(std::string_view id, std::int64_t bytes, std::string_view in = "") {
    BackendVolume v;
    v.id = id;
    v.name = std::string("of ") + std::string(id);
    v.size_bytes = bytes;
    if (!in.empty()) v.topology = {zone(in)};
    return v;
}

}  // namespace

TEST_CASE("bytes are counted for each segment and for all") {
    Backend b;
    b.add(volume("a", 10, "x"));
    b.add(volume("b", 5, "y"));
    b.resize(*b.find("a"), 25);
    CHECK(b.used_bytes(zone("x")) == 25);
    CHECK(b.used_bytes(zone("y")) == 5);
    CHECK(b.used_bytes(std::nullopt) == 30);
    CHECK(b.used_bytes(zone("z")) == 0);
    b.erase("a");
    CHECK(b.used_bytes(zone("x")) == 0);
    CHECK(b.used_bytes(std::nullopt) == 5);
    CHECK(b.created() == 2);
}

TEST_CASE("attachments are counted by node and go with the volume") {
    Backend b;
    BackendVolume& a = b.add(volume("a", 1));
    b.attach(a, "node-1", Attachment());
    b.attach(a, "node-1", Attachment());
    b.attach(b.add(volume("b", 1)), "node-1", Attachment());
    CHECK(b.attached_to("node-1") == 2);
    b.detach(a, "node-2");
    b.detach(a, "node-1");
    CHECK(b.attached_to("node-1") == 1);
    b.erase("b");
    CHECK(b.attached_to("node-1") == 0);
}

TEST_CASE("a node without power has nothing mounted, and keeps what is attached") {
    Backend b;
    BackendVolume& a = b.add(volume("a", 1));
    b.attach(a, "node-1", Attachment());
    b.use(a, "node-1").staging_path = "/stage";
    b.use(a, "node-2").staging_path = "/stage";
    b.forget_mounts("node-1");
    CHECK(a.used.size() == 1);
    CHECK(a.used.contains("node-2"));
    CHECK(b.attached_to("node-1") == 1);
}

TEST_CASE("a name leads to the first volume that took it, until that is gone") {
    Backend b;
    BackendVolume first = volume("a", 1), second = volume("b", 1);
    first.name = second.name = "same";
    b.add(first);
    b.add(second);
    CHECK(b.find_named("same")->id == "a");
    b.erase("b");
    CHECK(b.find_named("same")->id == "a");
    b.erase("a");
    CHECK(b.find_named("same") == nullptr);
}

TEST_CASE("what the driver lets go of is kept with its bytes") {
    Backend b;
    BackendVolume v = volume("a", 1);
    v.data.emplace_back().by = "pod-1";
    b.add(v);
    b.keep("a", "archived-a");
    CHECK(b.find("a") == nullptr);
    REQUIRE(b.kept().size() == 1);
    CHECK(b.kept()[0].kept_as == "archived-a");
    CHECK(b.kept()[0].data.size() == 1);
}

TEST_CASE("what a node has is forgotten when it is empty") {
    Backend b;
    BackendVolume& v = b.add(volume("a", 1));
    b.use(v, "node-1").staging_path = "/staging";
    b.drop_unused(v, "node-1");
    CHECK(v.is_in_use());
    b.use(v, "node-1").staging_path = "";
    b.drop_unused(v, "node-1");
    CHECK(!v.is_in_use());
}

}  // namespace model::csi
