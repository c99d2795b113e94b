#include "reports/event_trace.hpp"

#include "model/csi/messages.hpp"

namespace reports {

void EventTrace::on_event(const sim::EventRecord& event) {
    if (event.seq >= entries_.size()) entries_.resize(event.seq + 1);
    Entry& entry = entries_[event.seq];
    entry.time = event.time.time_since_epoch().count();
    entry.cause = event.cause;
    entry.wait = static_cast<model::Wait>(event.kind);
    entry.name = name_of(event.actor);
    ++ran_;
    if (next_) next_->on_event(event);
}

void EventTrace::on(const model::Stamp& stamp, const model::Happening& happening) {
    const auto* call = std::get_if<model::CsiCall>(&happening);
    if (call && call->moment == model::CsiCall::Moment::Started)
        calls_.emplace(stamp.event, to_string(method_of(*call->request)));
}

std::optional<EventTrace::Step> EventTrace::back(EventSeq event) const {
    take_in_links();
    const auto link = links_.find(event);
    if (link == links_.end()) return scheduler_of(event);
    const model::Link& l = link->second;
    return Step{l.parent, l.wait, true, call_of(l.wait, l.parent)};
}

std::optional<EventTrace::Step> EventTrace::scheduler_of(EventSeq event) const {
    const Entry* entry = find(event);
    if (!entry) return {};
    return Step{entry->cause, entry->wait, false, call_of(entry->wait, entry->cause)};
}

std::string_view EventTrace::call_of(model::Wait wait, EventSeq parent) const {
    if (wait != model::Wait::CsiCall) return {};
    const auto call = calls_.find(parent);
    return call == calls_.end() ? std::string_view() : call->second;
}

sim::Time EventTrace::time(EventSeq event) const {
    const Entry* entry = find(event);
    return entry ? sim::Time(sim::Duration(entry->time)) : sim::Time();
}

std::string_view EventTrace::actor(EventSeq event) const {
    const Entry* entry = find(event);
    return entry ? std::string_view(names_[entry->name].actor) : std::string_view();
}

std::string_view EventTrace::program(EventSeq event) const {
    const Entry* entry = find(event);
    return entry ? std::string_view(names_[entry->name].program) : std::string_view();
}

const EventTrace::Entry* EventTrace::find(EventSeq event) const {
    if (event == 0 || event >= entries_.size() || entries_[event].time < 0) return nullptr;
    return &entries_[event];
}

// Names are asked for while the actor lives, once for each actor.
std::uint32_t EventTrace::name_of(sim::ActorId actor) {
    if (!actor) return 0;
    if (actor.slot() >= named_.size()) named_.resize(actor.slot() + 1);
    Named& named = named_[actor.slot()];
    if (named.id == actor) return named.name;
    Name name{std::string(engine_->name_of_group_of(actor)),
              std::string(engine_->actor_name(actor))};
    const auto [it, is_new] = name_numbers_.emplace(name.program + "\n" + name.actor,
                                                    static_cast<std::uint32_t>(names_.size()));
    if (is_new) names_.push_back(std::move(name));
    named = Named{actor, it->second};
    return named.name;
}

// Of several pieces of work begun within one event the last is the one that went on beyond it. Work
// that an event gave itself has no other parent than the event's own.
void EventTrace::take_in_links() const {
    const std::vector<model::Link>& links = journal_->links();
    for (; links_taken_ < links.size(); ++links_taken_) {
        const model::Link& link = links[links_taken_];
        if (link.parent != link.event) links_[link.event] = link;
    }
}

}  // namespace reports
