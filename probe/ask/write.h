// From an Ask to the request of a protocol. Pure.
#pragma once

#include <map>
#include <nlohmann/json.hpp>
#include <string>

#include "harness/base/exchange.h"
#include "harness/base/result.h"
#include "probe/ask/answer.h"
#include "probe/ask/target.h"
#include "probe/check/check.h"

namespace assay::probe {

// What an Ask may refer to: ${nonce}, and the answers to earlier requests.
struct References {
  std::string nonce;
  std::map<std::string, Answer> answers;
};

// Fails when a reference leads nowhere: the answer that it names has no such value.
Result<Request> write_request(const Ask& ask, const Target& target, const References& references);

// The text with its references replaced.
Result<std::string> resolved(const std::string& text, const Target& target, const References& references);

// What the assistant said, for sending it back as it came. Null when the answer holds none.
nlohmann::json said_by(const Answer& answer, stream::Protocol protocol);

// A body in each protocol.
nlohmann::json chat_body(const Ask& ask, const Target& target, const References& references);
nlohmann::json responses_body(const Ask& ask, const Target& target, const References& references);
nlohmann::json anthropic_body(const Ask& ask, const Target& target, const References& references);
nlohmann::json gemini_body(const Ask& ask, const Target& target, const References& references);
nlohmann::json interactions_body(const Ask& ask, const Target& target, const References& references);
nlohmann::json ollama_body(const Ask& ask, const Target& target, const References& references);
nlohmann::json cohere_body(const Ask& ask, const Target& target, const References& references);
nlohmann::json bedrock_body(const Ask& ask, const Target& target, const References& references);
// {type: function, function: {…}} for each tool of `ask`, as three of the protocols write it.
nlohmann::json function_tools(const Ask& ask);
// {id, type: function, function: {name, arguments as text}} for each call of an assistant's message, as
// OpenAI's chat and Cohere write it.
nlohmann::json function_calls(const Message& message);

// "POST /v1/chat/completions with stream: true, max_tokens: 1": a request in one line, for a verdict.
std::string describe_request(const Ask& ask, const Request& request);

}  // namespace assay::probe
