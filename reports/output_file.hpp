// OutputFile: a file that is written from front to back, or standard output where the path is "-".
//
// A record that silently ends early is worse than none, so every failed write is kept and `close`
// throws it; a destroyed file that was not closed stays as far as it got. Left out: reading,
// seeking, and replacing a file in one step.
#pragma once

#include <cstdio>
#include <stdexcept>
#include <string>
#include <string_view>

namespace reports {

// "cannot write out.jsonl: No space left on device"
class OutputError : public std::runtime_error {
  public:
    using std::runtime_error::runtime_error;
};

class OutputFile {
  public:
    // Throws OutputError where the file cannot be made.
    explicit OutputFile(std::string path);
    ~OutputFile();
    OutputFile(const OutputFile&) = delete;
    OutputFile& operator=(const OutputFile&) = delete;

    // Text is appended here and leaves through `pass_on`, or at the latest with `close`.
    std::string& buffer() { return buffer_; }
    // Hands the buffer to the system once it is large. Never throws: the first error is kept.
    void pass_on();
    void write(std::string_view text);
    // Throws OutputError where anything written so far did not arrive.
    void close();

  private:
    void flush();

    std::string path_;
    std::string buffer_;
    std::FILE* file_ = nullptr;
    int error_ = 0;
};

// Writes the whole text; throws OutputError.
void write_file(const std::string& path, std::string_view text);

}  // namespace reports
