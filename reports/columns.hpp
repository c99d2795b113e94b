// Columns: text in aligned columns, as kubectl prints tables. Widths count characters, not bytes.
//
// The last column is not padded, so that no line ends in blanks. Also the two forms in which
// reports write times and durations for people.
// Left out: borders.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "sim/time.hpp"

namespace reports {

class Columns {
  public:
    enum class Align : bool { Left, Right };
    explicit Columns(std::vector<std::string> head, Align numbers = Align::Left);
    void add(std::vector<std::string> row) { rows_.push_back(std::move(row)); }
    bool empty() const { return rows_.size() < 2; }
    // Each line is indented and ends in a newline. With Align::Right all columns but the first are
    // set to the right.
    std::string text(std::string_view indent = "") const;

  private:
    std::vector<std::vector<std::string>> rows_;
    Align numbers_;
};

// Breaks at blanks so that lines stay within `width` where words allow; lines behind the first are
// put in by `indent`. Breaks of the text itself stay.
std::string wrapped(std::string_view text, std::size_t width, std::size_t indent);
std::size_t width_of(std::string_view utf8);
std::string padded(std::string_view text, std::size_t width);

// For people: "850ns", "12.3ms", "7.204s", "2m3.5s". Exact figures are in the JSON report.
std::string brief(sim::Duration duration);
// How kubectl prints an age: "12s", "3m10s", "2d4h".
std::string age(sim::Duration duration);

}  // namespace reports
