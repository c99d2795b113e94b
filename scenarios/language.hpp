// The scenario language as one table of shapes: every key a file may hold, its type, its help text
// and what must be built for it. The loader checks by it and `stowage schema` prints it; a key that
// is not here does not exist.
#pragma once

#include "scenarios/shape.hpp"

namespace scenarios::language {

inline constexpr std::string_view kApiVersion = "stowage.dev/v1alpha1";

const ShapeRef& scenario();
ShapeRef cluster();
ShapeRef steps();
ShapeRef comparisons();
ShapeRef expectations();  // the list; its element is also what a step's `expect` holds

// Pieces that several of them use.
ShapeRef any(std::string expected);
ShapeRef boolean();
ShapeRef integer(std::int64_t least, std::int64_t most = 1'000'000'000);
ShapeRef number(std::int64_t least, std::int64_t most);
ShapeRef text(std::string expected = "text");
ShapeRef loose_text(std::string expected);
ShapeRef duration();
ShapeRef distribution();
ShapeRef instant();
ShapeRef word(std::vector<std::string> words);
ShapeRef list(ShapeRef element, std::string expected);
ShapeRef map(ShapeRef element, std::string expected, std::vector<std::string> keys = {});
ShapeRef record(std::string definition, std::string expected, std::vector<Field> fields,
                bool open = false);
ShapeRef one_of(std::string expected, std::vector<ShapeRef> choices);
ShapeRef manifest();  // a whole object, or {file: ...}
ShapeRef pattern();   // a partial object
Field required(Field field);
Field needs(Part part, Field field);
Field notes(Part part, Field field);  // names an actor that is on by default

ShapeRef driver();
const std::vector<std::string>& rpc_names();
const std::vector<std::string>& grpc_codes();  // all but OK
// Names of latencies, each with the part that must be built and its first and last instant.
struct Latency {
    std::string_view name;
    Part part;
    std::string_view from, to;
};
const std::vector<Latency>& latencies();
// First ticks of periodic loops.
struct Loop {
    std::string_view name;
    Part part;
};
const std::vector<Loop>& loops();

}  // namespace scenarios::language
