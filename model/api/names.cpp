#include "model/api/names.hpp"

#include <algorithm>
#include <array>

namespace model::api {

namespace {

constexpr std::size_t kLabelMax = 63, kSubdomainMax = 253;

constexpr std::string_view kLabelText =
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and "
    "must start and end "
    "with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is "
    "'[a-z0-9]([-a-z0-9]*[a-z0-9])?')";
constexpr std::string_view kSubdomainText =
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or "
    "'.', and must start "
    "and end with an alphanumeric character (e.g. 'example.com', regex used for validation is "
    "'[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
constexpr std::string_view kKeyText =
    "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an "
    "alphanumeric character "
    "(e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is "
    "'([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";
constexpr std::string_view kValueText =
    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', "
    "and must start "
    "and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex "
    "used for validation "
    "is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";

// What a character is, in one look: names are judged at every write.
enum Class : unsigned char { kLower = 1, kUpper = 2, kDash = 4, kDot = 8, kUnderscore = 16 };

constexpr auto make_classes() {
    std::array<unsigned char, 256> of{};
    for (int c = '0'; c <= '9'; ++c) of[static_cast<std::size_t>(c)] = kLower;
    for (int c = 'a'; c <= 'z'; ++c) of[static_cast<std::size_t>(c)] = kLower;
    for (int c = 'A'; c <= 'Z'; ++c) of[static_cast<std::size_t>(c)] = kUpper;
    of['-'] = kDash;
    of['.'] = kDot;
    of['_'] = kUnderscore;
    return of;
}
constexpr auto kClasses = make_classes();

bool is(char c, unsigned classes) {
    return (kClasses[static_cast<unsigned char>(c)] & classes) != 0;
}

// Not empty, of `inside` throughout, and of `ends` at both ends.
bool has_form(std::string_view s, unsigned ends, unsigned inside) {
    if (s.empty() || !is(s.front(), ends) || !is(s.back(), ends)) return false;
    return std::all_of(s.begin(), s.end(), [inside](char c) { return is(c, inside); });
}

// One part between dots; its length is judged elsewhere.
bool is_dns_part(std::string_view s) { return has_form(s, kLower, kLower | kDash); }

// Parts between dots.
bool is_dns_parts(std::string_view s) {
    if (!has_form(s, kLower, kLower | kDash | kDot)) return false;
    for (std::size_t i = 1; i < s.size(); ++i)
        if ((s[i] == '.' && !is(s[i - 1], kLower)) || (s[i - 1] == '.' && !is(s[i], kLower)))
            return false;
    return true;
}

bool is_key_name(std::string_view s) {
    constexpr unsigned kEnds = kLower | kUpper;
    return has_form(s, kEnds, kEnds | kDash | kDot | kUnderscore);
}

std::string no_more_than(std::size_t length_max, std::string_view unit) {
    return "must be no more than " + std::to_string(length_max) + " " + std::string(unit);
}

Messages subdomain_problems(std::string_view text, std::string_view unit) {
    Messages out;
    if (text.size() > kSubdomainMax) out.push_back(no_more_than(kSubdomainMax, unit));
    if (!is_dns_parts(text)) out.emplace_back(kSubdomainText);
    return out;
}

// With a suffix to come, a dash at the end is no fault. Upstream cuts two characters and adds one;
// so does this.
std::string without_trailing_dash(std::string_view name) {
    if (name.size() > 1 && name.back() == '-')
        return std::string(name.substr(0, name.size() - 2)) + "a";
    return std::string(name);
}

Messages path_segment_problems(std::string_view name, bool prefix) {
    Messages out;
    if (!prefix && (name == "." || name == "..")) {
        out.push_back("may not be '" + std::string(name) + "'");
        return out;
    }
    for (char c : {'/', '%'})
        if (name.find(c) != std::string_view::npos)
            out.push_back(std::string("may not contain '") + c + "'");
    return out;
}

}  // namespace

bool is_dns_label(std::string_view text) { return text.size() <= kLabelMax && is_dns_part(text); }

bool is_dns_subdomain(std::string_view text) {
    return text.size() <= kSubdomainMax && is_dns_parts(text);
}

Messages dns_label_problems(std::string_view text, const Wording& wording) {
    Messages out;
    if (text.size() > kLabelMax) out.push_back(no_more_than(kLabelMax, "characters"));
    if (is_dns_part(text)) return out;
    out.emplace_back(wording.dots_in_label && is_dns_parts(text) ? "must not contain dots"
                                                                 : kLabelText);
    return out;
}

Messages dns_subdomain_problems(std::string_view text) {
    return subdomain_problems(text, "characters");
}

bool is_label_key(std::string_view text) {
    const std::size_t slash = text.find('/');
    if (slash == std::string_view::npos) return text.size() <= kLabelMax && is_key_name(text);
    const std::string_view name = text.substr(slash + 1);
    return is_dns_subdomain(text.substr(0, slash)) && name.size() <= kLabelMax && is_key_name(name);
}

Messages label_key_problems(std::string_view text, const Wording& wording) {
    if (is_label_key(text)) return {};
    const std::string_view unit = wording.label_key ? "bytes" : "characters";
    Messages out;
    std::string_view name = text;
    const std::size_t slash = text.find('/');
    if (slash != std::string_view::npos && text.find('/', slash + 1) != std::string_view::npos) {
        out.push_back(std::string(wording.label_key ? "a valid label key " : "a qualified name ") +
                      std::string(kKeyText) +
                      " with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')");
        return out;
    }
    if (slash != std::string_view::npos) {
        const std::string_view prefix = text.substr(0, slash);
        name = text.substr(slash + 1);
        if (prefix.empty())
            out.emplace_back("prefix part must be non-empty");
        else
            for (const std::string& m : subdomain_problems(prefix, unit))
                out.push_back("prefix part " + m);
    }
    if (name.empty())
        out.emplace_back("name part must be non-empty");
    else if (name.size() > kLabelMax)
        out.push_back("name part " + no_more_than(kLabelMax, unit));
    if (!is_key_name(name)) out.push_back("name part " + std::string(kKeyText));
    return out;
}

Messages label_value_problems(std::string_view text, const Wording& wording) {
    Messages out;
    if (text.size() > kLabelMax)
        out.push_back(no_more_than(kLabelMax, wording.label_key ? "bytes" : "characters"));
    if (!text.empty() && !is_key_name(text)) out.emplace_back(kValueText);
    return out;
}

Messages name_problems(NameRule rule, std::string_view name, bool prefix, const Wording& wording) {
    if (rule == NameRule::PathSegment) return path_segment_problems(name, prefix);
    const std::string cut = prefix ? without_trailing_dash(name) : std::string();
    const std::string_view judged = prefix ? std::string_view(cut) : name;
    return rule == NameRule::Label ? dns_label_problems(judged, wording)
                                   : dns_subdomain_problems(judged);
}

std::string ascii_lower(std::string_view text) {
    std::string out(text);
    for (char& c : out)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    return out;
}

}  // namespace model::api
