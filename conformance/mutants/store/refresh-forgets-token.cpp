// token-exchange.refresh-response-omits-refresh-token: no new refresh token means none.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  parts.credential_from = [right = parts.credential_from](const json& answer, const json& old,
                                                          std::int64_t now) {
    json credential = right(answer, old, now);
    if (!answer.contains("refresh_token") || !answer["refresh_token"].is_string() ||
        answer["refresh_token"].get_ref<const std::string&>().empty())
      credential.erase("refresh_token");
    return credential;
  };
}

}  // namespace assay::reference
