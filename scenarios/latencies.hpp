// Latencies by name, as expectations bound them: how long from one instant of an object to another.
//     claim-bound       from the claim's creation to its phase becoming Bound
//     claim-provisioned from the claim's creation to the creation of a volume made for it
//     pod-scheduled     from the pod's creation to it having a node
//     volume-attached   from the attachment's creation to it being attached
//     volume-mounted    from the pod having a node to its status saying that containers can start
//     pod-running       from the pod's creation to its phase becoming Running
//     claim-deleted     from the claim's deletion being asked for to the claim being gone
//     volume-reclaimed  from the volume's phase becoming Released to it being gone, or Available
//     again
// An object that has begun and not come to its last instant when the run ends counts as slower than
// any bound.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "model/journal.hpp"

namespace scenarios {

class LatencySamples {
  public:
    explicit LatencySamples(std::string name);
    void on(sim::Time at, const model::Committed& committed);

    const std::string& name() const { return name_; }
    std::size_t finished() const { return samples_.size(); }
    const std::vector<sim::Duration>& samples() const { return samples_; }
    // When each of them came to its end, in that order.
    const std::vector<sim::Time>& ends() const { return ends_; }
    std::size_t unfinished() const { return began_.size(); }
    // The least duration that at least `percent` in a hundred took no longer than; nothing where it
    // was not reached, or where nothing began.
    std::optional<sim::Duration> percentile(int percent) const;
    // One that has not come to its end, for messages.
    std::string example() const;

  private:
    void begin(const model::api::Key& key, sim::Time at);
    void end(const model::api::Key& key, sim::Time at);
    void on_claim(sim::Time at, const model::Committed& committed);
    void on_volume(sim::Time at, const model::Committed& committed);
    void on_pod(sim::Time at, const model::Committed& committed);
    void on_attachment(sim::Time at, const model::Committed& committed);
    void on_provisioned(sim::Time at, const model::Committed& committed);

    std::string name_;
    std::map<model::api::Key, sim::Time> began_;
    std::vector<sim::Duration> samples_;
    std::vector<sim::Time> ends_;
};

}  // namespace scenarios
