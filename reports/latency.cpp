#include "reports/latency.hpp"

#include <algorithm>
#include <map>

#include "reports/columns.hpp"

namespace reports {

namespace {

// Tenths of a percent in integers, so that every machine prints the same.
std::string share_text(sim::Duration part, sim::Duration whole) {
    if (whole.count() <= 0) return "-";
    const auto tenths = static_cast<std::int64_t>(
        (static_cast<__int128>(part.count()) * 1000 + whole.count() / 2) / whole.count());
    return std::to_string(tenths / 10) + "." + std::to_string(tenths % 10) + "%";
}

// A stage, or a kind of wait; of CSI calls, those of one method.
struct Kind {
    PodStage stage{};
    model::Wait wait{};
    std::string_view call;
    auto operator<=>(const Kind&) const = default;
};
using Spent = std::map<Kind, sim::Duration>;

std::string name_of(const Kind& kind) {
    if (kind.stage != PodStage::None) return std::string(name_of(kind.stage));
    return std::string(model::name_of(kind.wait)) + (kind.call.empty() ? "" : " ") +
           std::string(kind.call);
}

Spent spent_in(const std::vector<Segment>& segments, By by) {
    Spent spent;
    for (const Segment& s : segments) {
        const Kind kind = by == By::Stage ? Kind{s.stage, {}, {}} : Kind{{}, s.wait, s.call};
        spent[kind] += s.length();
    }
    return spent;
}

// What each of those that came to their end spent.
class Summing {
  public:
    explicit Summing(By by) : by_(by) {
        if (by != By::Stage) return;
        for (int s = 1; s < static_cast<int>(PodStage::Count_); ++s)
            by_kind_[{static_cast<PodStage>(s), {}, {}}];
    }
    void begun() { ++summary_.claims; }
    void ended(sim::Duration total, const std::vector<Segment>& segments) {
        totals_.push_back(total);
        for (const auto& entry : spent_in(segments, by_)) {
            std::vector<sim::Duration>& spent = by_kind_[entry.first];
            spent.resize(totals_.size() - 1);  // nothing of it for those before
            spent.push_back(entry.second);
        }
    }
    LatencySummary take() {
        const std::size_t n = summary_.bound = totals_.size();
        if (n == 0) return std::move(summary_);
        summary_.rows.push_back({"total", percentiles_of(std::move(totals_))});
        for (auto& entry : by_kind_) {
            entry.second.resize(n);
            const Percentiles spent = percentiles_of(std::move(entry.second));
            if (by_ == By::Stage || spent.max.count() > 0)
                summary_.rows.push_back({name_of(entry.first), spent});
        }
        return std::move(summary_);
    }

  private:
    By by_;
    LatencySummary summary_;
    std::vector<sim::Duration> totals_;
    std::map<Kind, std::vector<sim::Duration>> by_kind_;
};

const Passage& itself(const Passage& passage) { return passage; }
const Passage& itself(const Passage* passage) { return *passage; }

template <class P>
LatencySummary summed(const std::vector<P>& passages, By by) {
    Summing summing(by);
    for (const P& each : passages) {
        const Passage& passage = itself(each);
        summing.begun();
        if (passage.ended) summing.ended(passage.total(), passage.segments);
    }
    return summing.take();
}

// The longest first; equally long ones in the order of Wait.
std::string sum_text(const Passage& passage, By by) {
    const Spent spent = spent_in(passage.segments, by);
    std::vector<std::pair<Kind, sim::Duration>> parts(spent.begin(), spent.end());
    std::stable_sort(parts.begin(), parts.end(),
                     [](const auto& a, const auto& b) { return a.second > b.second; });
    std::string out = passage.object + ": " + brief(passage.total());
    std::string_view sign = " = ";
    for (const auto& [kind, length] : parts) {
        if (length == sim::Duration()) continue;
        out += std::string(sign) + name_of(kind) + " " + brief(length);
        sign = " + ";
    }
    return out;
}

}  // namespace

Percentiles percentiles_of(std::vector<sim::Duration> samples) {
    Percentiles p;
    p.count = samples.size();
    if (samples.empty()) return p;
    std::sort(samples.begin(), samples.end());
    const auto rank = [&](std::size_t per_mille) {
        const std::size_t nth = (samples.size() * per_mille + 999) / 1000;
        return samples[std::max<std::size_t>(nth, 1) - 1];
    };
    p.p50 = rank(500);
    p.p90 = rank(900);
    p.p99 = rank(990);
    p.p999 = rank(999);
    p.max = samples.back();
    for (sim::Duration d : samples) p.sum += d;
    return p;
}

LatencySummary summary_of(const std::vector<ClaimPath>& paths) { return summed(paths, By::Wait); }
LatencySummary summary_of(const std::vector<Passage>& passages, By by) {
    return summed(passages, by);
}
LatencySummary summary_of(const std::vector<const Passage*>& passages, By by) {
    return summed(passages, by);
}

std::vector<KindSpent> spent_by_kind(const Passage& passage, By by) {
    std::vector<KindSpent> all;
    for (const auto& [kind, spent] : spent_in(passage.segments, by))
        all.push_back({name_of(kind), spent});
    return all;
}

std::string text_of(const LatencySummary& summary, const Passed& passed) {
    if (summary.claims == 0) return "";
    std::string out = std::to_string(summary.bound) + " of " + std::to_string(summary.claims) + " ";
    out += summary.claims == 1 ? passed.one : passed.many;
    out += " " + std::string(passed.did) + "\n";
    if (summary.bound < 2) return out;
    Columns table({"", "share", "p50", "p90", "p99", "p99.9", "max"}, Columns::Align::Right);
    const sim::Duration whole = summary.rows.front().spent.sum;
    for (const auto& [name, p] : summary.rows) {
        table.add({name, share_text(p.sum, whole), brief(p.p50), brief(p.p90), brief(p.p99),
                   brief(p.p999), brief(p.max)});
    }
    return out + table.text();
}

std::string text_of(const Passage& passage, std::string_view otherwise, By by) {
    if (!passage.ended) return passage.object + ": " + std::string(otherwise);
    return sum_text(passage, by);
}

}  // namespace reports
