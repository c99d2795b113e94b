#include "reports/driver_calls.hpp"

#include <algorithm>

#include "model/csi/messages.hpp"

namespace reports {

void Concurrency::change(sim::Time at, std::size_t running) {
    running_ = running;
    most_ = std::max(most_, running);
    if (changes_.size() == kChangesMax) {
        // The last stays by itself: it tells what is now.
        std::vector<Change> fewer;
        for (std::size_t i = 0; i + 2 < changes_.size(); i += 2)
            fewer.push_back(changes_[i].running >= changes_[i + 1].running ? changes_[i]
                                                                           : changes_[i + 1]);
        fewer.push_back(changes_.back());
        changes_ = std::move(fewer);
    }
    changes_.push_back({at, running});
}

void DriverCalls::on(const model::Stamp& stamp, const model::Happening& happening) {
    const auto* call = std::get_if<model::CsiCall>(&happening);
    if (!call) return;
    using Moment = model::CsiCall::Moment;
    MethodCalls& calls = by_driver_[call->driver.str()][method_of(*call->request)];
    if (call->moment == Moment::Started) {
        ++calls.calls;
        calls.concurrency.begin(stamp.at);
        return;
    }
    calls.concurrency.end(stamp.at);
    if (call->abandoned) ++calls.unawaited;
    if (call->moment == Moment::Lost) {
        ++calls.lost;
        return;
    }
    ++calls.outcomes[call->outcome->status.code];
    calls.took.push_back(stamp.at - call->started);
}

const DriverCalls::ByMethod& DriverCalls::of(const std::string& driver) const {
    static const ByMethod kNone;
    const auto found = by_driver_.find(driver);
    return found == by_driver_.end() ? kNone : found->second;
}

}  // namespace reports
