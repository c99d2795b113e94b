// Live reads of kinds that the model keeps as given (secrets, snapshots, attributes classes), as
// sidecars make them.
#pragma once

#include <string>

#include "model/control/client.hpp"

namespace model::sidecar {

sim::Task<api::Result<api::Value>> get_plain(control::Client& client, std::string api_version,
                                             std::string kind, api::Key key);
sim::Task<api::Result<api::ObjectRef>> get_object(control::Client& client, std::string api_version,
                                                  std::string kind, api::Key key);
// An update of this version with other finalizers.
sim::Task<api::Status> set_finalizers(control::Client& client, api::ObjectRef object,
                                      api::List<api::Text> finalizers);
// A secret's data.
sim::Task<api::Result<api::TextMap>> get_secret(control::Client& client, api::Key key);

api::List<api::Text> without(api::List<api::Text> all, std::string_view one);
// The members of a map of texts; none where there is no map.
api::TextMap texts_of(const api::Value* map);

}  // namespace model::sidecar
