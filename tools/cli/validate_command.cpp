#include <iostream>

#include "tools/cli/commands.hpp"
#include "tools/cli/loading.hpp"

namespace cli {

int validate_command(const Options& options) {
    int code = 0;
    for (const std::string& path : options.arguments) {
        const LoadedFile file = load(path, options);
        std::cout << file.errors << file.warnings;
        if (!file.scenario) {
            code = kBadInput;
            continue;
        }
        const std::size_t checks = file.scenario->expect.size();
        std::cout << "ok  " << path << ": " << file.scenario->name << ", "
                  << file.scenario->steps.size() << " steps, " << checks
                  << " expectations at the end\n";
    }
    return code;
}

}  // namespace cli
