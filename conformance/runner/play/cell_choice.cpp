#include "conformance/runner/play/cell_choice.h"

#include <fmt/format.h>

#include <algorithm>

namespace assay::conformance {
namespace {

bool is_ours(const ClientSpec& client) {
  return client.name == "reference" || client.name.starts_with("mutant:");
}

// What lets cells be made where `reason` forbids them.
std::string way_round(const std::string& reason) {
  struct Way {
    const char* obstacle;
    const char* way;
  };
  for (const Way& one :
       {Way{"apparmor_restrict_unprivileged_userns",
            "allow it with `sysctl kernel.apparmor_restrict_unprivileged_userns=0`"},
        Way{"unprivileged_userns_clone", "allow it with `sysctl kernel.unprivileged_userns_clone=1`"},
        Way{"_namespaces is 0", "allow it with `sysctl user.max_user_namespaces=10000`"},
        Way{"container",
            "start the container with --security-opt seccomp=unconfined (Kubernetes: seccompProfile "
            "Unconfined)"}}) {
    if (reason.find(one.obstacle) != std::string::npos) return one.way;
  }
  return "run it on a kernel from 5.12 on that allows user namespaces";
}

}  // namespace

Result<CellChoice> choose_cells(CellWish wish, const std::vector<ClientSpec>& clients,
                                const std::function<process::CellsAnswer()>& ask) {
  if (wish == CellWish::unwanted) return CellChoice{false, "--no-cells"};
  const process::CellsAnswer answer = ask();
  switch (answer.kind) {
    case process::CellsAnswer::possible:
      return CellChoice{};
    case process::CellsAnswer::failing:
      return fail(answer.reason +
                  "; this machine does not forbid cells, so nothing runs without them: try again, or say "
                  "--no-cells");
    case process::CellsAnswer::forbidden:
      break;
  }
  if (wish == CellWish::required) return fail(answer.reason);
  const auto foreign = std::find_if(clients.begin(), clients.end(), [](const ClientSpec& client) {
    return !is_ours(client) && !client.without_cell;
  });
  if (foreign == clients.end()) return CellChoice{false, answer.reason};
  return fail(
      fmt::format("{}; outside of a cell {} would run with your rights: {}, or say --no-cells where the "
                  "machine is a container that holds nothing else",
                  answer.reason, foreign->name, way_round(answer.reason)));
}

}  // namespace assay::conformance
