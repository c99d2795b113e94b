#include "scenarios/yaml_reader.hpp"

#include <doctest/doctest.h>

using namespace scenarios;

namespace {

const std::string kFile = "file.yaml";

Node one(const std::string& text) {
    Diagnostics problems;
    auto documents = read_yaml(text, kFile, problems);
    for (const Diagnostic& d : problems) FAIL(d.to_string());
    REQUIRE(documents.size() == 1);
    return documents[0];
}

std::string json(const std::string& text) { return one(text).to_value().to_json(); }

std::string problem(const std::string& text, const ReadLimits& limits = {}) {
    Diagnostics problems;
    read_yaml(text, kFile, problems, limits);
    return problems.empty() ? "" : problems[0].to_string();
}

}  // namespace

TEST_CASE("plain scalars are read as kubectl reads them") {
    CHECK(json("[true, True, yes, on, Yes, ON]") == "[true,true,true,true,true,true]");
    CHECK(json("[false, no, off]") == "[false,false,false]");
    CHECK(json("[y, n, Y, N]") == R"(["y","n","Y","N"])");
    CHECK(json("[1, -7, 0x10, 0644, 0o17, 1_000]") == "[1,-7,16,420,15,1000]");
    CHECK(json("[1.5, 1e3, .5]") == "[1.5,1000,0.5]");
    CHECK(json("[null, ~, ]") == "[null,null]");
    CHECK(json("[2026-01-01, 1.2.3, 12:30, 1Gi, 15s]") ==
          R"(["2026-01-01","1.2.3","12:30","1Gi","15s"])");
    CHECK(json("['true', \"1\", 'null', '']") == R"(["true","1","null",""])");
    CHECK(json("[9223372036854775807, -9223372036854775808]") ==
          "[9223372036854775807,-9223372036854775808]");
}

TEST_CASE("nodes know where they stand and what was written") {
    const Node node = one("a: 1\nb:\n  - x\n  - version: 1.30\n");
    CHECK(node.members[1].line == 2);
    const Node& version = *node.find("b")->items[1].find("version");
    CHECK(version.place().to_string() == "file.yaml:4:14");
    CHECK(version.text == "1.30");
}

TEST_CASE("documents are kept apart and empty ones left out") {
    Diagnostics problems;
    CHECK(read_yaml("---\na: 1\n---\n---\nb: 2\n...\n", kFile, problems).size() == 2);
    CHECK(read_yaml("# nothing\n", kFile, problems).empty());
    CHECK(problems.empty());
}

TEST_CASE("aliases and merges are written out") {
    CHECK(json("a: &x {k: 1}\nb: *x\n") == R"({"a":{"k":1},"b":{"k":1}})");
    CHECK(json("a: &x {k: 1, l: 2}\nb: {<<: *x, k: 3}\n") ==
          R"({"a":{"k":1,"l":2},"b":{"k":3,"l":2}})");
}

TEST_CASE("escapes of double quoted text are whole letters") {
    CHECK(one(R"(["\_x", "\N", "\u00e9", "\x41"])").to_value().to_json() ==
          "[\"\u00a0x\",\"\u0085\",\"\u00e9\",\"A\"]");
}

TEST_CASE("JSON is YAML") {
    CHECK(json("{\"a\": [1, {\"b\": \"c\\n\"}], \"d\": null}") ==
          R"({"a":[1,{"b":"c\n"}],"d":null})");
}

TEST_CASE("what cannot be kept is refused with its place") {
    CHECK(problem("a: 1\nb: 2\na: 3\n") ==
          "file.yaml:3:1: the key \"a\" stands twice in one map (first at line 1)");
    CHECK(problem("a: .nan\n") == "file.yaml:1:4: JSON has no number .nan; quote it if it is text");
    CHECK(problem("a: !secret x\n") ==
          "file.yaml:1:4: the tag !secret is not understood; quote text instead");
    CHECK(problem("? [a]\n: b\n") == "file.yaml:1:3: a key must be text, not a list");
    CHECK(problem(std::string("a: \0b", 5)) ==
          "file.yaml:1:4: this is no text: a byte 0 stands here");
    CHECK(problem("a: \xff\n") == "file.yaml:1:4: this is no UTF-8 text");
    CHECK(problem("a: [1, 2\n").starts_with("file.yaml:"));
    CHECK(problem("a: [1, 2\n").find("malformed YAML: ") != std::string::npos);
    CHECK(problem("a: &x [*x]\n") == "file.yaml:1:8: an alias refers to what it is part of");
}

TEST_CASE("a token that begins nothing ends the reading") {
    CHECK(problem(",") == "file.yaml:1:1: malformed YAML: this begins nothing");
    CHECK(problem("a: 1\n,\n").find("malformed YAML: ") != std::string::npos);
    CHECK(problem("---\n---\n---\n") == "");
}

TEST_CASE("text that would grow without end is refused") {
    CHECK(problem(std::string(101, '[')).find("nested more than 100 deep") != std::string::npos);
    CHECK(problem(std::string(100'000, '[')).find("nested more than 100 deep") !=
          std::string::npos);
    std::string nested;
    for (int i = 0; i < 200; ++i) nested += std::string(static_cast<std::size_t>(i), ' ') + "a:\n";
    CHECK(problem(nested).find("nested more than 100 deep") != std::string::npos);
    std::string bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
    for (int i = 1; i < 9; ++i) {
        const std::string before = "*a" + std::to_string(i - 1);
        bomb += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + before;
        for (int k = 1; k < 10; ++k) bomb += ", " + before;
        bomb += "]\n";
    }
    CHECK(problem(bomb).find("aliases write out to more than 100000 nodes") != std::string::npos);
    ReadLimits small;
    small.bytes = 1 << 20;
    CHECK(problem(std::string(2 << 20, 'a'), small) == "file.yaml: larger than 1 MiB; split it");
    small.nodes = 10;
    CHECK(problem("[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]", small) ==
          "file.yaml:1:29: more than 10 nodes in one file");
}
