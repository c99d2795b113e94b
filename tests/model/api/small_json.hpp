// JSON text to a Value, for tests that would be unreadable otherwise. Trusts its input: no escapes
// but \" and \\.
#pragma once

#include <charconv>
#include <stdexcept>
#include <string>

#include "model/api/value.hpp"

namespace small_json {

using model::api::Value;

class Reader {
  public:
    explicit Reader(std::string_view text) : rest_(text) {}

    Value value() {
        switch (peek()) {
            case '{':
                return map();
            case '[':
                return list();
            case '"':
                return Value(string());
            case 't':
                return word("true", Value(true));
            case 'f':
                return word("false", Value(false));
            case 'n':
                return word("null", Value());
            default:
                return number();
        }
    }
    bool at_end() { return skip(), rest_.empty(); }

  private:
    void skip() {
        const std::size_t at = rest_.find_first_not_of(" \n\t");
        rest_.remove_prefix(std::min(at, rest_.size()));
    }
    char peek() {
        skip();
        if (rest_.empty()) throw std::runtime_error("JSON ends early");
        return rest_[0];
    }
    bool take(char c) {
        if (peek() != c) return false;
        rest_.remove_prefix(1);
        return true;
    }
    Value word(std::string_view text, Value v) {
        if (!rest_.starts_with(text)) throw std::runtime_error("bad JSON word");
        rest_.remove_prefix(text.size());
        return v;
    }
    std::string string() {
        if (!take('"')) throw std::runtime_error("JSON string expected");
        std::string out;
        while (rest_.at(0) != '"') {
            if (rest_[0] == '\\') rest_.remove_prefix(1);
            out += rest_.at(0);
            rest_.remove_prefix(1);
        }
        rest_.remove_prefix(1);
        return out;
    }
    Value number() {
        const std::size_t end = std::min(rest_.find_first_not_of("+-.eE0123456789"), rest_.size());
        const std::string_view text = rest_.substr(0, end);
        rest_.remove_prefix(end);
        if (text.find_first_of(".eE") == text.npos)
            return Value(std::int64_t{std::stoll(std::string(text))});
        return Value(std::stod(std::string(text)));
    }
    Value list() {
        Value out = Value::list();
        take('[');
        while (!take(']')) {
            out.push_back(value());
            take(',');
        }
        return out;
    }
    Value map() {
        Value out = Value::map();
        take('{');
        while (!take('}')) {
            const std::string key = string();
            take(':');
            out[key] = value();
            take(',');
        }
        return out;
    }

    std::string_view rest_;
};

inline Value parse(std::string_view text) {
    Reader reader(text);
    Value v = reader.value();
    if (!reader.at_end()) throw std::runtime_error("text behind the JSON value");
    return v;
}

}  // namespace small_json
