// Target: the endpoint under test, and how it is reached.
#pragma once

#include <string>
#include <string_view>

#include "harness/base/exchange.h"
#include "harness/base/result.h"
#include "harness/http/client.h"
#include "harness/stream/turn.h"
#include "probe/check/check.h"

namespace assay::probe {

struct Target {
  http::Url url;  // target = the base path that clients are configured with, without a slash at its end
  stream::Protocol protocol = stream::Protocol::openai_chat;
  std::string model;             // empty until it is known
  std::string key;               // secret
  bool bearer = false;           // the key goes out as Bearer whatever the protocol
  Headers headers;               // of every request: what a gateway wants to know
  std::string max_tokens_field;  // openai-chat: max_tokens unless told otherwise
  http::ClientOptions connection;

  // "http://127.0.0.1:8080/v1": without user, key and query.
  std::string name() const;
};

// `url` as a client is given it. A URL with credentials in it or with a query is an error: both would end up
// in reports.
Result<Target> make_target(std::string_view url, stream::Protocol protocol);

// The path of a route, below the base path: "/v1/chat/completions". Base paths are forgiven: `/v1` is added
// where the protocol's SDKs add it, and not twice.
std::string path_of(const Target& target, Route route, bool stream, std::string_view name = {});

}  // namespace assay::probe
