// Objects to Values: members in the order of their names, empty ones left out unless the API prints
// them.
#include <algorithm>

#include "model/api/codec.hpp"
#include "model/api/codec_visitor.hpp"
#include "model/api/typed.hpp"

namespace model::api {

namespace {

using codec::describe_fields;

Value from_map(Value::Map map) {
    Value v;
    v.edit_map() = std::move(map);
    return v;
}

template <class T>
Value write(const T& described);

Value write(const Text& t) { return Value(t); }
Value write(bool b) { return Value(b); }
Value write(std::int64_t i) { return Value(i); }
Value write(const Quantity& q) { return Value(q.to_string()); }
Value write(const Timestamp& t) { return Value(t.to_string()); }
Value write(const MicroTimestamp& t) { return Value(t.to_string()); }
Value write(const Value& v) { return v; }

Value write(const TextMap& map) {
    Value::Map out;
    out.reserve(map.size());
    for (const auto& [key, text] : map) out.emplace_back(key, Value(text));
    return from_map(std::move(out));
}

Value write(const ResourceList& list) {
    Value::Map out;
    out.reserve(list.items.size());
    for (const auto& [name, quantity] : list.items) out.emplace_back(name, write(quantity));
    return from_map(std::move(out));
}

template <class T>
Value write(const std::optional<T>& o) {
    return o ? write(*o) : Value();
}

template <class T>
Value write(const Boxed<T>& o) {
    return o ? write(*o) : Value();
}

template <class T>
Value write(const List<T>& items) {
    Value::List out;
    out.reserve(items.size());
    for (const T& item : items) out.push_back(write(item));
    return Value::list(std::move(out));
}

bool empty(const Text& t) { return t.empty(); }
bool empty(bool b) { return !b; }
bool empty(std::int64_t i) { return i == 0; }
bool empty(const TextMap& map) { return map.empty(); }
bool empty(const ResourceList& list) { return list.empty(); }
bool empty(const Value& v) { return v.is_empty(); }
template <class T>
bool empty(const std::optional<T>& o) {
    return !o.has_value();
}
template <class T>
bool empty(const Boxed<T>& o) {
    return !o.has_value();
}
template <class T>
bool empty(const List<T>& items) {
    return items.empty();
}

template <class T>
concept HasEmpty = requires(const T& t) {
    empty(t);
};

class Encoder {
  public:
    template <class T>
    void field(std::string_view name, const T& member) {
        if constexpr (HasEmpty<T>) {
            if (!empty(member)) put(name, write(member));
        } else {  // a struct in place: only its members tell whether it is empty
            Value v = write(member);
            if (!v.is_empty()) put(name, std::move(v));
        }
    }
    template <class T>
    void always(std::string_view name, const T& member) {
        put(name, write(member));
    }
    void revision(std::string_view name, std::uint64_t number) {
        if (number != 0) put(name, Value(std::to_string(number)));
    }
    void other_sources(const Value& others) { merge(others); }
    void extra(const Value& extra) { merge(extra); }
    void put(std::string_view name, Value v) { out_.emplace_back(Text(name), std::move(v)); }

    Value finish() {
        const auto before = [](const Value::Member& a, const Value::Member& b) {
            return a.first < b.first;
        };
        if (!std::is_sorted(out_.begin(), out_.end(), before)) {
            std::stable_sort(out_.begin(), out_.end(), before);
            // A described member wins over one of the same name that somebody put into extra.
            const auto same = [](const Value::Member& a, const Value::Member& b) {
                return a.first == b.first;
            };
            out_.erase(std::unique(out_.begin(), out_.end(), same), out_.end());
        }
        return from_map(std::move(out_));
    }
    void reserve(std::size_t members) { out_.reserve(members); }

  private:
    void merge(const Value& more) {
        const Value::Map& members = more.as_map();
        out_.append(members.begin(), members.end());
    }

    Value::Map out_;
};

template <class T>
Value write(const T& described) {
    Encoder encoder;
    encoder.reserve(8);
    describe_fields(encoder, described);
    return encoder.finish();
}

}  // namespace

Value encode(const Object& object, const Scheme& scheme) {
    const KindInfo& info = scheme.info(object.kind);
    Encoder encoder;
    encoder.reserve(8);
    encoder.put("apiVersion", Value(info.apiVersion));
    encoder.put("kind", Value(info.kind));
    encoder.put("metadata", write(object.metadata));
    visit_typed(object, [&](const auto& typed) {
        using T = std::remove_cvref_t<decltype(typed)>;
        if constexpr (!std::is_same_v<T, Unstructured>) T::describe(encoder, typed);
    });
    encoder.extra(object.extra);
    return encoder.finish();
}

Value encode(const ObjectMeta& meta) { return write(meta); }
Value encode(const PersistentVolumeSpec& spec) { return write(spec); }
Value encode(const PersistentVolumeClaimSpec& spec) { return write(spec); }
Value encode(const LabelSelector& selector) { return write(selector); }
Value encode(const VolumeNodeAffinity& affinity) { return write(affinity); }

}  // namespace model::api
