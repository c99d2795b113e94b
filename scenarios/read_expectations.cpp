// Expectations: which of the forms it is, and whether it is whole. What they mean is
// expectations.cpp's.
#include <algorithm>

#include "scenarios/language.hpp"
#include "scenarios/load_context.hpp"
#include "scenarios/oracles.hpp"
#include "scenarios/patterns.hpp"

namespace scenarios {
namespace {

constexpr const char* kNumbers[] = {"noMoreThan", "atLeast", "exactly"};
constexpr const char* kStates[] = {"object", "gone", "of"};

bool check_rule(const Node& rule, LoadContext& context) {
    const auto& known = oracle_names();
    if (std::find(known.begin(), known.end(), rule.text) != known.end()) return true;
    context.error(rule.place(), unknown("rule", rule.text, "violated", known));
    return false;
}

// The keys of `names` that the map has.
template <std::size_t N>
std::vector<std::string> present(const Node& node, const char* const (&names)[N]) {
    std::vector<std::string> found;
    for (const char* name : names) {
        if (node.find(name)) found.emplace_back(name);
    }
    return found;
}

bool one_of_these(const Node& node, const std::vector<std::string>& found,
                  const std::string& wanted, LoadContext& context) {
    if (found.size() == 1) return true;
    context.error(
        node.place(),
        "expected one of " + wanted +
            (found.empty() ? "" : ", found both \"" + found[0] + "\" and \"" + found[1] + "\""));
    return false;
}

void check_event(const Node& event, LoadContext& context) {
    const Node* about = event.find("about");
    if (!about) return;
    const Node* kind = about->find("kind");
    if (kind) {
        context.kind(*kind, text_of(about->find("apiVersion")));
    } else if (about->is_string() && about->text.find('/') == std::string::npos) {
        context.error(
            about->place(),
            "expected an object such as PersistentVolumeClaim/data, found " + about->describe());
    }
}

void check_request(const Node& request, LoadContext& context) {
    const Node* kind = request.find("kind");
    const Node* resource = request.find("resource");
    if (kind && resource)
        return context.error(resource->place(), "\"resource\" says again what \"kind\" says");
    if (kind) context.kind(*kind, "");
    if (!resource || context.scheme.find_resource(resource->text)) return;
    std::vector<std::string> known;
    for (std::size_t i = 0; i < context.scheme.size(); ++i) {
        known.push_back(context.scheme.info(static_cast<model::api::Kind>(i)).resource);
    }
    context.error(resource->place(), unknown("resource", resource->text, "request", known));
}

// {object}, {gone} or {noMoreThan | atLeast | exactly, of}.
bool check_state(const Node& node, LoadContext& context, bool or_event) {
    auto found = present(node, kStates);
    if (or_event && node.find("event")) found.emplace_back("event");
    if (or_event && node.find("violated")) found.emplace_back("violated");
    const std::string wanted =
        or_event ? "object, gone, event, violated or of" : "object, gone or of";
    if (!one_of_these(node, found, wanted, context)) return false;
    const auto numbers = present(node, kNumbers);
    if (found[0] == "of" || (found[0] == "object" && !numbers.empty())) {
        if (!one_of_these(node, numbers, "noMoreThan, atLeast or exactly", context)) return false;
    } else if (!numbers.empty()) {
        context.error(node.place(), "\"" + numbers[0] + "\" needs \"of\"");
        return false;
    }
    if (found[0] == "event") {
        check_event(*node.find("event"), context);
        return true;
    }
    if (found[0] == "violated") return check_rule(*node.find("violated"), context);
    return read_pattern(*node.find(found[0]), context).has_value();
}

bool check_happening(const Node& node, LoadContext& context, const std::string& wanted) {
    constexpr const char* kHappenings[] = {"object", "gone",    "event",   "request",
                                           "rpc",    "backend", "violated"};
    const auto found = present(node, kHappenings);
    if (!one_of_these(node, found, wanted, context)) return false;
    const Node& what = *node.find(found[0]);
    if (found[0] == "event") check_event(what, context);
    if (found[0] == "request") check_request(what, context);
    if (found[0] == "violated" && !check_rule(what, context)) return false;
    const Node* driver = found[0] == "rpc" || found[0] == "backend" ? what.find("driver") : nullptr;
    if (driver) context.check_driver(driver->place(), driver->text);
    if (found[0] == "backend" && !driver) context.check_driver(what.place(), "");
    return (found[0] != "object" && found[0] != "gone") || read_pattern(what, context).has_value();
}

bool check_count(const Node& node, LoadContext& context) {
    constexpr const char* kBounds[] = {"atMost", "atLeast", "exactly"};
    if (!check_happening(node, context, "object, event, request, rpc, backend or violated"))
        return false;
    const auto bounds = present(node, kBounds);
    if (bounds.empty()) {
        context.error(node.place(), "a count needs atMost, atLeast or exactly");
    } else if (node.find("exactly") && bounds.size() > 1) {
        context.error(node.place(), "\"exactly\" leaves no room for \"" + bounds[0] + "\"");
    } else if (bounds.size() == 2 && int_of(node.find("atLeast")) > int_of(node.find("atMost"))) {
        context.error(node.place(), "atLeast is more than atMost");
    }
    return true;
}

bool check_latency(const Node& node, LoadContext& context) {
    constexpr const char* kBounds[] = {"p50", "p90", "p99", "max"};
    const Node& of = *node.find("of");
    const auto& all = language::latencies();
    auto latency =
        std::find_if(all.begin(), all.end(), [&](const auto& l) { return l.name == of.text; });
    if (latency != all.end() && !is_built(latency->part)) {
        context.error(of.place(), "latency " + of.text + ": " + not_built(latency->part));
    }
    if (present(node, kBounds).empty())
        context.error(node.place(), "a latency needs p50, p90, p99 or max");
    return true;
}

// The value's text after the word: `within 10s: PersistentVolumeClaim default/data {...}`.
std::string text_for(const Node& node, const std::string& word, const LoadContext& context) {
    const Node& body = word == "within" ? node : *node.find(word);
    auto pattern = [&](const char* key) {
        const Node& written = *body.find(key);
        const auto* info = context.scheme.find(text_of(written.find("kind")));
        return info ? to_text(make_pattern(written.to_value(), *info)) : std::string();
    };
    std::string text = word == "within" ? "within " + text_of(node.find("within")) : word;
    for (const char* number : {"noMoreThan", "atMost", "atLeast", "exactly"}) {
        if (const Node* n = body.find(number)) text += " " + std::string(number) + " " + n->text;
    }
    if (body.find("object")) return text + ": " + pattern("object");
    if (body.find("gone")) return text + ": " + pattern("gone") + " gone";
    if (body.find("of") && word != "latency") return text + ": " + pattern("of");
    if (const Node* rule = body.find("violated")) return text + ": violated \"" + rule->text + "\"";
    for (const char* happening : {"event", "request", "rpc", "backend"}) {
        if (const Node* n = body.find(happening))
            return text + ": " + happening + " " + flow_text(n->to_value());
    }
    return text + ": " + flow_text(body.to_value());
}

}  // namespace

std::optional<Expectation> read_expectation(const Node& node, LoadContext& context) {
    constexpr const char* kWords[] = {"within", "always", "never", "count", "latency"};
    const auto words = present(node, kWords);
    if (!one_of_these(node, words, "within, always, never, count or latency", context))
        return std::nullopt;
    const std::string& word = words[0];
    for (const Member& m : node.members) {
        if (word == "within" || m.key == word) continue;
        context.error(m.place(), "\"" + m.key + "\" does not go with \"" + word + "\"");
        return std::nullopt;
    }
    Expectation expectation;
    expectation.place = node.place();
    bool whole = false;
    if (word == "within") {
        expectation.kind = Expectation::Kind::Within;
        expectation.within = *duration_of(node.find("within"));
        whole = check_state(node, context, true);
        expectation.body = node.to_value();
        expectation.body.erase("within");
    } else {
        const Node& body = *node.find(word);
        expectation.body = body.to_value();
        if (word == "always") {
            expectation.kind = Expectation::Kind::Always;
            whole = check_state(body, context, false);
        } else if (word == "never") {
            expectation.kind = Expectation::Kind::Never;
            whole = check_happening(body, context, "object, gone, event, request, rpc or violated");
        } else if (word == "count") {
            expectation.kind = Expectation::Kind::Count;
            whole = check_count(body, context);
        } else {
            expectation.kind = Expectation::Kind::Latency;
            whole = check_latency(body, context);
        }
    }
    if (!whole) return std::nullopt;
    expectation.text = text_for(node, word, context);
    return expectation;
}

}  // namespace scenarios
