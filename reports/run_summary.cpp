#include "reports/run_summary.hpp"

namespace reports {

std::string fingerprint_text(std::uint64_t fingerprint) {
    constexpr char kDigits[] = "0123456789abcdef";
    std::string text(16, '0');
    for (std::size_t i = 16; i-- > 0; fingerprint >>= 4) text[i] = kDigits[fingerprint & 15];
    return text;
}

}  // namespace reports
