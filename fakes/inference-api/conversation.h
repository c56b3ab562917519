// What a request says, whatever its protocol: the conversation so far, its calls and their results, reasoning
// with its proofs, and the tools on offer. A client's next request shows what it understood of an answer, and
// this makes it readable for checks that hold in every protocol. Pure.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "harness/stream/turn.h"

namespace assay::fakes {

// {system, text, reasoning, signatures: [...], calls: [{id, name, arguments}], results: [{id, name, call,
// text}],
//  tools: [{name, description, parameters}], turns: [{role: user|assistant|tool, text, reasoning, signatures,
//  calls, results}]}. `call` of a result is the index of the call that it answers, -1 when it answers none.
// `arguments` are an object, or a text when they were sent as one that is no JSON object. What a protocol
// does not carry is empty: ids of calls in Gemini and Ollama. `body` may be anything.
nlohmann::json read_conversation(const nlohmann::json& body, stream::Protocol protocol);

// Of the calls in `turn` those whose tool the request does not offer are taken out. Returns their names.
std::vector<std::string> take_unoffered_calls(stream::Turn& turn, const nlohmann::json& body,
                                              stream::Protocol protocol);

}  // namespace assay::fakes
