// Value: a tree of plain data, the form in which manifests, patches and unknown fields travel
// inside the model. Kubernetes calls this "unstructured". Copies share their nodes and part only
// when one is changed. Maps are kept sorted by key, so that equal values have equal text. Turning
// text (YAML, JSON) into a Value is the business of scenarios/.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "model/api/text.hpp"

namespace model::api {

class Value;

// A pointer to a heap node with a plain count; `edit` gives a node of one's own. T() needs none.
template <class T>
class Shared {
  public:
    Shared() = default;
    explicit Shared(T v) : node_(new Node{1, std::move(v)}) {}
    Shared(const Shared& o) : node_(o.node_) {
        if (node_) ++node_->count;
    }
    Shared(Shared&& o) noexcept : node_(std::exchange(o.node_, nullptr)) {}
    Shared& operator=(Shared o) noexcept {
        std::swap(node_, o.node_);
        return *this;
    }
    ~Shared() {
        if (node_ && --node_->count == 0) delete node_;
    }
    const T& get() const {
        static const T kNone{};
        return node_ ? node_->value : kNone;
    }
    T& edit() {
        if (!node_) {
            node_ = new Node{};
        } else if (node_->count > 1) {
            *this = Shared(node_->value);
        }
        return node_->value;
    }
    bool same(const Shared& o) const { return node_ == o.node_; }

  private:
    struct Node {
        std::uint32_t count = 1;
        T value{};
    };
    Node* node_ = nullptr;
};

class Value {
  public:
    enum class Type : std::uint8_t { Null, Bool, Int, Double, String, List, Map };
    using List = std::vector<Value>;
    using Member = std::pair<Text, Value>;
    using Map = std::vector<Member>;  // sorted by key

    Value() = default;
    Value(bool b) : data_(b) {}
    Value(int i) : data_(std::int64_t{i}) {}
    Value(std::int64_t i) : data_(i) {}
    Value(double d) : data_(d) {}
    Value(Text s) : data_(std::move(s)) {}
    Value(const char* s) : data_(Text(s)) {}
    Value(std::string_view s) : data_(Text(s)) {}
    Value(const std::string& s) : data_(Text(s)) {}
    static Value list(List items = {});
    static Value map(std::vector<std::pair<std::string_view, Value>> members = {});

    Type type() const { return static_cast<Type>(data_.index()); }
    bool is_null() const { return type() == Type::Null; }
    bool is_bool() const { return type() == Type::Bool; }
    bool is_int() const { return type() == Type::Int; }
    bool is_number() const { return is_int() || type() == Type::Double; }
    bool is_string() const { return type() == Type::String; }
    bool is_list() const { return type() == Type::List; }
    bool is_map() const { return type() == Type::Map; }
    // Null, "", [] and {}: what an API object leaves out.
    bool is_empty() const;

    // Accessors of another type than the value's give an empty answer, never an error.
    bool as_bool() const { return is_bool() && std::get<bool>(data_); }
    std::int64_t as_int() const;
    double as_double() const;
    std::string_view as_string() const;
    Text as_text() const { return is_string() ? std::get<Text>(data_) : Text(); }
    const List& as_list() const;
    const Map& as_map() const;

    // The member of a map, or null where this is no map or has no such key. A key with an explicit
    // null is found.
    const Value* find(std::string_view key) const;
    // The value under a path such as {"metadata", "name"}, or null.
    const Value* at(std::initializer_list<std::string_view> path) const;
    // Mutable member, made when missing; a value that is no map becomes an empty map first.
    Value& operator[](std::string_view key);
    Value* edit(std::string_view key);  // mutable member or null; never creates
    void erase(std::string_view key);
    List& edit_list();  // becomes an empty list first where it is none
    Map& edit_map();
    void push_back(Value v) { edit_list().push_back(std::move(v)); }

    friend bool operator==(const Value& a, const Value& b);

    // Compact JSON, for messages, diffs and records. Strings are escaped, keys sorted.
    std::string to_json() const;
    void append_json(std::string& out) const;
    // The word for a type in messages: "string", "array", "object", "number", "bool", "null".
    static std::string_view type_name(Type t);

  private:
    std::variant<std::monostate, bool, std::int64_t, double, Text, Shared<List>, Shared<Map>> data_;
};

}  // namespace model::api
