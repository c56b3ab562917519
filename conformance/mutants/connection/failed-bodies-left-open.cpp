// The connection of every request stays open.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  const auto kept = std::make_shared<std::vector<std::shared_ptr<http::Client>>>();
  parts.transport = [kept](const HttpRequest& request, const BodySink& sink, const Cancel& cancel,
                           const Deadline&) -> Outcome<HttpReply> {
    kept->push_back(std::make_shared<http::Client>(http::ClientOptions{}));
    HttpReply reply;
    http::ResponseEvents events;
    events.on_head = [&](const http::ResponseHead& head) {
      reply.status = head.status;
      return !sink.on_head || sink.on_head(reply) || true;
    };
    events.on_body = [&](const http::BodyPiece& piece) { return sink.on_bytes(piece.bytes) || true; };
    const auto url = *http::parse_url(request.url);
    const Request out{request.method, url.target, "HTTP/1.1", request.headers, request.body};
    (void)kept->back()->exchange(url, out, events, &cancel.token());
    return reply;
  };
}

}  // namespace assay::reference
