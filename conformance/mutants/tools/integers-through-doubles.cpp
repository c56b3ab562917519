// stream-semantics.large-integers: every number of the arguments is a double.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  change_turns(parts, [](stream::Turn& turn) {
    for (stream::Block& one : turn.blocks) {
      json arguments = json::parse(one.text, nullptr, false);
      if (one.kind != stream::Block::Kind::tool_call || !arguments.is_object()) continue;
      for (json& value : arguments)
        if (value.is_number()) value = static_cast<std::int64_t>(value.get<double>());
      one.text = arguments.dump();
    }
  });
}

}  // namespace assay::reference
