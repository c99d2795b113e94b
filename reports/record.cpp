#include "reports/record.hpp"

#include "model/api/codec.hpp"

namespace reports {

Record::Record(const std::string& path, const model::api::Scheme& scheme)
    : file_(path), scheme_(scheme) {}

void Record::on(const model::Stamp& stamp, const model::Happening& happening) {
    const auto* commit = std::get_if<model::Committed>(&happening);
    if (!commit) return;
    const model::api::KindInfo& info = scheme_.info(commit->object->kind);
    if (info.kind == "Lease") return;
    std::string& out = file_.buffer();
    out += "{\"object\":";
    model::api::encode(*commit->object, scheme_).append_json(out);
    out += ",\"t\":";
    out += sim::seconds_text(stamp.at, 6);
    out += ",\"type\":\"";
    out += model::to_string(commit->change);
    out += "\"}\n";
    file_.pass_on();
}

}  // namespace reports
