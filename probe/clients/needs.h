// Which known clients will work with an endpoint: what a client needs is read from requests that it was
// recorded sending, and held against the checks.
//
// Values and free functions.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "harness/base/result.h"
#include "harness/fixture/fixture.h"
#include "harness/stream/turn.h"
#include "probe/run/result.h"

namespace assay::probe {

struct ClientNeeds {
  std::string name;
  stream::Protocol protocol = stream::Protocol::openai_chat;
  std::set<std::string> features;  // words of Check::features; "whole": answers that are not streamed
  bool operator==(const ClientNeeds&) const = default;
};

// The needs of the client in `recording`, one entry for each protocol it was seen to speak.
std::vector<ClientNeeds> needs_of(const std::string& name, const Fixture& recording);

// A client of probe/clients.yaml or of fixtures/recorded/clients, or the path of a recording. Fails with the
// names that there are.
Result<std::vector<ClientNeeds>> find_client_needs(const std::string& data_folder, const std::string& name);

// "codex (openai-responses): works: 40 checks hold" or "…: stream/end fails: Sent …"; one line a reason.
// Empty: the client speaks another protocol.
std::vector<std::string> client_lines(const ClientNeeds& needs, const ProbeResult& result);

}  // namespace assay::probe
