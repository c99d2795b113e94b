#include "reports/csi_words.hpp"

#include "model/api/quantity.hpp"

namespace reports {
namespace {

using namespace model::csi;

std::string place_of(const Topology& topology) {
    std::string text;
    for (const auto& segment : topology.segments)
        text += (text.empty() ? "" : ",") + segment.first.str() + "=" + segment.second.str();
    return text;
}

std::string gist(const CreateVolumeRequest& r) {
    std::string text =
        r.capacity_range ? " " + words_of_size(r.capacity_range->required_bytes) : "";
    for (const VolumeCapability& c : r.volume_capabilities)
        text += " " + std::string(to_string(c.access_mode)) + (c.block ? " block" : "");
    if (r.volume_content_source)
        text += " from " + (r.volume_content_source->volume_id.empty()
                                ? "snapshot " + r.volume_content_source->snapshot_id.str()
                                : "volume " + r.volume_content_source->volume_id.str());
    if (r.accessibility_requirements && !r.accessibility_requirements->preferred.empty())
        text += " preferably in " + place_of(r.accessibility_requirements->preferred[0]);
    return text;
}

std::string gist(const ControllerPublishVolumeRequest& r) { return " to " + r.node_id.str(); }
std::string gist(const ControllerUnpublishVolumeRequest& r) { return " from " + r.node_id.str(); }
std::string gist(const ControllerExpandVolumeRequest& r) {
    return r.capacity_range ? " to " + words_of_size(r.capacity_range->required_bytes) : "";
}
std::string gist(const NodeStageVolumeRequest& r) { return " at " + r.staging_target_path.str(); }
std::string gist(const NodePublishVolumeRequest& r) { return " at " + r.target_path.str(); }
template <class R>
std::string gist(const R&) {
    return "";
}

std::string answer(const CreateVolumeResponse& r) {
    std::string text = ", volume " + r.volume.volume_id.str();
    if (r.volume.capacity_bytes != 0) text += " of " + words_of_size(r.volume.capacity_bytes);
    for (const Topology& t : r.volume.accessible_topology) text += " in " + place_of(t);
    return text;
}
std::string answer(const CreateSnapshotResponse& r) {
    return ", snapshot " + r.snapshot.snapshot_id.str() +
           (r.snapshot.ready_to_use ? "" : ", not ready yet");
}
std::string answer(const GetCapacityResponse& r) {
    return ", " + words_of_size(r.available_capacity) + " available";
}
std::string answer(const ProbeResponse& r) { return r.ready.value_or(true) ? "" : ", not ready"; }
template <class R>
std::string answer(const R&) {
    return "";
}

}  // namespace

std::string words_of_size(std::int64_t bytes) {
    using model::api::Quantity;
    return Quantity::of(bytes, Quantity::Format::BinarySI).to_string();
}

std::string words_of_request(const Request& request) {
    std::string text(to_string(method_of(request)));
    if (const model::api::Text subject = subject_of(request); !subject.empty())
        text += " " + subject.str();
    const RequestVariant& message = request;
    return text + std::visit([](const auto& r) { return gist(r); }, message);
}

std::string words_of_response(const Response& response) {
    return "OK" + std::visit([](const auto& r) { return answer(r); }, response);
}

}  // namespace reports
