// Loading: a scenario file to a Scenario, with the options that change it, and its diagnostics as
// text.
//
// The commands share it so that `run`, `test` and `explain` play exactly the same scenario. Left
// out: finding files.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "scenarios/scenario.hpp"
#include "tools/cli/options.hpp"

namespace cli {

struct LoadedFile {
    std::optional<scenarios::Scenario> scenario;
    std::string errors, warnings;  // a line each
};
LoadedFile load(const std::string& path, const Options& options,
                std::optional<std::uint64_t> seed = {});

// Loads for one run; prints diagnostics to standard error. Nothing where the input is bad.
std::optional<scenarios::Scenario> load_or_complain(const std::string& path,
                                                    const Options& options);

// "file.yaml --seed 7 --shuffle": what makes `stowage run` repeat a run.
std::string replay_words(const std::string& path, std::uint64_t seed, const Options& options);

// What is thrown while a run plays is ours: adds the way to repeat it.
std::string defect_text(const std::string& what, const std::string& path, std::uint64_t seed,
                        const Options& options);

}  // namespace cli
