// StateBars: in which state each object was, and for how long: claims, volumes, pods and
// attachments by their phases, and for each node what is attached to it.
//
// For the rows of the HTML report. Bounded: of each kind the first kRowsMax objects have rows, a
// row has at most kBarsMax bars, and the first kNodesMax nodes a section; what is left out is told.
// Left out: conditions, and kinds that have no phase.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "model/api/admission.hpp"
#include "model/journal.hpp"

namespace reports {

// What a state means to whoever looks; it decides on the colour.
enum class Mood : unsigned char { Waits, Free, Good, Leaves, Bad, Done };
std::string_view to_string(Mood mood);  // waits, free, good, leaves, bad, done

struct StateBar {
    sim::Time from;
    std::optional<sim::Time> to;  // nothing: still so
    std::string state;            // Pending, Bound, attaching
    Mood mood{};
};

struct StateRow {
    std::string name;
    std::vector<StateBar> bars;
    std::size_t left_out = 0;  // bars
};

struct StateRows {
    std::string title;
    std::vector<StateRow> rows;  // in the order of coming
    std::size_t left_out = 0;    // objects
};

class StateBars : public model::Listener {
  public:
    static constexpr std::size_t kRowsMax = 250, kBarsMax = 200, kNodesMax = 60;
    // What existed before the run.
    void take_in(const model::api::ObjectReader& objects);
    void on(const model::Stamp& stamp, const model::Happening& happening) override;

    std::vector<StateRows> objects() const;  // claims, volumes, pods, attachments: those there are
    // A section a node: a row for each volume by its VolumeAttachment, one by the node's status.
    std::vector<StateRows> nodes() const;
    bool nodes_left_out() const { return nodes_left_out_; }
    sim::Time last_change() const { return last_; }

  private:
    struct Section {
        std::vector<StateRow> rows;
        std::unordered_map<std::string, std::size_t> by_key;
        std::size_t left_out = 0;
    };
    void on_object(sim::Time at, const model::Committed& commit);
    void on_node(sim::Time at, const model::Committed& commit);
    void on_attachment(sim::Time at, const model::Committed& commit);
    Section* section_of_node(const std::string& name);
    void show(Section& section, const std::string& key, const std::string& name, sim::Time at,
              std::string state, Mood mood);
    void end(Section& section, const std::string& key, sim::Time at);

    std::map<std::string, Section> by_kind_, by_node_;
    std::unordered_map<std::string, std::string> volume_of_;  // by unique name of attached volumes
    bool nodes_left_out_ = false;
    sim::Time last_;
};

}  // namespace reports
