// The text forms of selectors: -l and --field-selector. Counterparts: apimachinery pkg/labels
// Parser, pkg/fields.
#include <algorithm>
#include <optional>

#include "model/api/selector.hpp"

namespace model::api {

namespace {

enum class Token {
    End,
    Comma,
    Open,
    Close,
    Not,
    Equals,
    NotEquals,
    In,
    NotIn,
    Greater,
    Less,
    Word,
    Bad
};

struct Lexeme {
    Token token = Token::End;
    std::string_view text;
};

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }
bool is_symbol(char c) { return std::string_view("=!(),<>").find(c) != std::string_view::npos; }

class Lexer {
  public:
    explicit Lexer(std::string_view text) : rest_(text) {}

    // Operators are words except right behind a key ("in in (in)").
    Lexeme peek(bool operators) const {
        std::string_view rest = rest_;
        return scan(rest, operators);
    }
    Lexeme take(bool operators) { return scan(rest_, operators); }

  private:
    static Lexeme scan(std::string_view& rest, bool operators) {
        while (!rest.empty() && is_blank(rest.front())) rest.remove_prefix(1);
        if (rest.empty()) return Lexeme{};
        if (is_symbol(rest.front())) return symbol(rest);
        std::size_t end = 0;
        while (end < rest.size() && !is_blank(rest[end]) && !is_symbol(rest[end])) ++end;
        const std::string_view word = rest.substr(0, end);
        rest.remove_prefix(end);
        if (operators && word == "in") return Lexeme{Token::In, word};
        if (operators && word == "notin") return Lexeme{Token::NotIn, word};
        return Lexeme{Token::Word, word};
    }

    static Lexeme symbol(std::string_view& rest) {
        struct Symbol {
            std::string_view text;
            Token token;
        };
        constexpr Symbol kSymbols[] = {
            {"==", Token::Equals}, {"!=", Token::NotEquals}, {"=", Token::Equals},
            {"!", Token::Not},     {"(", Token::Open},       {")", Token::Close},
            {",", Token::Comma},   {">", Token::Greater},    {"<", Token::Less}};
        for (const Symbol& s : kSymbols) {
            if (!rest.starts_with(s.text)) continue;
            rest.remove_prefix(s.text.size());
            return Lexeme{s.token, s.text};
        }
        const std::string_view one = rest.substr(0, 1);
        rest.remove_prefix(1);
        return Lexeme{Token::Bad, one};
    }

    std::string_view rest_;
};

std::string found(const Lexeme& l, std::string_view expected) {
    return "found '" + std::string(l.text) + "', expected: " + std::string(expected);
}

class Parser {
  public:
    explicit Parser(std::string_view text) : lexer_(text) {}

    // The error, or "".
    std::string parse(LabelSelector& out) {
        for (;;) {
            const Lexeme first = lexer_.peek(false);
            if (first.token == Token::End) return "";
            if (first.token != Token::Word && first.token != Token::Not) {
                return found(first, "!, identifier, or 'end of string'");
            }
            if (std::string error = requirement(out); !error.empty()) {
                return "unable to parse requirement: " + error;
            }
            const Lexeme behind = lexer_.take(false);
            if (behind.token == Token::End) return "";
            if (behind.token != Token::Comma) return found(behind, "',' or 'end of string'");
            const Lexeme next = lexer_.peek(false);
            if (next.token != Token::Word && next.token != Token::Not) {
                return found(next, "identifier after ','");
            }
        }
    }

  private:
    std::string requirement(LabelSelector& out) {
        Lexeme key = lexer_.take(false);
        const bool negated = key.token == Token::Not;
        if (negated) key = lexer_.take(false);
        if (key.token != Token::Word) return found(key, "identifier");
        SelectorRequirement r;
        r.key = key.text;
        const Token behind = lexer_.peek(false).token;
        if (negated || behind == Token::End || behind == Token::Comma) {
            r.op = negated ? "DoesNotExist" : "Exists";
            out.matchExpressions.push_back(std::move(r));
            return "";
        }
        const Lexeme op = lexer_.take(true);
        switch (op.token) {
            case Token::Equals:
                return exact(out, std::move(r), "=");
            case Token::NotEquals:
                return exact(out, std::move(r), "NotIn");
            case Token::Greater:
                return "\"gt\" isn't supported in label selectors";
            case Token::Less:
                return "\"lt\" isn't supported in label selectors";
            case Token::In:
                return set(out, std::move(r), "In");
            case Token::NotIn:
                return set(out, std::move(r), "NotIn");
            default:
                return found(op, "in, notin, =, ==, !=, gt, lt");
        }
    }

    std::string exact(LabelSelector& out, SelectorRequirement r, std::string_view op) {
        std::string_view value;
        const Token next = lexer_.peek(false).token;
        if (next != Token::End && next != Token::Comma) {
            const Lexeme word = lexer_.take(false);
            if (word.token != Token::Word) return found(word, "identifier");
            value = word.text;
        }
        const Text* held = op == "=" ? out.matchLabels.find(r.key) : nullptr;
        if (op == "=" && (!held || *held == value)) {
            out.matchLabels.set(r.key, value);
            return "";
        }
        // "a=1,a=2" matches nothing; a map cannot say that, two requirements can.
        r.op = op == "=" ? "In" : op;
        r.values.push_back(value);
        out.matchExpressions.push_back(std::move(r));
        return "";
    }

    std::string set(LabelSelector& out, SelectorRequirement r, std::string_view op) {
        const Lexeme open = lexer_.take(false);
        if (open.token != Token::Open)
            return "found '" + std::string(open.text) + "' expected: '('";
        r.op = op;
        bool after_comma = true;  // "(,a" and "(a,,b)" hold an empty value
        for (;;) {
            const Lexeme l = lexer_.take(false);
            if (l.token == Token::Word && after_comma) {
                r.values.push_back(l.text);
                after_comma = false;
            } else if (l.token == Token::Comma || l.token == Token::Close) {
                if (after_comma) r.values.push_back("");
                after_comma = true;
                if (l.token == Token::Close) break;
            } else {
                return found(l, after_comma ? "',', or identifier" : "',' or ')'");
            }
        }
        std::sort(r.values.begin(), r.values.end());
        r.values.erase(std::unique(r.values.begin(), r.values.end()), r.values.end());
        out.matchExpressions.push_back(std::move(r));
        return "";
    }

    Lexer lexer_;
};

// Comma-separated terms; a backslash keeps the next character.
std::vector<std::string_view> field_terms(std::string_view text) {
    std::vector<std::string_view> terms;
    std::size_t start = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '\\') {
            ++i;
        } else if (text[i] == ',') {
            terms.push_back(text.substr(start, i - start));
            start = i + 1;
        }
    }
    terms.push_back(text.substr(start));
    return terms;
}

// Nothing where a backslash stands before anything but '\', ',' or '='.
std::optional<std::string> unescaped(std::string_view value) {
    std::string out;
    for (std::size_t i = 0; i < value.size(); ++i) {
        if (value[i] == '\\') {
            ++i;
            if (i == value.size() ||
                std::string_view("\\,=").find(value[i]) == std::string_view::npos) {
                return std::nullopt;
            }
        } else if (value[i] == ',' || value[i] == '=') {
            return std::nullopt;
        }
        out += value[i];
    }
    return out;
}

// The text at "spec.nodeName"; "" where the member is not there. Nothing where the path runs into
// no map.
std::optional<std::string> field_at(const Value& object, std::string_view path) {
    const Value* v = &object;
    while (!path.empty()) {
        const std::size_t dot = std::min(path.find('.'), path.size());
        if (!v->is_map()) return std::nullopt;
        v = v->find(path.substr(0, dot));
        if (!v || v->is_null()) return std::string();
        path.remove_prefix(std::min(dot + 1, path.size()));
    }
    if (v->is_map() || v->is_list()) return std::nullopt;
    return v->is_string() ? std::string(v->as_string()) : v->to_json();
}

// Members of these exist on every object, filled or not; anything else is a typing error.
bool is_known_root(std::string_view path, const Value& object) {
    const std::string_view root = path.substr(0, path.find('.'));
    return root == "metadata" || root == "spec" || root == "status" ||
           object.find(root) != nullptr || root == "involvedObject" || root == "reason" ||
           root == "type" || root == "source" || root == "reportingComponent";
}

}  // namespace

Result<LabelSelector> parse_label_selector(std::string_view text) {
    LabelSelector selector;
    const std::string error = Parser(text).parse(selector);
    if (error.empty()) return selector;
    return Status::bad_request("unable to parse \"" + std::string(text) + "\": " + error);
}

Result<bool> matches_fields(std::string_view field_selector, const Value& object) {
    bool all = true;
    for (std::string_view term : field_terms(field_selector)) {
        if (term.empty()) continue;
        const std::size_t at = std::min(term.find("!="), term.find('='));
        const std::string about = "invalid selector: '" + std::string(field_selector) +
                                  "'; can't understand '" + std::string(term) + "'";
        if (at == term.npos) return Status::bad_request(about);
        const std::string_view path = term.substr(0, at);
        std::string_view value = term.substr(at + 1);
        const bool negated = term[at] == '!';
        if (negated || value.starts_with('=')) value.remove_prefix(1);
        const std::optional<std::string> wanted = unescaped(value);
        if (!wanted) return Status::bad_request(about);
        const std::optional<std::string> held = field_at(object, path);
        if (!held || path.empty() || !is_known_root(path, object)) {
            return Status::bad_request("field label not supported: " + std::string(path));
        }
        all = all && (*held == *wanted) != negated;
    }
    return all;
}

}  // namespace model::api
