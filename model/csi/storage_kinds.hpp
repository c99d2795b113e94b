// Storage kinds: profiles that stand for a kind of storage and not for one driver, with figures of
// a driver of that kind where it states any. What is chosen says so in its citation. Left out:
// differences between the products of one kind.
#pragma once

#include "model/csi/profile.hpp"

namespace model::csi {

DriverProfile block_cloud_profile();
DriverProfile block_array_profile();
DriverProfile shared_file_profile();

}  // namespace model::csi
