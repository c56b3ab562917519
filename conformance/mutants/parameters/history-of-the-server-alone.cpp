// stream-semantics.responses-previous-response-gone: without its previous response a request has no history.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  const auto gone = std::make_shared<std::atomic<bool>>(false);
  change_failures(parts, [gone](Failure& failed, const HttpReply& reply) {
    *gone = *gone || reply.status == 404;
    if (*gone) failed.category = Category::server_error;
  });
  change_requests(parts, [gone](json& body, const Ask&) {
    if (body["input"].size() < 2) return;
    body["input"] = json::array({body["input"].back()});
    if (!*gone) body["previous_response_id"] = "resp_1";
  });
}

}  // namespace assay::reference
