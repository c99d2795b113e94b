// In which words the API of a version refuses, and details of its rules that no gate guards: what
// upstream changed from 1.26 to 1.36. It is derived from the profile here and nowhere else, so that
// the rules read the same for all versions. Left out: versions in between a change's pull request
// and its release.
#pragma once

#include "model/profile.hpp"

namespace model::api {

// Each member is true for the newest version; the comment names the first version in which it
// holds.
struct Wording {
    bool json_values = true;  // 1.34: a value is shown as JSON; before, in Go syntax
    bool not_more_than_bytes =
        true;  // 1.32: "may not be more than N bytes"; before, "must have at most N bytes"
    bool dots_in_label = true;  // 1.27: a label with dots is told so
    bool label_key =
        true;  // 1.35: "a valid label key", lengths in bytes; before, "a qualified name"
    bool short_owner_text =
        true;  // 1.34: "must not be empty" for every member of an owner reference
    bool class_fields_immutable =
        true;                          // 1.36: StorageClass says "field is immutable" for all four
    bool csinode_drivers_path = true;  // 1.33: spec.drivers; before, CSINodeDriver
    bool csidriver_mutable = true;     // 1.30: fsGroupPolicy and podInfoOnMount may change
    bool attacher_with_spec = true;    // 1.36: the attacher's form is checked before the source
    bool empty_driver_once = true;     // 1.35: an empty CSI driver name is refused once, not twice
    bool claim_attributes_text =
        true;  // 1.29: "... and volumeAttributesClassName for bound claims"
    bool affinity_beta_to_ga =
        true;  // 1.27: beta labels of a volume's node affinity may become the GA ones
    bool affinity_values = true;    // 1.32: values in node selectors must be label values
    bool data_source_group = true;  // 1.29: apiGroup of a data source must be a subdomain
    bool volume_error_code = true;  // 1.33: errorCode of a VolumeError
    bool pod_fields_by_comma =
        true;                        // 1.27: the list of a pod's mutable fields is joined by commas
    bool secret_subdomains = true;   // 1.27: a volume's secrets may have dots in their names
    bool node_expand_secret = true;  // 1.27: CSI nodeExpandSecretRef is kept
    bool selinux_mount_field = true;  // 1.27: CSIDriver.spec.seLinuxMount is known and defaulted
    static Wording of(const Profile& profile);
};

}  // namespace model::api
