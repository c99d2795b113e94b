#include "reports/driver_report.hpp"

#include "reports/columns.hpp"
#include "reports/csi_words.hpp"

namespace reports {

namespace {

using model::csi::BackendVolume;

constexpr std::size_t kShown = 10;  // of each list

std::string outcomes_of(const MethodCalls& calls) {
    std::string text;
    const auto add = [&text](std::size_t n, std::string_view what) {
        if (n == 0) return;
        text += (text.empty() ? "" : ", ") + std::to_string(n) + " " + std::string(what);
    };
    for (const auto& entry : calls.outcomes) add(entry.second, to_string(entry.first));
    add(calls.lost, "lost");
    add(calls.concurrency.running(), "running");
    return text;
}

std::string calls_text(const DriverCalls::ByMethod& by_method) {
    Columns table({"METHOD", "CALLS", "P50", "P99", "MAX", "AT A TIME", "UNAWAITED", "OUTCOMES"});
    for (const auto& entry : by_method) {
        const MethodCalls& calls = entry.second;
        const Percentiles took = percentiles_of(calls.took);
        const bool ended = took.count > 0;
        table.add({std::string(to_string(entry.first)), std::to_string(calls.calls),
                   ended ? brief(took.p50) : "", ended ? brief(took.p99) : "",
                   ended ? brief(took.max) : "", std::to_string(calls.concurrency.most()),
                   calls.unawaited ? std::to_string(calls.unawaited) : "", outcomes_of(calls)});
    }
    return table.empty() ? "    never called\n" : table.text("    ");
}

std::string and_more(std::size_t all) {
    return all > kShown ? "    ... and " + std::to_string(all - kShown) + " more\n" : "";
}

std::string list(const std::vector<model::api::Text>& names) {
    std::string text;
    for (const auto& name : names) text += (text.empty() ? "" : ",") + name.str();
    return text;
}

std::string nodes_of(const BackendVolume& volume) {
    std::string text;
    for (const auto& entry : volume.attached) text += (text.empty() ? "" : ",") + entry.first.str();
    return text;
}

// "" where the driver knows no sizes.
std::string size_of(const BackendVolume& volume) {
    return volume.size_bytes == 0 ? "" : words_of_size(volume.size_bytes);
}

std::string count(std::size_t n, const std::string& one, const std::string& many) {
    return std::to_string(n) + " " + (n == 1 ? one : many);
}

std::string heading(const DriverState& driver) {
    std::int64_t bytes = 0;
    std::size_t attachments = 0;
    for (const auto& entry : driver.backend.volumes()) {
        bytes += entry.second.size_bytes;
        attachments += entry.second.attached.size();
    }
    const std::size_t n = driver.backend.volumes().size();
    std::string text = "  holds " + count(n, "volume", "volumes");
    if (bytes != 0) text += " of " + words_of_size(bytes);
    const auto add = [&text](std::size_t many, const std::string& words) {
        if (many != 0) text += ", " + words;
    };
    add(attachments, count(attachments, "attachment", "attachments"));
    const std::size_t snapshots = driver.backend.snapshots().size();
    add(snapshots, count(snapshots, "snapshot", "snapshots"));
    add(driver.backend.kept().size(),
        std::to_string(driver.backend.kept().size()) + " let go of and kept");
    add(driver.inventory.leaked.size(), std::to_string(driver.inventory.leaked.size()) + " leaked");
    add(driver.inventory.dangling.size(),
        std::to_string(driver.inventory.dangling.size()) + " dangling");
    return text + "\n";
}

void add_row(Columns& table, const BackendVolume& volume, const std::string& whose) {
    table.add({volume.id.str(), size_of(volume), nodes_of(volume), whose});
}

std::string volumes_text(const DriverState& driver) {
    Columns table({"VOLUME", "SIZE", "ATTACHED TO", "BELONGS TO"});
    const auto& stored = driver.backend.volumes();
    std::size_t shown = 0;
    for (const auto& id : driver.inventory.leaked) {
        if (++shown > kShown) break;
        const BackendVolume& volume = stored.at(id);
        add_row(table, volume, "no PersistentVolume: leaked (made as " + volume.name.str() + ")");
    }
    for (const auto& entry : driver.inventory.named_by) {
        if (++shown > kShown) break;
        add_row(table, stored.at(entry.first), list(entry.second));
    }
    return (table.empty() ? "" : table.text("    ")) + and_more(stored.size());
}

std::string remains_text(const DriverState& driver) {
    std::string text;
    std::size_t shown = 0;
    for (const auto& missing : driver.inventory.dangling) {
        if (++shown > kShown) break;
        text += "    PersistentVolume " + missing.volume.str() + " stands for " +
                missing.handle.str() + ", which does not exist\n";
    }
    text += and_more(driver.inventory.dangling.size());
    shown = 0;
    for (const BackendVolume& kept : driver.backend.kept()) {
        if (++shown > kShown) break;
        text += "    " + kept.id.str() + " was let go of; " +
                (kept.size_bytes == 0 ? "its bytes are" : size_of(kept) + " are") + " kept as " +
                kept.kept_as.str() + "\n";
    }
    return text + and_more(driver.backend.kept().size());
}

}  // namespace

std::string text_of(const DriverState& driver) {
    return "  " + driver.name + " (" + driver.profile + ")\n" + calls_text(driver.calls) +
           heading(driver) + volumes_text(driver) + remains_text(driver);
}

}  // namespace reports
