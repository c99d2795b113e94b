// conformance pv-controller DIR     runs every table case of the folder; a line a case, and "N of M
//                                   cases hold"
// conformance writes CASE_DIR LOG   holds a request log against the recordings of a case
// conformance calls CASE_DIR LOG    holds a log of CSI calls against the recordings of a case
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <string>
#include <vector>

#include "tests/conformance/call_log.hpp"
#include "tests/conformance/request_log.hpp"
#include "tests/conformance/table_case.hpp"

namespace {

int run_tables(const std::string& dir) {
    std::vector<std::string> files;
    std::error_code error;
    for (const auto& entry : std::filesystem::directory_iterator(dir, error))
        if (entry.path().extension() == ".json") files.push_back(entry.path().string());
    if (std::filesystem::is_regular_file(dir)) files.push_back(dir);
    if (files.empty()) {
        std::fprintf(stderr, "conformance: no table cases in %s\n", dir.c_str());
        return 2;
    }
    std::sort(files.begin(), files.end());
    std::size_t held = 0;
    for (const std::string& file : files) {
        const conformance::CaseResult result = conformance::run_table_case(file);
        held += result.holds ? 1 : 0;
        std::printf("%s %s%s%s\n", result.holds ? "holds  " : "differs", result.name.c_str(),
                    result.holds ? "" : ": ", result.reason.c_str());
        for (const std::string& line : result.lines) std::printf("    %s\n", line.c_str());
    }
    std::printf("%zu of %zu cases hold\n", held, files.size());
    return held == files.size() ? 0 : 1;
}

int tell(const conformance::LogResult& result) {
    for (const std::string& line : result.lines) std::printf("    %s\n", line.c_str());
    std::printf("%s (%s)\n", result.holds ? "holds" : "differs", result.nearest.c_str());
    return result.holds ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
    const std::vector<std::string> args(argv + 1, argv + argc);
    if (args.size() == 2 && args[0] == "pv-controller") return run_tables(args[1]);
    if (args.size() == 3 && (args[0] == "writes" || args[0] == "requests"))
        return tell(conformance::check_request_log(args[1], args[2]));
    if (args.size() == 3 && args[0] == "calls")
        return tell(conformance::check_call_log(args[1], args[2]));
    std::fprintf(stderr,
                 "usage: conformance pv-controller DIR | conformance writes CASE_DIR LOG | "
                 "conformance calls CASE_DIR LOG\n");
    return 2;
}
