// Values to objects. Errors follow sigs.k8s.io/json (encoding/json with case-sensitive names) as
// the API server prints them; the first one wins.
#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>

#include "model/api/codec.hpp"
#include "model/api/codec_visitor.hpp"
#include "model/api/typed.hpp"

namespace model::api {

namespace {

using codec::describe_fields;
using codec::go_struct_name;
using codec::go_text_type;
using codec::struct_name;

std::string_view json_word(const Value& v) {
    switch (v.type()) {
        case Value::Type::Bool:
            return "bool";
        case Value::Type::String:
            return "string";
        case Value::Type::List:
            return "array";
        case Value::Type::Map:
            return "object";
        default:
            return "number";
    }
}

// Where decoding stands, and the first error.
class Decoding {
  public:
    struct Level {
        std::string_view type;   // our name of the struct that is being filled
        std::string_view field;  // its field
    };

    bool failed() const { return !error_.empty(); }
    const std::string& error() const { return error_; }
    void fail(std::string message) {
        if (error_.empty()) error_ = std::move(message);
    }
    // The struct that is being filled, as Go names it.
    std::string_view owner() const {
        std::string_view name;
        for (std::size_t i = 0; i < depth_; ++i) name = go_struct_name(levels_[i].type, name);
        return name;
    }
    std::string_view field() const {
        return depth_ == 0 ? std::string_view() : levels_[depth_ - 1].field;
    }

    void mismatch(std::string_view found, std::string_view type) {
        std::string message = "json: cannot unmarshal ";
        message += found;
        message += " into Go ";
        if (depth_ == 0) {
            message += "value";
        } else {
            message += "struct field ";
            message += owner();
            for (std::size_t i = 0; i < depth_; ++i) {
                message += '.';
                message += levels_[i].field;
            }
        }
        message += " of type ";
        message += type;
        fail(std::move(message));
    }

    // No described type nests deeper than this (inlineVolumeSpec and claim templates: eight
    // levels).
    static constexpr std::size_t kDepth = 24;
    void enter(std::string_view type) { levels_[depth_++] = Level{type, {}}; }
    void at(std::string_view field) { levels_[depth_ - 1].field = field; }
    void leave() { --depth_; }

  private:
    Level levels_[kDepth];
    std::size_t depth_ = 0;
    std::string error_;
};

template <class T>
void read(Decoding& d, const Value& v, T& out);

void read(Decoding& d, const Value& v, Text& out) {
    if (v.is_string()) {
        out = v.as_text();
    } else if (v.is_null()) {
        out = Text();
    } else {
        d.mismatch(json_word(v), go_text_type(d.owner(), d.field()));
    }
}

void read(Decoding& d, const Value& v, bool& out) {
    if (v.is_bool()) {
        out = v.as_bool();
    } else if (!v.is_null()) {
        d.mismatch(json_word(v), "bool");
    }
}

void read(Decoding& d, const Value& v, std::int64_t& out) {
    const std::string_view type = codec::go_int_type(d.field());
    if (v.is_number()) {
        const double number = v.as_double();
        const bool narrow = type == "int32";
        const double most = narrow ? std::numeric_limits<std::int32_t>::max() : 9.2e18;
        if (!v.is_int() && std::trunc(number) != number)
            return d.mismatch("number " + v.to_json(), type);
        if ((narrow || !v.is_int()) && std::abs(number) > most) {
            return d.mismatch("number " + v.to_json(), type);
        }
        out = v.as_int();
    } else if (!v.is_null()) {
        d.mismatch(json_word(v), type);
    }
}

// Quantities and instants have their own parsers upstream, whose errors name no field.
void read(Decoding& d, const Value& v, Quantity& out) {
    if (v.is_null()) {
        out = Quantity();
        return;
    }
    const std::string other = v.is_string() ? std::string() : v.to_json();
    std::string_view text = v.is_string() ? v.as_string() : std::string_view(other);
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
    while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
    std::optional<Quantity> parsed = Quantity::parse(text);
    if (!parsed) return d.fail(std::string(Quantity::parse_error(text)));
    out = std::move(*parsed);
}

template <class Stamp>
void read_instant(Decoding& d, const Value& v, Stamp& out) {
    if (!v.is_string()) {
        return d.fail("json: cannot unmarshal " + std::string(json_word(v)) +
                      " into Go value of type string");
    }
    const std::optional<Stamp> parsed = Stamp::parse(v.as_string());
    if (!parsed) return d.fail(rfc3339_error(v.as_string()));
    out = *parsed;
}

void read(Decoding& d, const Value& v, Timestamp& out) { read_instant(d, v, out); }
void read(Decoding& d, const Value& v, MicroTimestamp& out) { read_instant(d, v, out); }
void read(Decoding&, const Value& v, Value& out) { out = v; }

void read(Decoding& d, const Value& v, TextMap& out) {
    if (v.is_null()) return;
    if (!v.is_map()) return d.mismatch(json_word(v), "map[string]string");
    for (const auto& [key, member] : v.as_map()) {
        if (!member.is_string() && !member.is_null()) {
            return d.mismatch(json_word(member), go_text_type(d.owner(), d.field()));
        }
        out.append(key, member.as_text());
    }
}

void read(Decoding& d, const Value& v, ResourceList& out) {
    if (v.is_null()) return;
    if (!v.is_map()) return d.mismatch(json_word(v), "v1.ResourceList");
    out.items.reserve(v.as_map().size());
    for (const auto& [key, member] : v.as_map()) {
        Quantity quantity;
        read(d, member, quantity);
        out.items.emplace_back(key, std::move(quantity));
    }
}

template <class T>
void read(Decoding& d, const Value& v, std::optional<T>& out) {
    if (v.is_null()) return;
    read(d, v, out.emplace());
}

template <class T>
void read(Decoding& d, const Value& v, Boxed<T>& out) {
    if (v.is_null()) return;
    read(d, v, out.emplace());
}

template <class T>
void read(Decoding& d, const Value& v, List<T>& out) {
    if (v.is_null()) return;
    if (!v.is_list()) {
        std::string type = "[]";
        if constexpr (std::is_same_v<T, Text>) {
            type += go_text_type(d.owner(), d.field());
        } else {
            type += "v1.";
            type += go_struct_name(struct_name<T>(), d.owner());
        }
        return d.mismatch(json_word(v), type);
    }
    out.reserve(v.as_list().size());
    for (const Value& item : v.as_list()) {
        read(d, item, out.emplace_back());
        if (d.failed()) return;
    }
}

// Fills one struct from one map. Members that no field asked for go to extra; nulls count as
// absent.
class Decoder {
  public:
    Decoder(Decoding& decoding, const Value& map) : decoding_(decoding), members_(map.as_map()) {}

    template <class T>
    void field(std::string_view name, T& out) {
        const Value* v = take(name);
        if (!v || v->is_null() || decoding_.failed()) return;
        decoding_.at(name);
        read(decoding_, *v, out);
    }
    template <class T>
    void always(std::string_view name, T& out) {
        field(name, out);
    }
    void revision(std::string_view name, std::uint64_t& out) {
        Text text;
        field(name, text);
        const std::string_view digits = text;
        if (digits.empty()) return;
        const auto [end, error] = std::from_chars(digits.begin(), digits.end(), out);
        if (error == std::errc() && end == digits.end()) return;
        decoding_.fail(
            "strconv.ParseUint: parsing \"" + text.str() + "\": " +
            (error == std::errc::result_out_of_range ? "value out of range" : "invalid syntax"));
    }
    void other_sources(Value& out) {
        if (taken_ < members_.size())
            keep(out, [](std::string_view name) { return codec::is_other_source(name); });
    }
    void extra(Value& out) {
        if (taken_ < members_.size()) keep(out, [](std::string_view) { return true; });
    }
    void ignore(std::string_view name) { take(name); }

  private:
    const Value* take(std::string_view name) {
        // Descriptions are sorted as the map is, so the next member is most often the one that is
        // asked for, or the first one behind it.
        const bool before_next = next_ == members_.size() || name < view(next_);
        if (before_next && (next_ == 0 || view(next_ - 1) < name)) return nullptr;
        if (before_next || name != view(next_)) next_ = place_of(name);
        if (next_ == members_.size() || name != view(next_)) return nullptr;
        mark(next_);
        return &members_[next_++].second;
    }
    std::string_view view(std::size_t at) const { return members_[at].first.view(); }
    std::size_t place_of(std::string_view name) const {
        const auto place = std::lower_bound(
            members_.begin(), members_.end(), name,
            [](const Value::Member& m, std::string_view n) { return m.first.view() < n; });
        return static_cast<std::size_t>(place - members_.begin());
    }

    void mark(std::size_t at) {
        ++taken_;
        if (at < 64) {
            seen_ |= std::uint64_t{1} << at;
        } else {
            seen_beyond_.push_back(at);
        }
    }
    bool seen(std::size_t at) const {
        if (at < 64) return (seen_ >> at & 1) != 0;
        for (std::size_t i : seen_beyond_) {
            if (i == at) return true;
        }
        return false;
    }

    template <class Wanted>
    void keep(Value& out, Wanted wanted) {
        Value::Map kept;
        for (std::size_t i = 0; i < members_.size(); ++i) {
            if (seen(i) || !wanted(members_[i].first)) continue;
            mark(i);
            if (!members_[i].second.is_null()) kept.push_back(members_[i]);
        }
        if (!kept.empty()) out.edit_map() = std::move(kept);
    }

    Decoding& decoding_;
    const Value::Map& members_;
    std::size_t next_ = 0;
    std::size_t taken_ = 0;
    std::uint64_t seen_ = 0;
    std::vector<std::size_t> seen_beyond_;
};

template <class T>
void read(Decoding& d, const Value& v, T& out) {
    if (v.is_null()) return;
    static constexpr std::string_view kName = struct_name<T>();
    if (!v.is_map())
        return d.mismatch(json_word(v), "v1." + std::string(go_struct_name(kName, d.owner())));
    d.enter(kName);
    Decoder decoder(d, v);
    describe_fields(decoder, out);
    d.leave();
}

template <class T>
void read_object(Decoding& d, const Value& manifest, T& out) {
    static constexpr std::string_view kName = struct_name<T>();
    d.enter(kName);
    Decoder decoder(d, manifest);
    decoder.ignore("apiVersion");
    decoder.ignore("kind");
    decoder.field("metadata", out.metadata);
    if constexpr (!std::is_same_v<T, Unstructured>) T::describe(decoder, out);
    decoder.extra(out.extra);
    d.leave();
}

std::string_view version_of(std::string_view apiVersion) {
    const std::size_t slash = apiVersion.find('/');
    return slash == apiVersion.npos ? apiVersion : apiVersion.substr(slash + 1);
}

Result<std::unique_ptr<Object>> decode_kind(const KindInfo& info, std::string_view version,
                                            const Value& manifest) {
    Decoding d;
    std::unique_ptr<Object> object = make_object(info.id);
    if (manifest.is_map()) {
        visit_typed(*object, [&](auto& typed) { read_object(d, manifest, typed); });
    } else {
        d.mismatch(json_word(manifest), "v1." + info.kind);
    }
    if (!d.failed()) return object;
    return Status::bad_request(info.kind + " in version \"" + std::string(version) +
                               "\" cannot be handled as a " + info.kind + ": " + d.error());
}

template <class T>
Result<T> decode_piece(const Value& v) {
    Decoding d;
    T piece;
    read(d, v, piece);
    if (d.failed()) return Status::bad_request(d.error());
    return piece;
}

}  // namespace

Result<std::unique_ptr<Object>> decode(const Value& manifest, Scheme& scheme) {
    const Value* kind = manifest.find("kind");
    const Value* version = manifest.find("apiVersion");
    for (const auto& [name, member] : {std::pair("Kind", kind), std::pair("apiVersion", version)}) {
        if (!member || member->as_string().empty()) {
            return Status::bad_request("Object '" + std::string(name) + "' is missing in '" +
                                       manifest.to_json() + "'");
        }
    }
    const Kind id = scheme.resolve(version->as_string(), kind->as_string());
    return decode_kind(scheme.info(id), version_of(version->as_string()), manifest);
}

Result<std::unique_ptr<Object>> decode_as(Kind kind, const Value& manifest, const Scheme& scheme) {
    const KindInfo& info = scheme.info(kind);
    return decode_kind(info, version_of(info.apiVersion), manifest);
}

Result<PersistentVolumeSpec> decode_volume_spec(const Value& v) {
    return decode_piece<PersistentVolumeSpec>(v);
}

Result<PersistentVolumeClaimSpec> decode_claim_spec(const Value& v) {
    return decode_piece<PersistentVolumeClaimSpec>(v);
}

}  // namespace model::api
