#include "tools/cli/loading.hpp"

#include <iostream>

namespace cli {

namespace {

std::string in_quotes(const std::string& word) {
    constexpr std::string_view kPlain = "-_./=:,@%+";
    for (char c : word) {
        const bool alnum =
            (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (!alnum && kPlain.find(c) == std::string_view::npos) return "'" + word + "'";
    }
    return word;
}

}  // namespace

LoadedFile load(const std::string& path, const Options& options,
                std::optional<std::uint64_t> seed) {
    scenarios::LoadOptions how;
    how.seed = seed ? seed : options.seed;
    how.set = options.set;
    scenarios::Loaded loaded = scenarios::load_file(path, how);
    LoadedFile file;
    file.scenario = std::move(loaded.scenario);
    for (const scenarios::Diagnostic& d : loaded.diagnostics)
        (d.warning ? file.warnings : file.errors) += d.to_string() + "\n";
    // A scenario keeps its own warnings as well; each is told once.
    if (file.scenario)
        for (const scenarios::Diagnostic& d : file.scenario->warnings)
            if (const std::string line = d.to_string() + "\n";
                file.warnings.find(line) == std::string::npos)
                file.warnings += line;
    return file;
}

std::optional<scenarios::Scenario> load_or_complain(const std::string& path,
                                                    const Options& options) {
    LoadedFile file = load(path, options);
    std::cerr << file.errors << (options.quiet ? "" : file.warnings);
    return std::move(file.scenario);
}

std::string replay_words(const std::string& path, std::uint64_t seed, const Options& options) {
    std::string words = in_quotes(path) + " --seed " + std::to_string(seed);
    for (const std::string& set : options.set) words += " --set " + in_quotes(set);
    if (options.until) words += " --until " + sim::to_text(*options.until);
    if (options.shuffle) words += " --shuffle";
    return words;
}

std::string defect_text(const std::string& what, const std::string& path, std::uint64_t seed,
                        const Options& options) {
    return what + "\nseed " + std::to_string(seed) + "; to see it again: stowage run " +
           replay_words(path, seed, options);
}

}  // namespace cli
