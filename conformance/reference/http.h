// HTTP as the client uses it: one exchange, and the small API calls on top of it.
#pragma once

#include "conformance/reference/parts.h"

namespace assay::reference {

// The default of Parts::transport: one exchange over harness/http/client.h. No redirect is followed and
// nothing is retried; every way to end early is a failure of its own category.
Outcome<HttpReply> transport(const HttpRequest& request, const BodySink& sink, const Cancel& cancel,
                             const Deadline& deadline);

// A request that wants a JSON object back. Another status than 2xx is the failure that Parts::error_text
// makes of it; a 2xx without a JSON object is a protocol failure. `secrets` never show in a failure.
struct ApiCall {
  HttpRequest request;
  std::vector<std::string> secrets;
  std::string stage;
  bool any_json = false;  // an array will do
};
Outcome<nlohmann::json> call_api(const Call& call, const ApiCall& api);
// The same, before the body is parsed.
Outcome<HttpReply> call_text(const Call& call, const ApiCall& api);

// Redirects of the same origin that keep method and body (307, 308) are followed, at most 5; any other is a
// failure that says where it leads. Credentials never leave the origin
// (http-errors.redirect-cross-host-auth).
Outcome<HttpReply> follow(const Call& call, HttpRequest request, const BodySink& sink);

// "http://127.0.0.1:4711" of an absolute URL; empty when it is none.
std::string origin_of(std::string_view url);

}  // namespace assay::reference
