// token-exchange.store-unwritable-fails-requests: a renewed token that cannot be saved is lost.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  parts.refresh = [right = parts.refresh](const Call& call, const std::string& used) -> Outcome<json> {
    bool saved = true;
    Call watched = call;
    watched.emit = [&](json event) {
      saved = saved && event.value("code", "") != "not-saved";
      call.emit(std::move(event));
    };
    auto renewed = right(watched, used);
    if (!saved) return failure(Category::storage, "the session cannot be saved", "store");
    return renewed;
  };
}

}  // namespace assay::reference
