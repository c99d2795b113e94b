#include "scenarios/happening_filter.hpp"

#include <algorithm>

#include "model/csi/messages.hpp"

namespace scenarios {
namespace {

using model::api::Event;

std::string text(const Value& map, std::string_view key) {
    const Value* v = map.find(key);
    return v ? std::string(v->as_string()) : std::string();
}

bool is_or_any(const std::string& wanted, std::string_view found) {
    return wanted.empty() || wanted == found;
}

}  // namespace

EventFilter::EventFilter(const Value& written) {
    reason_ = written.is_string() ? std::string(written.as_string()) : text(written, "reason");
    type_ = text(written, "type");
    from_ = text(written, "from");
    message_ = text(written, "message");
    message_is_prefix_ = message_.ends_with('*');
    if (message_is_prefix_) message_.pop_back();
    const Value* about = written.find("about");
    if (!about) return;
    if (about->is_string()) {
        const std::string_view words = about->as_string();
        const std::size_t slash = words.find('/');
        const std::size_t last = words.rfind('/');
        kind_ = words.substr(0, slash);
        name_ = words.substr(last + 1);
        if (last != slash) ns_ = words.substr(slash + 1, last - slash - 1);
    } else {
        kind_ = text(*about, "kind");
        name_ = text(*about, "name");
        ns_ = text(*about, "namespace");
    }
}

bool EventFilter::matches(const Event& event) const {
    const std::string_view message = event.message;
    const bool message_fits =
        message_is_prefix_ ? message.starts_with(message_) : is_or_any(message_, message);
    const std::string_view from = event.source.component.empty() ? event.reportingComponent.view()
                                                                 : event.source.component.view();
    return message_fits && is_or_any(reason_, event.reason) && is_or_any(type_, event.type) &&
           is_or_any(from_, from) && is_or_any(kind_, event.involvedObject.kind) &&
           is_or_any(name_, event.involvedObject.name) && is_or_any(ns_, event.involvedObject.ns);
}

std::int64_t EventFilter::occurrences(const model::Committed& committed) const {
    if (committed.change == model::Change::Deleted) return 0;
    const auto event = model::api::as<Event>(committed.object);
    if (!event || !matches(*event)) return 0;
    const auto before = model::api::as<Event>(committed.previous);
    // A write that does not count up (a series begins, a note is changed) is one writing all the
    // same.
    return std::max<std::int64_t>(1, event->count - (before ? before->count : 0));
}

RequestFilter::RequestFilter(const Value& written, View& view)
    : verb_(text(written, "verb")),
      name_(text(written, "name")),
      ns_(text(written, "namespace")),
      subresource_(text(written, "subresource")),
      by_(text(written, "by")) {
    const std::string kind = text(written, "kind");
    if (!kind.empty()) kind_ = view.kind(kind);
    const std::string resource = text(written, "resource");
    if (!resource.empty()) kind_ = view.cluster().server().scheme().find_resource(resource)->id;
    if (const Value* code = written.find("code")) code_ = static_cast<int>(code->as_int());
}

bool RequestFilter::matches(const model::Requested& r) const {
    return is_or_any(verb_, to_string(r.verb)) && (!kind_ || *kind_ == r.kind) &&
           is_or_any(name_, r.key.name) && is_or_any(ns_, r.key.ns) &&
           is_or_any(subresource_, to_string(r.subresource)) && is_or_any(by_, r.by) &&
           (!code_ || *code_ == r.status.code);
}

RpcFilter::RpcFilter(const Value& written)
    : method_(written.is_string() ? std::string(written.as_string()) : text(written, "method")),
      driver_(text(written, "driver")),
      code_(text(written, "code")) {}

bool RpcFilter::matches(const model::CsiCall& call) const {
    using Moment = model::CsiCall::Moment;
    if (call.moment != (code_.empty() ? Moment::Started : Moment::Ended)) return false;
    return is_or_any(method_, to_string(method_of(*call.request))) &&
           is_or_any(driver_, call.driver) &&
           (code_.empty() || code_ == to_string(call.outcome->status.code));
}

}  // namespace scenarios
