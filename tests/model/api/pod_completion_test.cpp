#include "model/api/pod_completion.hpp"

#include <doctest/doctest.h>

#include "tests/model/api/flow_text.hpp"
#include "tests/model/small_server.hpp"

using namespace model;
using namespace model::api;

namespace {

constexpr std::string_view kTokenPath = "/var/run/secrets/kubernetes.io/serviceaccount";

Response create(SmallServer& world, std::string_view text) {
    return world.create(FlowText::parse(text));
}

Ref<Pod> made(SmallServer& world, std::string_view text) {
    const Response answer = create(world, text);
    REQUIRE_MESSAGE(answer.status.ok(), answer.status.message.str());
    return as<Pod>(answer.object);
}

std::string pod_text(std::string_view name, std::string_view rest = "") {
    return "{apiVersion: v1, kind: Pod, metadata: {name: " + std::string(name) +
           ", namespace: default}, spec: {containers: [{name: c, image: busybox}]" +
           std::string(rest) + "}}";
}

constexpr std::string_view kNotReady =
    R"({"effect":"NoExecute","key":"node.kubernetes.io/not-ready",)"
    R"("operator":"Exists","tolerationSeconds":300})";
constexpr std::string_view kUnreachable =
    R"({"effect":"NoExecute","key":"node.kubernetes.io/unreachable",)"
    R"("operator":"Exists","tolerationSeconds":300})";

}  // namespace

TEST_SUITE_BEGIN("pod completion");

TEST_CASE("a pod gets the default account, whose token every container mounts") {
    SmallServer world("1.26");
    const Ref<Pod> pod = made(world, pod_text("p"));
    CHECK(pod->spec.serviceAccountName == "default");
    CHECK(pod->spec.extra.find("serviceAccount")->as_string() == "default");
    REQUIRE(pod->spec.volumes.size() == 1);
    const Volume& volume = pod->spec.volumes[0];
    CHECK(volume.name.view().starts_with("kube-api-access-"));
    CHECK(volume.name.view().size() == 21);
    CHECK(volume.extra.to_json() ==
          R"({"projected":{"defaultMode":420,"sources":[)"
          R"({"serviceAccountToken":{"expirationSeconds":3607,"path":"token"}},)"
          R"({"configMap":{"items":[{"key":"ca.crt","path":"ca.crt"}],"name":"kube-root-ca.crt"}},)"
          R"({"downwardAPI":{"items":[{"fieldRef":{"apiVersion":"v1",)"
          R"("fieldPath":"metadata.namespace"},"path":"namespace"}]}}]}})");
    const Value& container = pod->spec.containers.as_list()[0];
    CHECK(container.find("volumeMounts")->to_json() ==
          R"([{"mountPath":"/var/run/secrets/kubernetes.io/serviceaccount","name":")" +
              volume.name.str() + R"(","readOnly":true}])");
}

TEST_CASE("the token is mounted once, and only where it is wanted") {
    SmallServer world;
    CHECK(made(world, pod_text("none", ", automountServiceAccountToken: false"))
              ->spec.volumes.empty());
    const std::string own =
        "{apiVersion: v1, kind: Pod, metadata: {name: own, namespace: default}, spec: "
        "{serviceAccount: robot, containers: [{name: c, image: busybox, volumeMounts: [{name: "
        "kube-api-access-own, mountPath: " +
        std::string(kTokenPath) +
        "}]}, {name: d, image: busybox}], volumes: [{name: kube-api-access-own}]}}";
    const Ref<Pod> pod = made(world, own);
    CHECK(pod->spec.serviceAccountName == "robot");
    CHECK(pod->spec.volumes.size() == 1);
    for (const Value& c : pod->spec.containers.as_list())
        CHECK(c.find("volumeMounts")->as_list().size() == 1);
}

TEST_CASE("a volume's suffix hangs on the pod's name alone") {
    SmallServer one, other;
    (void)made(other, pod_text("first"));
    CHECK(made(one, pod_text("p"))->spec.volumes[0].name ==
          made(other, pod_text("p"))->spec.volumes[0].name);
}

TEST_CASE("pods bear a lost node for five minutes, unless they say otherwise") {
    SmallServer world;
    const auto tolerations = [&](std::string_view name, std::string_view given) {
        const std::string rest = given.empty() ? "" : ", tolerations: [" + std::string(given) + "]";
        return made(world, pod_text(name, rest))->spec.tolerations.to_json();
    };
    CHECK(tolerations("a", "") ==
          "[" + std::string(kNotReady) + "," + std::string(kUnreachable) + "]");
    CHECK(tolerations("b", "{operator: Exists}") == R"([{"operator":"Exists"}])");
    CHECK(tolerations("c", "{key: node.kubernetes.io/not-ready, operator: Exists}") ==
          R"([{"key":"node.kubernetes.io/not-ready","operator":"Exists"},)" +
              std::string(kUnreachable) + "]");
    CHECK(tolerations("d", "{key: x, operator: Exists, effect: NoSchedule}").size() >
          kNotReady.size() + kUnreachable.size());
}

TEST_CASE("an update cannot take away what a pod was completed with") {
    SmallServer world;
    Pod next = *made(world, pod_text("p"));
    next.spec.tolerations = Value();
    next.spec.priority.reset();
    next.spec.extra.erase("preemptionPolicy");
    const Response answer = world.update(next);
    REQUIRE_MESSAGE(answer.status.ok(), answer.status.message.str());
    const Ref<Pod> pod = as<Pod>(answer.object);
    CHECK(pod->spec.tolerations.as_list().size() == 2);
    CHECK(pod->spec.priority == 0);
    CHECK(pod->spec.extra.find("preemptionPolicy")->as_string() == "PreemptLowerPriority");
}

TEST_CASE("a pod's priority is its class's") {
    SmallServer world;
    CHECK(made(world, pod_text("plain"))->spec.priority == 0);
    CHECK(made(world, pod_text("system", ", priorityClassName: system-node-critical"))
              ->spec.priority == 2000001000);
    REQUIRE(
        create(world,
               "{apiVersion: scheduling.k8s.io/v1, kind: PriorityClass, metadata: {name: high}, "
               "value: 7, preemptionPolicy: Never, globalDefault: true}")
            .status.ok());
    const Ref<Pod> pod = made(world, pod_text("p"));
    CHECK(pod->spec.priorityClassName == "high");
    CHECK(pod->spec.priority == 7);
    CHECK(pod->spec.extra.find("preemptionPolicy")->as_string() == "Never");
    CHECK(create(world, pod_text("q", ", priorityClassName: absent")).status.message ==
          "pods \"q\" is forbidden: no PriorityClass with name absent was found");
    CHECK(create(world, pod_text("q", ", priority: 3")).status.message ==
          "pods \"q\" is forbidden: the integer value of priority (3) must not be provided in pod "
          "spec; priority admission controller computed 7 from the given PriorityClass name");
}

TEST_CASE("limits are requests where nothing else is requested") {
    SmallServer world;
    const Ref<Pod> pod = made(
        world,
        "{apiVersion: v1, kind: Pod, metadata: {name: p, namespace: default}, spec: {containers: "
        "[{name: c, image: i, resources: {limits: {cpu: 2, memory: 1Gi}, requests: {cpu: 1}}}]}}");
    CHECK(pod->spec.containers.as_list()[0].at({"resources", "requests"})->to_json() ==
          R"({"cpu":1,"memory":"1Gi"})");
    CHECK(pod->spec.extra.find("securityContext")->to_json() == "{}");
}

TEST_SUITE_END();
