// The JSON Schema and the loader are made from one table; here each is held against the other with
// a small validator.
#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

#include "scenarios/language.hpp"
#include "scenarios/scenario.hpp"
#include "scenarios/yaml_reader.hpp"

using namespace scenarios;
using Json = nlohmann::json;

namespace {

const Json& schema() {
    static const Json parsed = Json::parse(json_schema());
    return parsed;
}

const Json& resolved(const Json& node) {
    if (!node.contains("$ref")) return node;
    const std::string name = node["$ref"].get<std::string>().substr(std::string("#/$defs/").size());
    REQUIRE(schema()["$defs"].contains(name));
    return schema()["$defs"][name];
}

// Keys, types and enumerations; no patterns.
bool valid(const Json& value, const Json& written) {
    const Json& node = resolved(written);
    if (node.contains("anyOf")) {
        for (const Json& choice : node["anyOf"]) {
            if (valid(value, choice)) return true;
        }
        return false;
    }
    if (node.contains("type")) {
        bool fits = false;
        const Json types = node["type"].is_array() ? node["type"] : Json::array({node["type"]});
        for (const Json& type : types) {
            fits = fits || (type == "object" && value.is_object()) ||
                   (type == "array" && value.is_array()) ||
                   (type == "string" && value.is_string()) ||
                   (type == "boolean" && value.is_boolean()) ||
                   (type == "integer" && value.is_number_integer()) ||
                   (type == "number" && value.is_number());
        }
        if (!fits) return false;
    }
    if (node.contains("enum") &&
        std::find(node["enum"].begin(), node["enum"].end(), value) == node["enum"].end()) {
        return false;
    }
    for (const Json& key : node.value("required", Json::array())) {
        if (!value.contains(key.get<std::string>())) return false;
    }
    const Json properties = node.value("properties", Json::object());
    const Json others = node.value("additionalProperties", Json(true));
    if (value.is_object()) {
        for (const auto& [key, member] : value.items()) {
            if (properties.contains(key)) {
                if (!valid(member, properties[key])) return false;
            } else if (others == Json(false) || (others.is_object() && !valid(member, others))) {
                return false;
            }
        }
    }
    if (value.is_array() && node.contains("items")) {
        for (const Json& item : value) {
            if (!valid(item, node["items"])) return false;
        }
    }
    return true;
}

Json yaml(const std::string& text) {
    static const std::string file = "file";
    Diagnostics problems;
    const auto documents = read_yaml(text, file, problems);
    REQUIRE(documents.size() == 1);
    return Json::parse(documents[0].to_value().to_json());
}

std::string text_of_file(const std::filesystem::path& path) {
    std::stringstream text;
    text << std::ifstream(path).rdbuf();
    return text.str();
}

// Every key of every record that the loader knows, with where it stands.
void collect(const Shape& shape, const Json& written, std::set<const Shape*>& seen, int& keys) {
    const Json& node = resolved(written);
    if (!seen.insert(&shape).second) return;
    for (const Field& field : shape.fields) {
        CAPTURE(field.name);
        REQUIRE(node["properties"].contains(field.name));
        CHECK_FALSE(node["properties"][field.name]["description"].get<std::string>().empty());
        ++keys;
        collect(*field.shape, node["properties"][field.name], seen, keys);
    }
    if (shape.element)
        collect(*shape.element,
                node.contains("items") ? node["items"] : node["additionalProperties"], seen, keys);
    for (std::size_t i = 0; i < shape.choices.size(); ++i)
        collect(*shape.choices[i], node["anyOf"][i], seen, keys);
}

}  // namespace

TEST_CASE("every key that the loader knows is in the schema, with a description") {
    std::set<const Shape*> seen;
    int keys = 0;
    collect(*language::scenario(), schema(), seen, keys);
    CHECK(keys > 150);
    CHECK(schema()["$schema"] == "https://json-schema.org/draft/2020-12/schema");
}

TEST_CASE("the catalog is valid by the schema, as it is by the loader") {
    int files = 0;
    for (const auto& entry :
         std::filesystem::recursive_directory_iterator(STOWAGE_SOURCE_DIR "/scenarios/catalog")) {
        if (entry.path().extension() != ".yaml") continue;
        ++files;
        CAPTURE(entry.path().string());
        CHECK(valid(yaml(text_of_file(entry.path())), schema()));
        const Loaded loaded = load_file(entry.path().string());
        for (const Diagnostic& d : loaded.diagnostics) CHECK_MESSAGE(d.warning, d.to_string());
    }
    CHECK(files > 0);
}

TEST_CASE("what the loader refuses for its keys or types the schema refuses too") {
    const std::string head =
        "apiVersion: stowage.dev/v1alpha1\nkind: Scenario\nmetadata: {name: a}\n";
    CHECK(valid(yaml(head + "spec: {seed: 1}\n"), schema()));
    for (const char* spec :
         {"{sede: 1}", "{seed: one}", "{cluster: {nodes: many}}", "{steps: {}}",
          "{steps: [{crete: {}}]}", "{steps: [{delete: {name: a}}]}",
          "{expect: [{latency: {of: claim-bond}}]}", "{cluster: {controllers: {scheduler: 3}}}"}) {
        CAPTURE(spec);
        const std::string text = head + "spec: " + spec + "\n";
        CHECK_FALSE(valid(yaml(text), schema()));
        CHECK_FALSE(load_text(text, "a.yaml").scenario);
    }
}
