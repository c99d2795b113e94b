// AssumeCache: objects of a kind as the scheduler takes them to be: an object that it has changed
// in memory lies over the informer's, until the informer has any newer version. Counterpart:
// pkg/scheduler/util/assumecache and plugins/volumebinding/passive_assume_cache.go.
#pragma once

#include <unordered_map>

#include "model/control/informer.hpp"

namespace model::scheduler {

template <class T>
class AssumeCache {
  public:
    explicit AssumeCache(const control::Informer& informer) : informer_(informer) {}

    // What the informer has.
    api::Ref<T> api_object(const api::Key& key) const { return informer_.get<T>(key); }
    // With what was assumed; null where the informer has none.
    api::Ref<T> get(const api::Key& key) const {
        const api::Ref<T> known = api_object(key);
        const auto at = assumed_.find(key);
        if (!known || at == assumed_.end()) return known;
        return at->second->metadata.resourceVersion == known->metadata.resourceVersion ? at->second
                                                                                       : known;
    }
    // Errors: the object is gone, or another version than the one that was changed is known. As
    // upstream's text.
    std::string assume(api::Ref<T> object) {
        const api::Key key = object->key();
        const api::Ref<T> known = api_object(key);
        if (!known) return "could not find object \"" + key.to_string() + "\"";
        if (known->metadata.resourceVersion != object->metadata.resourceVersion)
            return key.to_string() +
                   " is out of sync (stored: " + std::to_string(known->metadata.resourceVersion) +
                   ", assume: " + std::to_string(object->metadata.resourceVersion) + ")";
        assumed_[key] = std::move(object);
        return {};
    }
    void restore(const api::Key& key) { assumed_.erase(key); }

    // In the order of their keys, with what was assumed.
    template <class F>
    void for_each(F&& visit) const {
        informer_.for_each([&](const api::ObjectRef& o) {
            visit(assumed_.empty() ? api::as<T>(o) : get(o->key()));
        });
    }

  private:
    const control::Informer& informer_;
    // An entry that the informer has gone past lies there until it is restored or assumed anew.
    std::unordered_map<api::Key, api::Ref<T>, api::KeyHash> assumed_;
};

}  // namespace model::scheduler
