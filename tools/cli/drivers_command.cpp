#include <iostream>

#include "model/csi/profile.hpp"
#include "reports/profile_text.hpp"
#include "scenarios/diagnostic.hpp"
#include "tools/cli/commands.hpp"
#include "tools/cli/terminal.hpp"

namespace cli {

int drivers_command(const Options& options) {
    std::vector<model::csi::DriverProfile> wanted = model::csi::profiles();
    if (!options.arguments.empty()) {
        const std::string& name = options.arguments.front();
        const model::csi::DriverProfile* profile = model::csi::find_profile(name);
        if (!profile) {
            std::vector<std::string> known;
            for (const auto& p : wanted) known.push_back(p.name);
            const std::string near = scenarios::nearest(name, known);
            std::cerr << "stowage: no driver profile " << name
                      << (near.empty() ? "" : " (nearest known: " + near + ")") << "; there are";
            for (std::size_t i = 0; i < known.size(); ++i)
                std::cerr << (i ? ", " : " ") << known[i];
            std::cerr << "\n";
            return kBadInput;
        }
        wanted = {*profile};
    }
    if (options.as_json) {
        std::cout << reports::profiles_json(wanted);
        return 0;
    }
    const reports::Ink ink(wants_color(options.color, Output::Standard));
    for (std::size_t i = 0; i < wanted.size(); ++i)
        std::cout << (i ? "\n" : "") << reports::text_of(wanted[i], ink);
    return 0;
}

}  // namespace cli
