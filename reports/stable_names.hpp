// StableNames: names and texts of a run in a form that can be held against those of another run.
//
// Uids are drawn by the seed, and with them the names of volumes made for claims; the API server
// makes up the ends of generated names, and attachments are named by a hash. Here a uid is told by
// whose it is, "pvc-{default/data}", a generated name by its number, "web-#2", an attachment by
// volume and node, and an API Event without its time. What cannot be known stays as it is.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <tuple>
#include <unordered_map>

#include "model/journal.hpp"

namespace reports {

class StableNames : public model::Listener {
  public:
    void on(const model::Stamp& stamp, const model::Happening& happening) override;
    // Every known name or uid within the text replaced.
    std::string text(std::string_view text) const;

  private:
    void learn(const model::api::Object& object);
    std::string word(std::string_view word) const;
    std::string without_uids(std::string_view word) const;

    std::unordered_map<std::string, std::string> owner_of_uid_, stable_;  // stable_: by name
    std::map<std::tuple<model::api::Kind, std::string, std::string>, int> generated_;
};

}  // namespace reports
