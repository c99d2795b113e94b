// TemporaryFile: a file that goes with the test, and its content, whole or as lines of JSON.
#pragma once

#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

struct TemporaryFile {
    std::string path = "/tmp/stowage-report-XXXXXX";
    TemporaryFile();
    ~TemporaryFile();
    TemporaryFile(const TemporaryFile&) = delete;
    TemporaryFile& operator=(const TemporaryFile&) = delete;
    std::string content() const;
    std::vector<nlohmann::json> lines() const;
};
