#include "reports/output_file.hpp"

#include <cerrno>
#include <cstring>

namespace reports {

namespace {

constexpr std::size_t kBufferBytes = 1 << 18;

std::string reason(const std::string& path, int error) {
    return "cannot write " + (path == "-" ? std::string("standard output") : path) + ": " +
           std::strerror(error ? error : EIO);
}

}  // namespace

OutputFile::OutputFile(std::string path) : path_(std::move(path)) {
    file_ = path_ == "-" ? stdout : std::fopen(path_.c_str(), "wb");
    if (!file_) throw OutputError(reason(path_, errno));
}

OutputFile::~OutputFile() {
    if (file_ && file_ != stdout) std::fclose(file_);
}

void OutputFile::pass_on() {
    if (buffer_.size() >= kBufferBytes) flush();
}

void OutputFile::write(std::string_view text) {
    buffer_ += text;
    pass_on();
}

void OutputFile::flush() {
    errno = 0;
    if (!error_ && std::fwrite(buffer_.data(), 1, buffer_.size(), file_) != buffer_.size())
        error_ = errno ? errno : EIO;
    buffer_.clear();
}

void OutputFile::close() {
    if (!file_) return;
    flush();
    errno = 0;
    const bool closed = file_ == stdout ? std::fflush(file_) == 0 : std::fclose(file_) == 0;
    if (!closed && !error_) error_ = errno ? errno : EIO;
    file_ = nullptr;
    if (error_) throw OutputError(reason(path_, error_));
}

void write_file(const std::string& path, std::string_view text) {
    OutputFile file(path);
    file.write(text);
    file.close();
}

}  // namespace reports
