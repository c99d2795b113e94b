#include "model/scheduler/release.hpp"

namespace model::scheduler {

Release Release::of(const Profile& profile) {
    Release r;
    r.dot_after_preemption = profile.minor <= 27;
    r.early_refusal_is_of_all_nodes = profile.minor >= 28;
    r.once_per_pod_by_node = profile.minor >= 27;
    r.once_per_pod_new_text = profile.minor >= 30;
    r.counts_attachments = profile.minor >= 32 && profile.on(Guard::AttachmentsCount);
    r.limits_refuse_early = profile.minor >= 28;
    r.zone_labels_translated = profile.minor >= 27;
    r.zones_refuse_early = profile.minor >= 27;
    r.plugins_before_preemption = profile.on(Gate::DynamicResourceAllocation);
    r.backoff_counts_failures = profile.minor >= 33;
    r.errors_go_to_backoff = profile.minor >= 29;
    r.series_starts_at_two = profile.minor >= 27;
    r.events_keyed_by_type = profile.minor >= 27;
    r.tells_generation = profile.minor >= 34;
    r.balance_skips_best_effort = profile.minor >= 32;
    r.balance_is_of_change = profile.minor >= 35;
    r.fails_with_cached_pod = profile.minor >= 33;
    r.poll_ends_by_context = profile.minor >= 27;
    r.new_affinity_text = profile.minor >= 34;
    r.names_taint = profile.minor <= 34;
    r.tells_too_large = profile.minor >= 32;
    return r;
}

}  // namespace model::scheduler
