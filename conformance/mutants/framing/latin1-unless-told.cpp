// sse-framing.charset-missing-latin1: without charset=utf-8 bytes are ISO-8859-1.
#include "conformance/mutants/mutant.h"
namespace assay::reference {

void mutate(Parts& parts) {
  const auto told = std::make_shared<std::atomic<bool>>(true);
  change_transport(parts, [told](const Transport& right, const HttpRequest& request, BodySink sink,
                                 const Cancel& cancel, const Deadline& deadline) {
    sink.on_head = [told, on_head = sink.on_head](const HttpReply& head) {
      const std::string* type = find_header(head.headers, "content-type");
      *told = type != nullptr && to_lower(*type).find("charset=utf-8") != std::string::npos;
      return on_head && on_head(head);
    };
    return right(request, sink, cancel, deadline);
  });
  change_reads(parts, [told](const std::string& bytes) {
    std::string text;
    for (const unsigned char c : bytes)
      text += *told || c < 0x80 ? std::string(1, static_cast<char>(c))
                                : std::string{c < 0xC0 ? '\xC2' : '\xC3', static_cast<char>(c & 0xBF)};
    return text;
  });
}
}  // namespace assay::reference
