// model-discovery.qualified-id-sent-upstream: the provider's id is put before the model's.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  parts.wire_model = [](const Context& context, const std::string& model) {
    return context.provider.id + '/' + model;
  };
}

}  // namespace assay::reference
