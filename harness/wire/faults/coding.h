// Content codings (RFC 9110 section 8.4.1) for the faults gzip, deflate and br.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "harness/base/exchange.h"
#include "harness/base/result.h"
#include "harness/wire/faults/params.h"

namespace assay::wire {

enum class Coding { gzip, deflate, br };

// A streaming compressor: after flush() a reader can decode all that was added so far.
class Compressor {
 public:
  virtual ~Compressor() = default;
  virtual std::string add(std::string_view bytes) = 0;
  virtual std::string flush() = 0;
  virtual std::string finish() = 0;
};
// `raw` is DEFLATE (RFC 1951) without the zlib format around it; for Coding::deflate only.
std::unique_ptr<Compressor> make_compressor(Coding coding, bool raw = false);

// The three faults: reads flush, header and raw, codes the body and names the coding.
Result<Response> apply_coding(Response response, Coding coding, const nlohmann::json& params,
                              FaultContext& context);

}  // namespace assay::wire
