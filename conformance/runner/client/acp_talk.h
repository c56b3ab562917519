// ACP, the Agent Client Protocol (agentclientprotocol.com, version 1): JSON-RPC 2.0, one message a line, over
// the stdin and stdout of an agent. This is the side of an editor that asks for one turn: initialize, a
// session, a prompt. It offers nothing: no files, no terminals, no permission; an agent that asks is refused.
//
// A state machine without I/O: lines of the agent in, lines to it out. What the turn came to is read from the
// agent's whole output afterwards (output_dialect.h).
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace assay::conformance {

// Ids of our requests, by which the answers are told apart.
inline constexpr int kAcpInitialize = 1;
inline constexpr int kAcpSession = 2;
inline constexpr int kAcpPrompt = 3;

class AcpTalk {
 public:
  // `folder` is the agent's working directory, absolute. `session` is gone on with; empty = a new one.
  AcpTalk(std::string prompt, std::string folder, std::string session = {});

  // What is sent first. Lines are without LF.
  std::vector<std::string> begin() const;
  // What is sent in answer to a line of the agent; what is not JSON-RPC is passed over.
  std::vector<std::string> take(std::string_view line);
  // The turn has ended, or cannot begin.
  bool over() const { return over_; }

 private:
  std::vector<std::string> after_answer(int id, const nlohmann::json& message);

  std::string prompt_, folder_, session_;
  bool over_ = false;
};

}  // namespace assay::conformance
