// Wrong files, each with exactly what is said about it: tests/scenarios/bad/*.txt, a claim behind
// ##, the text, ----, and all complaints. In documents.txt the text is a whole file; in the others
// it stands under spec.
#include <fstream>

#include "tests/scenarios/played.hpp"

using namespace scenarios;

namespace {

struct Bad {
    std::string what, text, told;
};

std::vector<Bad> read_cases(const std::string& name) {
    std::ifstream in(std::string(STOWAGE_SOURCE_DIR) + "/tests/scenarios/bad/" + name + ".txt");
    REQUIRE(in.is_open());
    std::vector<Bad> cases;
    bool answer = false;
    for (std::string line; std::getline(in, line);) {
        if (line.starts_with("## ")) {
            cases.push_back({line.substr(3), "", ""});
            answer = false;
        } else if (line == "----") {
            answer = true;
        } else if (!answer) {
            cases.back().text += line + "\n";
        } else if (!line.empty()) {
            cases.back().told += line + "\n";
        }
    }
    return cases;
}

void check_all(const std::string& name, std::size_t at_least) {
    const std::vector<Bad> cases = read_cases(name);
    CHECK(cases.size() >= at_least);
    for (const Bad& bad : cases) {
        CAPTURE(bad.what);
        const bool whole = name == "documents";
        const Loaded loaded =
            load_text(whole ? bad.text : test::scenario_of(bad.text), "test.yaml");
        CHECK_FALSE(loaded.scenario);
        CHECK_FALSE(bad.told.empty());
        CHECK(test::complaints(loaded) == bad.told);
    }
}

}  // namespace

TEST_CASE("a document that is no scenario is refused with its place") {
    check_all("documents", 12);
}

TEST_CASE("a wrong cluster is refused with its place and the nearest known word") {
    check_all("clusters", 36);
}

TEST_CASE("a driver, a fault or a sidecar that makes no sense is refused by name and place") {
    check_all("drivers", 28);
}

TEST_CASE("a wrong step is refused with its place") { check_all("steps", 40); }

TEST_CASE("a wrong expectation is refused with its place") { check_all("expectations", 14); }

TEST_CASE("nothing, and what is no text, is refused") {
    CHECK(test::complaints(load_text("", "test.yaml")) == "test.yaml: the file is empty\n");
    CHECK(test::complaints(load_text(std::string("a: \0", 4), "test.yaml")) ==
          "test.yaml:1:4: this is no text: a byte 0 stands here\n");
}
