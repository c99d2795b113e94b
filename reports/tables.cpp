#include "reports/tables.hpp"

#include <algorithm>

#include "model/api/objects_core.hpp"
#include "reports/columns.hpp"
#include "reports/object_words.hpp"

namespace reports {

namespace {

using model::api::Kind;

template <class T>
std::vector<model::api::Ref<T>> sorted(const model::api::ObjectReader& objects) {
    std::vector<model::api::Ref<T>> all;
    objects.for_each(T::kKind, "",
                     [&](const model::api::ObjectRef& o) { all.push_back(model::api::as<T>(o)); });
    std::sort(all.begin(), all.end(),
              [](const auto& a, const auto& b) { return a->key() < b->key(); });
    return all;
}

std::string age_of(const std::optional<model::api::Timestamp>& since, const Clock& clock) {
    if (!since) return "<unknown>";
    const sim::Duration began =
        std::chrono::seconds(since->unix_seconds - clock.start_unix_seconds);
    return age(clock.now.time_since_epoch() - began);
}

std::string amount(const model::api::ResourceList& amounts) {
    const model::api::Quantity* storage = amounts.find("storage");
    return storage ? storage->to_string() : "";
}

std::string text_or_none(const std::optional<model::api::Text>& text) {
    return text && !text->empty() ? text->str() : "<unset>";
}

// kubectl says Terminating for whatever is being deleted.
std::string status_of(const model::api::ObjectMeta& meta, const model::api::Text& phase) {
    return meta.terminating() ? "Terminating" : phase.str();
}

// The name, with the namespace before it where the table has that column.
std::vector<std::string> name_cells(const model::api::Object& object, bool with_namespace) {
    if (!with_namespace) return {object.metadata.name.str()};
    return {object.metadata.ns.str(), object.metadata.name.str()};
}

}  // namespace

std::string volume_table(const model::api::ObjectReader& objects, const Clock& clock) {
    const auto volumes = sorted<model::api::PersistentVolume>(objects);
    const bool attributes = std::any_of(volumes.begin(), volumes.end(), [](const auto& pv) {
        return pv->spec.volumeAttributesClassName.has_value();
    });
    std::vector<std::string> head = {"NAME",   "CAPACITY", "ACCESS MODES", "RECLAIM POLICY",
                                     "STATUS", "CLAIM",    "STORAGECLASS"};
    if (attributes) head.push_back("VOLUMEATTRIBUTESCLASS");
    head.insert(head.end(), {"REASON", "AGE"});
    Columns table(head);
    for (const auto& pv : volumes) {
        const auto& ref = pv->spec.claimRef;
        std::vector<std::string> row = {pv->metadata.name.str(),
                                        amount(pv->spec.capacity),
                                        short_modes(pv->spec.accessModes),
                                        pv->spec.persistentVolumeReclaimPolicy.str(),
                                        status_of(pv->metadata, pv->status.phase),
                                        ref ? ref->ns.str() + "/" + ref->name.str() : "",
                                        pv->spec.storageClassName.str()};
        if (attributes) row.push_back(text_or_none(pv->spec.volumeAttributesClassName));
        row.push_back(pv->status.reason.str());
        row.push_back(age_of(pv->metadata.creationTimestamp, clock));
        table.add(std::move(row));
    }
    return table.empty() ? "" : table.text();
}

std::string claim_table(const model::api::ObjectReader& objects, const Clock& clock) {
    const auto claims = sorted<model::api::PersistentVolumeClaim>(objects);
    const bool namespaces = std::any_of(claims.begin(), claims.end(), [](const auto& claim) {
        return !(claim->metadata.ns == "default");
    });
    const bool attributes = std::any_of(claims.begin(), claims.end(), [](const auto& claim) {
        return claim->spec.volumeAttributesClassName.has_value();
    });
    std::vector<std::string> head;
    if (namespaces) head.push_back("NAMESPACE");
    head.insert(head.end(),
                {"NAME", "STATUS", "VOLUME", "CAPACITY", "ACCESS MODES", "STORAGECLASS"});
    if (attributes) head.push_back("VOLUMEATTRIBUTESCLASS");
    head.push_back("AGE");
    Columns table(head);
    for (const auto& claim : claims) {
        // As kubectl: size and modes are those of the volume, so they are shown once there is one.
        const bool has_volume = !claim->spec.volumeName.empty();
        std::vector<std::string> row = name_cells(*claim, namespaces);
        row.push_back(status_of(claim->metadata, claim->status.phase));
        row.push_back(claim->spec.volumeName.str());
        row.push_back(has_volume ? amount(claim->status.capacity) : "");
        row.push_back(has_volume ? short_modes(claim->status.accessModes) : "");
        row.push_back(claim->spec.storageClassName ? claim->spec.storageClassName->str() : "");
        if (attributes) row.push_back(text_or_none(claim->spec.volumeAttributesClassName));
        row.push_back(age_of(claim->metadata.creationTimestamp, clock));
        table.add(std::move(row));
    }
    return table.empty() ? "" : table.text();
}

std::string event_table(const model::api::ObjectReader& objects, const Clock& clock) {
    Columns table({"LAST SEEN", "COUNT", "TYPE", "REASON", "OBJECT", "MESSAGE"});
    auto events = sorted<model::api::Event>(objects);
    std::stable_sort(events.begin(), events.end(), [](const auto& a, const auto& b) {
        return a->metadata.resourceVersion < b->metadata.resourceVersion;
    });
    for (const auto& event : events) {
        const Said said = said_by(*event);
        const auto last =
            event->lastTimestamp ? event->lastTimestamp : event->metadata.creationTimestamp;
        table.add({age_of(last, clock), std::to_string(said.times), said.type, said.reason,
                   said.about, said.message.substr(0, said.message.find('\n'))});
    }
    return table.empty() ? "" : table.text();
}

}  // namespace reports
