// Tally: which objects match a pattern, kept up to date commit by commit, so that conditions and
// expectations cost nothing but when an object of their kind changes. All tallies of a run are
// found by kind.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <vector>

#include "scenarios/view.hpp"

namespace scenarios {

// Objects that match a pattern, kept up to date with every commit.
class Tally {
  public:
    Tally(const Pattern& pattern, View& view);

    model::api::Kind kind() const { return kind_; }
    const Pattern& pattern() const { return pattern_; }
    const std::set<model::api::Key>& matching() const { return matching_; }
    std::size_t count() const { return matching_.size(); }
    bool any() const { return !matching_.empty(); }
    // True where the set has changed.
    bool update(const model::Committed& committed);
    // Its references name an object that does not exist yet: nothing matches.
    bool is_unresolved() const { return !resolved_; }
    // The pattern as it stands now; its references are left as written while an object is missing.
    const Pattern& resolved() const { return resolved_ ? *resolved_ : pattern_; }

  private:
    bool seed();
    bool fits(const model::api::ObjectRef& object);

    Pattern pattern_;
    View& view_;
    model::api::Kind kind_{};
    std::optional<Pattern> resolved_;
    std::set<model::api::Key> matching_;
};

// All tallies of a run by kind, so that a commit costs only those of its kind.
class Tallies {
  public:
    explicit Tallies(View& view) : view_(view) {}
    // `on_change` runs inside the commit; it must not touch the model. It may drop tallies.
    Tally& add(const Pattern& pattern, std::function<void()> on_change);
    void drop(const Tally& tally);
    void on(const model::Committed& committed);

  private:
    struct Entry {
        std::unique_ptr<Tally> tally;
        std::function<void()> on_change;
        bool dropped = false;
    };
    void update(Entry& entry, const model::Committed& committed);

    View& view_;
    std::map<model::api::Kind, std::vector<std::unique_ptr<Entry>>> entries_;
    std::size_t unresolved_ =
        0;  // patterns with ${uid:...}, which wait for objects of other kinds too
    bool dropped_ = false;
};

}  // namespace scenarios
