// libFuzzer target of the scenario loader: whatever bytes come, loading ends with a scenario or
// with complaints, never with a crash, a hang or more memory than the limits allow. Names of files
// are taken out, so that nothing outside is read.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "scenarios/scenario.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string text(reinterpret_cast<const char*>(data), size);
    if (text.find("file") != std::string::npos) return 0;
    // A million repetitions are no finding, only slow.
    scenarios::LoadOptions options;
    options.most_steps = 1000;
    const scenarios::Loaded loaded = scenarios::load_text(text, "fuzz.yaml", options);
    bool complained = false;
    for (const auto& d : loaded.diagnostics) complained = complained || !d.warning;
    // Either a scenario or a reason.
    if (loaded.scenario.has_value() == complained) std::abort();
    return 0;
}
