#include "model/sidecar/plain_objects.hpp"

#include "model/api/codec.hpp"

namespace model::sidecar {

sim::Task<api::Result<api::ObjectRef>> get_object(control::Client& client, std::string api_version,
                                                  std::string kind, api::Key key) {
    api::Request request;
    request.verb = Verb::Get;
    request.kind = client.server().scheme().resolve(api_version, kind);
    request.key = std::move(key);
    auto getting = client.call(std::move(request));
    const api::Response answer = co_await std::move(getting);
    if (!answer.status.ok()) co_return answer.status;
    co_return answer.object;
}

sim::Task<api::Result<api::Value>> get_plain(control::Client& client, std::string api_version,
                                             std::string kind, api::Key key) {
    auto getting = get_object(client, std::move(api_version), std::move(kind), std::move(key));
    const api::Result<api::ObjectRef> found = co_await std::move(getting);
    if (!found) co_return found.error();
    co_return api::encode(**found, client.server().scheme());
}

sim::Task<api::Status> set_finalizers(control::Client& client, api::ObjectRef object,
                                      api::List<api::Text> finalizers) {
    auto next = api::copy_of(*object);
    next->metadata.finalizers = std::move(finalizers);
    api::Request request;
    request.verb = Verb::Update;
    request.kind = object->kind;
    request.key = object->key();
    request.body = api::freeze(std::move(next));
    auto saving = client.call(std::move(request));
    const api::Response answer = co_await std::move(saving);
    co_return answer.status;
}

sim::Task<api::Result<api::TextMap>> get_secret(control::Client& client, api::Key key) {
    auto getting = get_plain(client, "v1", "Secret", std::move(key));
    const api::Result<api::Value> found = co_await std::move(getting);
    if (!found) co_return found.error();
    co_return texts_of(found->find("data"));
}

api::List<api::Text> without(api::List<api::Text> all, std::string_view one) {
    erase_if(all, [one](const api::Text& t) { return t == one; });
    return all;
}

api::TextMap texts_of(const api::Value* map) {
    api::TextMap texts;
    if (!map) return texts;
    for (const api::Value::Member& m : map->as_map()) texts.set(m.first, m.second.as_text());
    return texts;
}

}  // namespace model::sidecar
