// libFuzzer target of the request and response parsers: no input may crash them, and how bytes are cut must
// not change what is read. The first byte chooses the direction, the second how the rest is cut.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "harness/http/message_parser.h"

namespace {

using namespace assay;
using namespace assay::http;

constexpr ParseLimits kLimits = {2048, 4096};

// Feeds `bytes` in pieces of `piece` bytes, keeping what was not consumed, as a connection does.
template <typename Parser, typename OnComplete>
std::string run(Parser& parser, std::string_view bytes, std::size_t piece, const OnComplete& on_complete) {
  std::string log;
  std::string left;
  std::size_t at = 0;
  while (true) {
    std::size_t used = 0;
    const Parse parse = parser.feed(left, used);
    if (used > left.size()) std::abort();
    left.erase(0, used);
    if (parse == Parse::bad) return log + "bad";
    if (parse == Parse::head) continue;
    if (parse == Parse::complete) {
      if (!on_complete(log)) return log;
      continue;
    }
    if (left.size() > kLimits.head_bytes + piece) std::abort();  // it must not ask for ever more
    if (at == bytes.size()) return log + "more";
    const std::string_view next = bytes.substr(at, piece);
    left += next;
    at += next.size();
  }
}

std::string requests(std::string_view bytes, std::size_t piece) {
  RequestParser parser(kLimits);
  return run(parser, bytes, piece, [&](std::string& log) {
    const Request& r = parser.request();
    log += r.method + "|" + r.target + "|" + r.version + "|" + std::to_string(r.headers.size()) + "|" +
           r.body + "\n";
    parser.reset();
    return true;
  });
}

std::string responses(std::string_view bytes, std::size_t piece) {
  std::string log;
  ResponseSink sink;
  sink.on_head = [&](int status, std::string_view reason, std::string_view, const Headers& headers) {
    log += std::to_string(status) + "|" + std::string(reason) + "|" + std::to_string(headers.size()) + "\n";
  };
  sink.on_body = [&](std::string_view body, bool) { log += body; };
  ResponseParser parser(kLimits, false, std::move(sink));
  const std::string end = run(parser, bytes, piece, [](std::string&) { return false; });
  if (end == "more") parser.finish();
  return log + end;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 2, size - 2);
  const std::size_t piece = 1 + data[1] % 64;
  const auto parse = (data[0] & 1U) != 0 ? responses : requests;
  // Limits are on what waits in the buffer, so a refusal may come sooner with larger pieces; else all is the
  // same.
  const std::string whole = parse(bytes, bytes.size() + 1);
  const std::string cut = parse(bytes, piece);
  if (whole != cut && !whole.ends_with("bad") && !cut.ends_with("bad")) std::abort();
  return 0;
}
