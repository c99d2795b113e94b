// AttachmentWaits: operations that wait for a VolumeAttachment to be attached or gone. Counterpart:
// csi_attacher.go waitForVolumeAttachDetachStatusWithLister (v1.26 to v1.36): the cache is looked
// at after 500 ms, then after 1.05 times as long each time, each with up to a tenth more, for 2
// min. Here an operation sleeps until the object has changed and wakes at the instant of the next
// look.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "model/attachdetach/alarm.hpp"
#include "model/control/informer.hpp"
#include "sim/random.hpp"

namespace model::attachdetach {

// The instants of the looks of one wait.
class LookTimes {
  public:
    LookTimes(std::uint64_t seed, std::string_view name, sim::Time start);
    // The first look at or after `now`.
    sim::Time at_or_after(sim::Time now);

  private:
    sim::Stream stream_;
    sim::Time next_;
    sim::Duration delay_;  // without the tenth
    void advance();
};

class AttachmentWaits {
  public:
    enum class Goal : unsigned char { Attached, Gone };
    static constexpr sim::Duration kTimeout = std::chrono::minutes(2);  // csiTimeout

    AttachmentWaits(sim::Engine& engine, control::Informer& attachments);

    // "" when the goal is reached. Errors: the external attacher's, that the object is being
    // deleted, or `timed_out` after 2 min.
    sim::Task<std::string> wait(api::Text attachment, Goal goal, std::string timed_out);
    // The instant at which the wait for it acts next, kNever where there is none.
    sim::Time next_action(const api::Text& attachment) const;

  private:
    struct Waiting {
        Waiting(sim::Engine& engine, Goal g, LookTimes l, sim::Time d)
            : goal(g), looks(std::move(l)), deadline(d), alarm(engine) {}
        Goal goal;
        LookTimes looks;
        sim::Time deadline;
        Alarm alarm;
    };
    // Of a wait in its operation's frame: it ends with that.
    class Listed {
      public:
        Listed(AttachmentWaits& waits, api::Text name, Waiting* waiting)
            : waits_(waits), name_(std::move(name)), waiting_(waiting) {
            waits_.waiting_[name_].push_back(waiting_);
        }
        ~Listed();
        Listed(const Listed&) = delete;
        Listed& operator=(const Listed&) = delete;

      private:
        AttachmentWaits& waits_;
        api::Text name_;
        Waiting* waiting_;
    };
    // What a look would find: nothing where it would go on waiting.
    std::optional<std::string> look(const api::Text& attachment, Goal goal) const;
    void set_alarm(const api::Text& attachment, Waiting& waiting) const;

    sim::Engine& engine_;
    control::Informer& attachments_;
    std::map<api::Text, std::vector<Waiting*>> waiting_;  // by attachment; seldom more than one
};

}  // namespace model::attachdetach
