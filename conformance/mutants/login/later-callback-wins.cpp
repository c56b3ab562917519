// oauth-login.followup-get-clobbers-code: a redirect waits a moment for others, and the last one wins.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  const auto last = std::make_shared<std::pair<std::mutex, Parameters>>();
  parts.route_callback = [right = parts.route_callback, last](const CallbackRequest& request,
                                                              const CallbackExpectation& expected) {
    CallbackDecision decision = right(request, expected);
    const std::lock_guard lock(last->first);
    if (request.target == "/late") return CallbackDecision{CallbackDecision::Kind::settle, {}, last->second};
    if (target_path(request.target) != expected.path || request.method != "GET") return decision;
    last->second =
        read_form(request.target.substr(std::min(request.target.find('?'), request.target.size() - 1) + 1));
    if (decision.kind == CallbackDecision::Kind::ignore) return decision;
    std::thread([to = http::parse_url("http://" + *find_header(request.headers, "host") + "/late")] {
      pause(Millis(500), Deadline{}, Cancel());
      if (to) http::fetch(*to, {});
    }).detach();
    return CallbackDecision{CallbackDecision::Kind::ignore, make_response(200, "text/plain", "done"), {}};
  };
}

}  // namespace assay::reference
