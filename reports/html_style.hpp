// The style sheet of the HTML report, as one text.
//
// Colours are variables, once for light and once for dark; text on each has a contrast of at least
// 4.5 to 1. Left out: anything that would be loaded.
#pragma once

#include <string_view>

namespace reports {

std::string_view html_style();

}  // namespace reports
