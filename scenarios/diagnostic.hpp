// Diagnostic: what is wrong with a scenario file and where, in one line a compiler would print.
//     quickstart.yaml:12:5: unknown key "reclaimPolciy" (nearest known: "reclaimPolicy")
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace scenarios {

struct Place {
    std::string file;
    int line = 0;                   // from 1; 0: the file as a whole
    int column = 0;                 // from 1
    std::string to_string() const;  // file:line:column
};

struct Diagnostic {
    Place place;
    std::string message;
    bool warning = false;
    std::string to_string() const;
};

using Diagnostics = std::vector<Diagnostic>;

// How many letters must be inserted, dropped, replaced or swapped with a neighbour; case is
// ignored.
std::size_t edit_distance(std::string_view a, std::string_view b);
// The nearest of the known words by edit distance, or "" where none is near.
std::string nearest(std::string_view word, const std::vector<std::string>& known);

}  // namespace scenarios
