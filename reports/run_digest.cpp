#include "reports/run_digest.hpp"

#include "model/csi/messages.hpp"
#include "reports/object_words.hpp"
#include "reports/requests.hpp"

namespace reports {

void DigestListener::on(const model::Stamp& stamp, const model::Happening& happening) {
    names_.on(stamp, happening);
    if (const auto* request = std::get_if<model::Requested>(&happening)) tell(stamp, *request);
    if (const auto* call = std::get_if<model::CsiCall>(&happening)) tell(*call);
    if (const auto* commit = std::get_if<model::Committed>(&happening)) tell(*commit);
}

void DigestListener::tell(const model::Stamp& stamp, const model::Requested& request) {
    const model::api::KindInfo& info = scheme_.info(request.kind);
    if (is_read(request.verb) || info.kind == "Lease") return;
    Write write;
    write.at = stamp.at;
    write.by = request.by.str();
    write.verb = to_string(request.verb);
    write.what = info.resource;
    if (request.subresource != model::api::Subresource::None)
        write.what += "/" + std::string(to_string(request.subresource));
    write.object = names_.text(request.key.to_string());
    write.code = request.status.code;
    digest_.writes.push_back(std::move(write));
}

void DigestListener::tell(const model::CsiCall& call) {
    if (call.moment == model::CsiCall::Moment::Started) return;
    const bool lost = call.moment == model::CsiCall::Moment::Lost;
    ++digest_.calls[{call.driver.str(), std::string(to_string(method_of(*call.request))),
                     lost ? "lost" : std::string(to_string(call.outcome->status.code))}];
}

void DigestListener::tell(const model::Committed& commit) {
    const auto event = model::api::as<model::api::Event>(commit.object);
    if (!event || commit.change == model::Change::Deleted) return;
    const Said said = said_by(*event);
    const auto before = model::api::as<model::api::Event>(commit.previous);
    const std::int64_t more = said.times - (before ? said_by(*before).times : 0);
    digest_.events[names_.text(said.type + " " + said.reason + " about " + said.about + ": " +
                               said.message)] += more;
}

RunDigest DigestListener::digest(std::string label, RunSummary summary,
                                 std::vector<PassageGroup> passages) {
    RunDigest digest = digest_;
    digest.label = std::move(label);
    digest.summary = std::move(summary);
    digest.passages = std::move(passages);
    for (PassageGroup& group : digest.passages)
        for (Passage& passage : group.passages) passage.object = names_.text(passage.object);
    return digest;
}

std::string text_of(const Write& write) {
    std::string out = write.by + ": " + std::string(write.verb) + " " + write.what;
    if (!write.object.empty()) out += " " + write.object;
    if (write.code < 200 || write.code > 299) out += " (" + std::to_string(write.code) + ")";
    return out;
}

}  // namespace reports
