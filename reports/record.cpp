#include "reports/record.hpp"

#include "model/api/codec.hpp"
#include "model/api/objects_core.hpp"

namespace reports {

namespace {

// What the workload controllers say of their own objects; recordings of real clusters leave it out.
bool is_about_workload(const model::api::Object& object) {
    if (object.kind != model::api::Kind::Event) return false;
    const auto& event = static_cast<const model::api::Event&>(object);
    const std::string_view version = event.involvedObject.apiVersion.view();
    return version.starts_with("apps/") || version.starts_with("batch/");
}

}  // namespace

Record::Record(const std::string& path, const model::api::Scheme& scheme)
    : file_(path), scheme_(scheme) {}

void Record::on(const model::Stamp& stamp, const model::Happening& happening) {
    const auto* commit = std::get_if<model::Committed>(&happening);
    if (!commit) return;
    const model::api::KindInfo& info = scheme_.info(commit->object->kind);
    if (info.kind == "Lease" || is_about_workload(*commit->object)) return;
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
