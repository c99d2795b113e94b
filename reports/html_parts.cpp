#include "reports/html_parts.hpp"

#include <algorithm>

#include "reports/columns.hpp"
#include "reports/junit.hpp"

namespace reports {

namespace {

constexpr std::int64_t kWhole = 10'000;      // hundredths of a percent
constexpr std::int64_t kRoomForText = 300;   // a narrower bar would show parts of letters
constexpr std::int64_t kLastNumber = 9'500;  // further right a number would stand out

std::string percentage(std::int64_t hundredths) {
    std::string decimals = std::to_string(hundredths % 100);
    decimals.insert(0, 2 - decimals.size(), '0');
    return std::to_string(hundredths / 100) + "." + decimals + "%";
}

std::int64_t share(sim::Duration part, sim::Duration whole) {
    if (whole.count() <= 0) return 0;
    return static_cast<std::int64_t>(static_cast<__int128>(part.count()) * kWhole / whole.count());
}

std::string seconds(sim::Time t) { return sim::seconds_text(t, 3) + " s"; }

// "5s", "1.5s": without the zeros that tell nothing.
std::string scale_text(sim::Time t) {
    std::string text = brief(t.time_since_epoch());
    const std::size_t point = text.find('.');
    std::size_t end = text.find_first_not_of("0123456789", point + 1);
    if (point == text.npos || end == text.npos) return text;
    std::size_t last = end;
    while (text[last - 1] == '0') --last;
    if (text[last - 1] == '.') --last;
    return text.erase(last, end - last);
}

std::string in_words(const StateBar& bar) {
    return bar.state + " " + seconds(bar.from) +
           (bar.to ? " to " + seconds(*bar.to) + " (" + brief(*bar.to - bar.from) + ")"
                   : " to the end");
}

}  // namespace

std::string html_escaped(std::string_view text) { return xml_escaped(text); }

TimeScale::TimeScale(sim::Time end) : end_(std::max(end, sim::Time(sim::Duration(1'000'000)))) {
    // 1, 2 or 5 times a power of ten, at most eight of them.
    const std::int64_t whole = end_.time_since_epoch().count();
    std::int64_t step = 100'000;
    for (int i = 0; whole / step > 8; ++i) step = i % 3 == 1 ? step / 2 * 5 : step * 2;
    step_ = sim::Duration(step);
}

std::string TimeScale::percent(sim::Time at) const {
    return percentage(share(std::min(at, end_).time_since_epoch(), end_.time_since_epoch()));
}

std::string TimeScale::width(sim::Time from, sim::Time to) const {
    return percentage(share(std::min(to, end_) - std::min(from, end_), end_.time_since_epoch()));
}

std::string TimeScale::grid() const { return percentage(share(step_, end_.time_since_epoch())); }

std::string TimeScale::header() const {
    std::string out = "<div class=\"scale\" aria-hidden=\"true\">";
    for (sim::Time t; t < end_; t += step_)
        if (share(t.time_since_epoch(), end_.time_since_epoch()) <= kLastNumber)
            out += "<span style=\"left:" + percent(t) + "\">" + scale_text(t) + "</span>";
    return out + "</div>";
}

std::string bars_table(const StateRows& rows, const TimeScale& scale) {
    std::string out = "<table class=\"bars\"><caption>" + html_escaped(rows.title) +
                      "</caption><colgroup><col class=\"name\"><col></colgroup><thead><tr><th "
                      "scope=\"col\">name</th><th scope=\"col\">" +
                      scale.header() +
                      "<span class=\"unseen\">states</span></th></tr></thead>\n"
                      "<tbody>\n";
    for (const StateRow& row : rows.rows) {
        std::string bars, words;
        for (const StateBar& bar : row.bars) {
            const bool has_room = share(bar.to.value_or(scale.end()) - bar.from,
                                        scale.end().time_since_epoch()) >= kRoomForText;
            const std::string state = has_room ? html_escaped(bar.state) : "";
            bars += "<i class=\"" + std::string(to_string(bar.mood)) +
                    "\" style=\"left:" + scale.percent(bar.from) +
                    ";width:" + scale.width(bar.from, bar.to.value_or(scale.end())) +
                    "\" title=\"" + html_escaped(in_words(bar)) + "\">" + state + "</i>";
            words += (words.empty() ? "" : "; ") + html_escaped(in_words(bar));
        }
        if (row.left_out) words += "; and " + std::to_string(row.left_out) + " more";
        const std::string name = html_escaped(row.name);
        out += "<tr><th scope=\"row\" title=\"" + name + "\">" + name +
               "</th><td><div class=\"lane\" aria-hidden=\"true\">" + bars +
               "</div><span class=\"unseen\">" + words + "</span></td></tr>\n";
    }
    out += "</tbody></table>\n";
    if (rows.left_out)
        out += "<p class=\"note\">" + std::to_string(rows.left_out) + " more are not shown.</p>\n";
    return out;
}

HtmlTable::HtmlTable(std::string caption, std::vector<std::string> head, std::size_t numbers)
    : numbers_(numbers) {
    out_ = "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"" +
           html_escaped(caption) + "\"><table><caption>" + html_escaped(caption) +
           "</caption><thead><tr>";
    for (std::size_t i = 0; i < head.size(); ++i)
        out_ += std::string("<th scope=\"col\"") + (i >= numbers_ ? " class=\"number\">" : ">") +
                html_escaped(head[i]) + "</th>";
    out_ += "</tr></thead>\n<tbody>\n";
}

void HtmlTable::add(std::vector<std::string> cells, std::string_view row_class) {
    ++rows_;
    out_ += row_class.empty() ? "<tr>" : "<tr class=\"" + std::string(row_class) + "\">";
    for (std::size_t i = 0; i < cells.size(); ++i) {
        const bool is_head = i == 0;
        out_ += is_head ? "<th scope=\"row\">" : i >= numbers_ ? "<td class=\"number\">" : "<td>";
        out_ += html_escaped(cells[i]) + (is_head ? "</th>" : "</td>");
    }
    out_ += "</tr>\n";
}

std::string HtmlTable::text() const { return out_ + "</tbody></table></div>\n"; }

std::string histogram(const std::vector<sim::Duration>& samples, std::string_view label) {
    if (samples.size() < 2) return "";
    const sim::Duration least = *std::min_element(samples.begin(), samples.end());
    const sim::Duration most = *std::max_element(samples.begin(), samples.end());
    // Equal ones fill a single column.
    const std::int64_t span = std::max<std::int64_t>((most - least).count(), 1);
    const auto bins = static_cast<std::int64_t>(kHistogramBins);
    std::vector<std::int64_t> counts(kHistogramBins);
    for (sim::Duration d : samples)
        ++counts[static_cast<std::size_t>(std::min<std::int64_t>(
            static_cast<std::int64_t>(static_cast<__int128>((d - least).count()) * bins / span),
            bins - 1))];
    const std::int64_t highest = *std::max_element(counts.begin(), counts.end());
    const auto bound = [&](std::int64_t bin) {
        return brief(least + sim::Duration(static_cast<std::int64_t>(static_cast<__int128>(span) *
                                                                     bin / bins)));
    };
    std::string out =
        "<figure><svg class=\"histogram\" viewBox=\"0 0 240 64\" role=\"img\" "
        "aria-label=\"histogram: " +
        html_escaped(label) + "\">";
    for (std::int64_t bin = 0; bin < bins; ++bin) {
        const std::int64_t count = counts[static_cast<std::size_t>(bin)];
        if (count == 0) continue;
        const std::int64_t height = std::max<std::int64_t>(count * 60 / highest, 1);
        out += "<rect x=\"" + std::to_string(bin * 10) + "\" y=\"" + std::to_string(62 - height) +
               "\" width=\"9\" height=\"" + std::to_string(height) + "\"><title>" +
               std::to_string(count) + " from " + bound(bin) + " to " + bound(bin + 1) +
               "</title></rect>";
    }
    return out + "<line x1=\"0\" y1=\"62.5\" x2=\"240\" y2=\"62.5\"/></svg><figcaption><span>" +
           brief(least) + "</span><span>" + html_escaped(label) + ", at most " +
           std::to_string(highest) + " in a column</span><span>" + brief(most) +
           "</span></figcaption></figure>\n";
}

std::string kind_class(const std::string& kind, const std::vector<std::string>& kinds) {
    return "k" + std::to_string((std::find(kinds.begin(), kinds.end(), kind) - kinds.begin()) % 10);
}

std::string parts_bar(const Passage& passage, By by, sim::Duration longest,
                      const std::vector<std::string>& kinds) {
    std::string out = "<div class=\"parts\" aria-hidden=\"true\">";
    for (const KindSpent& part : spent_by_kind(passage, by)) {
        if (part.spent == sim::Duration()) continue;
        out += "<i class=\"" + kind_class(part.kind, kinds) +
               "\" style=\"width:" + percentage(share(part.spent, longest)) + "\" title=\"" +
               html_escaped(part.kind) + " " + brief(part.spent) + "\"></i>";
    }
    return out + "</div>";
}

}  // namespace reports
