// Two runs side by side for programs.
#include <nlohmann/json.hpp>

#include "reports/run_difference.hpp"

namespace reports {

namespace {

using Json = nlohmann::ordered_json;

Json seconds(sim::Duration d) { return static_cast<double>(d.count()) / 1e9; }
Json seconds(const std::optional<sim::Duration>& d) { return d ? seconds(*d) : Json(nullptr); }

template <class T>
Json pair_of(const Sides<T>& sides) {
    return Json::array({sides.a, sides.b});
}

Json json_of(const TimingDifference& d) {
    const bool both = d.took.a && d.took.b;
    return Json{{"object", d.object},
                {"a", seconds(d.took.a)},
                {"b", seconds(d.took.b)},
                {"difference", both ? seconds(*d.took.b - *d.took.a) : Json(nullptr)},
                {"mostly", d.mostly}};
}

Json json_of(const PercentileDifference& p) {
    const auto ratio = static_cast<double>(p.spent.b.count()) /
                       static_cast<double>(std::max<std::int64_t>(p.spent.a.count(), 1));
    return Json{{"kind", p.kind},
                {"rank", p.rank},
                {"a", seconds(p.spent.a)},
                {"b", seconds(p.spent.b)},
                {"difference", seconds(p.spent.b - p.spent.a)},
                {"ratio", p.spent.a.count() > 0 ? Json(ratio) : Json(nullptr)}};
}

Json json_of(const GroupDifference& group) {
    Json differing = Json::array(), percentiles = Json::array();
    for (const TimingDifference& d : group.differing) differing.push_back(json_of(d));
    for (const PercentileDifference& p : group.percentiles) percentiles.push_back(json_of(p));
    return Json{{"began", pair_of(group.began)},
                {"ended", pair_of(group.ended)},
                {"differing", std::move(differing)},
                {"percentiles", std::move(percentiles)}};
}

Json json_of(const std::vector<CountDifference>& counts, const std::vector<std::string>& names) {
    Json list = Json::array();
    for (const CountDifference& c : counts) {
        Json row = Json::object();
        for (std::size_t i = 0; i < names.size(); ++i) row[names[i]] = c.key[i];
        row["a"] = c.count.a;
        row["b"] = c.count.b;
        list.push_back(std::move(row));
    }
    return list;
}

Json json_of(const Write& write) {
    return Json{{"t", seconds(write.at.time_since_epoch())},
                {"by", write.by},
                {"verb", write.verb},
                {"what", write.what},
                {"object", write.object},
                {"code", write.code}};
}
Json json_of(const std::optional<Write>& write) { return write ? json_of(*write) : Json(nullptr); }

Json json_of(const std::optional<FirstDifference>& first) {
    if (!first) return nullptr;
    Json before = Json::array();
    for (const Write& write : first->before) before.push_back(json_of(write));
    return Json{{"nth", first->nth},
                {"before", std::move(before)},
                {"a", json_of(first->write.a)},
                {"b", json_of(first->write.b)}};
}

}  // namespace

std::string json_text_of(const RunDifference& d) {
    Json passages = Json::object();
    for (const GroupDifference& group : d.groups)
        passages[std::string(group.name)] = json_of(group);
    const Json json{{"schema", "stowage.dev/run-difference/v1"},
                    {"same", d.same()},
                    {"a", d.label.a},
                    {"b", d.label.b},
                    {"outcome", d.outcome},
                    {"passages", std::move(passages)},
                    {"writes", json_of(d.writes, {"by", "verb", "what"})},
                    {"calls", json_of(d.calls, {"driver", "method", "outcome"})},
                    {"firstDifference", json_of(d.first)},
                    {"events", {{"onlyA", d.events.a}, {"onlyB", d.events.b}}}};
    return json.dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace reports
