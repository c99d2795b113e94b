// Aftermath: hazards that show only when everything has come to rest: what is being deleted and
// never goes, volumes of a driver's storage that no volume object names, objects that a controller
// keeps in a store of its own although they are gone. Looked at once, at the end of a run; where
// the run was cut rather than at rest, only what is older than a quarter of an hour counts.
#pragma once

#include <map>
#include <memory>
#include <string_view>

#include "model/api/object.hpp"
#include "model/journal.hpp"

namespace model {

class Cluster;

namespace rule {
inline constexpr std::string_view kDeletionEnds = "what is being deleted goes";
inline constexpr std::string_view kStorageNamed =
    "a volume of the storage is named by a volume object";
inline constexpr std::string_view kNoGhost =
    "a controller's own store holds nothing that the server has not";
}  // namespace rule

// How old what is left must be where a run was cut.
inline constexpr sim::Duration kLeftAfter = std::chrono::minutes(15);

class Aftermath final : public Listener {
  public:
    // Listens to the cluster's journal until destroyed; emits into it.
    explicit Aftermath(Cluster& cluster);
    ~Aftermath() override;
    Aftermath(const Aftermath&) = delete;
    Aftermath& operator=(const Aftermath&) = delete;

    void on(const Stamp& stamp, const Happening& happening) override;
    // `at_rest`: nobody is going to do anything any more.
    void finish(const Stamp& stamp, bool at_rest);

  private:
    bool waits_for_steps(const api::Object& object) const;
    void look_at_storage(const Stamp& stamp, sim::Duration age);
    void violated(const Stamp& stamp, std::string_view rule, std::string detail);

    Cluster& cluster_;
    std::map<std::pair<api::Kind, api::Key>, sim::Time> deleting_;       // since when
    std::map<std::pair<api::Text, api::Text>, sim::Time> last_success_;  // by driver and volume id
};

}  // namespace model
