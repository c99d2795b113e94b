#include "reports/object_history.hpp"

#include "model/api/objects_core.hpp"
#include "reports/object_words.hpp"

namespace reports {

namespace {

constexpr std::size_t kLinesMax = 200;

std::string words_of(const model::Committed& commit, const model::api::Scheme& scheme) {
    if (commit.change == model::Change::Added) return "create: " + gist_of(*commit.object);
    if (commit.change == model::Change::Deleted) return "gone";
    std::string text(model::to_string(commit.verb));
    if (commit.subresource != model::api::Subresource::None)
        text += " " + std::string(to_string(commit.subresource));
    const std::vector<std::string> changes =
        changes_between(*commit.previous, *commit.object, scheme);
    for (std::size_t i = 0; i < changes.size(); ++i) text += (i ? "; " : ": ") + changes[i];
    return text;
}

}  // namespace

ObjectHistory::ObjectHistory(model::api::Kind kind, model::api::Key key,
                             const model::api::Scheme& scheme)
    : kind_(kind), key_(std::move(key)), scheme_(scheme) {}

void ObjectHistory::on(const model::Stamp& stamp, const model::Happening& happening) {
    if (const auto* request = std::get_if<model::Requested>(&happening)) {
        const bool refused = !request->status.ok() && request->verb != model::Verb::Get;
        if (refused && request->kind == kind_ && request->key == key_)
            keep({stamp.at, request->by.str(),
                  std::string(model::to_string(request->verb)) + " refused: " +
                      std::to_string(request->status.code) + " " + request->status.message.str()});
        return;
    }
    const auto* commit = std::get_if<model::Committed>(&happening);
    if (!commit) return;
    if (commit->object->kind == kind_ && commit->object->key() == key_) {
        if (commit->change == model::Change::Deleted)
            deleted_ = stamp.at;
        else
            deleted_.reset();
        keep({stamp.at, commit->by.str(), words_of(*commit, scheme_)});
    } else if (commit->object->kind == model::api::Kind::Event &&
               commit->change != model::Change::Deleted) {
        const auto& event = static_cast<const model::api::Event&>(*commit->object);
        const model::api::ObjectReference& about = event.involvedObject;
        if (!(about.kind == scheme_.info(kind_).kind) || !(about.name == key_.name) ||
            !(about.ns == key_.ns))
            return;
        const Said said = said_by(event);
        std::string text = said.type + " " + said.reason + ": " + said.message;
        if (said.times > 1) text += " (" + std::to_string(said.times) + " times)";
        keep({stamp.at, said.who, text, true});
    }
}

void ObjectHistory::keep(Line line) {
    // An Event counted up again takes the place of its last line, as kubectl describe shows it.
    if (line.is_event && !lines_.empty() && lines_.back().is_event &&
        lines_.back().text.substr(0, lines_.back().text.rfind(" (")) ==
            line.text.substr(0, line.text.rfind(" (")))
        lines_.pop_back();
    lines_.push_back(std::move(line));
    if (lines_.size() > kLinesMax) {
        lines_.pop_front();
        ++left_out_;
    }
}

}  // namespace reports
