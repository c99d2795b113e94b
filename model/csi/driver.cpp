#include "model/csi/driver.hpp"

#include "model/csi/csi_driver.hpp"

namespace model::csi {

std::unique_ptr<Driver> make_driver(DriverSettings settings) {
    settings.profile = offered(settings);
    return std::make_unique<CsiDriver>(std::move(settings));
}

}  // namespace model::csi
