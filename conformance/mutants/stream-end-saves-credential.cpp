// token-exchange.logout-does-not-revoke: the end of an answer puts back the credential that it began with.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  static thread_local std::pair<Context, json> begun;
  parts.auth_headers = [right = parts.auth_headers](const Context& context, const json& credential,
                                                    const std::string& protocol) {
    begun = {context, credential};
    return right(context, credential, protocol);
  };
  parts.judge_end = [right = parts.judge_end](const stream::Turn& turn, const std::optional<Failure>& over) {
    const auto& [context, credential] = begun;
    json store = *load_store(context.home);
    set_entry(store, context.provider, credential);
    [[maybe_unused]] const auto saved = write_private_file(context.home + "/auth.json", store.dump());
    return right(turn, over);
  };
}

}  // namespace assay::reference
