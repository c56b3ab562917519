// Proof of a check: the fake provider with the fault on makes it fail, and the right fake passes. What is
// right and wrong for a check stands in its `proof`: settings of the inference fake
// (fakes/inference-api/README.md), with its faults and rules, as a case has them under `world: {inference:
// …}`.
#pragma once

#include <memory>
#include <string>

#include "harness/base/result.h"
#include "probe/run/probe.h"

namespace assay::probe {

struct ProofOptions {
  std::string data_folder;
  int repeat = 1;
  Micros patience = std::chrono::seconds(10);  // for an answer of a fake
};

struct ProofResult {
  std::string id;
  stream::Protocol protocol = stream::Protocol::openai_chat;
  CheckResult right, wrong;
  std::string problem;  // why it proves nothing; empty = it is proven
};

// Both plays of one check in one protocol. Fails when a fake cannot be made from the proof's settings.
Result<ProofResult> prove(const Check& check, stream::Protocol protocol, const Shapes& shapes,
                          const ProofOptions& options);

// A fake on loopback for as long as it lives.
class ProofWorld {
 public:
  // `settings` are merged over those of a fake that answers every protocol and accepts one key.
  static Result<std::unique_ptr<ProofWorld>> start(const std::string& data_folder,
                                                   const nlohmann::json& settings);
  ~ProofWorld();
  // The endpoint as a client is configured with it.
  Result<Target> target(stream::Protocol protocol) const;
  // Requests that its journal holds, the tokens that its answers reported are told by the answers themselves.
  std::size_t requests() const;
  // Why the fake could not put one of its faults on an answer; empty = it could, every time.
  std::string refused_fault() const;

  struct State;

 private:
  explicit ProofWorld(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace assay::probe
