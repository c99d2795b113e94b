#include "model/csi/messages.hpp"

namespace model::csi {

namespace {

using api::Value;

constexpr std::int64_t kNanosInSecond = 1'000'000'000;
constexpr unsigned kFirstExpansion = 8;  // PluginCapability keeps VolumeExpansion above this

// Writes a message as encoding/json writes the structs that protoc-gen-go makes: a oneof is a
// member named after the oneof, with one named after the Go type inside.
class Printer {
  public:
    template <class T>
    static Value print(const T& message) {
        Printer printer;
        T::describe(printer, message);
        return std::move(printer.out_);
    }

    void field(std::string_view name, const Text& text) {
        if (!text.empty()) out_[name] = text;
    }
    void field(std::string_view name, std::int64_t number) {
        if (number != 0) out_[name] = number;
    }
    void field(std::string_view name, bool yes) {
        if (yes) out_[name] = true;
    }
    void field(std::string_view name, const TextMap& map) {
        if (map.empty()) return;
        Value members = Value::map();
        for (const auto& [key, text] : map) members[key] = text;
        out_[name] = std::move(members);
    }
    void field(std::string_view name, const std::optional<bool>& wrapped) {
        if (wrapped) out_[name] = *wrapped ? Value::map({{"value", true}}) : Value::map();
    }
    void field(std::string_view name, const std::optional<std::int64_t>& wrapped) {
        if (wrapped) out_[name] = *wrapped ? Value::map({{"value", *wrapped}}) : Value::map();
    }
    template <class T>
    void field(std::string_view name, const std::optional<T>& message) {
        if (message) out_[name] = print(*message);
    }
    template <class T>
    void field(std::string_view name, const std::vector<T>& items) {
        if (items.empty()) return;
        Value list = Value::list();
        for (const T& item : items) {
            if constexpr (std::is_same_v<T, Text>) {
                list.push_back(item);
            } else {
                list.push_back(print(item));
            }
        }
        out_[name] = std::move(list);
    }
    template <class T>
    void field(std::string_view name, const T& message) {
        out_[name] = print(message);
    }

    void secrets(std::string_view name, const TextMap& map) {
        if (!map.empty()) out_[name] = "***stripped***";
    }
    void timestamp(std::string_view name, std::int64_t nanos) {
        if (nanos == 0) return;
        Printer time;
        time.field("seconds", nanos / kNanosInSecond);
        time.field("nanos", nanos % kNanosInSecond);
        out_[name] = std::move(time.out_);
    }
    void access_type(const VolumeCapability& c) {
        Printer mount;
        mount.field("fs_type", c.fs_type);
        mount.field("mount_flags", c.mount_flags);
        mount.field("volume_mount_group", c.volume_mount_group);
        out_["AccessType"] = c.block ? Value::map({{"Block", Value::map()}})
                                     : Value::map({{"Mount", std::move(mount.out_)}});
    }
    void access_mode(AccessMode mode) {
        if (mode != AccessMode::Unknown) out_["access_mode"] = Value::map({{"mode", number(mode)}});
    }
    void content_source(const VolumeContentSource& source) {
        Printer inner;
        inner.field("snapshot_id", source.snapshot_id);
        inner.field("volume_id", source.volume_id);
        const bool snapshot = !source.snapshot_id.empty();
        out_["Type"] = Value::map({{snapshot ? "Snapshot" : "Volume", std::move(inner.out_)}});
    }
    template <class E>
    void capabilities(const Capabilities<E>& all) {
        Value list = Value::list();
        for (E e : all.all()) list.push_back(Value::map({{"Type", type_of(e)}}));
        if (!list.as_list().empty()) out_["capabilities"] = std::move(list);
    }

  private:
    template <class E>
    static Value number(E e) {
        return Value(static_cast<std::int64_t>(e));
    }
    static Value typed(std::string_view name, std::int64_t number) {
        return Value::map({{name, Value::map({{"type", number}})}});
    }
    static Value type_of(PluginCapability c) {
        const auto n = static_cast<unsigned>(c);
        return n > kFirstExpansion ? typed("VolumeExpansion", n - kFirstExpansion)
                                   : typed("Service", n);
    }
    template <class E>
    static Value type_of(E e) {
        return typed("Rpc", static_cast<std::int64_t>(e));
    }

    Value out_ = Value::map();
};

// The fields that may name what a call is about, in the order of preference.
class SubjectFinder {
  public:
    template <class T>
    void field(std::string_view name, const T& value) {
        if constexpr (std::is_same_v<std::remove_cv_t<T>, Text>) {
            const int rank = rank_of(name);
            if (rank < best_ && !value.empty()) {
                best_ = rank;
                found_ = value;
            }
        }
    }
    void secrets(std::string_view, const TextMap&) {}
    const Text& found() const { return found_; }

  private:
    static int rank_of(std::string_view name) {
        constexpr std::string_view kNames[] = {"volume_id",        "name",
                                               "snapshot_id",      "group_snapshot_id",
                                               "source_volume_id", "target_snapshot_id"};
        int rank = 0;
        for (std::string_view n : kNames) {
            if (n == name) return rank;
            ++rank;
        }
        return kNone;
    }

    static constexpr int kNone = 100;
    int best_ = kNone;
    Text found_;
};

}  // namespace

Value to_value(const Request& request) {
    return std::visit([](const auto& message) { return Printer::print(message); },
                      static_cast<const RequestVariant&>(request));
}

Value to_value(const Response& response) {
    return std::visit([](const auto& message) { return Printer::print(message); }, response);
}

Text subject_of(const Request& request) {
    SubjectFinder finder;
    std::visit(
        [&finder](const auto& message) {
            std::remove_cvref_t<decltype(message)>::describe(finder, message);
        },
        static_cast<const RequestVariant&>(request));
    return finder.found();
}

std::string Topology::text() const {
    std::string out;
    for (const auto& [key, value] : segments) {
        if (!out.empty()) out += ',';
        out += key.str() + "=" + value.str();
    }
    return out;
}

}  // namespace model::csi
