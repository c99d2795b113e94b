#include "scenarios/oracles.hpp"

#include "model/aftermath.hpp"
#include "model/attachdetach/invariants.hpp"
#include "model/csi/lifecycle.hpp"
#include "model/node/node_invariants.hpp"
#include "model/scheduler/placement_rules.hpp"
#include "model/sidecar/provision_rules.hpp"
#include "model/volume/invariants.hpp"

namespace scenarios {

const std::vector<std::string>& oracle_names() {
    namespace attach = model::attachdetach::rule;
    namespace calls = model::csi::rule;
    namespace made = model::sidecar::rule;
    namespace bound = model::volume::rule;
    using model::node::NodeInvariants;
    static const std::vector<std::string> all = [] {
        std::vector<std::string> names;
        for (std::string_view name : {attach::kOneNode,
                                      attach::kUnmountedFirst,
                                      attach::kNotWanted,
                                      attach::kLimit,
                                      attach::kGivenUp,
                                      attach::kRoom,
                                      attach::kLeftOver,
                                      calls::kAttachedFirst,
                                      calls::kStagedFirst,
                                      calls::kUnpublishedFirst,
                                      calls::kLeftNodeFirst,
                                      calls::kUnusedFirst,
                                      made::kReleasedFirst,
                                      made::kStorageFirst,
                                      made::kClaimGone,
                                      bound::kNotUnderPod,
                                      bound::kClaimStays,
                                      bound::kClaimGone,
                                      NodeInvariants::kUnpublishedFirst,
                                      NodeInvariants::kOnePodOnly,
                                      NodeInvariants::kWriterKeepsVolume,
                                      model::scheduler::rule::kOnePod,
                                      model::rule::kDeletionEnds,
                                      model::rule::kStorageNamed,
                                      model::rule::kNoGhost})
            names.emplace_back(name);
        return names;
    }();
    return all;
}

std::set<std::string, std::less<>> announced_rules(const Scenario& scenario) {
    std::set<std::string, std::less<>> rules;
    const auto add = [&rules](const Expectation& e) {
        const Value* rule = e.body.find("violated");
        if (rule && (e.kind == Expectation::Kind::Within || e.kind == Expectation::Kind::Count))
            rules.insert(std::string(rule->as_string()));
    };
    for (const Expectation& e : scenario.expect) add(e);
    for (const Step& s : scenario.steps)
        if (s.expect) add(*s.expect);
    return rules;
}

}  // namespace scenarios
