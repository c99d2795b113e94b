#include "reports/run_report.hpp"

#include <nlohmann/json.hpp>

#include "model/api/codec.hpp"

namespace reports {

namespace {

using Json = nlohmann::ordered_json;

Json seconds(sim::Duration d) { return static_cast<double>(d.count()) / 1e9; }
Json seconds(sim::Time t) { return seconds(t.time_since_epoch()); }
Json seconds(const std::optional<sim::Time>& t) { return t ? seconds(*t) : Json(nullptr); }

Json json_of(const StepLine& s) {
    return Json{{"text", s.text},
                {"place", s.place},
                {"state", s.state},
                {"sent", seconds(s.sent)},
                {"answered", seconds(s.answered)},
                {"code", s.code},
                {"message", s.message},
                {"failure", s.failure}};
}

Json json_of(const ExpectationLine& e) {
    return Json{{"text", e.text},
                {"place", e.place},
                {"step", e.step},
                {"verdict", e.verdict},
                {"decided", seconds(e.decided)},
                {"reason", e.reason},
                {"events", e.events}};
}

Json json_of(const BrokenInvariant& b) {
    return Json{{"invariant", b.invariant}, {"detail", b.detail}, {"at", seconds(b.at)}};
}

Json json_of(const Segment& s) {
    Json json{{"wait", model::name_of(s.wait)},
              {"from", seconds(s.from)},
              {"seconds", seconds(s.length())},
              {"actor", s.actor},
              {"cut", s.cut}};
    if (!s.call.empty()) json["call"] = s.call;
    if (s.stage != PodStage::None) json["stage"] = name_of(s.stage);
    return json;
}

Json json_of(const ClaimPath& p);
Json json_of(const Percentiles& p);
Json json_of(const LatencyRow& row);
Json json_of(const PassedOver& p);
Json json_of(const Passage& p);
Json json_of(const Match& m);

template <class T>
Json list_of(const std::vector<T>& items) {
    Json list = Json::array();
    for (const T& item : items) list.push_back(json_of(item));
    return list;
}

Json json_of(const ClaimPath& p) {
    return Json{{"claim", p.object},
                {"uid", p.uid},
                {"created", p.existed_before ? Json(nullptr) : seconds(p.began)},
                {"bound", seconds(p.ended)},
                {"deleted", seconds(p.deleted)},
                {"total", p.ended ? seconds(p.total()) : Json(nullptr)},
                {"segments", list_of(p.segments)}};
}

Json json_of(const Percentiles& p) {
    return Json{{"count", p.count},      {"p50", seconds(p.p50)},   {"p90", seconds(p.p90)},
                {"p99", seconds(p.p99)}, {"p999", seconds(p.p999)}, {"max", seconds(p.max)},
                {"sum", seconds(p.sum)}};
}

Json json_of(const LatencyRow& row) {
    Json json{{"name", row.name}};
    json.update(json_of(row.spent));
    return json;
}

Json json_of(const PassedOver& p) {
    return Json{{"rule", p.rule}, {"count", p.count}, {"names", p.names}};
}

Json json_of(const Match& m) {
    return Json{{"claim", m.claim},
                {"volume", m.volume},
                {"at", seconds(m.at)},
                {"times", m.times},
                {"passedOver", list_of(m.passed_over)}};
}

Json json_of(const std::vector<std::pair<std::string, sim::Duration>>& phases) {
    Json map = Json::object();
    for (const auto& [name, first] : phases) map[name] = seconds(first);
    return map;
}

Json json_of(const LatencySummary& l) {
    return Json{{"claims", l.claims}, {"bound", l.bound}, {"spent", list_of(l.rows)}};
}

Json json_of(const Passage& p) {
    Json json{{"object", p.object},
              {"from", seconds(p.began)},
              {"to", seconds(p.ended)},
              {"total", p.ended ? seconds(p.total()) : Json(nullptr)}};
    for (const auto& [label, value] : p.labels) json["labels"][std::string(label)] = value;
    json["segments"] = list_of(p.segments);
    return json;
}

Json json_of(const PassageGroup& group) {
    const LatencySummary summary = summary_of(group);
    Json json{
        {"began", summary.claims}, {"ended", summary.bound}, {"spent", list_of(summary.rows)}};
    if (group.by == By::Stage) {
        json["waits"] = list_of(summary_of(group.passages).rows);
        Json& by = json["by"] = Json::object();
        for (const Breakdown& breakdown : breakdowns_of(group))
            for (const auto& [value, part] : breakdown.summaries)
                by[std::string(breakdown.label)][value] = list_of(part.rows);
    }
    if (group.start_latency) {
        json["startLatency"] = json_of(group.start_latency->spent);
        json["startLatency"]["leftOut"] = group.start_latency->left_out;
    }
    json["each"] = list_of(group.passages);
    return json;
}

// Claims have an entry of their own.
Json json_of(const std::vector<PassageGroup>& groups) {
    Json map = Json::object();
    for (const PassageGroup& group : groups)
        if (group.name != "claim-bound") map[std::string(group.name)] = json_of(group);
    return map;
}

Json objects_of(const model::api::ObjectReader& reader) {
    Json list = Json::array();
    for (std::size_t k = 0; k < reader.scheme().size(); ++k) {
        const auto kind = static_cast<model::api::Kind>(k);
        if (reader.scheme().info(kind).kind == "Lease") continue;
        std::map<model::api::Key, std::string> sorted;
        reader.for_each(kind, "", [&](const model::api::ObjectRef& o) {
            sorted[o->key()] = model::api::encode(*o, reader.scheme()).to_json();
        });
        for (const auto& [key, text] : sorted) list.push_back(Json::parse(text));
    }
    return list;
}

}  // namespace

std::string run_report(const RunFindings& findings) {
    const RunSummary& s = findings.summary;
    const Json report = {{"schema", "stowage.dev/run-report/v1"},
                         {"scenario", s.scenario},
                         {"description", s.description},
                         {"kubernetes", s.kubernetes},
                         {"seed", s.seed},
                         {"order", s.order},
                         {"fingerprint", fingerprint_text(s.fingerprint)},
                         {"finalDraw", fingerprint_text(s.final_draw)},
                         {"events", s.events},
                         {"ended", seconds(s.ended)},
                         {"exit", s.exit},
                         {"checks", s.checks},
                         {"failure", s.first_failure},
                         {"phases", json_of(s.phases)},
                         {"notices", s.notices},
                         {"steps", list_of(s.steps)},
                         {"expectations", list_of(s.expectations)},
                         {"broken", list_of(s.broken)},
                         {"hazards", list_of(s.hazards)},
                         {"unsettled", s.unsettled},
                         {"claims", list_of(findings.claims)},
                         {"latency", json_of(summary_of(findings.claims))},
                         {"passages", json_of(findings.groups)},
                         {"drivers", list_of(findings.drivers)},
                         {"matches", list_of(findings.matches)},
                         {"objects", objects_of(findings.objects)}};
    return report.dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace reports
