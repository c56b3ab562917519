// connection-faults.keepalive-reuse-race: a kept connection that died is not replaced, the request just
// fails.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  const auto kept = std::make_shared<http::Client>(http::ClientOptions{});
  parts.transport = [kept](const HttpRequest& request, const BodySink& sink, const Cancel& cancel,
                           const Deadline&) -> Outcome<HttpReply> {
    HttpReply reply;
    http::ResponseEvents events;
    events.on_head = [&](const http::ResponseHead& head) {
      reply.status = head.status;
      return !sink.on_head || sink.on_head(reply) || true;
    };
    events.on_body = [&](const http::BodyPiece& piece) { return sink.on_bytes(piece.bytes) || true; };
    const auto url = *http::parse_url(request.url);
    const Request out{
        .method = request.method, .target = url.target, .headers = request.headers, .body = request.body};
    const auto done = kept->exchange(url, out, events, &cancel.token());
    return done.ok() ? reply : Outcome<HttpReply>(failure(Category::protocol, done.message, "chat"));
  };
}
}  // namespace assay::reference
