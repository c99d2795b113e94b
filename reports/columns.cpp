#include "reports/columns.hpp"

#include <algorithm>

namespace reports {

Columns::Columns(std::vector<std::string> head, Align numbers) : numbers_(numbers) {
    rows_.push_back(std::move(head));
}

std::string Columns::text(std::string_view indent) const {
    std::vector<std::size_t> widths(rows_.front().size());
    for (const auto& row : rows_)
        for (std::size_t i = 0; i < row.size(); ++i)
            widths[i] = std::max(widths[i], width_of(row[i]));
    std::string out;
    for (const auto& row : rows_) {
        out += indent;
        for (std::size_t i = 0; i < row.size(); ++i) {
            const bool last = i + 1 == row.size();
            if (numbers_ == Align::Right && i > 0) {
                out.append(widths[i] - width_of(row[i]), ' ');
                out += row[i];
            } else {
                out += last ? row[i] : padded(row[i], widths[i]);
            }
            if (!last) out += "   ";
        }
        out += '\n';
    }
    return out;
}

std::string wrapped(std::string_view text, std::size_t width, std::size_t indent) {
    std::string out;
    std::size_t column = indent;
    for (std::size_t from = 0; from < text.size();) {
        const std::size_t end = std::min(text.find_first_of(" \n", from), text.size());
        const std::string_view word = text.substr(from, end - from);
        const bool line_is_empty = column == indent;
        if (!line_is_empty && column + 1 + width_of(word) > width) {
            out += "\n" + std::string(indent, ' ');
            column = indent;
        } else if (!line_is_empty) {
            out += ' ';
            ++column;
        }
        out += word;
        column += width_of(word);
        if (end < text.size() && text[end] == '\n' && end + 1 < text.size()) {
            out += "\n" + std::string(indent, ' ');
            column = indent;
        }
        from = end + 1;
    }
    return out;
}

std::size_t width_of(std::string_view utf8) {
    return static_cast<std::size_t>(std::count_if(utf8.begin(), utf8.end(), [](char c) {
        return (static_cast<unsigned char>(c) & 0xc0) != 0x80;
    }));
}

std::string padded(std::string_view text, std::size_t width) {
    std::string out(text);
    if (const std::size_t have = width_of(text); have < width) out.append(width - have, ' ');
    return out;
}

std::string brief(sim::Duration duration) {
    using namespace std::chrono_literals;
    const auto with_decimals = [](std::int64_t whole, std::int64_t part, int digits) {
        std::string fraction = std::to_string(part);
        fraction.insert(0, static_cast<std::size_t>(digits) - fraction.size(), '0');
        return std::to_string(whole) + "." + fraction;
    };
    const std::int64_t ns = duration.count();
    if (ns < 0) return "-" + brief(-duration);
    if (ns == 0) return "0s";
    if (duration < 1us) return std::to_string(ns) + "ns";
    if (duration < 1ms) return std::to_string(ns / 1000) + "us";
    if (duration < 100ms) return with_decimals(ns / 1'000'000, ns / 100'000 % 10, 1) + "ms";
    if (duration < 1s) return std::to_string(ns / 1'000'000) + "ms";
    if (duration < 120s) return with_decimals(ns / 1'000'000'000, ns / 1'000'000 % 1000, 3) + "s";
    const std::int64_t tenths = ns / 100'000'000;
    const std::string rest = with_decimals(tenths / 10 % 60, tenths % 10, 1) + "s";
    const std::int64_t minutes = tenths / 600;
    if (minutes < 120) return std::to_string(minutes) + "m" + rest;
    return std::to_string(minutes / 60) + "h" + std::to_string(minutes % 60) + "m" + rest;
}

// The steps of k8s.io/apimachinery/pkg/util/duration HumanDuration.
std::string age(sim::Duration duration) {
    const std::int64_t s = std::max<std::int64_t>(0, duration.count() / 1'000'000'000);
    const auto two = [](std::int64_t a, char unit, std::int64_t b, char smaller) {
        std::string out = std::to_string(a) + unit;
        if (b) out += std::to_string(b) + smaller;
        return out;
    };
    if (s < 120) return std::to_string(s) + "s";
    const std::int64_t m = s / 60, h = m / 60, d = h / 24;
    if (m < 10) return two(m, 'm', s % 60, 's');
    if (h < 3) return std::to_string(m) + "m";
    if (h < 8) return two(h, 'h', m % 60, 'm');
    if (h < 48) return std::to_string(h) + "h";
    if (d < 8) return two(d, 'd', h % 24, 'h');
    return std::to_string(d) + "d";
}

}  // namespace reports
