// Release: what differs in the scheduler between the minor versions and has no feature gate of its
// own. Counterpart: the same files of pkg/scheduler in each release. All of it is decided in of().
#pragma once

#include "model/profile.hpp"

namespace model::scheduler {

struct Release {
    bool dot_after_preemption = false;  // up to 1.27 a second dot ends the preemption's message
    // 1.28: a refusal before the nodes counts for each of them; before, preemption was tried in
    // vain on all.
    bool early_refusal_is_of_all_nodes = true;
    bool once_per_pod_by_node = true;       // 1.27: ReadWriteOncePod is a filter, and preempts
    bool once_per_pod_new_text = true;      // 1.30: "node(s) unavailable due to ..."
    bool counts_attachments = true;         // 1.32: NodeVolumeLimits counts VolumeAttachments too
    bool limits_refuse_early = true;        // 1.33: a missing claim is told before the nodes
    bool zone_labels_translated = true;     // 1.27: beta and GA labels of zones are the same
    bool zones_refuse_early = true;         // 1.27: VolumeZone looks at claims before the nodes
    bool plugins_before_preemption = true;  // 1.34: DynamicResources speaks before preemption
    // 1.33: failures count for the backoff, errors apart; before, attempts of any kind.
    bool backoff_counts_failures = true;
    bool errors_go_to_backoff = true;  // 1.29: an error needs no event to be tried again
    bool series_starts_at_two = true;  // 1.27: before, the server refused a series of one
    bool events_keyed_by_type = true;  // 1.27: and by instance
    bool tells_generation = true;      // 1.34: conditions carry observedGeneration

    bool new_affinity_text = true;          // 1.34: "didn't match PersistentVolume's node affinity"
    bool names_taint = false;               // up to 1.34: "untolerated taint {key: value}"
    bool balance_skips_best_effort = true;  // 1.32: such a pod is not scored for balance
    bool balance_is_of_change = true;       // 1.35: what counts is what the pod would change
    bool fails_with_cached_pod = true;      // 1.33: a failure is told of the pod as cached by now
    bool poll_ends_by_context = true;       // 1.27: "context deadline exceeded"
    bool tells_too_large = true;            // 1.32: more than the empty node has is past preemption

    static Release of(const Profile& profile);
};

}  // namespace model::scheduler
