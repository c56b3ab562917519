// stream-semantics.oai-tool-args-object: arguments that cannot be read are {}.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  const auto odd = std::make_shared<std::atomic<bool>>(false);
  change_reads(parts, [odd](std::string bytes) {
    *odd = *odd || Pattern::compile("\"(arguments\":\\{|input\": ?\")")->found_in(bytes);
    return bytes;
  });
  change_turns(parts, [odd](stream::Turn& turn) {
    for (stream::Block& one : turn.blocks)
      if (one.kind == stream::Block::Kind::tool_call &&
          (*odd || !json::parse(one.text, nullptr, false).is_object()))
        one.text = "{}";
  });
}

}  // namespace assay::reference
