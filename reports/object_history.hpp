// ObjectHistory: how one object came to its state: each write to it and each Event about it.
//
// For `explain`. Keeps lines of text, the latest few hundred of them, since a claim that waits for
// days says the same thing over and over. Left out: reads, and refused writes of other objects.
#pragma once

#include <deque>
#include <string>

#include "model/api/scheme.hpp"
#include "model/journal.hpp"

namespace reports {

class ObjectHistory : public model::Listener {
  public:
    struct Line {
        sim::Time at;
        std::string by, text;
        bool is_event = false;
    };
    ObjectHistory(model::api::Kind kind, model::api::Key key, const model::api::Scheme& scheme);
    void on(const model::Stamp& stamp, const model::Happening& happening) override;

    const std::deque<Line>& lines() const { return lines_; }
    std::size_t left_out() const { return left_out_; }
    // When the object last went; nothing while it lives.
    std::optional<sim::Time> deleted() const { return deleted_; }

  private:
    void keep(Line line);

    model::api::Kind kind_;
    model::api::Key key_;
    const model::api::Scheme& scheme_;
    std::deque<Line> lines_;
    std::size_t left_out_ = 0;
    std::optional<sim::Time> deleted_;
};

}  // namespace reports
