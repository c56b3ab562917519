// sse-framing.huge-line: a line of more than 64 KiB ends the stream.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  parts.open_stream = [right = parts.open_stream](stream::Protocol protocol, stream::DeltaSink& sink,
                                                  std::size_t) {
    return right(protocol, sink, std::size_t{64} * 1024);
  };
}

}  // namespace assay::reference
