// Value: a tree of plain data, the form in which manifests, patches and unknown fields travel
// inside the model. Kubernetes calls this "unstructured". Copies share their nodes and part only
// when one is changed. Maps are kept sorted by key, so that equal values have equal text. Turning
// text (YAML, JSON) into a Value is the business of scenarios/.
#pragma once

#include <cstdint>
#include <new>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "model/api/list.hpp"
#include "model/api/text.hpp"

namespace model::api {

class Value;

class Value {
  public:
    enum class Type : std::uint8_t { Null, Bool, Int, Double, String, List, Map };
    using List = api::List<Value>;
    using Member = std::pair<Text, Value>;
    using Map = api::List<Member>;  // sorted by key

    Value() : int_(0) {}
    Value(bool b) : type_(Type::Bool), bool_(b) {}
    Value(int i) : Value(std::int64_t{i}) {}
    Value(std::int64_t i) : type_(Type::Int), int_(i) {}
    Value(double d) : type_(Type::Double), double_(d) {}
    Value(Text s) : type_(Type::String), text_(std::move(s)) {}
    Value(const char* s) : Value(Text(s)) {}
    Value(std::string_view s) : Value(Text(s)) {}
    Value(const std::string& s) : Value(Text(s)) {}
    Value(const Value& o) : type_(o.type_) { take(o); }
    Value(Value&& o) noexcept : type_(o.type_) { take(std::move(o)); }
    Value& operator=(const Value& o) {
        if (this != &o) *this = Value(o);
        return *this;
    }
    Value& operator=(Value&& o) noexcept {
        if (this == &o) return *this;
        // What is let go may hold `o`.
        const Value before(std::move(*this));
        this->~Value();
        return *::new (this) Value(std::move(o));
    }
    ~Value() {
        if (type_ < Type::String) return;
        if (type_ == Type::String) {
            text_.~Text();
        } else if (type_ == Type::List) {
            list_.~List();
        } else {
            map_.~Map();
        }
    }
    static Value list(List items = {});
    static Value map(std::vector<std::pair<std::string_view, Value>> members = {});

    Type type() const { return type_; }
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
    bool as_bool() const { return is_bool() && bool_; }
    std::int64_t as_int() const;
    double as_double() const;
    std::string_view as_string() const;
    Text as_text() const { return is_string() ? text_ : Text(); }
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
    // The content of `o`, whose type this has already.
    template <class Other>
    void take(Other&& o) {
        if (type_ < Type::String) {
            int_ = o.int_;
        } else if (type_ == Type::String) {
            ::new (&text_) Text(std::forward<Other>(o).text_);
        } else if (type_ == Type::List) {
            ::new (&list_) List(std::forward<Other>(o).list_);
        } else {
            ::new (&map_) Map(std::forward<Other>(o).map_);
        }
    }

    Type type_ = Type::Null;
    union {
        bool bool_;
        std::int64_t int_;
        double double_;
        Text text_;
        List list_;
        Map map_;
    };
};

}  // namespace model::api
