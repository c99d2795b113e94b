// The rules of binding as pure functions on one claim and one volume: who is bound to whom, whether
// they fit, and what either must look like after a step of a bind. Counterpart:
// component-helpers/storage/volume/pv_helpers.go and the stateless parts of
// pkg/controller/volume/persistentvolume/pv_controller.go (v1.36). Node affinity is the scheduler's
// business and not here.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "model/api/objects_core.hpp"
#include "model/api/status.hpp"

namespace model::volume {

using PV = api::PersistentVolume;
using PVC = api::PersistentVolumeClaim;

// The beta annotation wins over the field even when it is "".
std::string_view storage_class_of(const PVC& claim);
std::string_view storage_class_of(const PV& volume);
// Whether somebody chose a class, "" included. Up to 1.28 the beta annotation did not count.
bool has_class(const PVC& claim, bool annotation_counts);

// By namespace and name; by uid too where the volume names one.
bool is_bound_to(const PV& volume, const PVC& claim);
inline api::Key claim_key(const api::ObjectReference& ref) { return api::Key(ref.ns, ref.name); }

api::Quantity requested_storage(const PVC& claim);
api::Quantity storage_capacity(const PV& volume);
bool volume_modes_differ(const PVC& claim, const PV& volume);
std::string_view attributes_class(const PVC& claim);
std::string_view attributes_class(const PV& volume);
bool offers_access_modes(const PV& volume, const PVC& claim);

// Why a claim may not have the unclaimed volume that it names, in the words of the event; "" when
// it may.
std::string mismatch(const PV& volume, const PVC& claim, bool attributes_classes_known);

// The first and third write of a bind: nothing where the object is as it should be already.
std::optional<PV> bound_volume(const PV& volume, const PVC& claim);
std::optional<PVC> bound_claim(const PVC& claim, const PV& volume);

// The claim with its status set as `phase` wants it; nothing where it is so already. `volume` gives
// access modes and capacity; without one they are cleared. Errors: the volume has no storage
// capacity.
api::Result<std::optional<PVC>> claim_in_phase(const PVC& claim, std::string_view phase,
                                               const PV* volume, bool attributes_classes_known);

// A volume rolled back from a bind: free where the controller had bound it, else still reserved by
// name.
PV unbound(const PV& volume);

// Whether the claim of a bound volume is gone or bound elsewhere. `cached` is the claim of that
// name, null for none.
bool is_released(const PV& volume, const PVC* cached);

// Failed, succeeded, or being deleted with no container running.
bool is_terminated(const api::Pod& pod);

}  // namespace model::volume
