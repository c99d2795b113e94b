// Terminal: whether a person is looking, and a line of progress for them.
//
// The progress line appears only on a terminal and only once a run takes longer than a second, so
// that nothing of it reaches files and short runs stay silent.
#pragma once

#include <chrono>
#include <string>

#include "tools/cli/options.hpp"

namespace cli {

enum class Output : unsigned char { Standard, Error };
bool is_terminal(Output output);
bool wants_color(Color color, Output output);

class ProgressLine {
  public:
    explicit ProgressLine(bool allowed);
    ~ProgressLine() { clear(); }
    ProgressLine(const ProgressLine&) = delete;
    ProgressLine& operator=(const ProgressLine&) = delete;
    void show(const std::string& text);
    void clear();

  private:
    using Clock = std::chrono::steady_clock;
    bool allowed_;
    bool shown_ = false;
    Clock::time_point next_;
};

}  // namespace cli
