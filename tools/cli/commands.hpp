// The commands of `stowage`, a function each; the answer is the exit code.
//
// Results go to standard output, progress and errors to standard error. Bad input of any kind ends
// with 2 and a line that says what was expected. What is thrown beyond these functions is a failure
// to write (2) or a defect of ours (70); main tells them apart.
#pragma once

#include "tools/cli/options.hpp"

namespace cli {

int run_command(const Options& options);
int test_command(const Options& options);
int diff_command(const Options& options);
int validate_command(const Options& options);
int schema_command();
int explain_command(const Options& options);
int drivers_command(const Options& options);
int version_command();

inline constexpr int kBadInput = 2;
inline constexpr int kDefect = 70;

}  // namespace cli
