#include "scenarios/json_reader.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <vector>

namespace scenarios {
namespace {

using model::api::Text;
using model::api::Value;

struct Fault {
    const char* at;
    std::string message;
};

// Names and short values come again and again; those of equal text share one.
class Texts {
  public:
    Text of(std::string_view s) {
        if (s.empty() || s.size() > kLongest) return Text(s);
        Text& known = known_[model::api::hash_of(s) >> kShift];
        if (known.view() != s) known = Text(s);
        return known;
    }

  private:
    static constexpr std::size_t kLongest = 48;
    static constexpr int kShift = 32 - 12;
    std::array<Text, std::size_t{1} << 12> known_;
};

int hex_digit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    const char lower = static_cast<char>(c | 0x20);
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

void append_letter(std::string& out, std::uint32_t code) {
    const auto tail = [&](int shift) { out += static_cast<char>(0x80 | ((code >> shift) & 0x3f)); };
    if (code < 0x80) {
        out += static_cast<char>(code);
    } else if (code < 0x800) {
        out += static_cast<char>(0xc0 | (code >> 6));
        tail(0);
    } else if (code < 0x10000) {
        out += static_cast<char>(0xe0 | (code >> 12));
        tail(6);
        tail(0);
    } else {
        out += static_cast<char>(0xf0 | (code >> 18));
        tail(12);
        tail(6);
        tail(0);
    }
}

// The length of the letter of several bytes at `at`, 0 where it is no UTF-8.
std::size_t letter_length(const char* at, const char* end) {
    const auto byte = [&](int i) { return static_cast<unsigned char>(at[i]); };
    const unsigned char c = byte(0);
    const std::ptrdiff_t length = c >= 0xc2 && c < 0xe0 ? 2 : c >= 0xe0 && c < 0xf0 ? 3 : 4;
    if (c < 0xc2 || c > 0xf4 || end - at < length) return 0;
    for (int i = 1; i < length; ++i)
        if ((byte(i) & 0xc0) != 0x80) return 0;
    // Overlong forms, halves of surrogate pairs, and what lies beyond the last letter.
    if ((c == 0xe0 && byte(1) < 0xa0) || (c == 0xed && byte(1) > 0x9f)) return 0;
    if ((c == 0xf0 && byte(1) < 0x90) || (c == 0xf4 && byte(1) > 0x8f)) return 0;
    return static_cast<std::size_t>(length);
}

class Parser {
  public:
    Parser(std::string_view text, const JsonLimits& limits)
        : at_(text.data()), end_(text.data() + text.size()), limits_(limits) {
        if (text.starts_with("\xef\xbb\xbf")) at_ += 3;
    }

    Value whole() {
        Value v = value();
        finish();
        return v;
    }

    // visit(item, where it begins)
    template <class Visit>
    void items(const Visit& visit) {
        skip_blanks();
        const char* begin = at_;
        if (at_ != end_ && *at_ == '[') {
            list_items(visit);
        } else if (at_ == end_ || *at_ != '{') {
            throw Fault{at_, "expected an object or a list of objects"};
        } else if (Value rest; object_with_items(visit, rest)) {
            visit(std::move(rest), begin);
        }
        finish();
    }

  private:
    void skip_blanks() {
        while (at_ != end_ && (*at_ == ' ' || *at_ == '\n' || *at_ == '\r' || *at_ == '\t')) ++at_;
    }

    void finish() {
        skip_blanks();
        if (at_ != end_) throw Fault{at_, "more text after the end of the JSON value"};
    }

    bool take(char c) {
        skip_blanks();
        if (at_ == end_ || *at_ != c) return false;
        ++at_;
        return true;
    }

    void enter() {
        if (++depth_ > limits_.depth)
            throw Fault{at_, "nested more than " + std::to_string(limits_.depth) + " deep"};
    }

    Value value() {
        skip_blanks();
        if (at_ == end_) throw Fault{at_, "the text ends where a value is expected"};
        switch (*at_) {
            case '{':
                return object();
            case '[':
                return list();
            case '"':
                return Value(texts_.of(string()));
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

    Value word(std::string_view expected, Value v) {
        const std::string_view rest(at_, static_cast<std::size_t>(end_ - at_));
        if (!rest.starts_with(expected)) throw Fault{at_, "expected a JSON value"};
        at_ += expected.size();
        return v;
    }

    // The bytes of a string literal; they hold until the next one.
    std::string_view string() {
        const char* begin = ++at_;
        while (at_ != end_ && *at_ != '"') {
            const auto c = static_cast<unsigned char>(*at_);
            if (c == '\\') return string_with_escapes(begin);
            at_ += plain_length(c);
        }
        if (at_ == end_) throw Fault{begin - 1, "this string does not end"};
        return std::string_view(begin, static_cast<std::size_t>(at_++ - begin));
    }

    std::size_t plain_length(unsigned char c) const {
        if (c < 0x20 || c == 0x7f) throw Fault{at_, "a control character in a string"};
        if (c < 0x80) return 1;
        const std::size_t length = letter_length(at_, end_);
        if (length == 0) throw Fault{at_, "this is no UTF-8 text"};
        return length;
    }

    std::string_view string_with_escapes(const char* begin) {
        scratch_.assign(begin, at_);
        while (at_ != end_ && *at_ != '"') {
            if (*at_ == '\\') {
                ++at_;
                escape();
                continue;
            }
            const std::size_t length = plain_length(static_cast<unsigned char>(*at_));
            scratch_.append(at_, length);
            at_ += length;
        }
        if (at_ == end_) throw Fault{begin - 1, "this string does not end"};
        ++at_;
        return scratch_;
    }

    void escape() {
        constexpr std::string_view kNames = "\"\\/bfnrt", kMeant = "\"\\/\b\f\n\r\t";
        const char name = at_ == end_ ? '\0' : *at_;
        if (const std::size_t i = kNames.find(name); name != '\0' && i != kNames.npos) {
            scratch_ += kMeant[i];
            ++at_;
            return;
        }
        if (name != 'u') throw Fault{at_ - 1, "an escape that JSON does not know"};
        const char* begin = at_ - 1;
        std::uint32_t code = four_digits();
        if (code >= 0xd800 && code < 0xdc00 && end_ - at_ > 1 && at_[0] == '\\' && at_[1] == 'u') {
            ++at_;
            const std::uint32_t low = four_digits();
            if (low < 0xdc00 || low > 0xdfff) throw Fault{begin, "half of a surrogate pair"};
            code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
        }
        if (code >= 0xd800 && code < 0xe000) throw Fault{begin, "half of a surrogate pair"};
        if (code == 0) throw Fault{begin, "a control character in a string"};
        append_letter(scratch_, code);
    }

    std::uint32_t four_digits() {
        ++at_;  // the u
        std::uint32_t code = 0;
        for (int i = 0; i < 4; ++i, ++at_) {
            const int digit = at_ == end_ ? -1 : hex_digit(*at_);
            if (digit < 0) throw Fault{at_, "expected four hexadecimal digits after \\u"};
            code = code << 4 | static_cast<std::uint32_t>(digit);
        }
        return code;
    }

    bool digits() {
        const char* begin = at_;
        while (at_ != end_ && *at_ >= '0' && *at_ <= '9') ++at_;
        return at_ != begin;
    }

    Value number() {
        const char* begin = at_;
        if (*at_ == '-') ++at_;
        const char* first = at_;
        if (!digits()) throw Fault{begin, "expected a JSON value"};
        if (*first == '0' && at_ - first > 1) throw Fault{begin, "a number does not begin with 0"};
        bool whole = true;
        if (at_ != end_ && *at_ == '.') {
            whole = false;
            ++at_;
            if (!digits()) throw Fault{at_, "expected digits after the point"};
        }
        if (at_ != end_ && (*at_ == 'e' || *at_ == 'E')) {
            whole = false;
            ++at_;
            if (at_ != end_ && (*at_ == '+' || *at_ == '-')) ++at_;
            if (!digits()) throw Fault{at_, "expected digits in the exponent"};
        }
        std::int64_t integer = 0;
        if (whole && std::from_chars(begin, at_, integer).ec == std::errc()) return Value(integer);
        double real = 0;
        if (std::from_chars(begin, at_, real).ec != std::errc())
            throw Fault{begin, "a number beyond what can be kept"};
        return Value(real);
    }

    Value list() {
        enter();
        ++at_;
        Value::List items;
        if (!take(']')) {
            do {
                items.push_back(value());
            } while (take(','));
            if (!take(']')) throw Fault{at_, "expected \",\" or \"]\" in a list"};
        }
        --depth_;
        return Value::list(std::move(items));
    }

    // member(key) reads the value behind the colon; `key` is gone afterwards.
    template <class Member>
    void members(const Member& member) {
        enter();
        ++at_;
        if (!take('}')) {
            do {
                skip_blanks();
                if (at_ == end_ || *at_ != '"') throw Fault{at_, "expected a key in quotes"};
                const char* begin = at_;
                const Text key = texts_.of(string());
                if (!take(':')) throw Fault{at_, "expected \":\" after a key"};
                member(key, begin);
            } while (take(','));
            if (!take('}')) throw Fault{at_, "expected \",\" or \"}\" in an object"};
        }
        --depth_;
    }

    Value object() {
        Value map = Value::map();
        const std::size_t base = open_.size();
        members([&](const Text& key, const char*) {
            Value v = value();
            open_.emplace_back(key, std::move(v));
        });
        const auto begin = open_.begin() + static_cast<std::ptrdiff_t>(base);
        sort(begin);
        map.edit_map().append(std::make_move_iterator(begin), std::make_move_iterator(open_.end()));
        open_.resize(base);
        return map;
    }

    // Mostly they come in order already.
    void sort(std::vector<Value::Member>::iterator begin) {
        const auto less = [](const Value::Member& a, const Value::Member& b) {
            return a.first < b.first;
        };
        if (!std::is_sorted(begin, open_.end(), less)) std::stable_sort(begin, open_.end(), less);
        const auto twice = std::adjacent_find(
            begin, open_.end(),
            [](const Value::Member& a, const Value::Member& b) { return a.first == b.first; });
        if (twice != open_.end())
            throw Fault{at_ - 1, "the key " + Value(twice->first).to_json() +
                                     " stands twice in the object that ends here"};
    }

    template <class Visit>
    void list_items(const Visit& visit) {
        enter();
        ++at_;
        if (!take(']')) {
            do {
                skip_blanks();
                const char* begin = at_;
                visit(value(), begin);
            } while (take(','));
            if (!take(']')) throw Fault{at_, "expected \",\" or \"]\" in a list"};
        }
        --depth_;
    }

    // True where there was no list `items`: then `rest` is the object.
    template <class Visit>
    bool object_with_items(const Visit& visit, Value& rest) {
        bool found = false;
        rest = Value::map();
        members([&](const Text& key, const char* begin) {
            skip_blanks();
            if (rest.find(key) || (found && key == "items"))
                throw Fault{begin, "the key " + Value(key).to_json() + " stands twice"};
            if (key == "items" && at_ != end_ && *at_ == '[') {
                found = true;
                list_items(visit);
            } else {
                rest[key] = value();
            }
        });
        return !found;
    }

    const char* at_;
    const char* const end_;
    const JsonLimits& limits_;
    int depth_ = 0;
    Texts texts_;
    std::string scratch_;
    std::vector<Value::Member> open_;  // members of the objects that are being read
};

// Line and column of places that are asked for in order.
class Lines {
  public:
    Lines(std::string_view text, const std::string& file)
        : at_(text.data()), line_begin_(at_), place_{file, 1, 1} {}
    const Place& of(const char* wanted) {
        while (at_ < wanted) {
            const void* end = std::memchr(at_, '\n', static_cast<std::size_t>(wanted - at_));
            if (!end) break;
            at_ = line_begin_ = static_cast<const char*>(end) + 1;
            ++place_.line;
        }
        at_ = wanted;
        const auto begins_letter = [](char c) { return (c & 0xc0) != 0x80; };
        place_.column = 1 + static_cast<int>(std::count_if(line_begin_, wanted, begins_letter));
        return place_;
    }

  private:
    const char* at_;
    const char* line_begin_;
    Place place_;
};

bool fits(std::string_view text, const std::string& file, Diagnostics& diagnostics,
          const JsonLimits& limits) {
    if (text.size() <= limits.bytes) return true;
    diagnostics.push_back(
        {Place{file}, "larger than " + std::to_string(limits.bytes >> 20) + " MiB; split it"});
    return false;
}

}  // namespace

std::optional<Value> read_json(std::string_view text, const std::string& file,
                               Diagnostics& diagnostics, const JsonLimits& limits) {
    if (!fits(text, file, diagnostics, limits)) return std::nullopt;
    try {
        return Parser(text, limits).whole();
    } catch (const Fault& fault) {
        diagnostics.push_back({Lines(text, file).of(fault.at), "malformed JSON: " + fault.message});
        return std::nullopt;
    }
}

bool read_json_items(std::string_view text, const std::string& file, Diagnostics& diagnostics,
                     const JsonVisit& visit, const JsonLimits& limits) {
    if (!fits(text, file, diagnostics, limits)) return false;
    Lines lines(text, file);
    try {
        Parser(text, limits).items([&](Value item, const char* begin) {
            visit(std::move(item), lines.of(begin));
        });
        return true;
    } catch (const Fault& fault) {
        diagnostics.push_back({Lines(text, file).of(fault.at), "malformed JSON: " + fault.message});
        return false;
    }
}

bool is_json(std::string_view file_name, std::string_view text) {
    if (file_name.ends_with(".json")) return true;
    const std::size_t first = text.find_first_not_of(" \t\r\n");
    return first != text.npos && text[first] == '{' &&
           !(file_name.ends_with(".yaml") || file_name.ends_with(".yml"));
}

}  // namespace scenarios
