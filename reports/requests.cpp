#include "reports/requests.hpp"

#include "model/api/value.hpp"

namespace reports {

RequestLog::RequestLog(const std::string& path, const model::api::Scheme& scheme, Reads reads)
    : file_(path), scheme_(scheme), reads_(reads) {}

void RequestLog::on(const model::Stamp& stamp, const model::Happening& happening) {
    const auto* request = std::get_if<model::Requested>(&happening);
    if (!request || (is_read(request->verb) && reads_ == Reads::LeftOut)) return;
    const model::api::KindInfo& info = scheme_.info(request->kind);
    if (info.kind == "Lease") return;
    std::string what = info.resource;
    if (request->subresource != model::api::Subresource::None)
        what += "/" + std::string(to_string(request->subresource));
    std::string& out = file_.buffer();
    const auto text = [&](std::string_view key, std::string_view value) {
        out += ",\"";
        out += key;
        out += "\":";
        model::api::Value(value).append_json(out);
    };
    out += "{\"t\":" + sim::seconds_text(stamp.at, 6);
    text("by", request->by);
    text("verb", model::to_string(request->verb));
    text("what", what);
    text("name", request->key.name);
    out += ",\"code\":" + std::to_string(request->status.code) + "}\n";
    file_.pass_on();
}

bool is_read(model::Verb verb) {
    return verb == model::Verb::Get || verb == model::Verb::List || verb == model::Verb::Watch;
}

}  // namespace reports
