// Ink: colours for terminals, or nothing at all where the text goes to a file.
//
// Each kind of text has one colour, named by meaning, so that no caller knows escape codes.
#pragma once

#include <string>
#include <string_view>

namespace reports {

class Ink {
  public:
    Ink() = default;
    explicit Ink(bool on) : on_(on) {}
    std::string faint(std::string_view text) const { return in("2", text); }
    std::string strong(std::string_view text) const { return in("1", text); }
    std::string actor(std::string_view text) const { return in("36", text); }
    std::string good(std::string_view text) const { return in("32", text); }
    std::string warning(std::string_view text) const { return in("33", text); }
    std::string bad(std::string_view text) const { return in("31", text); }

  private:
    std::string in(std::string_view code, std::string_view text) const {
        if (!on_) return std::string(text);
        return "\x1b[" + std::string(code) + "m" + std::string(text) + "\x1b[0m";
    }
    bool on_ = false;
};

}  // namespace reports
