// oauth-login.followup-get-clobbers-code: the first redirect waits a moment for others, and the last one wins.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  struct Last {
    std::mutex mutex;
    Parameters parameters;
  };
  parts.route_callback = [right = parts.route_callback, last = std::make_shared<Last>()](
                             const CallbackRequest& request, const CallbackExpectation& expected) {
    CallbackDecision decision = right(request, expected);
    if (target_path(request.target) != expected.path || request.method != "GET") return decision;
    const std::size_t query = request.target.find('?');
    const bool first = decision.kind == CallbackDecision::Kind::settle;
    std::unique_lock lock(last->mutex);
    last->parameters = read_form(query == std::string::npos ? "error=empty" : request.target.substr(query + 1));
    lock.unlock();
    if (first) pause(Millis(400), Deadline{}, Cancel());
    lock.lock();
    if (first) decision.parameters = last->parameters;
    return decision;
  };
}

}  // namespace assay::reference
