// Helpers of the scenario tests: a short scenario around some steps, loaded and played.
#pragma once

#include <doctest/doctest.h>

#include <memory>
#include <string>

#include "scenarios/run.hpp"

namespace scenarios::test {

// A whole file around what stands under spec (indented by two).
inline std::string scenario_of(const std::string& spec) {
    return "apiVersion: stowage.dev/v1alpha1\n"
           "kind: Scenario\n"
           "metadata: {name: test}\n"
           "spec:\n" +
           spec;
}

inline std::string complaints(const Loaded& loaded) {
    std::string text;
    for (const Diagnostic& d : loaded.diagnostics) text += d.to_string() + "\n";
    return text;
}

inline Scenario load(const std::string& spec, const LoadOptions& options = {}) {
    Loaded loaded = load_text(scenario_of(spec), "test.yaml", options);
    INFO(complaints(loaded));
    REQUIRE(loaded.scenario.has_value());
    return std::move(*loaded.scenario);
}

// A run that was played to its end; keeps the cluster for questions.
inline std::unique_ptr<Run> play(const std::string& spec, Run::Options options = {}) {
    auto run = std::make_unique<Run>(load(spec), std::move(options));
    run->play();
    return run;
}

inline std::string claim(const std::string& name, const std::string& size = "1Gi") {
    return "{apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: " + name +
           "}, spec: {accessModes: [ReadWriteOnce], storageClassName: '', resources: {requests: "
           "{storage: " +
           size + "}}}}";
}

inline std::string volume(const std::string& name, const std::string& size = "1Gi") {
    return "{apiVersion: v1, kind: PersistentVolume, metadata: {name: " + name +
           "}, spec: {accessModes: [ReadWriteOnce], storageClassName: '', capacity: {storage: " +
           size + "}, persistentVolumeReclaimPolicy: Retain, hostPath: {path: /tmp/" + name + "}}}";
}

}  // namespace scenarios::test
