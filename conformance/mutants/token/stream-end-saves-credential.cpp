// token-exchange.logout-does-not-revoke: the end of an answer puts back the credential that it began with.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  const auto begun = std::make_shared<std::pair<Context, json>>();
  parts.auth_headers = [right = parts.auth_headers, begun](const Context& context, const json& credential,
                                                           const std::string& protocol) {
    if (!credential.is_null()) *begun = {context, credential};
    return right(context, credential, protocol);
  };
  parts.judge_end = [right = parts.judge_end, begun](const stream::Turn& turn,
                                                     const std::optional<Failure>& over) {
    json store = *load_store(begun->first.home);
    set_entry(store, begun->first.provider, begun->second);
    [[maybe_unused]] const auto saved = write_private_file(begun->first.home + "/auth.json", store.dump());
    return right(turn, over);
  };
}

}  // namespace assay::reference
