// Chat: one turn with everything around it: credentials, retries, tools, history. Requirements: bugs
// stream-semantics.*, sse-framing.*, connection-faults.*, http-errors.*, parameter-rejections.*.
#pragma once

#include "conformance/reference/parts.h"

namespace assay::reference {

// The operations chat, tool_results and resume: the fields of the result; a failed turn is a result with
// `ok: false`. Fails when nothing could be asked.
Outcome<nlohmann::json> chat(const Call& call, const nlohmann::json& fields);

// How one answer is asked for.
struct ChatLimits {
  Millis connect{5000};
  Millis head{30000};
  Millis idle{30000};
  RetryLimits retry;
  std::size_t line_bytes = std::size_t{16} << 20U;
};
// One answer, after all attempts.
struct Answer {
  stream::Turn turn;  // with a failure: what came before it
  std::optional<Failure> failed;
  int status = 0;
  int attempts = 0;       // requests sent
  nlohmann::json frames;  // StreamReader::frames of the last one
};
Answer ask_until_answered(const Call& call, const Ask& ask, const std::string& base_url,
                          const ChatLimits& limits);

// The defaults of the parts of the same names.
std::unique_ptr<StreamReader> open_stream(stream::Protocol protocol, stream::DeltaSink& sink,
                                          std::size_t line_limit);
std::optional<Failure> judge_end(const stream::Turn& turn, const std::optional<Failure>& over);
bool may_run(const stream::Turn& turn, const stream::Block& call, bool failed);
std::optional<std::string> refused_param(const nlohmann::json& body, const Failure& failure);

}  // namespace assay::reference
