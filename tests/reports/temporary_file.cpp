#include "tests/reports/temporary_file.hpp"

#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

TemporaryFile::TemporaryFile() { close(mkstemp(path.data())); }
TemporaryFile::~TemporaryFile() { std::remove(path.c_str()); }

std::string TemporaryFile::content() const {
    std::ifstream in(path);
    std::ostringstream out;
    out << in.rdbuf();
    return out.str();
}

std::vector<nlohmann::json> TemporaryFile::lines() const {
    std::vector<nlohmann::json> all;
    std::ifstream in(path);
    for (std::string line; std::getline(in, line);) all.push_back(nlohmann::json::parse(line));
    return all;
}
