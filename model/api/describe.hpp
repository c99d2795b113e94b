// The one description of each type's fields, from which decoding, encoding, diffs and completeness
// checks are made. A described struct has `template <class V, class S> static void describe(V& v,
// S& self)`, where S is the struct, const or not, and V is a visitor with:
//     v.field("name", member)      left out of the text when empty
//     v.always("name", member)     written even when empty (a false, 0 or "" that the API prints)
//     v.extra(member)              everything else that stood there
// Only codec.cpp instantiates these, so the headers stay cheap.
#pragma once
