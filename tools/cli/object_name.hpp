// ObjectName: KIND/NAME of the command line to a kind and key, with the short names of kubectl.
//
// pvc/data, PersistentVolumeClaim/default/data and persistentvolumeclaims/data name the same claim.
// Left out: labels, several names at once.
#pragma once

#include <string>

#include "model/api/scheme.hpp"

namespace cli {

struct ObjectName {
    model::api::Kind kind{};
    model::api::Key key;
    std::string error;  // what is wrong, in a sentence; "": nothing
};
ObjectName parse_object_name(const std::string& text, const model::api::Scheme& scheme);

}  // namespace cli
