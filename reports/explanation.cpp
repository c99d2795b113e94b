#include "reports/explanation.hpp"

#include "model/api/codec.hpp"
#include "model/api/objects_core.hpp"
#include "reports/columns.hpp"
#include "reports/object_words.hpp"

namespace reports {

namespace {

using model::api::Kind;

constexpr std::size_t kHistoryShown = 20;

std::string when(sim::Time t) { return sim::seconds_text(t, 3) + "s"; }

sim::Time virtual_time(const model::api::Timestamp& t, const Clock& clock) {
    return sim::Time(std::chrono::seconds(t.unix_seconds - clock.start_unix_seconds));
}

std::string state_of(const model::api::Object& object) {
    const std::string gist = gist_of(object);
    std::string phase;
    if (object.kind == Kind::PersistentVolume) {
        const auto& pv = static_cast<const model::api::PersistentVolume&>(object);
        phase = pv.status.phase.str();
        if (!pv.status.message.empty()) phase += " (" + pv.status.message.str() + ")";
    } else if (object.kind == Kind::PersistentVolumeClaim) {
        phase = static_cast<const model::api::PersistentVolumeClaim&>(object).status.phase.str();
    } else if (object.kind == Kind::Pod) {
        phase = static_cast<const model::api::Pod&>(object).status.phase.str();
    }
    if (phase.empty()) return gist;
    return gist.empty() ? phase : phase + "; " + gist;
}

std::string lifetime_of(const model::api::ObjectMeta& meta, const ExplanationInput& input) {
    std::string out;
    if (meta.creationTimestamp) {
        const sim::Time at = virtual_time(*meta.creationTimestamp, input.clock);
        out += "  created      " + when(at) + ", " + age(input.clock.now - at) + " ago\n";
    }
    for (const model::api::OwnerReference& owner : meta.ownerReferences)
        out += "  owner        " + owner.kind.str() + " " + owner.name.str() + "\n";
    if (meta.terminating()) {
        const sim::Time at = virtual_time(*meta.deletionTimestamp, input.clock);
        out += "  terminating  since " + when(at) + ", for " + age(input.clock.now - at) + "\n";
    }
    for (const model::api::Text& finalizer : meta.finalizers)
        out += "  finalizer    " + finalizer.str() + ": " + remover_of(finalizer) + "\n";
    return out;
}

std::string history_text(const ExplanationInput& input) {
    const auto& lines = input.history.lines();
    if (lines.empty()) return "  nothing was written to it: it is as it was before time 0\n";
    std::string out;
    const std::size_t first = lines.size() > kHistoryShown ? lines.size() - kHistoryShown : 0;
    if (const std::size_t hidden = first + input.history.left_out())
        out += "  ... " + std::to_string(hidden) + " earlier ones\n";
    std::size_t width = 0;
    for (std::size_t i = first; i < lines.size(); ++i)
        width = std::max(width, width_of(lines[i].by));
    for (std::size_t i = first; i < lines.size(); ++i) {
        const std::string time = when(lines[i].at);
        out += std::string(time.size() < 11 ? 11 - time.size() : 0, ' ') + input.ink.faint(time) +
               "  " + input.ink.actor(padded(lines[i].by, width)) + "  " + lines[i].text + "\n";
    }
    return out;
}

}  // namespace

std::string explanation_of(const ExplanationInput& input) {
    const std::string name =
        input.objects.scheme().info(input.kind).kind + " " + input.key.to_string();
    std::string out = input.ink.strong(name) + " at " + when(input.clock.now) + "\n";
    const model::api::ObjectRef object = input.objects.find(input.kind, input.key);
    if (object) {
        out += "  state        " + state_of(*object) + "\n" + lifetime_of(object->metadata, input);
    } else if (const auto gone = input.history.deleted()) {
        out += "  state        gone since " + when(*gone) + "\n";
    } else {
        out += "  state        does not exist\n";
    }
    out += input.ink.strong("Who acts next") + "\n";
    if (input.controllers.empty()) out += "  nobody: no controller waits for anything here\n";
    for (const std::string& line : input.controllers) out += "  " + line + "\n";
    out += input.ink.strong("How it came there") + "\n" + history_text(input);
    return out;
}

std::string remover_of(std::string_view finalizer) {
    struct Known {
        std::string_view prefix, remover;
    };
    constexpr Known kKnown[] = {
        {"kubernetes.io/pvc-protection",
         "the PVC protection controller removes it once the claim is being deleted and no pod "
         "uses it"},
        {"kubernetes.io/pv-protection",
         "the PV protection controller removes it once the volume is being deleted and is not "
         "Bound"},
        {"kubernetes.io/pv-controller",
         "the PersistentVolume controller removes it once the storage behind the volume is "
         "deleted"},
        {"external-provisioner.volume.kubernetes.io/finalizer",
         "the driver's external-provisioner removes it once the storage behind the volume is "
         "deleted"},
        {"external-attacher/",
         "the driver's external-attacher removes it once the volume is detached everywhere"},
        {"snapshot.storage.kubernetes.io/",
         "the snapshot controller removes it once no snapshot is made from or of it"},
        {"foregroundDeletion", "the garbage collector removes it once all dependents are gone"},
        {"orphan", "the garbage collector removes it once all dependents are let go"}};
    for (const Known& known : kKnown)
        if (finalizer.starts_with(known.prefix)) return std::string(known.remover);
    return "whoever set it must remove it";
}

}  // namespace reports
