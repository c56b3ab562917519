// token-exchange.relogin-reuses-stale-grant: fields of the old grant stay in the new one.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  parts.token_request = [right = parts.token_request](const Call& call, const std::string& url,
                                                      const Parameters& form) {
    const auto old = current_credential(call);
    auto answer = right(call, url, form);
    if (answer && form.at("grant_type") == "authorization_code" && old && old->is_object())
      (*answer)["access_token"] = old->value("access_token", "");
    return answer;
  };
}

}  // namespace assay::reference
