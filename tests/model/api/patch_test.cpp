#include "model/api/patch.hpp"

#include <doctest/doctest.h>

using namespace model::api;

namespace {

using Members = std::vector<std::pair<std::string_view, Value>>;

Value map(Members members) { return Value::map(std::move(members)); }
Value list(Value::List items) { return Value::list(std::move(items)); }

std::string patched(PatchType type, const Value& target, const Value& patch) {
    const auto result = apply_patch(type, target, patch, Kind::Pod);
    return result.ok() ? result.value().to_json()
                       : std::to_string(result.error().code) + " " + result.error().message.str();
}

Value operation(std::string_view op, std::string_view path, Value value = Value(),
                std::string_view from = "") {
    Value v = map({{"op", op}, {"path", path}, {"value", std::move(value)}});
    if (!from.empty()) v["from"] = from;
    return v;
}

std::string json_patched(const Value& target, Value::List operations) {
    return patched(PatchType::Json, target, list(std::move(operations)));
}

constexpr std::string_view kNotApplicable =
    "422 the server rejected our request due to an error in our request";

Value named(std::string_view name, Members more = {}) {
    more.emplace_back("name", name);
    return map(std::move(more));
}

Value finalizers(Value::List items) {
    return map({{"metadata", map({{"finalizers", list(std::move(items))}})}});
}

Value volumes(Value::List items) {
    return map({{"spec", map({{"volumes", list(std::move(items))}})}});
}

}  // namespace

TEST_CASE("a merge patch replaces, merges and deletes") {
    const Value target = map({{"a", 1}, {"b", map({{"c", 2}, {"d", list({1, 2})}})}});
    CHECK(patched(PatchType::Merge, target, map({{"a", 5}})) == R"({"a":5,"b":{"c":2,"d":[1,2]}})");
    CHECK(patched(PatchType::Merge, target, map({{"a", Value()}})) == R"({"b":{"c":2,"d":[1,2]}})");
    CHECK(
        patched(PatchType::Merge, target, map({{"b", map({{"c", Value()}, {"d", list({3})}})}})) ==
        R"({"a":1,"b":{"d":[3]}})");
    CHECK(patched(PatchType::Merge, target, map({{"a", map({{"x", Value()}, {"y", 1}})}})) ==
          R"({"a":{"y":1},"b":{"c":2,"d":[1,2]}})");
    CHECK(patched(PatchType::Merge, target, map({})) == target.to_json());
}

TEST_CASE("a merge patch leaves its target as it was") {
    const Value target = map({{"b", map({{"c", 2}})}});
    const Value copy = target;
    CHECK(patched(PatchType::Merge, target, map({{"b", map({{"c", 3}})}})) == R"({"b":{"c":3}})");
    CHECK(target.to_json() == R"({"b":{"c":2}})");
    CHECK(copy == target);
}

TEST_CASE("a patch of the wrong shape is a bad request") {
    CHECK(patched(PatchType::Merge, map({}), list({})) ==
          "400 error decoding patch: json: cannot unmarshal array into Go value of type "
          "map[string]interface {}");
    CHECK(patched(PatchType::Json, map({}), map({})) ==
          "400 error decoding patch: json: cannot unmarshal object into Go value of type "
          "[]handlers.jsonPatchOp");
    CHECK(patched(PatchType::Strategic, map({}), "x").starts_with("400 "));
}

TEST_CASE("the merge patch between two values turns one into the other") {
    const Value from =
        map({{"a", 1}, {"b", map({{"c", 2}, {"gone", 3}})}, {"l", list({1})}, {"old", "x"}});
    const Value to = map({{"a", 1}, {"b", map({{"c", 4}})}, {"l", list({1, 2})}, {"new", "y"}});
    const Value patch = merge_patch_between(from, to);
    CHECK(patch.to_json() == R"({"b":{"c":4,"gone":null},"l":[1,2],"new":"y","old":null})");
    CHECK(patched(PatchType::Merge, from, patch) == to.to_json());
    CHECK(merge_patch_between(to, to).to_json() == "{}");
}

TEST_CASE("a JSON patch adds, removes, replaces, moves, copies and tests") {
    const Value target = map({{"a", list({1, 2})}, {"b", map({{"c/d", "x"}})}});
    CHECK(json_patched(target, {operation("add", "/a/0", 0)}) ==
          R"({"a":[0,1,2],"b":{"c/d":"x"}})");
    CHECK(json_patched(target, {operation("add", "/a/-", 3)}) ==
          R"({"a":[1,2,3],"b":{"c/d":"x"}})");
    CHECK(json_patched(target, {operation("add", "/a/-1", 3)}) ==
          R"({"a":[1,2,3],"b":{"c/d":"x"}})");
    CHECK(json_patched(target, {operation("remove", "/b/c~1d")}) == R"({"a":[1,2],"b":{}})");
    CHECK(json_patched(target, {operation("replace", "/a/1", 7)}) ==
          R"({"a":[1,7],"b":{"c/d":"x"}})");
    CHECK(json_patched(target, {operation("move", "/e", Value(), "/b/c~1d")}) ==
          R"({"a":[1,2],"b":{},"e":"x"})");
    CHECK(json_patched(target, {operation("copy", "/e", Value(), "/a")}) ==
          R"({"a":[1,2],"b":{"c/d":"x"},"e":[1,2]})");
    CHECK(json_patched(target, {operation("test", "/a", list({1, 2})),
                                operation("remove", "/b")}) == R"({"a":[1,2]})");
    CHECK(json_patched(target, {operation("replace", "", map({{"z", 1}}))}) == R"({"z":1})");
}

TEST_CASE("replace of a missing member adds it, as the API server's library does") {
    CHECK(json_patched(map({}), {operation("replace", "/a", 1)}) == R"({"a":1})");
    CHECK(json_patched(map({{"a", list({})}}), {operation("replace", "/a/0", 1)}) ==
          kNotApplicable);
}

TEST_CASE("a JSON patch that does not apply is refused as a whole") {
    const Value target = map({{"a", list({1, 2})}, {"s", "x"}});
    CHECK(json_patched(target, {operation("remove", "/b")}) == kNotApplicable);
    CHECK(json_patched(target, {operation("test", "/s", "y")}) == kNotApplicable);
    CHECK(json_patched(target, {operation("add", "/x/y", 1)}) == kNotApplicable);
    CHECK(json_patched(target, {operation("add", "/a/3", 1)}) == kNotApplicable);
    CHECK(json_patched(target, {operation("add", "/a/one", 1)}) == kNotApplicable);
    CHECK(json_patched(target, {operation("add", "/s/y", 1)}) == kNotApplicable);
    CHECK(json_patched(target, {operation("swap", "/a", 1)}) == kNotApplicable);
    CHECK(json_patched(target, {operation("move", "/e", Value(), "/b")}) == kNotApplicable);
    CHECK(json_patched(target, {operation("test", "/b")}) == target.to_json());
}

TEST_CASE("a strategic patch joins finalizers as a set") {
    CHECK(patched(PatchType::Strategic, finalizers({"a", "b"}), finalizers({"b", "c"})) ==
          R"({"metadata":{"finalizers":["a","b","c"]}})");
    const Value without_b =
        map({{"metadata", map({{"$deleteFromPrimitiveList/finalizers", list({"b"})}})}});
    CHECK(patched(PatchType::Strategic, finalizers({"a", "b"}), without_b) ==
          R"({"metadata":{"finalizers":["a"]}})");
}

TEST_CASE("a strategic patch merges volumes by name and deletes them with a directive") {
    const Value target = volumes({named("a", {{"emptyDir", map({})}}), named("b", {{"x", 1}})});
    CHECK(patched(PatchType::Strategic, target, volumes({named("b", {{"y", 2}})})) ==
          R"({"spec":{"volumes":[{"emptyDir":{},"name":"a"},{"name":"b","x":1,"y":2}]}})");
    CHECK(patched(PatchType::Strategic, target, volumes({named("c")})) ==
          R"({"spec":{"volumes":[{"name":"c"},{"emptyDir":{},"name":"a"},{"name":"b","x":1}]}})");
    CHECK(patched(PatchType::Strategic, target, volumes({named("a", {{"$patch", "delete"}})})) ==
          R"({"spec":{"volumes":[{"name":"b","x":1}]}})");
    CHECK(patched(PatchType::Strategic, target,
                  volumes({map({{"$patch", "replace"}}), named("z")})) ==
          R"({"spec":{"volumes":[{"name":"z"}]}})");
    CHECK(patched(PatchType::Strategic, target, volumes({map({{"x", 1}})})) ==
          "500 map: map[x:1] does not contain declared merge key: name");
}

TEST_CASE("$retainKeys clears what is not named") {
    const Value target = volumes({named("a", {{"emptyDir", map({})}, {"x", 1}})});
    const Value patch =
        volumes({named("a", {{"$retainKeys", list({"name", "hostPath"})}, {"hostPath", "h"}})});
    CHECK(patched(PatchType::Strategic, target, patch) ==
          R"({"spec":{"volumes":[{"hostPath":"h","name":"a"}]}})");
    const Value odd = volumes({named("a", {{"$retainKeys", list({"name"})}, {"hostPath", "h"}})});
    CHECK(patched(PatchType::Strategic, target, odd) == "400 invalid patch format of retainKeys");
}

TEST_CASE("$setElementOrder arranges a list") {
    const Value target = volumes({named("a"), named("b"), named("c")});
    Value patch = volumes({named("b", {{"x", 1}})});
    patch["spec"]["$setElementOrder/volumes"] = list({named("b"), named("a")});
    CHECK(patched(PatchType::Strategic, target, patch) ==
          R"({"spec":{"volumes":[{"name":"b","x":1},{"name":"a"},{"name":"c"}]}})");
    patch["spec"]["$setElementOrder/volumes"] = list({named("a")});
    CHECK(patched(PatchType::Strategic, target, patch).starts_with("500 The order in patch list:"));
}

TEST_CASE("a strategic patch merges conditions by type and containers' environment by name") {
    const auto condition = [](std::string_view type, std::string_view status) {
        return map(
            {{"status", map({{"conditions", list({map({{"type", type}, {"status", status}})})}})}});
    };
    CHECK(patched(PatchType::Strategic, condition("Ready", "False"), condition("Ready", "True")) ==
          R"({"status":{"conditions":[{"status":"True","type":"Ready"}]}})");
    const auto env = [](std::string_view name, std::string_view value) {
        return map(
            {{"spec",
              map({{"containers",
                    list({named("c", {{"env", list({named(name, {{"value", value}})})}})})}})}});
    };
    CHECK(patched(PatchType::Strategic, env("A", "1"), env("A", "2")) ==
          R"({"spec":{"containers":[{"env":[{"name":"A","value":"2"}],"name":"c"}]}})");
}

TEST_CASE("lists without a merge key are replaced, and null deletes a member") {
    const Value target = map({{"spec", map({{"taints", list({map({{"key", "a"}})})}, {"x", 1}})}});
    const Value patch =
        map({{"spec", map({{"taints", list({map({{"key", "b"}})})}, {"x", Value()}})}});
    CHECK(patched(PatchType::Strategic, target, patch) == R"({"spec":{"taints":[{"key":"b"}]}})");
}

TEST_CASE("nulls and directives inside a new value are not stored") {
    const Value patch = map({{"spec", map({{"a", map({{"gone", Value()}, {"b", 1}})},
                                           {"c", map({{"$patch", "delete"}})}})}});
    CHECK(patched(PatchType::Strategic, map({}), patch) == R"({"spec":{"a":{"b":1}}})");
}

TEST_CASE("$patch on a map replaces or empties it") {
    const Value target = map({{"spec", map({{"a", 1}, {"b", 2}})}});
    CHECK(patched(PatchType::Strategic, target,
                  map({{"spec", map({{"$patch", "replace"}, {"c", 3}})}})) ==
          R"({"spec":{"c":3}})");
    CHECK(patched(PatchType::Strategic, target, map({{"spec", map({{"$patch", "delete"}})}})) ==
          R"({"spec":{}})");
}

TEST_CASE("a strategic patch of a custom resource is an unsupported media type") {
    const Value snapshot =
        map({{"apiVersion", "snapshot.storage.k8s.io/v1"}, {"kind", "VolumeSnapshot"}});
    CHECK(patched(PatchType::Strategic, snapshot, map({})).starts_with("415 "));
    const Value deployment = map({{"apiVersion", "apps/v1"}, {"kind", "Deployment"}});
    CHECK(patched(PatchType::Strategic, deployment, map({})) == deployment.to_json());
}

TEST_CASE("patch types have names") {
    for (PatchType type : {PatchType::Merge, PatchType::Json, PatchType::Strategic}) {
        CHECK(parse_patch_type(to_string(type)) == type);
    }
    CHECK_FALSE(parse_patch_type("apply").has_value());
}
