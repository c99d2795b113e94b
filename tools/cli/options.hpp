// Options: the command line as values. One table knows every option, the commands that take it and
// its help text; from it come parsing, `--help`, and the nearest known word for a wrong one.
//
// Options may stand before or after paths, as `--seed 7`, `--seed=7`, `-j2`; `--` ends them. Left
// out: abbreviations, environment variables, configuration files.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "sim/time.hpp"

namespace cli {

enum class Command : unsigned char {
    None,
    Run,
    Test,
    Diff,
    Validate,
    Schema,
    Explain,
    Drivers,
    Version
};
enum class Color : unsigned char { Auto, Always, Never };

struct Options {
    Command command = Command::None;
    bool help = false;
    std::vector<std::string> arguments;                 // paths, KIND/NAME
    std::optional<std::uint64_t> seed, seed_a, seed_b;  // a, b: of the sides of `diff`
    std::optional<sim::Duration> until, at;
    std::vector<std::string> set, set_a, set_b;  // path=value
    // "": not asked for; "-": standard output
    std::string record, requests, rpc, metrics, json, dot, junit, trace, html;
    unsigned jobs = 1, seeds = 0;  // seeds 0: the scenario's own
    bool shuffle = false, quiet = false, verbose = false, once = false, no_timeline = false;
    bool as_json = false;  // drivers, diff: print JSON
    Color color = Color::Auto;
};

struct Parsed {
    Options options;
    std::string error;  // a sentence; "": fine
};
Parsed parse_options(const std::vector<std::string>& words);

// Usage, options and examples of a command, or of all.
std::string help_of(Command command);

}  // namespace cli
