#include "scenarios/json_reader.hpp"

#include <doctest/doctest.h>

#include <vector>

namespace {

using model::api::Value;
using scenarios::Diagnostics;
using scenarios::Place;

std::string read(std::string_view text) {
    Diagnostics problems;
    const auto value = scenarios::read_json(text, "f.json", problems);
    REQUIRE(value.has_value() == problems.empty());
    return value ? value->to_json() : problems.at(0).to_string();
}

TEST_CASE("JSON of every type is read") {
    CHECK(read(R"( {"b": [1, -2, 0, 2.5, 1e3], "a": {"t": true, "f": false, "n": null}} )") ==
          R"({"a":{"f":false,"n":null,"t":true},"b":[1,-2,0,2.5,1000]})");
    CHECK(read("[]") == "[]");
    CHECK(read("{}") == "{}");
    CHECK(read("\"\"") == "\"\"");
    CHECK(read("9223372036854775807") == "9223372036854775807");
    CHECK(read(R"("\"\\\/\n\u0041\u00e9\u20ac\ud83d\ude00")") ==
          "\"\\\"\\\\/\\nA\u00e9\u20ac\U0001f600\"");
    CHECK(read("\xef\xbb\xbf{}") == "{}");
}

TEST_CASE("JSON's integers stay integers and its text stays text") {
    Diagnostics problems;
    const auto v =
        scenarios::read_json(R"({"i": 7, "d": 7.0, "s": "7", "yes": "yes"})", "f", problems);
    REQUIRE(v);
    CHECK(v->find("i")->is_int());
    CHECK(v->find("d")->type() == Value::Type::Double);
    CHECK(v->find("s")->is_string());
    CHECK(v->find("yes")->as_string() == "yes");
}

TEST_CASE("what is no JSON is refused with its place") {
    CHECK(read("{\"a\": 1,\n  \"b\": tru}") == "f.json:2:8: malformed JSON: expected a JSON value");
    CHECK(read("{\"a\": 1 \"b\": 2}") ==
          "f.json:1:9: malformed JSON: expected \",\" or \"}\" in an object");
    CHECK(read("[1, 2") == "f.json:1:6: malformed JSON: expected \",\" or \"]\" in a list");
    CHECK(read("[1, 2] 3") ==
          "f.json:1:8: malformed JSON: more text after the end of the JSON value");
    CHECK(read("{a: 1}") == "f.json:1:2: malformed JSON: expected a key in quotes");
    CHECK(read("{\"a\" 1}") == "f.json:1:6: malformed JSON: expected \":\" after a key");
    CHECK(read("") == "f.json:1:1: malformed JSON: the text ends where a value is expected");
    CHECK(read("\"abc") == "f.json:1:1: malformed JSON: this string does not end");
    CHECK(read("\"a\\") == "f.json:1:3: malformed JSON: an escape that JSON does not know");
    CHECK(read("\"a\tb\"") == "f.json:1:3: malformed JSON: a control character in a string");
    CHECK(read("\"\\ud83d\"") == "f.json:1:2: malformed JSON: half of a surrogate pair");
    CHECK(read("\"\\u12g4\"") ==
          "f.json:1:6: malformed JSON: expected four hexadecimal digits after \\u");
    CHECK(read("\"\xc3\x28\"") == "f.json:1:2: malformed JSON: this is no UTF-8 text");
    CHECK(read("012") == "f.json:1:1: malformed JSON: a number does not begin with 0");
    CHECK(read("1.") == "f.json:1:3: malformed JSON: expected digits after the point");
    CHECK(read("1e999") == "f.json:1:1: malformed JSON: a number beyond what can be kept");
    CHECK(read("[\"\xc3\xa9\", x]") == "f.json:1:7: malformed JSON: expected a JSON value");
    CHECK(read(R"({"a": 1, "b": 2, "a": 3})") ==
          "f.json:1:24: malformed JSON: the key \"a\" stands twice in the object that ends here");
    CHECK(read(std::string(200, '[')) == "f.json:1:101: malformed JSON: nested more than 100 deep");
}

std::vector<std::string> items(std::string_view text, Diagnostics& problems) {
    std::vector<std::string> found;
    scenarios::read_json_items(text, "f.json", problems, [&](Value item, const Place& place) {
        found.push_back(std::to_string(place.line) + ":" + std::to_string(place.column) + " " +
                        item.to_json());
    });
    return found;
}

TEST_CASE("the items of a list are given one at a time, with their places") {
    Diagnostics problems;
    const std::vector<std::string> expected = {"2:3 {\"a\":1}", "3:2 {\"b\":2}"};
    CHECK(items("{\"apiVersion\": \"v1\", \"items\": [\n  {\"a\": 1},\n {\"b\": 2}], \"kind\": "
                "\"List\"}",
                problems) == expected);
    CHECK(items("[\n  {\"a\": 1},\n {\"b\": 2}]", problems) == expected);
    CHECK(items(" {\"kind\": \"Pod\"}", problems) ==
          std::vector<std::string>{"1:2 {\"kind\":\"Pod\"}"});
    CHECK(problems.empty());
    CHECK(items("{\"items\": [{\"a\": 1}, {\"b\" 2}]}", problems).size() == 1);
    REQUIRE(problems.size() == 1);
    CHECK(problems[0].to_string() == "f.json:1:27: malformed JSON: expected \":\" after a key");
    CHECK(items("7", problems).empty());
    CHECK(problems.back().message == "malformed JSON: expected an object or a list of objects");
}

TEST_CASE("a file is JSON by its name or its first letter") {
    CHECK(scenarios::is_json("dump.json", ""));
    CHECK(scenarios::is_json("dump", " \n{\"kind\""));
    CHECK_FALSE(scenarios::is_json("dump.yaml", "{kind: Pod}"));
    CHECK_FALSE(scenarios::is_json("dump", "kind: Pod"));
}

}  // namespace
