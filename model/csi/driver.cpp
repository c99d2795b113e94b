#include "model/csi/driver.hpp"

#include "model/csi/csi_driver.hpp"
#include "model/csi/host_path_driver.hpp"
#include "model/csi/nfs_driver.hpp"

namespace model::csi {

std::unique_ptr<Driver> make_driver(DriverSettings settings) {
    settings.profile = offered(settings);
    switch (settings.profile.behaviour) {
        case Behaviour::Nfs:
            return std::make_unique<NfsDriver>(std::move(settings));
        case Behaviour::HostPath:
            return std::make_unique<HostPathDriver>(std::move(settings));
        case Behaviour::Generic:
            break;
    }
    return std::make_unique<CsiDriver>(std::move(settings));
}

}  // namespace model::csi
