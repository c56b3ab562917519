#include <fmt/format.h>

#include "cli/probe.h"
#include "cli/say.h"
#include "conformance/runner/case/data.h"
#include "probe/prove/prove.h"

namespace assay::cli {

ExitCode selftest_probe(const std::vector<std::string>& globs, bool verbose) {
  const auto data = conformance::data_folder();
  if (!data) return say(data.error());
  const auto checks = probe::load_checks(*data);
  if (!checks) return say(checks.error());
  const auto shapes = probe::Shapes::load(*data);
  if (!shapes) return say(shapes.error());
  probe::ProofOptions options;
  options.data_folder = *data;
  std::size_t proofs = 0;
  std::size_t unproven = 0;
  for (const auto protocol : probe::kProtocols) {
    const auto chosen = probe::choose_checks(*checks, protocol, globs);
    if (!chosen) return say(chosen.error());
    for (const probe::Check& check : *chosen) {
      const auto proof = probe::prove(check, protocol, *shapes, options);
      if (!proof) return say(proof.error());
      ++proofs;
      if (verbose)
        fmt::print("{}@{}: {}: {}\n", check.id, protocol_name(protocol), to_string(proof->wrong.verdict),
                   without_controls(proof->wrong.sentence));
      if (proof->problem.empty()) continue;
      ++unproven;
      fmt::print("{}@{}: {}\n", check.id, protocol_name(protocol), without_controls(proof->problem));
    }
  }
  fmt::print("selftest probe: {} proofs, {} failed\n", proofs, unproven);
  if (proofs == 0) return ExitCode::incomplete;
  return unproven == 0 ? ExitCode::ok : ExitCode::failed;
}

}  // namespace assay::cli
