// View: what steps and expectations see of the cluster: the API server's current state, the uids
// that objects got, and why an object is not as somebody wanted it. Reads only.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "model/cluster.hpp"
#include "scenarios/match.hpp"
#include "scenarios/scenario.hpp"
#include "scenarios/uid_text.hpp"

namespace scenarios {

class View {
  public:
    explicit View(model::Cluster& cluster) : cluster_(cluster) {}

    model::Cluster& cluster() { return cluster_; }
    sim::Time now() { return cluster_.engine().now(); }
    model::api::Kind kind(const std::string& name);
    // The object as the API prints it; of the last object asked for it is kept.
    const Value& text(const model::api::ObjectRef& object);

    // Uids of objects that the scenario names by ${uid:...}, and of no others.
    void want_uids(const Value& value);
    bool wants_uids() const { return !uids_.empty(); }
    void note_uid(const model::Committed& committed);
    void note_existing_uids();
    std::string uid_of(const UidReference& reference) const;
    // The pattern with its references replaced; nothing while an object is missing.
    std::optional<Pattern> resolve(const Pattern& pattern,
                                   std::optional<UidReference>& missing) const;

    // "there is no Pod default/web-0", or the fields in which the nearest object differs.
    struct Mismatch {
        std::string reason;
        std::vector<std::string> events;
    };
    Mismatch why_not(const Pattern& pattern);
    // "Pod default/web-0 is still there (finalizers: ...)".
    Mismatch why_there(const Pattern& pattern, const std::set<model::api::Key>& there);
    // The last events about an object, oldest first.
    std::vector<std::string> events_about(model::api::Kind kind, const model::api::Key& key);

  private:
    UidReference normal(UidReference reference) const;

    model::Cluster& cluster_;
    model::api::ObjectRef encoded_;
    Value encoded_text_;
    std::map<UidReference, std::vector<std::string>>
        uids_;  // by reference with nth 1: all of that name, in order
};

}  // namespace scenarios
