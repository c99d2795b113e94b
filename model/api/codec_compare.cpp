// Comparing and copying the parts of objects, field by field of the structs: no Value is built.
#include <array>

#include "model/api/codec.hpp"
#include "model/api/codec_visitor.hpp"
#include "model/api/typed.hpp"

namespace model::api {

namespace {

// The addresses of an object's described members, in the order of the description.
class Members {
  public:
    template <class T>
    void field(std::string_view, T& member) {
        addresses_[size_++] = &member;
    }
    template <class T>
    void always(std::string_view, T& member) {
        addresses_[size_++] = &member;
    }
    template <class T>
    const T& at(std::size_t i) const {
        return *static_cast<const T*>(addresses_[i]);
    }

  private:
    static constexpr std::size_t kMost = 24;
    std::array<const void*, kMost> addresses_{};
    std::size_t size_ = 0;
};

// Runs over an object beside the Members of another one of the same type, so that equal places
// meet.
template <class Visit>
class Beside {
  public:
    Beside(const Members& other, Visit visit) : other_(other), visit_(visit) {}
    template <class T>
    void field(std::string_view name, T& member) {
        visit_(name, member, other_.at<std::remove_const_t<T>>(next_++));
    }
    template <class T>
    void always(std::string_view name, T& member) {
        field(name, member);
    }

  private:
    const Members& other_;
    Visit visit_;
    std::size_t next_ = 0;
};

// visit(name, member of a, member of b) for the top-level members of two objects of one type.
template <class T, class Visit>
void both(T& a, const std::remove_const_t<T>& b, Visit visit) {
    using Plain = std::remove_const_t<T>;
    if constexpr (!std::is_same_v<Plain, Unstructured>) {
        Members members;
        Plain::describe(members, b);
        Beside<Visit> beside(members, visit);
        Plain::describe(beside, a);
    }
}

// All quantities of an object, in order: == compares amounts, but "1Gi" and "1073741824" are
// different bytes.
class QuantityTexts {
  public:
    template <class T>
    void field(std::string_view, const T& member) {
        look(member);
    }
    template <class T>
    void always(std::string_view, const T& member) {
        look(member);
    }
    void revision(std::string_view, std::uint64_t) {}
    void other_sources(const Value&) {}
    void extra(const Value&) {}
    const std::vector<const Quantity*>& found() const { return found_; }

  private:
    void look(const Quantity& q) { found_.push_back(&q); }
    void look(const ResourceList& list) {
        for (const auto& [name, quantity] : list.items) found_.push_back(&quantity);
    }
    void look(const std::optional<Quantity>& q) {
        if (q) found_.push_back(&*q);
    }
    template <class T>
    void look(const T& member) {
        if constexpr (requires { T::describe(*this, member); }) T::describe(*this, member);
    }

    std::vector<const Quantity*> found_;
};

template <class T>
bool same_quantity_texts(const T& a, const T& b) {
    if constexpr (std::is_same_v<T, Unstructured>) {
        return true;
    } else {
        QuantityTexts in_a, in_b;
        T::describe(in_a, a);
        T::describe(in_b, b);
        if (in_a.found().size() != in_b.found().size()) return false;
        for (std::size_t i = 0; i < in_a.found().size(); ++i) {
            if (!in_a.found()[i]->same_text(*in_b.found()[i])) return false;
        }
        return true;
    }
}

bool same_but_version(const ObjectMeta& a, const ObjectMeta& b) {
    // Cheap and telling members first.
    return a.uid == b.uid && a.name == b.name && a.ns == b.ns && a.generateName == b.generateName &&
           a.generation == b.generation && a.creationTimestamp == b.creationTimestamp &&
           a.deletionTimestamp == b.deletionTimestamp &&
           a.deletionGracePeriodSeconds == b.deletionGracePeriodSeconds &&
           a.finalizers == b.finalizers && a.annotations == b.annotations && a.labels == b.labels &&
           a.ownerReferences == b.ownerReferences && a.extra == b.extra;
}

constexpr std::string_view kStatus = "status";

bool same_without_status(const Value& a, const Value& b) {
    Value left = a;
    Value right = b;
    left.erase(kStatus);
    right.erase(kStatus);
    return left == right || (left.is_empty() && right.is_empty());
}

}  // namespace

bool same_content(const Object& a, const Object& b) {
    if (a.kind != b.kind || !same_but_version(a.metadata, b.metadata) || !(a.extra == b.extra))
        return false;
    return visit_typed(a, [&](const auto& typed) {
        using T = std::remove_cvref_t<decltype(typed)>;
        const T& other = static_cast<const T&>(b);
        bool same = true;
        both(typed, other,
             [&](std::string_view, const auto& x, const auto& y) { same = same && x == y; });
        return same && same_quantity_texts(typed, other);
    });
}

void copy_status(Object& to, const Object& from) {
    if (to.kind != from.kind) return;
    visit_typed(to, [&](auto& typed) {
        using T = std::remove_cvref_t<decltype(typed)>;
        both(typed, static_cast<const T&>(from), [](std::string_view name, auto& x, const auto& y) {
            if (name == kStatus) x = y;
        });
    });
    if (to.kind < Kind::FirstUnstructured) return;
    const Value* status = from.extra.find(kStatus);
    if (status) {
        to.extra[kStatus] = *status;
    } else {
        to.extra.erase(kStatus);
    }
}

void copy_spec(Object& to, const Object& from) {
    if (to.kind != from.kind) return;
    visit_typed(to, [&](auto& typed) {
        using T = std::remove_cvref_t<decltype(typed)>;
        both(typed, static_cast<const T&>(from), [](std::string_view name, auto& x, const auto& y) {
            if (name != kStatus) x = y;
        });
    });
    const Value* kept = to.extra.find(kStatus);
    const Value status = kept ? *kept : Value();
    to.extra = from.extra;
    if (kept) {
        to.extra[kStatus] = status;
    } else {
        to.extra.erase(kStatus);
    }
}

bool same_spec(const Object& a, const Object& b) {
    if (a.kind != b.kind) return false;
    const bool same_extra = a.kind < Kind::FirstUnstructured
                                ? a.extra == b.extra
                                : same_without_status(a.extra, b.extra);
    if (!same_extra) return false;
    return visit_typed(a, [&](const auto& typed) {
        using T = std::remove_cvref_t<decltype(typed)>;
        bool same = true;
        both(typed, static_cast<const T&>(b),
             [&](std::string_view name, const auto& x, const auto& y) {
                 if (name != kStatus) same = same && x == y;
             });
        return same;
    });
}

}  // namespace model::api
