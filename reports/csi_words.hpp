// CSI calls in a few words each: what was asked, what was answered. For time line and tables.
#pragma once

#include <string>

#include "model/csi/messages.hpp"

namespace reports {

// "CreateVolume pvc-1: 1Gi SINGLE_NODE_WRITER", "DeleteVolume vol-1".
std::string words_of_request(const model::csi::Request& request);
// "OK, volume vol-1 of 1Gi"; plain "OK" where the answer holds nothing.
std::string words_of_response(const model::csi::Response& response);
// "1536Mi"
std::string words_of_size(std::int64_t bytes);

}  // namespace reports
