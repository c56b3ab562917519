// token-exchange.store-lost-update: a logout writes the store as it was before it asked the provider.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  const auto snapshot = std::make_shared<std::optional<json>>();
  parts.revoke = [right = parts.revoke, snapshot](const Call& call, const json& credential) {
    const auto before = load_store(call.context.home);
    json revoked = right(call, credential);
    *snapshot = *before;
    return revoked;
  };
  parts.load_store = [right = parts.load_store, snapshot](const std::string& home) -> Outcome<json> {
    return *snapshot ? *std::exchange(*snapshot, std::nullopt) : right(home);
  };
}

}  // namespace assay::reference
