// Whether a case can be asked of a client, before anything is played: what the case needs against what the
// client says of itself.
#pragma once

#include <string>
#include <vector>

#include "conformance/runner/case/case.h"
#include "conformance/runner/play/session.h"

namespace assay::conformance {

struct Fit {
  std::vector<std::string> missing;  // capabilities that the case needs and the client lacks
  std::string other;                 // another reason why it does not apply; empty = none
  bool applies() const { return missing.empty() && other.empty(); }
};

// The protocols that capabilities name ("protocol.anthropic"), in their order.
std::vector<std::string> protocols_of(const std::vector<std::string>& capabilities);
// Why a client with these capabilities cannot be asked `one` in `protocol` (empty = whichever fits); empty =
// it can.
std::string wrong_protocol(const Case& one, const std::vector<std::string>& capabilities,
                           const std::string& protocol);
// Which of the protocols that a client speaks it is asked `one` in: `usual`, that of the case's provider,
// where it speaks that, else its first that fits; empty when none does.
std::string spoken_protocol(const Case& one, const std::vector<std::string>& spoken,
                            const std::string& usual);

// Why a case about the habits of one provider in the chat protocol (`profile` of its world) is not asked of a
// client that its file says is for another; empty = it can be asked.
std::string other_provider(const Case& one, const ClientSpec& client);

// Why a case whose list of models (or the error in its place) is written out in OpenAI's form ({data:
// [{id}]}, {error: {message}}) is not asked of a client with these capabilities, which reads another (`list`
// of its file, or that of its protocol); empty = it can.
std::string other_list(const Case& one, const ClientSpec& client,
                       const std::vector<std::string>& capabilities);
// How the client signs in: "browser", "paste" or "device"; empty = as it is told.
std::string flow_of(const ClientSpec& client);

// Pure.
Fit fit_of(const Case& one, const ClientSpec& client, const Hello& hello);

// What the client says of itself. An adapter is started for it, in a home below `scratch`, and ended.
Result<Hello> hello_of(const ClientSpec& client, const std::string& scratch);

}  // namespace assay::conformance
