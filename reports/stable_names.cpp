#include "reports/stable_names.hpp"

#include "model/api/objects_core.hpp"

namespace reports {

namespace {

constexpr std::size_t kUidLength = 36;

bool is_name_character(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '.';
}

// 8-4-4-4-12 hexadecimal digits.
bool is_uid(std::string_view text) {
    if (text.size() != kUidLength) return false;
    for (std::size_t i = 0; i < kUidLength; ++i) {
        const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
        const char c = text[i];
        const bool digit = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
        if (dash ? c != '-' : !digit) return false;
    }
    return true;
}

std::string stable_name_of(const model::api::VolumeAttachment& attachment,
                           const StableNames& names) {
    const auto& volume = attachment.spec.source.persistentVolumeName;
    return "{" + (volume ? names.text(volume->view()) : "inline volume") + " on " +
           attachment.spec.nodeName.str() + "}";
}

}  // namespace

void StableNames::on(const model::Stamp&, const model::Happening& happening) {
    const auto* commit = std::get_if<model::Committed>(&happening);
    if (commit && (commit->change == model::Change::Added ||
                   !owner_of_uid_.contains(commit->object->metadata.uid.str())))
        learn(*commit->object);
}

void StableNames::learn(const model::api::Object& object) {
    const model::api::ObjectMeta& meta = object.metadata;
    const std::string name = meta.name.str(), prefix = meta.generateName.str();
    if (object.kind == model::api::Kind::Event) {
        stable_[name] = text(std::string_view(name).substr(0, name.rfind('.'))) + ".*";
        return;
    }
    if (object.kind == model::api::Kind::VolumeAttachment) {
        stable_[name] =
            stable_name_of(static_cast<const model::api::VolumeAttachment&>(object), *this);
    } else if (!prefix.empty() && name.starts_with(prefix)) {
        const int nth = ++generated_[{object.kind, meta.ns.str(), prefix}];
        stable_[name] = text(prefix) + "#" + std::to_string(nth);
    }
    owner_of_uid_[meta.uid.str()] = text(object.key().to_string());
}

std::string StableNames::text(std::string_view text) const {
    std::string out;
    for (std::size_t from = 0; from < text.size();) {
        std::size_t end = from;
        while (end < text.size() && is_name_character(text[end])) ++end;
        out += word(text.substr(from, end - from));
        if (end < text.size()) out += text[end++];
        from = end;
    }
    return out;
}

std::string StableNames::word(std::string_view word) const {
    if (const auto known = stable_.find(std::string(word)); known != stable_.end())
        return known->second;
    // The end of a sentence is no part of a name.
    if (word.ends_with('.')) return this->word(word.substr(0, word.size() - 1)) + ".";
    return without_uids(word);
}

std::string StableNames::without_uids(std::string_view word) const {
    std::string out;
    for (std::size_t i = 0; i < word.size();) {
        const std::string_view piece = word.substr(i, kUidLength);
        const auto owner =
            is_uid(piece) ? owner_of_uid_.find(std::string(piece)) : owner_of_uid_.end();
        if (owner == owner_of_uid_.end()) {
            out += word[i++];
        } else {
            out += "{" + owner->second + "}";
            i += kUidLength;
        }
    }
    return out;
}

}  // namespace reports
