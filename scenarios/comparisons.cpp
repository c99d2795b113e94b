// Comparisons: figures measured elsewhere, read from the file and set beside those of the run.
#include "scenarios/comparisons.hpp"

#include <algorithm>

#include "scenarios/load_context.hpp"
#include "scenarios/patterns.hpp"

namespace scenarios {

namespace {

bool bounded_by(const Node& node, const char* key) { return node.find(key) != nullptr; }

std::optional<std::int64_t> percent_of(const Node& node, const char* key) {
    const Node* found = node.find(key);
    if (!found) return std::nullopt;
    return int_of(found);
}

// Bounds of one sort of figure make no sense for the other.
bool fits(const Node& node, bool is_share, LoadContext& context) {
    const Node& recorded = *node.find("recorded");
    if (is_share != recorded.is_map()) {
        context.error(recorded.place(), is_share ? "a share is compared with {count: ..., of: ...}"
                                                 : "a time is compared with a duration");
        return false;
    }
    for (const char* key : {"pAtLeast", "fromPercent", "toPercent", "withinPercent"}) {
        const bool of_share = std::string_view(key) != "withinPercent";
        if (bounded_by(node, key) && of_share != is_share) {
            context.error(node.find(key)->place(),
                          "\"" + std::string(key) + "\" goes with \"" +
                              (of_share ? "share" : "reached, took or came") + "\"");
            return false;
        }
    }
    return true;
}

void read_share(const Node& node, const Node& share, LoadContext& context, Comparison& c) {
    c.of = text_of(share.find("of"));
    if (const auto over = duration_of(share.find("over"))) c.over = *over;
    if (const auto up_to = duration_of(share.find("upTo"))) c.up_to = *up_to;
    const Node& recorded = *node.find("recorded");
    c.recorded_count = int_of(recorded.find("count"));
    c.recorded_of = int_of(recorded.find("of"));
    if (c.recorded_count > c.recorded_of)
        context.error(recorded.place(), "more were counted than there were");
}

// {object | event | rpc, nth, since}
void read_came(const Node& came, LoadContext& context, Comparison& c) {
    const Node* object = came.find("object");
    const Node* event = came.find("event");
    const Node* rpc = came.find("rpc");
    if ((object != nullptr) + (event != nullptr) + (rpc != nullptr) != 1)
        context.error(came.place(), "came: expected one of object, event and rpc");
    if (object) c.came_object = read_pattern(*object, context);
    if (event) c.came_event = event->to_value();
    if (rpc) c.came_rpc = rpc->to_value();
    c.nth = int_of(came.find("nth"), 1);
    c.since = duration_of(came.find("since")).value_or(sim::Duration::zero());
}

}  // namespace

std::optional<Comparison> read_comparison(const Node& node, LoadContext& context) {
    const Node* share = node.find("share");
    const Node* reached = node.find("reached");
    const Node* took = node.find("took");
    const Node* came = node.find("came");
    const int named =
        (share != nullptr) + (reached != nullptr) + (took != nullptr) + (came != nullptr);
    if (named != 1) {
        context.error(node.place(),
                      "a comparison has one of \"share\", \"reached\", \"took\" and \"came\"");
        return std::nullopt;
    }
    Comparison c;
    c.is_share = share != nullptr;
    if (!fits(node, c.is_share, context)) return std::nullopt;
    c.what = text_of(node.find("what"));
    c.source = text_of(node.find("source"));
    if (share) {
        read_share(node, *share, context, c);
    } else if (came) {
        read_came(*came, context, c);
        c.recorded_time = *duration_of(node.find("recorded"));
    } else {
        const Node& point = reached ? *reached : *took;
        c.is_took = took != nullptr;
        c.of = text_of(point.find("of"));
        c.percent = static_cast<int>(int_of(point.find("percent")));
        c.since = duration_of(point.find("since")).value_or(sim::Duration::zero());
        c.recorded_time = *duration_of(node.find("recorded"));
    }
    if (const Node* p = node.find("pAtLeast")) c.p_at_least = p->scalar.as_double();
    c.from_percent = percent_of(node, "fromPercent");
    c.to_percent = percent_of(node, "toPercent");
    c.within_percent = percent_of(node, "withinPercent");
    return c;
}

Comparer::Comparer(const std::vector<Comparison>& comparisons, View& view)
    : comparisons_(comparisons), view_(view) {
    for (const Comparison& c : comparisons_) {
        if (c.of.empty()) {
            Coming coming;
            coming.comparison = &c;
            if (c.came_event) coming.event.emplace(*c.came_event);
            if (c.came_rpc) coming.rpc.emplace(*c.came_rpc);
            comings_.push_back(std::move(coming));
            continue;
        }
        const auto known = std::find_if(samples_.begin(), samples_.end(),
                                        [&](const LatencySamples& s) { return s.name() == c.of; });
        if (known == samples_.end()) samples_.emplace_back(c.of);
    }
}

void Comparer::on(const model::Stamp& stamp, const model::Happening& happening) {
    if (const auto* committed = std::get_if<model::Committed>(&happening))
        for (LatencySamples& s : samples_) s.on(stamp.at, *committed);
    for (Coming& coming : comings_) {
        if (coming.at) continue;
        coming.seen += occurrences(coming, happening);
        if (coming.seen >= coming.comparison->nth) coming.at = stamp.at;
    }
}

std::int64_t Comparer::occurrences(Coming& coming, const model::Happening& happening) {
    if (coming.rpc) {
        const auto* call = std::get_if<model::CsiCall>(&happening);
        return call && coming.rpc->matches(*call) ? 1 : 0;
    }
    const auto* committed = std::get_if<model::Committed>(&happening);
    if (!committed) return 0;
    if (coming.event) return coming.event->occurrences(*committed);
    const Pattern& pattern = *coming.comparison->came_object;
    const model::api::Key key = committed->object->key();
    if (committed->object->kind != view_.kind(pattern.kind) || !is_about(pattern, key)) return 0;
    const bool fits = committed->change != model::Change::Deleted &&
                      matches(pattern.body, &view_.text(committed->object));
    if (fits) return coming.matching.insert(key).second ? 1 : 0;
    coming.matching.erase(key);
    return 0;
}

std::vector<Figure> Comparer::figures() const {
    std::vector<Figure> all;
    auto coming = comings_.begin();
    for (const Comparison& c : comparisons_) {
        if (c.of.empty()) {
            Figure came;
            came.of = came.count = coming->seen;
            if (coming->at) came.reached = coming->at->time_since_epoch() - c.since;
            ++coming;
            all.push_back(came);
            continue;
        }
        const LatencySamples& s =
            *std::find_if(samples_.begin(), samples_.end(),
                          [&](const LatencySamples& one) { return one.name() == c.of; });
        Figure figure;
        const std::size_t total = s.finished() + s.unfinished();
        figure.of = static_cast<std::int64_t>(total);
        if (c.is_share) {
            figure.count =
                std::count_if(s.samples().begin(), s.samples().end(),
                              [&](sim::Duration took) { return took > c.over && took <= c.up_to; });
            // What never came to its end took longer than anything.
            if (c.up_to == sim::Duration::max())
                figure.count += static_cast<std::int64_t>(s.unfinished());
        } else if (c.is_took) {
            figure.reached = s.percentile(c.percent);
        } else if (total > 0) {
            const std::size_t rank = (total * static_cast<std::size_t>(c.percent) + 99) / 100;
            if (rank <= s.ends().size())
                figure.reached = s.ends()[rank - 1].time_since_epoch() - c.since;
        }
        all.push_back(figure);
    }
    return all;
}

}  // namespace scenarios
