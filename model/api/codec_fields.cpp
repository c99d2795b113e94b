// The names a manifest may use at a path: those of the descriptions, and those the API knows beyond
// the model.
#include <algorithm>

#include "model/api/codec.hpp"
#include "model/api/codec_visitor.hpp"
#include "model/api/typed.hpp"

namespace model::api {

namespace {

using codec::describe_fields;
using codec::struct_name;

struct KnownRow {
    std::string_view type;
    std::string_view names;  // apart by one space
};

// Fields of k8s.io/api types that the model keeps as given.
constexpr KnownRow kBeyond[] = {
    {"ObjectMeta", "managedFields selfLink"},
    {"NodeSpec", "configSource externalID podCIDRs"},
    {"NodeStatus",
     "addresses config daemonEndpoints features images nodeInfo phase runtimeHandlers"},
    {"Condition", "observedGeneration"},
    {"PersistentVolumeSpec",
     "awsElasticBlockStore azureDisk azureFile cephfs cinder fc flexVolume flocker "
     "gcePersistentDisk glusterfs iscsi "
     "photonPersistentDisk portworxVolume quobyte rbd scaleIO storageos vsphereVolume"},
    {"Volume",
     "awsElasticBlockStore azureDisk azureFile cephfs cinder configMap csi downwardAPI emptyDir fc "
     "flexVolume flocker "
     "gcePersistentDisk gitRepo glusterfs hostPath image iscsi nfs photonPersistentDisk "
     "portworxVolume projected quobyte "
     "rbd scaleIO secret storageos vsphereVolume"},
    {"PodSpec",
     "automountServiceAccountToken dnsConfig dnsPolicy enableServiceLinks ephemeralContainers "
     "hostAliases hostIPC "
     "hostNetwork hostPID hostUsers hostname hostnameOverride imagePullSecrets os overhead "
     "preemptionPolicy "
     "readinessGates resourceClaims resources runtimeClassName schedulingGates securityContext "
     "serviceAccount "
     "setHostnameAsFQDN "
     "shareProcessNamespace subdomain"},
    {"PodStatus",
     "ephemeralContainerStatuses hostIPs observedGeneration podIPs qosClass resize "
     "resourceClaimStatuses"},
    {"ResourceQuotaSpec", "scopeSelector scopes"},
    {"Event", "related"},
};

void add_beyond(std::vector<std::string>& names, std::string_view type) {
    for (const KnownRow& row : kBeyond) {
        if (row.type != type) continue;
        std::string_view rest = row.names;
        while (!rest.empty()) {
            const std::size_t space = std::min(rest.find(' '), rest.size());
            names.emplace_back(rest.substr(0, space));
            rest.remove_prefix(std::min(space + 1, rest.size()));
        }
    }
}

// The first segment of a path, removed from it; list indexes ("[0]") are dropped.
std::string_view next_segment(std::string_view& path) {
    while (path.starts_with('.')) path.remove_prefix(1);
    const std::size_t end = std::min(path.find('.'), path.size());
    const std::string_view segment = path.substr(0, end);
    path.remove_prefix(end);
    return segment.substr(0, std::min(segment.find('['), segment.size()));
}

class Lister;
template <class T>
void list_of(const T& described, std::string_view path, std::vector<std::string>& names);

// Collects the names of one struct, or goes on into the member that the path names.
class Lister {
  public:
    Lister(std::string_view path, std::vector<std::string>& names) : names_(names) {
        segment_ = next_segment(path);
        rest_ = path;
    }
    template <class T>
    void field(std::string_view name, const T& member) {
        if (segment_.empty()) {
            names_.emplace_back(name);
        } else if (segment_ == name) {
            enter(member);
        }
    }
    template <class T>
    void always(std::string_view name, const T& member) {
        field(name, member);
    }
    void revision(std::string_view name, std::uint64_t) {
        if (segment_.empty()) names_.emplace_back(name);
    }
    void other_sources(const Value&) {}
    void extra(const Value&) {}
    bool at_end() const { return segment_.empty(); }

  private:
    template <class T>
    void enter(const std::optional<T>&) {
        enter(T());
    }
    template <class T>
    void enter(const Boxed<T>&) {
        enter(T());
    }
    template <class T>
    void enter(const List<T>&) {
        enter(T());
    }
    template <class T>
    void enter(const T& member) {
        constexpr bool described = requires(Lister & v) { T::describe(v, member); };
        if constexpr (described || std::is_same_v<T, OwnerReference> ||
                      std::is_same_v<T, ObjectMeta>) {
            list_of(member, rest_, names_);
        }
    }

    std::string_view segment_, rest_;
    std::vector<std::string>& names_;
};

template <class T>
void list_of(const T& described, std::string_view path, std::vector<std::string>& names) {
    Lister lister(path, names);
    describe_fields(lister, described);
    if (lister.at_end()) add_beyond(names, struct_name<T>());
}

template <class T>
void list_object(const T& object, std::string_view path, std::vector<std::string>& names) {
    Lister lister(path, names);
    if (lister.at_end()) {
        if (std::is_same_v<T, Unstructured>) return;  // anything goes
        names = {"apiVersion", "kind"};
        add_beyond(names, struct_name<T>());
    }
    lister.field("metadata", object.metadata);
    if constexpr (!std::is_same_v<T, Unstructured>) T::describe(lister, object);
}

}  // namespace

std::vector<std::string> field_names(Kind kind, std::string_view path) {
    std::vector<std::string> names;
    const std::unique_ptr<Object> object = make_object(kind);
    visit_typed(std::as_const(*object),
                [&](const auto& typed) { list_object(typed, path, names); });
    std::sort(names.begin(), names.end());
    return names;
}

}  // namespace model::api
