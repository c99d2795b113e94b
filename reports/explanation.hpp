// Explanation: why an object is in its state, for `stowage explain`: the state, what it waits for
// and who must act next, who holds it back from deletion, and how it came there.
//
// What each controller has to say comes in as lines; the rest is read from the object and its
// history. Left out: advice.
#pragma once

#include <string>
#include <vector>

#include "model/api/admission.hpp"
#include "reports/ink.hpp"
#include "reports/object_history.hpp"
#include "reports/tables.hpp"

namespace reports {

struct ExplanationInput {
    const model::api::ObjectReader& objects;
    model::api::Kind kind{};
    model::api::Key key;
    const ObjectHistory& history;
    std::vector<std::string> controllers;  // a line each: what they wait for
    Clock clock;
    Ink ink;
};

std::string explanation_of(const ExplanationInput& input);

// Who takes a finalizer off, and when; a plain sentence for the known ones, else "its owner".
std::string remover_of(std::string_view finalizer);

}  // namespace reports
