// Names of VolumeAttachments, and the hash they are made of.
#include "model/volume/attachment_name.hpp"

#include <doctest/doctest.h>

namespace model::volume {

TEST_CASE("SHA-256 of known texts") {
    CHECK(sha256_hex("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    CHECK(sha256_hex("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    CHECK(sha256_hex(std::string(200, 'a')) ==
          "c2a908d98f5df987ade41b5fce213067efbcc21ef2240212a41e54b5e7c28ae5");
}

TEST_CASE("attachments are named by handle, driver and node, as a real cluster does") {
    CHECK(attachment_name("vol-o", "lab.csi.example.com", "node-1") ==
          "csi-c6bcf989f7a0e6c4066da173b95a49d1bfa57c2a3656aacc55430d9b9eadd9a5");
}

}  // namespace model::volume
