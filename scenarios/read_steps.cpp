// Steps: what each does, and whether their times can be kept.
#include <algorithm>

#include "scenarios/language.hpp"
#include "scenarios/load_context.hpp"
#include "scenarios/manifests.hpp"
#include "scenarios/patterns.hpp"

namespace scenarios {
namespace {

using model::api::KindInfo;
using model::api::PatchType;
using sim::Duration;

// Without `until` a run ends an hour after its beginning at the latest.
constexpr Duration kLongestRun = std::chrono::hours(1);

constexpr const char* kActions[] = {"create", "apply",    "replace", "patch",     "delete", "crash",
                                    "stop",   "start",    "restart", "partition", "heal",   "drain",
                                    "cordon", "uncordon", "taint",   "faults",    "lag",    "note"};

class StepReader {
  public:
    StepReader(Node node, LoadContext& context) : node_(std::move(node)), context_(context) {}

    std::optional<Step> read() {
        step_.place = node_.place();
        read_times();
        read_conditions();
        const std::string word = the_action();
        const Node* expect = node_.find("expect");
        if (expect) {
            step_.expect = read_expectation(*expect, context_);
            if (step_.expect) step_.text = "expect " + step_.expect->text;
        }
        if (!word.empty()) read_action(word, *node_.find(word));
        read_rejection(word);
        return std::move(step_);
    }

  private:
    void error(const Place& place, std::string message) {
        context_.error(place, std::move(message));
    }

    void read_times() {
        step_.at = duration_of(node_.find("at"));
        step_.after = duration_of(node_.find("after"));
        if (step_.at && step_.after)
            error(node_.find("after")->place(), "a step has either \"at\" or \"after\"");
        if (const Node* timeout = node_.find("timeout")) {
            step_.timeout = *duration_of(timeout);
            if (!node_.find("when"))
                error(timeout->place(), "\"timeout\" is that of a \"when\", which is missing");
        }
    }

    void read_conditions() {
        const Node* when = node_.find("when");
        if (!when) return;
        std::vector<const Node*> conditions;
        if (when->is_map()) conditions.push_back(when);
        for (const Node& item : when->items) conditions.push_back(&item);
        if (conditions.empty()) error(when->place(), "\"when\" names no condition");
        for (const Node* c : conditions) {
            if (auto condition = read_condition(*c, context_))
                step_.when.push_back(std::move(*condition));
        }
    }

    std::string the_action() {
        std::vector<const Member*> found;
        for (const Member& m : node_.members) {
            const bool action =
                std::find(std::begin(kActions), std::end(kActions), m.key) != std::end(kActions);
            if ((action || m.key == "expect") && !m.value.is_null()) found.push_back(&m);
        }
        if (found.size() > 1) {
            error(found[1]->place(), "a step does one thing; this one has \"" + found[0]->key +
                                         "\" and \"" + found[1]->key + "\"");
            return "";
        }
        if (found.empty() && step_.when.empty() && !node_.find("when")) {
            error(node_.place(),
                  "the step does nothing: expected one of create, apply, replace, patch, delete, "
                  "crash, "
                  "stop, start, restart, cordon, taint, note or expect");
        }
        if (found.empty()) step_.text = "wait";
        return found.empty() || found[0]->key == "expect" ? "" : found[0]->key;
    }

    void read_action(const std::string& word, const Node& node) {
        if (word == "create" || word == "replace") return read_whole(word, node);
        if (word == "apply") return read_apply(node);
        if (word == "patch") return read_patch(node);
        if (word == "delete") return read_delete(node);
        if (word == "note") {
            step_.action = action::Note{node.text};
            step_.text = "note " + node.text;
        } else if (word == "cordon" || word == "uncordon") {
            step_.action = action::Cordon{text_of(node.find("node")), word == "cordon"};
            step_.text = word + " " + text_of(node.find("node"));
        } else if (word == "drain") {
            step_.action = action::Drain{text_of(node.find("node"))};
            step_.text = "drain " + text_of(node.find("node"));
        } else if (word == "taint") {
            read_taint(node);
        } else if (word == "faults") {
            read_faults(node);
        } else if (word == "lag") {
            read_lag(node);
        } else {
            read_target(word, node);
        }
    }

    void read_whole(const std::string& word, const Node& node) {
        auto manifests = read_manifests(node, ManifestUse::Whole, context_);
        if (manifests.size() != 1) {
            // None: what was wrong is told already.
            if (manifests.size() > 1)
                error(node.place(), word + " takes one object; use apply for several");
            return;
        }
        step_.text = word + " " + name_of(manifests[0].value);
        if (word == "create") {
            step_.action = action::Create{std::move(manifests[0].value)};
        } else {
            step_.action = action::Replace{std::move(manifests[0].value)};
        }
    }

    void read_apply(const Node& node) {
        action::Apply apply;
        const std::size_t before = context_.problems.size();
        for (Manifest& m : read_manifests(node, ManifestUse::Apply, context_)) {
            const Value* name = m.value.at({"metadata", "name"});
            if (!name || name->is_empty())
                error(m.place, "apply needs metadata.name; create takes generateName");
            apply.manifests.push_back(std::move(m.value));
        }
        const std::size_t count = apply.manifests.size();
        if (count == 0 && context_.problems.size() == before)
            error(node.place(), "there is no manifest to apply");
        step_.text = "apply";
        if (count > 0) step_.text += " " + name_of(apply.manifests[0]);
        if (count > 1) step_.text += " and " + std::to_string(count - 1) + " more";
        step_.action = std::move(apply);
    }

    std::optional<Pattern> object_of(const Node& node) {
        const Node* kind = node.find("kind");
        const KindInfo* info =
            kind ? context_.kind(*kind, text_of(node.find("apiVersion"))) : nullptr;
        if (!info) return std::nullopt;
        context_.check_uids(node);
        Pattern pattern;
        pattern.kind = info->kind;
        pattern.name = text_of(node.find("name"));
        pattern.ns = info->namespaced ? text_of(node.find("namespace"), "default") : "";
        pattern.place = node.place();
        return pattern;
    }

    void read_patch(const Node& node) {
        auto target = object_of(node);
        if (!target) return;
        const Node& body = *node.find("body");
        const KindInfo& info = *context_.scheme.find(target->kind);
        const auto type = model::api::parse_patch_type(
            text_of(node.find("type"), info.typed ? "strategic" : "merge"));
        const bool fits = *type == PatchType::Json ? body.is_list() : body.is_map();
        if (!fits) {
            const char* wanted = *type == PatchType::Json ? "a list of operations" : "a map";
            return error(body.place(),
                         "body: expected " + std::string(wanted) + ", found " + body.describe());
        }
        if (info.typed && *type != PatchType::Json) {
            context_.check_fields(body, info.id, "", {"$patch", "$setElementOrder", "$retainKeys"});
        }
        step_.text = "patch " + to_text(*target);
        const std::string sub = text_of(node.find("subresource"));
        if (!sub.empty()) step_.text += "/" + sub;
        step_.action = action::Patch{std::move(*target), sub, *type, body.to_value()};
    }

    void read_delete(const Node& node) {
        auto target = object_of(node);
        if (!target) return;
        const Node* matching = node.find("matching");
        if ((matching != nullptr) == (node.find("name") != nullptr))
            return error(node.place(), "delete: expected either \"name\" or \"matching\"");
        if (matching && !matching->is_map())
            return error(matching->place(),
                         "matching: expected a partial object, found " + matching->describe());
        if (matching) {
            const KindInfo& info = *context_.scheme.find(target->kind);
            if (info.typed) context_.check_fields(*matching, info.id, "", {});
            target->body = matching->to_value();
        }
        model::api::DeleteOptions options;
        if (const Node* grace = node.find("gracePeriodSeconds"))
            options.gracePeriodSeconds = int_of(grace);
        options.uid = text_of(node.find("uid"));
        options.propagationPolicy = text_of(node.find("propagationPolicy"));
        if (const Node* version = node.find("resourceVersion")) {
            const bool digits = !version->text.empty() && version->text.size() < 19 &&
                                version->text.find_first_not_of("0123456789") == std::string::npos;
            if (!digits)
                return error(version->place(), "expected a resourceVersion such as \"12\"");
            options.resourceVersion = std::stoull(version->text);
        }
        step_.text = "delete " + to_text(*target);
        step_.action = action::Delete{std::move(*target), std::move(options)};
    }

    void read_faults(const Node& node) {
        action::Faults plan;
        plan.driver = text_of(node.find("driver"));
        for (const Member& m : node.members) {
            const auto method = model::csi::method_of(m.key);
            if (!method) continue;
            for (const Node& fault : m.value.items)
                plan.faults.emplace_back(*method, read_fault(fault));
        }
        const Node* driver = node.find("driver");
        context_.check_driver(driver ? driver->place() : node.place(), plan.driver);
        if (plan.faults.empty()) error(node.place(), "faults: no call is named");
        step_.text = "faults " + flow_text(node.to_value());
        step_.action = std::move(plan);
    }

    void read_lag(const Node& node) {
        action::Lag lag;
        lag.target.component = text_of(node.find("component"));
        lag.target.driver = text_of(node.find("driver"));
        lag.by = *duration_of(node.find("by"));
        check_component("lag", *node.find("component"), node);
        const std::string& name = lag.target.component;
        if (name == "kube-apiserver" || name.starts_with("kubelet") || name.starts_with("csi-"))
            error(node.find("component")->place(), "lag: " + name + " has no informers");
        if (const KindInfo* info = context_.kind(*node.find("kind"), "")) lag.kind = info->kind;
        step_.text = "lag " + flow_text(node.to_value());
        step_.action = std::move(lag);
    }

    model::csi::Fault read_fault(const Node& node) {
        model::csi::Fault fault;
        fault.times = int_of(node.find("times"), 1);
        fault.skip = int_of(node.find("nth"), 1) - 1;
        fault.code = model::csi::code_of(text_of(node.find("code"), "OK")).value();
        fault.message = text_of(node.find("msg"));
        fault.after = bool_of(node.find("after"));
        fault.hang = bool_of(node.find("hang"));
        fault.delay = duration_of(node.find("delay")).value_or(Duration::zero());
        const Node* ms = node.find("delay_ms");
        if (ms && node.find("delay"))
            error(ms->place(), "a fault has either \"delay\" or \"delay_ms\"");
        if (ms) fault.delay = std::chrono::milliseconds(int_of(ms));
        if (const Node* p = node.find("probability")) fault.probability = p->scalar.as_double();
        const bool does_something =
            fault.code != model::csi::Code::Ok || fault.hang || fault.delay > Duration::zero();
        if (!does_something)
            error(node.place(), "the fault does nothing: expected code, hang, delay or delay_ms");
        if (fault.hang && fault.code != model::csi::Code::Ok)
            error(node.place(), "a call that hangs has no code");
        return fault;
    }

    void read_taint(const Node& node) {
        Value taint = Value::map();
        for (const char* key : {"key", "value", "effect"}) {
            if (const Node* v = node.find(key)) taint[key] = v->to_value();
        }
        const bool remove = bool_of(node.find("remove"));
        const std::string name = text_of(node.find("node"));
        step_.text = (remove ? "remove taint " : "taint ") + name + " " + flow_text(taint);
        step_.action = action::Taint{name, std::move(taint), remove};
    }

    void read_target(const std::string& word, const Node& node) {
        Target target;
        target.component = text_of(node.find("component"));
        target.driver = text_of(node.find("driver"));
        target.node = text_of(node.find("node"));
        target.heartbeats = text_of(node.find("heartbeats"));
        const int named =
            !target.component.empty() + !target.node.empty() + !target.heartbeats.empty();
        if (named != 1)
            return error(node.place(), word + ": expected one of component, node or heartbeats");
        if (!target.node.empty()) require(Part::Kubelet, word, *node.find("node"));
        if (!target.heartbeats.empty())
            require(Part::NodeLifecycle, word, *node.find("heartbeats"));
        if (!target.component.empty()) check_component(word, *node.find("component"), node);
        step_.text = word + " " + target.component;
        if (!target.driver.empty()) step_.text += " of " + target.driver;
        if (!target.node.empty()) step_.text += "node " + target.node;
        if (!target.heartbeats.empty()) step_.text += "heartbeats of " + target.heartbeats;
        if (word == "crash") {
            const bool drop = text_of(node.find("inFlight")) == "drop";
            step_.action =
                action::Crash{target, drop ? model::InFlight::Drop : model::InFlight::Deliver};
        } else if (word == "stop") {
            step_.action = action::Stop{target};
        } else if (word == "start") {
            step_.action = action::Start{target};
        } else if (word == "restart") {
            step_.action = action::Restart{target};
        } else {
            if (!target.component.empty()) check_link(word, *node.find("component"));
            if (word == "heal") {
                step_.action = action::Heal{target};
                return;
            }
            const std::optional<Duration> lasts = duration_of(node.find("for"));
            if (lasts) step_.text += " for " + sim::to_text(*lasts);
            step_.action = action::Partition{target, lasts};
        }
    }

    // Those whose way to the API server can be cut.
    void check_link(const std::string& word, const Node& component) {
        const std::string name = component.text.substr(0, component.text.find('/'));
        if (name == "kube-apiserver")
            error(component.place(), word + ": kube-apiserver is what others are cut off from; " +
                                         "stop it, or name a node");
        if (name == "csi-driver")
            error(component.place(), word + ": a CSI driver does not talk to the API server");
        if (name == "kube-controller-manager" || name == "kube-scheduler")
            error(component.place(), word + ": " + name + " without the API server gives up its " +
                                         "lease and ends, so stop it instead");
    }

    void require(Part part, const std::string& word, const Node& node) {
        if (!is_built(part)) error(node.place(), word + ": " + not_built(part));
    }

    void check_component(const std::string& word, const Node& component, const Node& target) {
        const std::string name = component.text.substr(0, component.text.find('/'));
        std::vector<std::string> known;
        for (const Component& c : components()) known.emplace_back(c.name);
        auto found = std::find_if(components().begin(), components().end(),
                                  [&](const Component& c) { return c.name == name; });
        const bool has_node = component.text.find('/') != std::string::npos;
        const bool of_node = name == "kubelet" || name == "csi-node";
        if (found == components().end() || has_node != of_node) {
            if (of_node)
                return error(component.place(),
                             word + ": a " + name + " is named by its node: " + name + "/NODE");
            return error(component.place(), unknown("component", component.text, word, known));
        }
        require(found->part, word, component);
        const Node* driver = target.find("driver");
        const bool of_driver = found->part != Part::Core && found->part != Part::Scheduler &&
                               found->part != Part::Kubelet;
        if (driver && !of_driver) return error(driver->place(), name + " belongs to no driver");
        if (of_driver)
            context_.check_driver(driver ? driver->place() : component.place(), text_of(driver));
    }

    void read_rejection(const std::string& word) {
        const Node* rejected = node_.find("rejected");
        const Node* maybe = node_.find("mayBeRejected");
        if (!rejected && !maybe) return;
        const bool request = word == "create" || word == "apply" || word == "replace" ||
                             word == "patch" || word == "delete" || word == "cordon" ||
                             word == "uncordon" || word == "taint" ||
                             (word == "drain" && !rejected);
        if (!request)
            return error((rejected ? rejected : maybe)->place(),
                         std::string(rejected ? "\"rejected\"" : "\"mayBeRejected\"") +
                             " needs a request in its step, such as create");
        if (rejected && maybe)
            return error(maybe->place(), "a step has either \"rejected\" or \"mayBeRejected\"");
        if (maybe) {
            for (const Node& code : maybe->items)
                step_.may_be_rejected.push_back(static_cast<int>(int_of(&code)));
            return;
        }
        context_.check_uids(*rejected);
        step_.rejected = Rejection{static_cast<int>(int_of(rejected->find("code"))),
                                   text_of(rejected->find("message"))};
        take_refused_namespace();
    }

    // A create without a namespace that is to fail with `namespaces "x" not found` can only have
    // been sent to x: recorders leave the namespace of a request out of the object.
    void take_refused_namespace() {
        constexpr std::string_view kBegin = "namespaces \"", kEnd = "\" not found";
        auto* create = std::get_if<action::Create>(&step_.action);
        const std::string& message = step_.rejected->message;
        if (!create || !message.starts_with(kBegin) || !message.ends_with(kEnd)) return;
        const Node* given = node_.find("create")->find("metadata");
        if (given && given->find("namespace")) return;
        create->manifest["metadata"]["namespace"] = std::string_view(message).substr(
            kBegin.size(), message.size() - kBegin.size() - kEnd.size());
    }

    const Node node_;
    LoadContext& context_;
    Step step_;
};

// Times must not run backwards and must lie before the end. After a `when` nobody knows how late it
// is.
void check_times(const Node& steps, const std::vector<Step>& read,
                 const std::optional<Duration>& until, LoadContext& context) {
    const Duration end = until.value_or(kLongestRun);
    Duration earliest{};
    bool waited = false;
    for (std::size_t i = 0; i < read.size(); ++i) {
        const Node* time = steps.items[i].find(read[i].at ? "at" : "after");
        const Duration at =
            read[i].at ? *read[i].at : earliest + read[i].after.value_or(Duration::zero());
        if (read[i].at && at < earliest && !waited) {
            context.error(time->place(), "at " + sim::to_text(at) +
                                             " lies before the step above, which starts at " +
                                             sim::to_text(earliest));
        } else if (at > end) {
            const std::string why = until ? "" : ", which is 1h unless spec.until says otherwise";
            const Place place = time ? time->place() : read[i].place;
            context.error(place, sim::to_text(at) + " lies behind the end of the run at " +
                                     sim::to_text(end) + why);
            return;
        }
        if (read[i].at || !waited) earliest = std::max(earliest, at);
        waited = !read[i].when.empty() || (waited && !read[i].at);
    }
}

void number(Node& node, const std::string& digits) {
    constexpr std::string_view kMark = "${i}";
    const auto fill = [&](std::string text) {
        for (std::size_t at = text.find(kMark); at != std::string::npos; at = text.find(kMark, at))
            text.replace(at, kMark.size(), digits);
        return text;
    };
    if (node.is_string() && node.text.find(kMark) != std::string::npos) {
        node.text = fill(node.text);
        node.scalar = Value(node.text);
    }
    for (Node& item : node.items) number(item, digits);
    for (Member& m : node.members) {
        m.key = fill(m.key);
        number(m.value, digits);
    }
}

// The node with every ${i} in its texts replaced; as it is where nothing is repeated.
Node numbered(const Node& node, std::int64_t i) {
    Node copy = node;
    if (node.find("repeat")) number(copy, std::to_string(i));
    return copy;
}

// All repetitions, in the order of their times: those of one step lie between those of the next.
std::vector<Step> expanded(const Node& steps, std::vector<Step> read,
                           const std::optional<Duration>& until, LoadContext& context) {
    std::vector<Step> all;
    std::int64_t left = context.most_steps;
    std::size_t sortable = 0;  // from here on every step has a plain `at`
    const auto sort_tail = [&] {
        std::stable_sort(all.begin() + static_cast<std::ptrdiff_t>(sortable), all.end(),
                         [](const Step& a, const Step& b) { return *a.at < *b.at; });
    };
    for (std::size_t s = 0; s < read.size(); ++s) {
        const Node& node = steps.items[s];
        const Node* repeat = node.find("repeat");
        const bool plain = read[s].at && read[s].when.empty();
        if (repeat && !plain) {
            context.error(repeat->place(), "a repeated step needs \"at\", and no \"when\"");
            return read;
        }
        if (!plain) sort_tail();
        const std::int64_t times = repeat ? int_of(repeat->find("times")) : 1;
        const Duration every = repeat ? *duration_of(repeat->find("every")) : Duration::zero();
        if (repeat && *read[s].at + every * (times - 1) > until.value_or(kLongestRun)) {
            context.error(repeat->place(), "the last repetition lies behind the end of the run");
            return read;
        }
        left -= times;
        if (left < 0) {
            context.error(node.place(), "with this step there are more than " +
                                            std::to_string(context.most_steps) + " in all");
            return read;
        }
        for (std::int64_t i = 1; i <= times; ++i) {
            context.again = i > 1;
            std::optional<Step> step;
            if (i == 1) {
                step = std::move(read[s]);
            } else {
                step = StepReader(numbered(node, i), context).read();
            }
            if (!step) continue;
            if (plain) step->at = *step->at + every * (i - 1);
            all.push_back(std::move(*step));
        }
        context.again = false;
        if (!plain) sortable = all.size();
    }
    sort_tail();
    return all;
}

}  // namespace

std::vector<Step> read_steps(const Node* steps, const std::optional<Duration>& until,
                             LoadContext& context) {
    std::vector<Step> read;
    if (!steps) return read;
    bool repeats = false;
    for (const Node& node : steps->items) {
        StepReader reader(numbered(node, 1), context);
        if (auto step = reader.read()) read.push_back(std::move(*step));
        repeats = repeats || node.find("repeat");
    }
    check_times(*steps, read, until, context);
    if (!repeats || !context.problems.empty()) return read;
    return expanded(*steps, std::move(read), until, context);
}

}  // namespace scenarios
