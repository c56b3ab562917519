// http-errors.raw-exception-shown: an error body without error.message is shown as an object.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  change_failures(parts, [](Failure& failed, const HttpReply& reply) {
    const json body = json::parse(reply.body, nullptr, false);
    const json error = body.is_object() ? body.value("error", json()) : json();
    if (!error.is_object() || !error.contains("message")) failed.message = "[object Object]";
  });
}

}  // namespace assay::reference
