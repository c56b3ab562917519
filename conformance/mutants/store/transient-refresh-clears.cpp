// token-exchange.transient-refresh-failure-wipes-creds: any failed refresh ends the session.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  parts.refresh = [right = parts.refresh](const Call& call, const std::string& used) {
    auto renewed = right(call, used);
    if (!renewed) [[maybe_unused]]
      const auto cleared =
          update_store(call, [&](json& store) { set_entry(store, call.context.provider, nullptr); });
    return renewed;
  };
}

}  // namespace assay::reference
