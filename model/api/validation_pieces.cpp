// Rules that several kinds share: selectors, quantities, paths, access modes, CSI driver names.
// Counterpart: the helpers of pkg/apis/core/validation/validation.go.
#include <algorithm>

#include "model/api/validation_rules.hpp"

namespace model::api {

namespace {

constexpr std::size_t kDriverNameMax = 63;
constexpr std::string_view kNoMember = "";

bool contains(std::initializer_list<std::string_view> set, std::string_view name) {
    return std::find(set.begin(), set.end(), name) != set.end();
}

// Extended resources: qualified, outside of kubernetes.io, and no request of a quota.
bool is_extended_resource(std::string_view name) {
    return name.find('/') != std::string_view::npos &&
           name.find("kubernetes.io/") == std::string_view::npos && !name.starts_with("requests.");
}

bool counts_in_integers(std::string_view resource) {
    return contains({"pods", "resourcequotas", "services", "replicationcontrollers", "secrets",
                     "configmaps", "persistentvolumeclaims", "services.nodeports",
                     "services.loadbalancers"},
                    resource) ||
           is_extended_resource(resource);
}

std::string go_quantity(const Quantity& q) {
    const char* format = q.format() == Quantity::Format::BinarySI    ? "BinarySI"
                         : q.format() == Quantity::Format::DecimalSI ? "DecimalSI"
                                                                     : "DecimalExponent";
    return "resource.Quantity{i:resource.int64Amount{value:" + std::to_string(q.value()) +
           ", scale:0}, d:resource.infDecAmount{Dec:(*inf.Dec)(nil)}, s:" +
           in_quotes(q.to_string()) + ", Format:" + in_quotes(format) + "}";
}

void check_operator_values(const SelectorRequirement& r, const Path& at, Findings& f) {
    if (r.op == "In" || r.op == "NotIn") {
        if (r.values.empty())
            f.required(at.child("values"), "must be specified when `operator` is 'In' or 'NotIn'");
    } else if (r.op == "Exists" || r.op == "DoesNotExist") {
        if (!r.values.empty())
            f.forbidden(at.child("values"),
                        "may not be specified when `operator` is 'Exists' or 'DoesNotExist'");
    } else {
        f.invalid(at.child("operator"), shown(r.op.view()), "not a valid selector operator");
    }
}

void check_values(const SelectorRequirement& r, const Path& at, Findings& f) {
    for (std::size_t i = 0; i < r.values.size(); ++i)
        f.invalid_each(at.child("values").index(i), r.values[i],
                       label_value_problems(r.values[i], f.wording));
}

bool has_invalid_value(const List<SelectorRequirement>& requirements, const Wording& wording) {
    for (const SelectorRequirement& r : requirements)
        for (const Text& value : r.values)
            if (!label_value_problems(value, wording).empty()) return true;
    return false;
}

void check_node_expression(const SelectorRequirement& r, bool any_value, const Path& at,
                           Findings& f) {
    if (r.op == "Gt" || r.op == "Lt") {
        if (r.values.size() != 1)
            f.required(at.child("values"),
                       "must be specified single value when `operator` is 'Lt' or 'Gt'");
    } else {
        check_operator_values(r, at, f);
    }
    check_label_key(r.key, at.child("key"), f);
    if (!any_value && f.wording.affinity_values) check_values(r, at, f);
}

void check_node_field(const SelectorRequirement& r, const Path& at, Findings& f) {
    if (r.op == "In" || r.op == "NotIn") {
        if (r.values.size() != 1)
            f.required(at.child("values"),
                       "must be only one value when `operator` is 'In' or 'NotIn' for node field "
                       "selector");
    } else {
        f.invalid(at.child("operator"), shown(r.op.view()), "not a valid selector operator");
    }
    if (r.key != "metadata.name") {
        f.invalid(at.child("key"), shown(r.key.view()), "not a valid field selector key");
        return;  // no rule for the values of a field that is none
    }
    for (std::size_t i = 0; i < r.values.size(); ++i)
        check_subdomain(r.values[i], at.child("values").index(i), f);
}

}  // namespace

void check_driver_name(std::string_view name, const Path& at, Findings& f) {
    if (name.empty()) {
        f.required(at);
        if (f.wording.empty_driver_once) return;
    }
    if (name.size() > kDriverNameMax) f.too_long(at, kDriverNameMax);
    f.invalid_each(at, name, dns_subdomain_problems(ascii_lower(name)));
}

void check_label_selector(const LabelSelector& selector, bool any_value, const Path& at,
                          Findings& f) {
    check_labels(selector.matchLabels, at.child("matchLabels"), f);
    for (std::size_t i = 0; i < selector.matchExpressions.size(); ++i) {
        const SelectorRequirement& r = selector.matchExpressions[i];
        const Path here = at.child("matchExpressions").index(i);
        check_operator_values(r, here, f);
        check_label_key(r.key, here.child("key"), f);
        if (!any_value) check_values(r, here, f);
    }
}

void check_node_selector(const NodeSelector& selector, bool any_value, const Path& at,
                         Findings& f) {
    const Path terms = at.child("nodeSelectorTerms");
    if (selector.nodeSelectorTerms.empty()) {
        f.required(terms, "must have at least one node selector term");
        return;  // no term, nothing more to judge
    }
    for (std::size_t i = 0; i < selector.nodeSelectorTerms.size(); ++i) {
        const NodeSelectorTerm& term = selector.nodeSelectorTerms[i];
        for (std::size_t j = 0; j < term.matchExpressions.size(); ++j)
            check_node_expression(term.matchExpressions[j], any_value,
                                  terms.index(i).child("matchExpressions").index(j), f);
        for (std::size_t j = 0; j < term.matchFields.size(); ++j)
            check_node_field(term.matchFields[j], terms.index(i).child("matchFields").index(j), f);
    }
}

bool has_invalid_value(const LabelSelector& selector, const Wording& wording) {
    return has_invalid_value(selector.matchExpressions, wording);
}

bool has_invalid_value(const NodeSelector& selector, const Wording& wording) {
    return std::any_of(
        selector.nodeSelectorTerms.begin(), selector.nodeSelectorTerms.end(),
        [&](const NodeSelectorTerm& t) { return has_invalid_value(t.matchExpressions, wording); });
}

void check_access_modes(const List<Text>& modes, const Path& at, Findings& f) {
    const bool pod_mode = f.profile.on(Gate::ReadWriteOncePod);
    bool once_pod = false, other = false;
    for (const Text& m : modes) {
        const bool is_other =
            contains({mode::kReadOnlyMany, mode::kReadWriteMany, mode::kReadWriteOnce}, m);
        const bool is_once_pod = m == mode::kReadWriteOncePod;
        if (!is_other && !is_once_pod && pod_mode)
            f.unsupported(at, shown(m.view()),
                          {mode::kReadOnlyMany, mode::kReadWriteMany, mode::kReadWriteOnce,
                           mode::kReadWriteOncePod});
        if (!is_other && !pod_mode)
            f.unsupported(at, shown(m.view()),
                          {mode::kReadOnlyMany, mode::kReadWriteMany, mode::kReadWriteOnce});
        once_pod |= is_once_pod;
        other |= is_other;
    }
    if (once_pod && other) f.forbidden(at, "may not use ReadWriteOncePod with other access modes");
}

void check_volume_mode(const std::optional<Text>& m, const Path& at, Findings& f) {
    if (m && *m != mode::kBlock && *m != mode::kFilesystem)
        f.unsupported(at, shown(m->view()), {mode::kBlock, mode::kFilesystem});
}

void check_positive(const Quantity& q, const Path& at, Findings& f) {
    if (q.sign() <= 0) f.invalid(at, shown(q.to_string()), "must be greater than zero");
}

void check_nonnegative(const Quantity& q, const Path& at, Findings& f) {
    if (q.sign() < 0) f.invalid(at, shown(q.to_string()), "must be greater than or equal to 0");
}

void check_quantity(std::string_view resource, const Quantity& q, const Path& at, Findings& f) {
    check_nonnegative(q, at, f);
    if (counts_in_integers(resource) && q.milli_value() % 1000 != 0)
        f.invalid(at, Shown{go_quantity(q), in_quotes(q.to_string())}, "must be an integer");
}

void check_basic_quantity(const Quantity& q, const Path& at, Findings& f) {
    if (q.value() < 0) f.invalid(at, shown(q.value()), "must be a valid resource quantity");
}

void check_no_backsteps(std::string_view path, const Path& at, Findings& f) {
    for (std::string_view rest = path;;) {
        const std::size_t slash = rest.find('/');
        if (rest.substr(0, slash) == "..") {
            f.invalid(at, shown(path), "must not contain '..'");
            return;  // one is enough, also for ../../..
        }
        if (slash == std::string_view::npos) return;
        rest.remove_prefix(slash + 1);
    }
}

void check_host_path(std::string_view path, const std::optional<Text>& type, const Path& at,
                     Findings& f) {
    if (path.empty()) {
        f.required(at.child("path"));
        return;  // upstream judges the type only where there is a path
    }
    check_no_backsteps(path, at.child("path"), f);
    if (!type || contains({kNoMember, "BlockDevice", "CharDevice", "Directory", "DirectoryOrCreate",
                           "File", "FileOrCreate", "Socket"},
                          *type))
        return;  // no type, or one of those that a kubelet checks
    f.unsupported(at.child("type"), shown(type->view()),
                  {kNoMember, "BlockDevice", "CharDevice", "Directory", "DirectoryOrCreate", "File",
                   "FileOrCreate", "Socket"});
}

void check_nfs(std::string_view server, std::string_view path, const Path& at, Findings& f) {
    if (server.empty()) f.required(at.child("server"));
    if (path.empty()) f.required(at.child("path"));
    if (!path.starts_with('/'))
        f.invalid(at.child("path"), shown(path), "must be an absolute path");
}

Shown shown(const ResourceList& list) {
    if (list.empty()) return Shown{"core.ResourceList(nil)", "null"};
    Shown all{"core.ResourceList{", "{"};
    for (const auto& [name, q] : list.items) {
        const bool first = &name == &list.items.front().first;
        all.go += (first ? "" : ", ") + in_quotes(name) + ":" + go_quantity(q);
        all.json += (first ? "" : ",") + in_quotes(name) + ":" + in_quotes(q.to_string());
    }
    return Shown{all.go + "}", all.json + "}"};
}

std::string member_diff(const Value& old, const Value& now) {
    std::string out = "\n";
    const auto line = [&](char sign, const Text& name, const Value& v) {
        out.append(1, sign).append(name.view()).append(": ").append(v.to_json()).append("\n");
    };
    for (const auto& [name, value] : old.as_map()) {
        const Value* other = now.find(name);
        if (other && *other == value) continue;
        line('-', name, value);
        if (other) line('+', name, *other);
    }
    for (const auto& [name, value] : now.as_map())
        if (!old.find(name)) line('+', name, value);
    return out;
}

}  // namespace model::api
