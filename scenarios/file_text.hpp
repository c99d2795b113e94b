// Reads a whole regular file, up to a limit. Devices, pipes and folders are refused, so that
// loading never hangs.
#pragma once

#include <string>

namespace scenarios {

struct FileText {
    std::string text;
    std::string problem;  // "cannot be read: no such file"; empty where all went well
};
FileText read_file(const std::string& path, std::size_t limit);

}  // namespace scenarios
