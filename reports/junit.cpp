#include "reports/junit.hpp"

#include <algorithm>

namespace reports {

namespace {

struct Case {
    std::string name, failure, detail;
    sim::Duration took{};
};

std::string first_line(const std::string& text) { return text.substr(0, text.find('\n')); }

std::vector<Case> cases_of(const JunitSuite& suite) {
    std::vector<Case> cases;
    for (std::size_t i = 0; i < suite.run.steps.size(); ++i) {
        const StepLine& s = suite.run.steps[i];
        Case c{"step " + std::to_string(i + 1) + ": " + s.text, first_line(s.failure), s.failure};
        if (!c.failure.empty()) c.detail += "\nat " + s.place;
        if (s.sent && s.answered) c.took = *s.answered - *s.sent;
        cases.push_back(std::move(c));
    }
    for (const ExpectationLine& e : suite.run.expectations) {
        Case c{"expect: " + e.text};
        if (e.failed()) {
            c.failure = e.reason.empty() ? "not held" : first_line(e.reason);
            c.detail = e.reason + "\nat " + e.place;
            for (const std::string& event : e.events) c.detail += "\n" + event;
        }
        cases.push_back(std::move(c));
    }
    for (const BrokenInvariant& b : suite.run.broken)
        cases.push_back(Case{"invariant: " + b.invariant, b.detail, b.detail});
    if (!suite.problem.empty())
        cases.push_back(Case{"run", first_line(suite.problem), suite.problem});
    return cases;
}

std::string attribute(std::string_view name, std::string_view value) {
    return " " + std::string(name) + "=\"" + xml_escaped(value) + "\"";
}

// Line breaks stay as they are between tags.
std::string element_text(const std::string& text) {
    std::string out;
    for (std::size_t from = 0; from <= text.size();) {
        const std::size_t end = std::min(text.find('\n', from), text.size());
        out += (from ? "\n" : "") + xml_escaped(text.substr(from, end - from));
        from = end + 1;
    }
    return out;
}

std::string counts(std::size_t tests, std::size_t failures, std::size_t skipped) {
    return attribute("tests", std::to_string(tests)) +
           attribute("failures", std::to_string(failures)) +
           attribute("skipped", std::to_string(skipped));
}

}  // namespace

std::string junit_xml(const std::vector<JunitSuite>& suites) {
    std::string body;
    std::size_t tests = 0, failures = 0, skipped = 0;
    for (const JunitSuite& suite : suites) {
        std::string inner;
        std::size_t failed = 0;
        std::vector<Case> cases = cases_of(suite);
        const bool left_out = !suite.skipped.empty();
        if (left_out) cases.clear();
        if (cases.empty()) cases.push_back(Case{"run"});
        const std::string in_class = attribute("classname", suite.run.scenario);
        for (const Case& c : cases) {
            inner += "    <testcase" + in_class + attribute("name", c.name) +
                     attribute("time", sim::seconds_text(sim::Time(c.took), 6));
            if (left_out) {
                inner += "><skipped" + attribute("message", suite.skipped) + "/></testcase>\n";
            } else if (c.failure.empty()) {
                inner += "/>\n";
            } else {
                ++failed;
                inner += "><failure" + attribute("message", c.failure) + ">" +
                         element_text(c.detail) + "</failure></testcase>\n";
            }
        }
        const std::size_t skips = left_out ? cases.size() : 0;
        body += "  <testsuite" + attribute("name", suite.run.scenario) +
                counts(cases.size(), failed, skips) +
                attribute("time", sim::seconds_text(suite.run.ended, 6)) +
                attribute("file", suite.run.file) + ">\n    <properties>\n      <property" +
                attribute("name", "seed") + attribute("value", std::to_string(suite.run.seed)) +
                "/>\n    </properties>\n" + inner + "  </testsuite>\n";
        tests += cases.size();
        failures += failed;
        skipped += skips;
    }
    return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites" +
           counts(tests, failures, skipped) + ">\n" + body + "</testsuites>\n";
}

std::string xml_escaped(std::string_view text) {
    std::string out;
    for (char c : text) {
        switch (c) {
            case '&':
                out += "&amp;";
                break;
            case '<':
                out += "&lt;";
                break;
            case '>':
                out += "&gt;";
                break;
            case '"':
                out += "&quot;";
                break;
            case '\'':
                out += "&apos;";
                break;
            case '\n':
                out += "&#10;";
                break;
            case '\t':
                out += "&#9;";
                break;
            default:
                out += static_cast<unsigned char>(c) < 0x20 ? '?' : c;
        }
    }
    return out;
}

}  // namespace reports
