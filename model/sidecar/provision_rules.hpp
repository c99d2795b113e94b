// ProvisionRules: what external-provisioner promises of the volumes that it makes and deletes,
// checked at every commit and call; a broken promise is told as Violated. Counterpart:
// sig-storage-lib-external-provisioner/controller. It judges by what the provisioner may have seen:
// its caches lag, so any version that an object had counts. Not checked: its events (a recorder
// puts them together) and why it takes a chosen node back (the journal does not tell).
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string_view>

#include "model/csi/messages.hpp"
#include "model/journal.hpp"

namespace model {
class Cluster;
}

namespace model::sidecar {

// Checks a cluster from now on; what it holds already is taken as given.
std::unique_ptr<Listener> make_provision_rules(Cluster& cluster);

// The rules' names, as Violated carries them.
namespace rule {
inline constexpr std::string_view kOneVolume = "every volume made for a claim has the same name";
inline constexpr std::string_view kReserved =
    "a volume is made for one claim, by its uid, and is no smaller than asked for";
inline constexpr std::string_view kOnlyAnnotations =
    "the provisioner changes neither spec nor status of a claim";
inline constexpr std::string_view kReleasedFirst =
    "a volume is deleted from the storage after it was Released with policy Delete";
inline constexpr std::string_view kStorageFirst =
    "a volume's storage is deleted before the volume goes";
inline constexpr std::string_view kClaimGone =
    "a volume is deleted from the storage after its claim is gone";
}  // namespace rule

class ProvisionRules final : public Listener {
  public:
    // Listens to the journal until destroyed; emits into it.
    explicit ProvisionRules(Journal& journal);
    ~ProvisionRules() override;
    ProvisionRules(const ProvisionRules&) = delete;
    ProvisionRules& operator=(const ProvisionRules&) = delete;

    // An object that was there before the first commit that it hears of.
    void learn(const api::ObjectRef& object);
    void on(const Stamp& stamp, const Happening& happening) override;

  private:
    struct Handle {
        api::Text driver, volume;
        auto operator<=>(const Handle&) const = default;
    };
    struct Storage {
        std::set<api::Text> volumes;  // that name it
        std::set<api::Text> claims;   // that these were made for or bound to, by uid
        bool releasable = false;      // one of them was Released with policy Delete once
        bool deleted = false;
    };

    void on_commit(const Stamp& stamp, const Committed& commit);
    void on_call(const Stamp& stamp, const CsiCall& call);
    void check_made(const Stamp& stamp, const api::PersistentVolume& volume);
    void check_gone(const Stamp& stamp, const api::PersistentVolume& volume);
    void violated(const Stamp& stamp, std::string_view rule, std::string detail);

    Journal& journal_;
    std::map<Handle, Storage> storage_;
    std::map<api::Text, api::Text> volume_of_claim_;    // the name of the first, by the claim's uid
    std::map<api::Text, api::Quantity> least_request_;  // by the claim's uid
    std::map<api::Text, api::Key> claims_;              // that are there, by uid
};

}  // namespace model::sidecar
