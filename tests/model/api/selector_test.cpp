#include "model/api/selector.hpp"

#include <doctest/doctest.h>

using namespace model::api;

namespace {

TextMap labels(std::vector<std::pair<std::string_view, std::string_view>> members) {
    TextMap map;
    for (auto& [key, value] : members) map.set(key, value);
    return map;
}

SelectorRequirement requirement(std::string_view key, std::string_view op, List<Text> values = {}) {
    SelectorRequirement r;
    r.key = key;
    r.op = op;
    r.values = std::move(values);
    return r;
}

bool meets(std::string_view selector, const TextMap& map) {
    const auto parsed = parse_label_selector(selector);
    REQUIRE_MESSAGE(parsed.ok(), selector);
    const auto answer = matches(*parsed, map);
    REQUIRE(answer.ok());
    return *answer;
}

std::string parse_error(std::string_view selector) {
    const auto parsed = parse_label_selector(selector);
    return parsed.ok() ? "" : parsed.error().message.str();
}

std::string canonical_of(std::string_view selector) {
    return canonical(*parse_label_selector(selector));
}

NodeSelector one_term(List<SelectorRequirement> expressions, List<SelectorRequirement> fields) {
    NodeSelectorTerm term;
    term.matchExpressions = std::move(expressions);
    term.matchFields = std::move(fields);
    NodeSelector selector;
    selector.nodeSelectorTerms.push_back(std::move(term));
    return selector;
}

Value event() {
    Value v;
    v["metadata"]["name"] = "e";
    v["involvedObject"]["kind"] = "Pod";
    v["count"] = 3;
    return v;
}

}  // namespace

TEST_CASE("an empty label selector matches everything") {
    CHECK(*matches(LabelSelector(), labels({})));
    CHECK(meets("", labels({{"a", "1"}})));
}

TEST_CASE("the text of -l selects as its parts say") {
    const TextMap map = labels({{"app", "web"}, {"tier", "front"}, {"empty", ""}});
    for (std::string_view yes :
         {"app=web", "app==web", "app!=db", "other!=x", "app", "!other", "app in (db, web)",
          "app notin (db)", "other notin (db)", "app=web,tier=front", "empty=", "empty in ()",
          " app = web , tier "}) {
        CAPTURE(yes);
        CHECK(meets(yes, map));
    }
    for (std::string_view no :
         {"app=db", "app!=web", "!app", "other", "app in (db)", "app notin (db,web)",
          "other in (db)", "app=web,tier=back", "app=web,app=db", "app="}) {
        CAPTURE(no);
        CHECK_FALSE(meets(no, map));
    }
}

TEST_CASE("a malformed -l text is refused with the parser's words") {
    CHECK(parse_error("a=1,") ==
          "unable to parse \"a=1,\": found '', expected: identifier after ','");
    CHECK(parse_error("=x") ==
          "unable to parse \"=x\": found '=', expected: !, identifier, or 'end of string'");
    CHECK(parse_error("a in b") ==
          "unable to parse \"a in b\": unable to parse requirement: found 'b' expected: '('");
    CHECK(parse_error("a b") ==
          "unable to parse \"a b\": unable to parse requirement: found 'b', expected: in, notin, "
          "=, ==, !=, gt, lt");
    CHECK(parse_error("a in (b c)") ==
          "unable to parse \"a in (b c)\": unable to parse requirement: found 'c', expected: ',' "
          "or ')'");
    CHECK(parse_error("a=b=c") ==
          "unable to parse \"a=b=c\": found '=', expected: ',' or 'end of string'");
    CHECK(parse_error("in in (in)").empty());
}

TEST_CASE("an operator or values that a label selector does not take are an error") {
    const auto error = [](SelectorRequirement r) {
        LabelSelector selector;
        selector.matchExpressions.push_back(std::move(r));
        const auto answer = matches(selector, labels({}));
        return answer.ok() ? std::string() : answer.error().message.str();
    };
    CHECK(error(requirement("a", "Gt", {"1"})) == "\"Gt\" is not a valid label selector operator");
    CHECK(error(requirement("a", "In")) ==
          "values: Invalid value: null: for 'in', 'notin' operators, values set can't be empty");
    CHECK(error(requirement("a", "Exists", {"x"})) ==
          "values: Invalid value: [\"x\"]: values set must be empty for exists and does not exist");
    CHECK(error(requirement("a", "DoesNotExist")).empty());
}

TEST_CASE("selectors that match alike have one canonical text") {
    CHECK(canonical_of("b=2,a=1") == canonical_of("a=1,b=2"));
    CHECK(canonical_of("a in (y,x)") == canonical_of("a in (x,y,x)"));
    CHECK(canonical_of("a in (x)") == canonical_of("a=x"));
    CHECK(canonical_of("a notin (x)") == canonical_of("a!=x"));
    CHECK(canonical_of("a=x") != canonical_of("a!=x"));
    CHECK(canonical_of("!a,b,c in (2,1)") == "!a,b,c in (1,2)");
    CHECK(canonical_of("").empty());
}

TEST_CASE(
    "node selector terms are ORed, their expressions ANDed, and an empty term matches nothing") {
    const TextMap node = labels({{"zone", "a"}, {"cpus", "8"}});
    CHECK_FALSE(matches(NodeSelector(), node, "n1"));
    CHECK_FALSE(matches(one_term({}, {}), node, "n1"));
    CHECK(matches(one_term({requirement("zone", "In", {"a", "b"})}, {}), node, "n1"));
    CHECK_FALSE(
        matches(one_term({requirement("zone", "In", {"a"}), requirement("disk", "Exists")}, {}),
                node, "n1"));
    NodeSelector either = one_term({requirement("disk", "Exists")}, {});
    either.nodeSelectorTerms.push_back(
        one_term({requirement("zone", "Exists")}, {}).nodeSelectorTerms[0]);
    CHECK(matches(either, node, "n1"));
}

TEST_CASE("Gt and Lt compare integers, and match nothing where there is none") {
    const TextMap node = labels({{"zone", "a"}, {"cpus", "8"}});
    CHECK(matches_requirement(requirement("cpus", "Gt", {"7"}), node));
    CHECK_FALSE(matches_requirement(requirement("cpus", "Gt", {"8"}), node));
    CHECK(matches_requirement(requirement("cpus", "Lt", {"10"}), node));
    CHECK_FALSE(matches_requirement(requirement("zone", "Lt", {"10"}), node));
    CHECK_FALSE(matches_requirement(requirement("cpus", "Lt", {"ten"}), node));
    CHECK_FALSE(matches_requirement(requirement("cpus", "Lt"), node));
    CHECK_FALSE(matches_requirement(requirement("cpus", "Near", {"8"}), node));
}

TEST_CASE("a node is selected by its name with matchFields") {
    const TextMap node;
    CHECK(matches(one_term({}, {requirement("metadata.name", "In", {"n1"})}), node, "n1"));
    CHECK_FALSE(matches(one_term({}, {requirement("metadata.name", "In", {"n1"})}), node, "n2"));
    CHECK(matches(one_term({}, {requirement("metadata.name", "NotIn", {"n1"})}), node, "n2"));
    CHECK_FALSE(
        matches(one_term({}, {requirement("metadata.name", "In", {"n1", "n2"})}), node, "n1"));
    CHECK_FALSE(matches(one_term({}, {requirement("metadata.name", "Exists")}), node, "n1"));
}

TEST_CASE("field selectors compare the texts at paths") {
    CHECK(*matches_fields("", event()));
    CHECK(*matches_fields("metadata.name=e", event()));
    CHECK(*matches_fields("metadata.name==e,involvedObject.kind!=Node", event()));
    CHECK_FALSE(*matches_fields("metadata.name!=e", event()));
    CHECK(*matches_fields("count=3", event()));
    CHECK(*matches_fields("spec.nodeName=", event()));
    CHECK_FALSE(*matches_fields("spec.nodeName=n1", event()));
    CHECK(*matches_fields("metadata.name!=a\\,b", event()));
}

TEST_CASE("a field selector of bad syntax or with an unknown path is refused") {
    CHECK(matches_fields("metadata.name", event()).error().message ==
          "invalid selector: 'metadata.name'; can't understand 'metadata.name'");
    CHECK(matches_fields("colour=red", event()).error().message ==
          "field label not supported: colour");
    CHECK_FALSE(matches_fields("metadata.name=a=b", event()).ok());
    CHECK_FALSE(matches_fields("metadata=x", event()).ok());
}
