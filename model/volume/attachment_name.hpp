// The names of VolumeAttachments: a pure function of volume handle, driver and node, so that two
// controllers, or one before and after a restart, speak of the same object. Counterpart:
// pkg/volume/csi/csi_attacher.go getAttachmentName (csi- and SHA-256 in hexadecimal of the three,
// one after the other without anything between).
#pragma once

#include <string>
#include <string_view>

namespace model::volume {

std::string attachment_name(std::string_view handle, std::string_view driver,
                            std::string_view node);

// FIPS 180-4, 64 lower case digits.
std::string sha256_hex(std::string_view text);

}  // namespace model::volume
