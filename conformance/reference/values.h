// The values that the parts of the reference client pass to each other: failures, cancellation, the provider,
// where it is, and one HTTP exchange as a client sees it.
//
// Thread-safety: plain values, except Cancel, which any thread may trigger and watch.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

#include "conformance/adapter_protocol.h"
#include "harness/base/exchange.h"
#include "harness/base/result.h"
#include "harness/base/strict.h"

namespace assay::http {
class CancelToken;
}

namespace assay::reference {

using adapter::Category;
using Millis = std::chrono::milliseconds;
using SteadyTime = std::chrono::steady_clock::time_point;

// Why an operation failed, as `result.error` of the adapter protocol says it. `message` is one line that may
// be shown: it went through sanitize().
struct Failure {
  Category category = Category::protocol;
  int status = 0;  // 0 = no response arrived
  std::string message;
  std::string code;                   // the provider's own; empty when it gave none
  std::optional<Millis> retry_after;  // what the provider asked for
  std::string stage;
};
template <typename T>
using Outcome = tl::expected<T, Failure>;

inline tl::unexpected<Failure> failure(Category category, std::string message, std::string stage = {}) {
  return tl::unexpected<Failure>(
      Failure{category, 0, std::move(message), {}, std::nullopt, std::move(stage)});
}

// A flag that a poll() can wait for: fd() is readable once cancel() was called. Copies share the flag.
class Cancel {
 public:
  Cancel();
  void cancel() const;
  bool cancelled() const;
  int fd() const;
  http::CancelToken& token() const { return *token_; }

 private:
  std::shared_ptr<http::CancelToken> token_;
};

// A point in time, and what is left until then.
struct Deadline {
  SteadyTime at = SteadyTime::max();
  static Deadline in(Millis wait) { return {std::chrono::steady_clock::now() + wait}; }
  // Never negative; at most a day, so that it fits poll()'s int.
  Millis left() const;
  bool passed() const { return left().count() == 0; }
  Deadline sooner(Millis wait) const { return {std::min(at, std::chrono::steady_clock::now() + wait)}; }
};

// Waits until `fd` has one of `events` (poll(2)), `cancel` was triggered, or the deadline passed.
enum class Wake { ready, cancelled, timeout };
Wake wait_for(int fd, short events, const Deadline& deadline, const Cancel& cancel);
// Waits for `wait`, unless cancelled or out of time before.
Wake pause(Millis wait, const Deadline& deadline, const Cancel& cancel);

// A provider descriptor (docs/adapter-protocol.md, "The provider descriptor").
struct LoginSpec {
  std::string flow;
  std::string host = "127.0.0.1";
  std::uint16_t port = 0;
  std::string path = "/callback";
  std::string page = "/login";
  std::string redirect_param = "redirect_uri";
  std::string state_param = "state";
  std::string token_param = "token";
  std::string exchange_path = "/auth/exchange";
  std::string keys_path = "/platform/v1/teams/{team_id}/keys";
  std::string client_id;
  std::vector<std::string> scopes;
  bool strict = true;
};
struct Provider {
  std::string id;
  std::string display_name;
  std::vector<std::string> aliases;
  std::string oauth_family;  // empty when absent
  std::string default_api = "openai-chat";
  std::vector<std::string> auth_modes = {"api_key"};
  std::string api_base_path = "/v1";
  std::string key_prefix;
  std::vector<std::string> seeds;
  std::string models_path = "/models";
  std::chrono::seconds models_ttl{3600};
  std::chrono::seconds models_cooldown{30};
  int models_max_pages = 50;
  LoginSpec login;
  nlohmann::json quirks = nlohmann::json::object();
};
// Reads a descriptor; an unknown key or a wrong type is an error that names file, line and key.
Result<Provider> read_provider(const Document& document);
// The quirks of one model: those under its id, else under the longest prefix written with `*`; {} when none.
nlohmann::json quirks_of(const Provider& provider, std::string_view model);

// Which provider, where, and whose.
struct Context {
  Provider provider;
  std::map<std::string, std::string> urls;
  std::string home;
  nlohmann::json credential;  // of the request; null = the store is used
  // The URL of that name without a trailing slash; empty when absent.
  std::string url(std::string_view name) const;
};

struct HttpRequest {
  std::string method = "GET";
  std::string url;  // absolute, http or https
  Headers headers;
  std::string body;
  Millis connect_wait{5000};
  Millis head_wait{30000};
  Millis idle_wait{30000};
  std::size_t body_limit = std::size_t{64} * 1024 * 1024;
  bool verify_tls = true;
};
struct HttpReply {
  int status = 0;
  std::string reason;
  Headers headers;
  std::string body;  // decoded; bounded by body_limit; empty when a sink took it
};
// Takes a body as it comes. Either may be empty; one that returns false ends the transfer, and the reply
// counts as complete.
struct BodySink {
  std::function<bool(const HttpReply& head)>
      on_head;  // true: the bytes go to on_bytes; false: into the reply
  std::function<bool(std::string_view)> on_bytes;
};

// One request that the loopback listener got.
struct CallbackRequest {
  std::string method;
  std::string target;
  Headers headers;
  std::string body;
};

// The text at `key`; empty when `object` is none, or has no text there.
std::string text_at(const nlohmann::json& object, const char* key);

using Parameters = std::map<std::string, std::string>;

}  // namespace assay::reference
