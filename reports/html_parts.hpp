// HtmlParts: pieces of the HTML report: escaped text, a scale of time, rows of bars, histograms.
//
// All positions are integers in hundredths of a percent, so that every machine writes the same
// bytes. Nothing here may reach the page unescaped but what this file writes itself. Left out:
// scripts; the page has none.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "reports/latency.hpp"
#include "reports/state_bars.hpp"

namespace reports {

// For text and for attributes in quotes.
std::string html_escaped(std::string_view text);

// From 0 to its end, with so many steps that they can be read.
class TimeScale {
  public:
    explicit TimeScale(sim::Time end);
    sim::Time end() const { return end_; }
    std::string percent(sim::Time at) const;  // "12.34%"; never beyond 100
    std::string width(sim::Time from, sim::Time to) const;
    std::string header() const;  // the numbers above the bars
    std::string grid() const;    // the distance of two lines, as a percentage

  private:
    sim::Time end_;
    sim::Duration step_{};
};

// A table with a row of bars for each; what they show is there as text for those who cannot see it.
// `caption` is its heading.
std::string bars_table(const StateRows& rows, const TimeScale& scale);

// A table; cells are text and are escaped here. `numbers`: from which column on they stand right.
class HtmlTable {
  public:
    HtmlTable(std::string caption, std::vector<std::string> head, std::size_t numbers = 99);
    void add(std::vector<std::string> cells, std::string_view row_class = "");
    bool empty() const { return rows_ == 0; }
    std::string text() const;

  private:
    std::size_t numbers_, rows_ = 0;
    std::string out_;
};

// How many took how long: at most kHistogramBins columns of equal width. "" for fewer than two.
inline constexpr std::size_t kHistogramBins = 24;
std::string histogram(const std::vector<sim::Duration>& samples, std::string_view label);

// The class that gives a kind its colour: its place among all kinds of the page.
std::string kind_class(const std::string& kind, const std::vector<std::string>& kinds);
// What a passage consisted of, as one bar of its parts; `longest` is the full width.
std::string parts_bar(const Passage& passage, By by, sim::Duration longest,
                      const std::vector<std::string>& kinds);

}  // namespace reports
