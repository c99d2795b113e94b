#include "reports/matches.hpp"

#include <algorithm>

namespace reports {

namespace {

constexpr std::size_t kNamesMax = 3;

std::vector<PassedOver> grouped(const model::Matched& matched) {
    std::vector<PassedOver> groups;
    for (const auto& [volume, rule] : matched.passed_over) {
        auto group = std::find_if(groups.begin(), groups.end(),
                                  [rule = rule](const PassedOver& p) { return p.rule == rule; });
        if (group == groups.end()) group = groups.insert(group, PassedOver{std::string(rule)});
        ++group->count;
        if (group->names.size() < kNamesMax) group->names.push_back(volume.str());
    }
    if (matched.not_told > 0)
        groups.push_back({"not looked at for this report", matched.not_told, {}});
    std::stable_sort(groups.begin(), groups.end(), [](const PassedOver& a, const PassedOver& b) {
        return a.count != b.count ? a.count > b.count : a.rule < b.rule;
    });
    return groups;
}

}  // namespace

void Matches::on(const model::Stamp& stamp, const model::Happening& happening) {
    const auto* matched = std::get_if<model::Matched>(&happening);
    if (!matched) return;
    Match& match = by_claim_[matched->claim.to_string()];
    ++match.times;
    if (!match.volume.empty() && matched->volume.empty()) return;
    match.claim = matched->claim.to_string();
    match.volume = matched->volume.str();
    match.at = stamp.at;
    match.passed_over = grouped(*matched);
}

std::vector<Match> Matches::all() const {
    std::vector<Match> all;
    for (const auto& [claim, match] : by_claim_) all.push_back(match);
    return all;
}

std::string text_of(const Match& match) {
    std::string out = match.claim + (match.volume.empty() ? " found no volume" : " got ");
    out += match.volume;
    std::string groups;
    for (const PassedOver& group : match.passed_over) {
        groups += groups.empty() ? "" : "; ";
        groups += std::to_string(group.count) + " " + group.rule;
        if (group.names.empty()) continue;
        groups += " (";
        for (std::size_t i = 0; i < group.names.size(); ++i)
            groups += (i ? ", " : "") + group.names[i];
        groups += group.count > group.names.size() ? ", ...)" : ")";
    }
    return groups.empty() ? out : out + "; passed over: " + groups;
}

}  // namespace reports
