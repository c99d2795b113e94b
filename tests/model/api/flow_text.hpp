// Values written as YAML writes them on one line: {spec: {accessModes: [ReadWriteOnce], capacity:
// {storage: 1Gi}}}. Words need no quotes; "..." keeps commas, colons and blanks; numbers, true,
// false and null are what they look like. For tests only: what is malformed ends in an exception
// without a place.
#pragma once

#include <charconv>
#include <stdexcept>

#include "model/api/value.hpp"

namespace model::api {

class FlowText {
  public:
    static Value parse(std::string_view text) {
        FlowText p(text);
        return p.value();
    }

  private:
    explicit FlowText(std::string_view text) : rest_(text) {}

    void blanks() { rest_.remove_prefix(std::min(rest_.find_first_not_of(" \n"), rest_.size())); }
    bool take(char c) {
        blanks();
        if (rest_.empty() || rest_.front() != c) return false;
        rest_.remove_prefix(1);
        return true;
    }
    void need(char c) {
        if (!take(c)) throw std::runtime_error("flow text: expected " + std::string(1, c));
    }
    std::string_view word(std::string_view ends) {
        const std::size_t n = std::min(rest_.find_first_of(ends), rest_.size());
        std::string_view w = rest_.substr(0, n);
        rest_.remove_prefix(n);
        while (w.ends_with(' ') || w.ends_with('\n')) w.remove_suffix(1);
        return w;
    }
    std::string_view quoted_or_word(std::string_view ends) {
        if (!take('"')) return word(ends);
        const std::string_view w = word("\"");
        need('"');
        return w;
    }
    Value value() {
        if (take('{')) return map();
        if (take('[')) return list();
        blanks();
        const bool quoted = !rest_.empty() && rest_.front() == '"';
        const std::string_view w = quoted_or_word(",]}");
        std::int64_t number = 0;
        const auto [end, error] = std::from_chars(w.data(), w.data() + w.size(), number);
        if (quoted) return Value(w);
        if (w == "null") return Value();
        if (w == "true" || w == "false") return Value(w == "true");
        return error == std::errc() && end == w.data() + w.size() ? Value(number) : Value(w);
    }
    Value map() {
        Value v = Value::map();
        while (!take('}')) {
            blanks();
            const std::string_view key = quoted_or_word(":");
            need(':');
            v[key] = value();
            take(',');
        }
        return v;
    }
    Value list() {
        Value v = Value::list();
        while (!take(']')) {
            v.push_back(value());
            take(',');
        }
        return v;
    }

    std::string_view rest_;
};

}  // namespace model::api
