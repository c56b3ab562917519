// oauth-login.followup-get-clobbers-code: the first redirect waits a moment for others, and the last one
// wins.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  const auto last = std::make_shared<std::pair<std::mutex, std::string>>();
  parts.route_callback = [right = parts.route_callback, last](const CallbackRequest& request,
                                                              const CallbackExpectation& expected) {
    CallbackDecision decision = right(request, expected);
    if (target_path(request.target) != expected.path || request.method != "GET") return decision;
    std::unique_lock lock(last->first);
    last->second = request.target.find('?') == std::string::npos ? "?error=empty" : request.target;
    lock.unlock();
    if (decision.kind != CallbackDecision::Kind::settle) return decision;
    pause(Millis(400), Deadline{}, Cancel());
    lock.lock();
    decision.parameters = read_form(last->second.substr(last->second.find('?') + 1));
    return decision;
  };
}

}  // namespace assay::reference
