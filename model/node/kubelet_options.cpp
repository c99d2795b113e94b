#include "model/node/kubelet_options.hpp"

#include <algorithm>

namespace model {

using namespace std::chrono_literals;

KubeletOptions::KubeletOptions()
    : make_sandbox(sim::Distribution::lognormal(95ms, 170ms)),
      create_container(sim::Distribution::lognormal(8ms, 25ms)),
      start_container(sim::Distribution::lognormal(46ms, 150ms)),
      stop_sandbox(sim::Distribution::lognormal(80ms, 160ms)),
      chown(sim::Distribution::constant(5us)) {}

bool KubeletOptions::runs_on(const std::string& node) const {
    if (!on) return false;
    return !nodes || std::find(nodes->begin(), nodes->end(), node) != nodes->end();
}

}  // namespace model
