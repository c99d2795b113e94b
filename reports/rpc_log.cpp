#include "reports/rpc_log.hpp"

#include "model/csi/messages.hpp"

namespace reports {

namespace {

void add(std::string& out, std::string_view key, const model::api::Value& value) {
    if (out.back() != '{') out += ',';
    out += '"';
    out += key;
    out += "\":";
    value.append_json(out);
}

// A number as it is to stand there: Value prints floating-point numbers in its own way.
void add_number(std::string& out, std::string_view key, const std::string& digits) {
    if (out.back() != '{') out += ',';
    out += "\"" + std::string(key) + "\":" + digits;
}

std::string_view method_of(const model::CsiCall& call) {
    return to_string(model::csi::method_of(*call.request));
}

}  // namespace

void RpcLog::on(const model::Stamp& stamp, const model::Happening& happening) {
    const auto* call = std::get_if<model::CsiCall>(&happening);
    if (!call) return;
    using Moment = model::CsiCall::Moment;
    CallId key(call->driver.str(), call->node.str(), call->id);
    if (call->moment == Moment::Started) {
        running_.emplace(std::move(key), ++last_);
        start(stamp, *call, last_);
    } else if (const auto running = running_.find(key); running != running_.end()) {
        if (call->moment == Moment::Ended) end(stamp, *call, running->second);
        running_.erase(running);
    }
    file_.pass_on();
}

void RpcLog::start(const model::Stamp& stamp, const model::CsiCall& call, std::uint64_t id) {
    std::string& out = file_.buffer();
    out += '{';
    add(out, "driver", call.driver);
    add(out, "ev", "start");
    add_number(out, "id", std::to_string(id));
    add(out, "method", method_of(call));
    if (!call.node.empty()) add(out, "node", call.node);
    add(out, "req", to_value(*call.request));
    add_number(out, "t", sim::seconds_text(stamp.at, 6));
    out += "}\n";
}

void RpcLog::end(const model::Stamp& stamp, const model::CsiCall& call, std::uint64_t id) {
    std::string& out = file_.buffer();
    const model::csi::Outcome& outcome = *call.outcome;
    // In milliseconds: a thousandth of the time is written with the digits of seconds.
    const sim::Duration took = stamp.at - call.started;
    out += '{';
    add(out, "ctx_err", call.abandoned ? "context canceled" : "<nil>");
    add_number(out, "dur_ms", sim::seconds_text(sim::Time(took * 1000), 3));
    if (!outcome.status.ok()) add(out, "err", outcome.status.text());
    add(out, "ev", "end");
    add_number(out, "id", std::to_string(id));
    add(out, "method", method_of(call));
    if (!call.node.empty()) add(out, "node", call.node);
    if (outcome.status.ok()) add(out, "resp", to_value(outcome.response));
    add_number(out, "t", sim::seconds_text(stamp.at, 6));
    out += "}\n";
}

}  // namespace reports
