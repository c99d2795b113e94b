#include <iostream>

#include "model/profile.hpp"
#include "tools/cli/commands.hpp"

namespace cli {

int version_command() {
    std::cout << "stowage " << STOWAGE_VERSION << "\nKubernetes:";
    for (int minor = 0; minor < 100; ++minor) {
        const std::string version = "1." + std::to_string(minor);
        if (model::Profile::of(version)) std::cout << " " << version;
    }
#ifdef __clang__
    std::cout << "\ncompiler: clang++ " << __clang_version__ << "\n";
#else
    std::cout << "\ncompiler: g++ " << __VERSION__ << "\n";
#endif
    return 0;
}

}  // namespace cli
