#include "model/csi/faults.hpp"

namespace model::csi {

void FaultPlan::add(Method method, Fault fault) {
    if (fault.times > 0) faults_[static_cast<std::size_t>(method)].push_back(std::move(fault));
}

std::optional<Fault> FaultPlan::next(Method method, sim::Stream& stream) {
    std::deque<Fault>& plan = faults_[static_cast<std::size_t>(method)];
    if (plan.empty()) return std::nullopt;
    Fault& first = plan.front();
    if (first.skip > 0) {
        --first.skip;
        return std::nullopt;
    }
    constexpr std::uint64_t kBillion = 1'000'000'000;
    if (first.probability < 1 &&
        static_cast<double>(stream.below(kBillion)) >= first.probability * kBillion)
        return std::nullopt;
    Fault met = first;
    if (--first.times == 0) plan.pop_front();
    return met;
}

std::size_t FaultPlan::left(Method method) const {
    return faults_[static_cast<std::size_t>(method)].size();
}

}  // namespace model::csi
