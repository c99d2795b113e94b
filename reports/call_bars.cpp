#include "reports/call_bars.hpp"

#include "model/csi/messages.hpp"

namespace reports {

void CallBars::on(const model::Stamp& stamp, const model::Happening& happening) {
    if (const auto* call = std::get_if<model::CsiCall>(&happening)) on_call(stamp.at, *call);
    const auto* commit = std::get_if<model::Committed>(&happening);
    if (!commit || commit->change == model::Change::Deleted) return;
    if (const auto event = model::api::as<model::api::Event>(commit->object))
        on_event(stamp.at, *event);
}

void CallBars::on_call(sim::Time at, const model::CsiCall& call) {
    using Moment = model::CsiCall::Moment;
    const std::string method(to_string(method_of(*call.request)));
    const std::string on = call.node.empty() ? "" : " on " + call.node.str();
    StateRow& row = rows_[call.driver.str() + on][method];
    row.name = method;
    CallId id(call.driver.str(), call.node.str(), call.id);
    if (call.moment == Moment::Started) {
        if (row.bars.size() >= kBarsMax || bars_ >= kCallsMax) {
            ++row.left_out;
            return;
        }
        ++bars_;
        running_[std::move(id)] = row.bars.size();
        const std::string subject = subject_of(*call.request).str();
        row.bars.push_back({at, {}, subject.empty() ? method : subject, Mood::Waits});
        return;
    }
    const auto running = running_.find(id);
    if (running == running_.end()) return;
    StateBar& bar = row.bars[running->second];
    running_.erase(running);
    bar.to = at;
    const bool lost = call.moment == Moment::Lost;
    const bool is_ok = !lost && call.outcome->status.ok();
    bar.mood = is_ok ? Mood::Good : Mood::Bad;
    bar.state += lost    ? ": lost, the driver died"
                 : is_ok ? ": OK"
                         : ": " + std::string(to_string(call.outcome->status.code)) + " " +
                               call.outcome->status.message.str();
}

void CallBars::on_event(sim::Time at, const model::api::Event& event) {
    const std::string key = event.key().to_string();
    const auto known = event_by_key_.find(key);
    if (known != event_by_key_.end()) {
        events_[known->second].last = at;
        events_[known->second].said = said_by(event);
        return;
    }
    if (events_.size() >= kEventsMax) {
        ++events_left_out_;
        return;
    }
    event_by_key_[key] = events_.size();
    events_.push_back({at, at, said_by(event)});
}

std::vector<StateRows> CallBars::calls() const {
    std::vector<StateRows> all;
    for (const auto& [driver, methods] : rows_) {
        StateRows section{driver, {}, 0};
        for (const auto& method : methods)
            if (!method.second.bars.empty()) section.rows.push_back(method.second);
        if (!section.rows.empty()) all.push_back(std::move(section));
    }
    return all;
}

}  // namespace reports
