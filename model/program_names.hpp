// What the programs of a cluster are called, in scenarios, time lines and random streams. A program
// of a driver has the driver's name behind it: "external-provisioner/DRIVER"; what runs on a node
// has the node's: "kubelet/NODE", "csi-node/NODE/DRIVER".
#pragma once

#include <string_view>

namespace model::program_names {

inline constexpr std::string_view kServerName = "kube-apiserver";
inline constexpr std::string_view kControllerManagerName = "kube-controller-manager";
inline constexpr std::string_view kSchedulerName = "kube-scheduler";
inline constexpr std::string_view kDriverName = "csi-driver";
inline constexpr std::string_view kProvisionerName = "external-provisioner";
inline constexpr std::string_view kAttacherName = "external-attacher";
inline constexpr std::string_view kKubeletPrefix = "kubelet/", kNodePartPrefix = "csi-node/";

}  // namespace model::program_names
