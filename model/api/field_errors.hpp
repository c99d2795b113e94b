// How a refusal is put together: where it is (Path), what stood there (Shown) and what was wrong
// with it (Findings). Counterpart: apimachinery pkg/util/validation/field. Which words a version
// uses is in Wording, so that the rules themselves read the same for all versions. Left out: origin
// marks and the machine-readable causes.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "model/api/names.hpp"
#include "model/api/validation.hpp"

namespace model::api {

// The place of a field: `spec.volumes[0].name`. It holds views, so that nothing is built where
// nothing is wrong; the names it is made of must outlive it.
class Path {
  public:
    explicit Path(std::string_view root) { add(named(root, Part::kName)); }
    Path(const Path& other) : size_(other.size_) {
        std::copy_n(other.parts_.begin(), size_, parts_.begin());
    }
    Path& operator=(const Path&) = delete;
    Path child(std::string_view name) const { return Path(*this, named(name, Part::kName)); }
    Path index(std::size_t i) const {
        return Path(*this, Part{nullptr, static_cast<std::uint32_t>(i), Part::kIndex});
    }
    Path key(std::string_view k) const { return Path(*this, named(k, Part::kKey)); }
    std::string text() const;

  private:
    struct Part {
        enum Form : std::uint8_t { kName, kIndex, kKey };
        const char* name;
        std::uint32_t size;  // of the name, or the index
        Form form;
        std::string_view view() const { return std::string_view(name, size); }
    };
    static Part named(std::string_view name, Part::Form form) {
        return Part{name.data(), static_cast<std::uint32_t>(name.size()), form};
    }
    Path(const Path& parent, Part part) : Path(parent) { add(part); }
    void add(Part part) {
        // Deeper than any rule goes; the last part is what a reader needs, so it replaces the one
        // before.
        if (size_ == parts_.size()) --size_;
        parts_[size_++] = part;
    }

    std::array<Part, 12> parts_;  // those from size_ on were never written
    std::uint32_t size_ = 0;
};

// A value as a message shows it. Two forms are given where versions differ: Go syntax and JSON.
struct Shown {
    std::string go, json;
};
std::string in_quotes(std::string_view text);  // as Go's %q
Shown shown(std::string_view text);
Shown shown_or_null(const std::optional<Text>& text);
Shown shown(std::int64_t number);
Shown shown_bool(bool value);
Shown shown_null();
Shown shown(const List<Text>& list, std::string_view go_type);
Shown shown(const TextMap& map);

class Findings {
  public:
    explicit Findings(const Profile& p) : profile(p), wording(Wording::of(p)) {}

    void required(const Path& at, std::string_view detail = {});
    void forbidden(const Path& at, std::string_view detail);
    void invalid(const Path& at, const Shown& value, std::string_view detail);
    void unsupported(const Path& at, const Shown& value,
                     std::initializer_list<std::string_view> supported);
    void duplicate(const Path& at, const Shown& value, std::string_view detail = {});
    void not_found(const Path& at, std::string_view value);
    void too_long(const Path& at, std::size_t bytes_max);
    void immutable(const Path& at, const Shown& value) { invalid(at, value, "field is immutable"); }
    // One finding for each message.
    void invalid_each(const Path& at, std::string_view value, const Messages& messages);

    std::size_t size() const { return errors_.size(); }
    FieldErrors take() { return std::move(errors_); }

    const Profile& profile;
    const Wording wording;

  private:
    const std::string& form(const Shown& value) const {
        return wording.json_values ? value.json : value.go;
    }
    void add(const Path& at, std::string_view kind, std::string_view value,
             std::string_view detail);

    FieldErrors errors_;
};

}  // namespace model::api
