// Scenarios a second (loaded once, played often), the start of the process, and how fast a large
// `kubectl get -o json` becomes objects, beside nlohmann's document of the same text.
#include <benchmark/benchmark.h>
#include <sys/wait.h>
#include <unistd.h>

#include <nlohmann/json.hpp>

#include "model/api/codec.hpp"
#include "scenarios/json_reader.hpp"
#include "scenarios/run.hpp"

namespace {

using namespace std::chrono_literals;

// `pairs` volumes, then as many claims: about 30 events each.
std::string pairs_scenario(int pairs) {
    std::string text =
        "apiVersion: stowage.dev/v1alpha1\nkind: Scenario\nmetadata: {name: pairs}\nspec:\n"
        "  steps:\n";
    for (int i = 0; i < pairs; ++i)
        text += "  - at: " + std::to_string(10 * i) +
                "ms\n    create: {apiVersion: v1, kind: PersistentVolume, metadata: {name: pv-" +
                std::to_string(i) + "}, spec: {capacity: {storage: " + std::to_string(1 + i % 8) +
                "Gi}, accessModes: [ReadWriteOnce], storageClassName: manual, "
                "hostPath: {path: /tmp/v}}}\n";
    for (int i = 0; i < pairs; ++i)
        text +=
            "  - at: " + std::to_string(2000 + 10 * i) +
            "ms\n    create: {apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: c-" +
            std::to_string(i) +
            "}, spec: {resources: {requests: {storage: " + std::to_string(1 + i % 8) +
            "Gi}}, accessModes: [ReadWriteOnce], storageClassName: manual}}\n";
    text += "  - expect: {within: 60s, object: {kind: PersistentVolumeClaim, name: c-" +
            std::to_string(pairs - 1) + ", status: {phase: Bound}}}\n";
    return text;
}

void play(benchmark::State& state) {
    const scenarios::Loaded loaded =
        scenarios::load_text(pairs_scenario(static_cast<int>(state.range(0))), "pairs.yaml");
    if (!loaded.scenario) return state.SkipWithError(loaded.diagnostics.front().message.c_str());
    std::uint64_t events = 0;
    for (auto _ : state) {
        scenarios::Run run(*loaded.scenario, {});
        const scenarios::Outcome& outcome = run.play();
        if (outcome.exit != scenarios::Exit::Fine) state.SkipWithError("the scenario fails");
        events = outcome.events;
    }
    state.SetItemsProcessed(state.iterations());
    state.counters["events"] = static_cast<double>(events);
}
BENCHMARK(play)->Arg(1)->Arg(64)->Unit(benchmark::kMicrosecond);

// fork, exec, play and end; beside the same for /bin/true, which is what the machine takes for it.
void start_process(benchmark::State& state, std::vector<const char*> command) {
    command.push_back(nullptr);
    for (auto _ : state) {
        const pid_t child = fork();
        if (child == 0) {
            if (!freopen("/dev/null", "w", stdout)) _exit(126);
            execv(command[0], const_cast<char* const*>(command.data()));
            _exit(127);
        }
        int status = 0;
        waitpid(child, &status, 0);
        if (status != 0) state.SkipWithError("the command failed");
    }
}
const std::string kBinary = STOWAGE_BINARY;
const std::string kQuickstart = STOWAGE_SOURCE_DIR "/scenarios/catalog/quickstart.yaml";
BENCHMARK_CAPTURE(start_process, quickstart, {kBinary.c_str(), "run", kQuickstart.c_str()})
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(start_process, true, {"/bin/true"})->Unit(benchmark::kMillisecond);

// A claim as `kubectl get -o json` prints it, 1,560 bytes.
std::string claim_text(int i) {
    const std::string n = std::to_string(i);
    const nlohmann::ordered_json claim = {
        {"apiVersion", "v1"},
        {"kind", "PersistentVolumeClaim"},
        {"metadata",
         {{"annotations",
           {{"pv.kubernetes.io/bind-completed", "yes"},
            {"pv.kubernetes.io/bound-by-controller", "yes"},
            {"volume.kubernetes.io/storage-provisioner", "block.csi.example.com"}}},
          {"creationTimestamp", "2026-01-01T00:00:00Z"},
          {"finalizers", {"kubernetes.io/pvc-protection"}},
          {"labels", {{"app", "shop-" + std::to_string(i % 997)}, {"tier", "data"}}},
          {"name", "data-shop-" + n},
          {"namespace", "team-" + std::to_string(i % 199)},
          {"resourceVersion", n},
          {"uid", "5d1f3c9a-0b7e-4f7d-9a51-" + std::to_string(100000000000 + i)}}},
        {"spec",
         {{"accessModes", {"ReadWriteOnce"}},
          {"resources", {{"requests", {{"storage", std::to_string(1 + i % 64) + "Gi"}}}}},
          {"storageClassName", "block"},
          {"volumeMode", "Filesystem"},
          {"volumeName", "pvc-5d1f3c9a-0b7e-4f7d-9a51-" + std::to_string(100000000000 + i)}}},
        {"status",
         {{"accessModes", {"ReadWriteOnce"}},
          {"capacity", {{"storage", std::to_string(1 + i % 64) + "Gi"}}},
          {"phase", "Bound"}}}};
    const std::string text = claim.dump(4);
    std::string indented = "        ";
    for (char c : text) {
        indented += c;
        if (c == '\n') indented += "        ";
    }
    return indented;
}

const std::string& dump() {
    static const std::string text = [] {
        constexpr std::size_t kBytes = 109'000'000;
        std::string t = "{\n    \"apiVersion\": \"v1\",\n    \"items\": [\n";
        for (int i = 0; t.size() < kBytes; ++i) t += (i ? ",\n" : "") + claim_text(i);
        return t + "\n    ],\n    \"kind\": \"List\"\n}\n";
    }();
    return text;
}

void set_bytes(benchmark::State& state) {
    state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(dump().size()));
}

void read_dump_into_objects(benchmark::State& state) {
    const std::string& text = dump();
    std::size_t count = 0;
    for (auto _ : state) {
        model::api::Scheme scheme;
        scenarios::Diagnostics problems;
        std::vector<model::api::ObjectRef> objects;
        scenarios::read_json_items(
            text, "dump.json", problems,
            [&](const model::api::Value& item, const scenarios::Place&) {
                objects.push_back(model::api::freeze(std::move(decode(item, scheme).value())));
            });
        if (!problems.empty()) state.SkipWithError(problems[0].to_string().c_str());
        count = objects.size();
    }
    set_bytes(state);
    state.counters["objects"] = static_cast<double>(count);
}
BENCHMARK(read_dump_into_objects)->Unit(benchmark::kMillisecond);

void read_dump_into_values(benchmark::State& state) {
    const std::string& text = dump();
    for (auto _ : state) {
        scenarios::Diagnostics problems;
        benchmark::DoNotOptimize(scenarios::read_json(text, "dump.json", problems));
    }
    set_bytes(state);
}
BENCHMARK(read_dump_into_values)->Unit(benchmark::kMillisecond);

// The peer: a document of the same text, and nothing done with it.
void read_dump_by_nlohmann(benchmark::State& state) {
    const std::string& text = dump();
    for (auto _ : state) benchmark::DoNotOptimize(nlohmann::json::parse(text));
    set_bytes(state);
}
BENCHMARK(read_dump_by_nlohmann)->Unit(benchmark::kMillisecond);

}  // namespace

BENCHMARK_MAIN();
