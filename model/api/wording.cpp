#include "model/api/wording.hpp"

namespace model::api {

Wording Wording::of(const Profile& profile) {
    const int minor = profile.minor;
    Wording w;
    w.json_values = minor >= 34;
    w.not_more_than_bytes = minor >= 32;
    w.dots_in_label = minor >= 27;
    w.label_key = minor >= 35;
    w.short_owner_text = minor >= 34;
    w.class_fields_immutable = minor >= 36;
    w.csinode_drivers_path = minor >= 33;
    w.csidriver_mutable = minor >= 30;
    w.attacher_with_spec = minor >= 36;
    w.empty_driver_once = minor >= 35;
    w.claim_attributes_text = minor >= 29;
    w.affinity_beta_to_ga = minor >= 27;
    w.affinity_values = minor >= 32;
    w.data_source_group = minor >= 29;
    w.volume_error_code = minor >= 33;
    w.pod_fields_by_comma = minor >= 27;
    w.secret_subdomains = minor >= 27;
    w.node_expand_secret = minor >= 27;
    w.selinux_mount_field = minor >= 27;
    return w;
}

}  // namespace model::api
