// Large clusters from the scenario file to the last check, each in a process of its own: seconds of
// the processor, microseconds a claim or pod (flat if the cost does not grow), and the most memory
// that the process held. The scenarios are written here, since only their size makes them special.
#include <benchmark/benchmark.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>

namespace {

const std::string kBinary = STOWAGE_BINARY;

std::string header(const std::string& until) {
    return "apiVersion: stowage.dev/v1alpha1\nkind: Scenario\nmetadata: {name: scale}\nspec:\n"
           "  kubernetes: '1.36'\n  until: " +
           until + "\n";
}

std::string claims_step(std::int64_t n, const std::string& every) {
    return "  - at: 30s\n    repeat: {times: " + std::to_string(n) + ", every: " + every +
           "}\n    create: {apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: "
           "'c-${i}'}, spec: {storageClassName: fast, accessModes: [ReadWriteOnce], resources: "
           "{requests: {storage: 1Gi}}}}\n";
}

constexpr const char* kClass =
    "  - at: 0s\n    create: {apiVersion: storage.k8s.io/v1, kind: StorageClass, metadata: {name: "
    "fast}, provisioner: disk.example.com}\n";

// A driver of 2 s, 100 workers, no client limit that would hide the cost of a claim behind events
// of waiting claims.
std::string dynamic_claims(std::int64_t n) {
    const std::string check =
        "  expect:\n  - count: {object: {kind: PersistentVolumeClaim, "
        "status: {phase: Bound}}, exactly: ";
    return header(std::to_string(120 + n / 20) + "s") +
           "  cluster:\n"
           "    kubeControllerManager: {kubeAPIQPS: 100000, kubeAPIBurst: 100000}\n"
           "    drivers:\n    - name: disk.example.com\n      profile: instant\n"
           "      latency: {CreateVolume: {distribution: lognormal, median: 2s, p99: 6s}}\n"
           "      sidecars: {externalProvisioner: {kubeAPIQPS: 100000, kubeAPIBurst: 100000}}\n"
           "  steps:\n" +
           kClass + claims_step(n, "30ms") + check + std::to_string(n) + "}\n";
}

// A claim and a pod each, through binding, attach and mount to Running.
std::string mounted_pods(std::int64_t nodes, std::int64_t pods) {
    const std::string n = std::to_string(pods);
    return header(std::to_string(180 + pods / 50) + "s") +
           "  cluster:\n    nodes: " + std::to_string(nodes) +
           "\n    kubeControllerManager: {kubeAPIQPS: 100000, kubeAPIBurst: 100000}\n"
           "    drivers:\n    - name: disk.example.com\n      profile: instant\n"
           "      sidecars:\n"
           "        externalProvisioner: {kubeAPIQPS: 100000, kubeAPIBurst: 100000}\n"
           "        externalAttacher: {kubeAPIQPS: 100000, kubeAPIBurst: 100000, workerThreads: "
           "100}\n"
           "  steps:\n" +
           kClass + claims_step(pods, "10ms") + "  - at: 32s\n    repeat: {times: " + n +
           ", every: 10ms}\n    create: {apiVersion: v1, kind: Pod, metadata: {name: 'p-${i}'}, "
           "spec: {containers: [{name: main, image: i, volumeMounts: [{name: data, mountPath: "
           "/data}]}], volumes: [{name: data, persistentVolumeClaim: {claimName: 'c-${i}'}}]}}\n"
           "  expect:\n  - count: {object: {kind: Pod, status: {phase: Running}}, exactly: " +
           n + "}\n";
}

// Its processor time, and what it used; false where the scenario did not hold.
bool run(const std::string& file, rusage& used) {
    const pid_t child = fork();
    if (child == 0) {
        if (!freopen("/dev/null", "w", stdout)) _exit(126);
        execl(kBinary.c_str(), kBinary.c_str(), "run", "--quiet", file.c_str(), nullptr);
        _exit(127);
    }
    int status = 0;
    return wait4(child, &status, 0, &used) == child && status == 0;
}

double seconds(const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
}

void play(benchmark::State& state, const std::string& text, std::int64_t things) {
    char file[] = "/tmp/stowage-scale-XXXXXX";
    const int handle = mkstemp(file);
    if (handle < 0) return state.SkipWithError("no temporary file");
    close(handle);
    std::ofstream(file) << text;
    for (auto _ : state) {
        rusage used{};
        if (!run(file, used)) state.SkipWithError("the scenario failed");
        const double busy = seconds(used.ru_utime) + seconds(used.ru_stime);
        state.SetIterationTime(busy);
        state.counters["us each"] = busy * 1e6 / static_cast<double>(things);
        state.counters["MB"] = static_cast<double>(used.ru_maxrss) / 1024;
    }
    unlink(file);
}

void provision(benchmark::State& state) {
    play(state, dynamic_claims(state.range(0)), state.range(0));
}
BENCHMARK(provision)->Arg(1'000)->Arg(10'000)->Arg(100'000)->Iterations(1)->UseManualTime()->Unit(
    benchmark::kSecond);

void mount(benchmark::State& state) {
    play(state, mounted_pods(state.range(0), state.range(1)), state.range(1));
}
BENCHMARK(mount)
    ->Args({50, 300})
    ->Args({300, 1'800})
    ->Args({1'200, 7'064})
    ->Iterations(1)
    ->UseManualTime()
    ->Unit(benchmark::kSecond);

}  // namespace

BENCHMARK_MAIN();
