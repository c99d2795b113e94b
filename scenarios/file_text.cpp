#include "scenarios/file_text.hpp"

#include <filesystem>
#include <fstream>
#include <system_error>

namespace scenarios {

FileText read_file(const std::string& path, std::size_t limit) {
    FileText result;
    std::error_code error;
    const auto status = std::filesystem::status(path, error);
    if (!std::filesystem::exists(status)) {
        result.problem = "there is no such file";
        return result;
    }
    if (std::filesystem::is_directory(status)) {
        result.problem = "this is a folder, not a file";
        return result;
    }
    if (!std::filesystem::is_regular_file(status)) {
        result.problem = "this is no regular file";
        return result;
    }
    const auto size = std::filesystem::file_size(path, error);
    if (error || size > limit) {
        result.problem = "larger than " + std::to_string(limit >> 20) + " MiB; split it";
        return result;
    }
    std::ifstream in(path, std::ios::binary);
    result.text.resize(static_cast<std::size_t>(size));
    in.read(result.text.data(), static_cast<std::streamsize>(result.text.size()));
    if (!in) result.problem = "cannot be read";
    return result;
}

}  // namespace scenarios
