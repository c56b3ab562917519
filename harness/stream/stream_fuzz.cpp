// libFuzzer target: any bytes, in any protocol. Nothing crashes; reads cut anywhere and templates change
// nothing.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "harness/stream/decode/decode.h"

namespace {

using namespace assay::stream;

struct Heard {
  Turn turn;
  bool problem;
  std::uint64_t events;
  bool operator==(const Heard&) const = default;
};

Heard hear(Protocol protocol, std::string_view bytes, std::size_t read, bool templates) {
  DecodeOptions options;
  options.templates = templates;
  options.limits = {.line = 1U << 16U, .event = 1U << 16U};
  Decoder decoder(protocol, options);
  for (std::size_t at = 0; at < bytes.size(); at += read)
    if (!decoder.feed(bytes.substr(at, read))) break;
  Heard heard{decoder.finish(), false, 0};
  heard.problem = decoder.problem().has_value();
  heard.events = decoder.events();
  return heard;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const Protocol protocol = all_protocols[data[0] % std::size(all_protocols)];
  // Small reads, and larger ones: whole events in one, and parts of two.
  const std::size_t read = data[1] < 128 ? 1U + data[1] % 97U : 64U * (data[1] - 127U);
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 2, size - 2);
  const Heard plain = hear(protocol, bytes, bytes.size() + 1, false);
  if (hear(protocol, bytes, bytes.size() + 1, true) != plain) std::abort();
  if (hear(protocol, bytes, read, true) != plain) std::abort();
  if (hear(protocol, bytes, read, false) != plain) std::abort();
  return 0;
}
