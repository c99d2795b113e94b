#include "model/attachdetach/attachment_wait.hpp"

#include <algorithm>

#include "model/api/objects_storage.hpp"

namespace model::attachdetach {

using namespace std::chrono_literals;

namespace {

constexpr sim::Duration kFirstDelay = 500ms, kLongestDelay = 7s;
constexpr std::uint64_t kJitterParts = 1'000'000;

}  // namespace

LookTimes::LookTimes(std::uint64_t seed, std::string_view name, sim::Time start)
    : stream_(seed, std::string(name) + "@" + sim::to_text(start.time_since_epoch())),
      next_(start),
      delay_(kFirstDelay) {
    advance();
}

void LookTimes::advance() {
    const auto part = static_cast<std::int64_t>(stream_.below(kJitterParts));
    next_ += delay_ + sim::Duration(delay_.count() / 10 * part / std::int64_t{kJitterParts});
    delay_ = std::min(kLongestDelay, sim::Duration(delay_.count() * 21 / 20));
}

sim::Time LookTimes::at_or_after(sim::Time now) {
    while (next_ < now) advance();
    return next_;
}

AttachmentWaits::AttachmentWaits(sim::Engine& engine, control::Informer& attachments)
    : engine_(engine), attachments_(attachments) {
    attachments_.add_handler([this](const api::ObjectRef& before, const api::ObjectRef& after) {
        const api::Text& name = (after ? after : before)->metadata.name;
        const auto it = waiting_.find(name);
        if (it == waiting_.end()) return;
        for (Waiting* w : it->second) set_alarm(name, *w);
    });
}

AttachmentWaits::Listed::~Listed() {
    const auto it = waits_.waiting_.find(name_);
    std::erase(it->second, waiting_);
    if (it->second.empty()) waits_.waiting_.erase(it);
}

std::optional<std::string> AttachmentWaits::look(const api::Text& attachment, Goal goal) const {
    const auto found = attachments_.get<api::VolumeAttachment>(api::Key(api::Text(), attachment));
    if (goal == Goal::Gone) {
        if (!found) return "";
        if (found->status.detachError) return found->status.detachError->message.str();
        return std::nullopt;
    }
    if (!found) return std::nullopt;  // made just now, perhaps
    if (found->metadata.terminating()) return "volume attachment is being deleted";
    if (found->status.attached) return "";
    if (found->status.attachError) return found->status.attachError->message.str();
    return std::nullopt;
}

void AttachmentWaits::set_alarm(const api::Text& attachment, Waiting& waiting) const {
    const bool decided = look(attachment, waiting.goal).has_value();
    const sim::Time next = decided ? waiting.looks.at_or_after(engine_.now()) : waiting.deadline;
    waiting.alarm.set(std::min(next, waiting.deadline));
}

sim::Task<std::string> AttachmentWaits::wait(api::Text attachment, Goal goal,
                                             std::string timed_out) {
    const sim::Time start = engine_.now();
    Waiting waiting(engine_, goal, LookTimes(engine_.seed(), attachment, start), start + kTimeout);
    const Listed listed(*this, attachment, &waiting);
    for (;;) {
        set_alarm(attachment, waiting);
        co_await waiting.alarm.ring(Wait::PollGrid, "a VolumeAttachment");
        // The last look may fall on the end exactly; then the end counts.
        if (engine_.now() >= waiting.deadline) co_return timed_out;
        const std::optional<std::string> found = look(attachment, goal);
        if (found) co_return *found;
    }
}

sim::Time AttachmentWaits::next_action(const api::Text& attachment) const {
    const auto it = waiting_.find(attachment);
    return it == waiting_.end() ? sim::kNever : it->second.front()->alarm.at();
}

}  // namespace model::attachdetach
