// Surroundings: what the cases of one cell live in, so that a client with hard-coded https:// hosts meets the
// fakes and nothing else: names, a certificate authority, watched addresses. Owned by the worker of a cell
// and furnished anew for each case; what costs time is made once.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "conformance/runner/case/world_spec.h"
#include "harness/base/journal.h"
#include "harness/http/certificates.h"
#include "harness/process/furnish.h"
#include "harness/process/sandbox.h"
#include "harness/world/world.h"

namespace assay::conformance {

class Surroundings {
 public:
  // What the clients of a case run in.
  Result<std::unique_ptr<process::Sandbox>> sandbox();
  // Before the world of a case starts: who issues its certificates.
  Result<std::shared_ptr<const http::Authority>> authority();
  // The world has started: its names are answered for, and everything that the client tries is told to
  // `journal` until end().
  Result<void> begin(const World& world, Journal& journal);
  // The journal has everything that was seen.
  void end();

  // What programs are told so that they trust the authority of this cell, as Furnished::environment.
  const std::vector<std::string>& environment() const { return environment_; }
  const std::string& ca_file() const { return ca_file_; }

 private:
  std::shared_ptr<const http::Authority> authority_;
  std::optional<process::Furnished> furnished_;
  process::SyscallFilter filter_;
  std::vector<std::string> environment_;
  std::string ca_file_;
};

// The world of `plan` whose fakes answer for `hosts` too (role → names). Names of a role that the world does
// not have are left out. Fails where names cannot be answered for: without surroundings, outside of a cell.
Result<WorldSpec> secured(const WorldPlan& plan, const std::map<std::string, std::vector<std::string>>& hosts,
                          Surroundings* surroundings);

}  // namespace assay::conformance
