#include "tools/cli/terminal.hpp"

#include <unistd.h>

#include <cstdlib>
#include <iostream>

namespace cli {

bool is_terminal(Output output) { return isatty(output == Output::Standard ? 1 : 2) == 1; }

bool wants_color(Color color, Output output) {
    if (color != Color::Auto) return color == Color::Always;
    const char* no_color = std::getenv("NO_COLOR");  // see no-color.org
    return is_terminal(output) && !(no_color && *no_color);
}

ProgressLine::ProgressLine(bool allowed)
    : allowed_(allowed && is_terminal(Output::Error)),
      next_(Clock::now() + std::chrono::seconds(1)) {}

void ProgressLine::show(const std::string& text) {
    if (!allowed_ || Clock::now() < next_) return;
    std::cerr << "\r\x1b[K" << text << std::flush;
    shown_ = true;
    next_ = Clock::now() + std::chrono::milliseconds(200);
}

void ProgressLine::clear() {
    if (shown_) std::cerr << "\r\x1b[K" << std::flush;
    shown_ = false;
}

}  // namespace cli
