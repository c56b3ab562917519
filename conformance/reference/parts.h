// Parts: the reference client as a value of one-function interfaces. right_parts() is the client as shipped;
// a mutant is the same value with one function replaced (conformance/mutants/). Every function may be called
// from several threads at once.
#pragma once

#include "conformance/reference/history.h"
#include "conformance/reference/values.h"
#include "harness/stream/delta.h"

namespace assay::reference {

struct Parts;

// What an operation carries with it. `parts` and the callbacks outlive the call.
struct Call {
  const Parts* parts = nullptr;
  Context context;
  std::function<void(nlohmann::json)> emit;  // an event of the adapter protocol, without seq
  Cancel cancel;
  Deadline deadline;
};

// --- login
struct BoundListener {
  std::vector<int> fds;  // listening sockets, owned by whoever holds the value
  std::uint16_t port = 0;
};
struct CallbackExpectation {
  std::string path;
  std::string state;
  std::string state_param = "state";
  std::string result_param;    // "token" or "code"
  std::string allowed_origin;  // of the login page: who may ask preflights and post
};
struct CallbackDecision {
  enum class Kind { ignore, settle };  // settle: `parameters` end the wait
  Kind kind = Kind::ignore;
  Response response;  // of an ignored request; a settled one is answered when the login has ended
  Parameters parameters;
};
struct Pkce {
  std::string verifier;
  std::string challenge;
  std::string method = "S256";
};
struct Tokens {  // what a login has collected so far
  std::string auth_token;
  std::string session_token;
  std::string team_id;
};
struct MintedKey {
  std::string key;
  std::string id;
};

// --- credentials
struct StoreLock {  // unlocks when destroyed
  std::shared_ptr<void> held;
};

// --- chat
// Framing and decoding of one answer: deltas go to the sink it was made with, as bytes come.
class StreamReader {
 public:
  virtual ~StreamReader() = default;
  // False: something came that cannot be read; problem() says what, and nothing more is wanted.
  virtual bool push(std::string_view bytes) = 0;
  // The protocol's own end was seen: nothing more is wanted.
  virtual bool ended() const = 0;
  virtual std::string problem() const = 0;
  // No more bytes will come: everything that was learned.
  virtual stream::Turn finish() = 0;
  // The first events of an event stream as they were framed, [{data, event, id}]; null of what is none.
  virtual nlohmann::json frames() const { return nullptr; }
};
struct RetryLimits {
  int attempts = 3;
  Millis backoff{250};
  Millis retry_after_cap{10000};
};
struct AttemptFacts {
  int attempt = 1;            // the one that failed
  bool content_seen = false;  // text, reasoning or a tool call was shown already
  bool fresh_key = false;     // the key was minted less than a minute ago
};

struct Parts {
  // Opener: shows the login page to the user.
  std::function<void(const Call&, const std::string& url, const nlohmann::json& extra)> open;
  // A fresh `state`, and a fresh verifier with its challenge (RFC 7636).
  std::function<std::string()> make_state;
  std::function<Pkce()> make_pkce;
  // The login URL from its base and its parameters.
  std::function<std::string(const std::string& base, const Parameters&)> login_url;
  // Binds the loopback listener.
  std::function<Outcome<BoundListener>(const LoginSpec&)> bind;
  // CallbackReader: one request from an accepted socket. nullopt: nothing usable came, go on listening. A
  // failure ends the login.
  std::function<Outcome<std::optional<CallbackRequest>>(int fd, const Deadline&, const Cancel&)>
      read_callback;
  // CallbackRouter: what a request to the listener means. Pure.
  std::function<CallbackDecision(const CallbackRequest&, const CallbackExpectation&)> route_callback;
  // What the browser is shown at the end. Pure.
  std::function<Response(const Outcome<nlohmann::json>&)> callback_page;
  // What a pasted text means; nullopt: not usable, ask again. Pure.
  std::function<std::optional<Parameters>(const std::string& text, const CallbackExpectation&)> read_paste;
  // How long the redirect is waited for.
  std::function<Millis(Millis asked)> callback_wait;
  // Exchange: hop 1, fills in session_token and team_id. KeyMint: hop 2.
  std::function<Outcome<Tokens>(const Call&, Tokens)> exchange;
  std::function<Outcome<MintedKey>(const Call&, const Tokens&, const std::string& idempotency_key)> mint;
  // Ends a key or a grant at the provider: true, false, or null when there is no way to.
  std::function<nlohmann::json(const Call&, const nlohmann::json& credential)> revoke;
  // POST to a token endpoint (RFC 6749 section 5): the answer's fields.
  std::function<Outcome<nlohmann::json>(const Call&, const std::string& url, const Parameters& form)>
      token_request;
  // A credential from a token answer; `old` is what it replaces. Pure but for `now` (seconds since 1970).
  std::function<nlohmann::json(const nlohmann::json& answer, const nlohmann::json& old, std::int64_t now)>
      credential_from;
  // The wait before the next device poll, after an answer with this OAuth error (RFC 8628 section 3.5).
  std::function<Outcome<Millis>(const Failure&, Millis interval)> device_interval;

  // --- credentials
  std::function<Outcome<StoreLock>(const std::string& home, const Deadline&, const Cancel&)> lock;
  std::function<Outcome<nlohmann::json>(const std::string& home)> load_store;
  std::function<Outcome<void>(const std::string& path, const std::string& bytes)> write_file;
  // Refresher: the credential renewed; `used` is the access token that no longer serves.
  std::function<Outcome<nlohmann::json>(const Call&, const std::string& used)> refresh;
  // A key as a user typed it: trimmed, or refused.
  std::function<Outcome<std::string>(const std::string&)> clean_key;
  // Headers that carry the credential; none when there is none.
  std::function<Headers(const Context&, const nlohmann::json& credential, const std::string& protocol)>
      auth_headers;
  // "present", "expired" or "absent".
  std::function<std::string(const nlohmann::json& credential, std::int64_t now)> credential_state;

  // --- discovery
  std::function<std::string(const std::string& typed, const std::string& base_path)> base_url;
  std::function<Outcome<nlohmann::json>(const Call&, bool refresh)> discover;
  std::function<Outcome<std::vector<nlohmann::json>>(const nlohmann::json& body)> read_models;
  // The query of the next page; empty: there is none. `seen` holds the queries already asked.
  std::function<std::string(const nlohmann::json& body, const std::vector<std::string>& seen)> next_page;

  // --- HTTP
  std::function<Outcome<HttpReply>(const HttpRequest&, const BodySink&, const Cancel&, const Deadline&)>
      transport;
  // ErrorText: a refusal in words. Pure.
  std::function<Failure(const HttpReply&, const std::vector<std::string>& secrets)> error_text;
  // RetryPolicy: the wait before another attempt; nullopt: give up. Pure.
  std::function<std::optional<Millis>(const Failure&, const AttemptFacts&, const RetryLimits&)> retry_after;

  // --- chat
  // History: the body of a request. Pure.
  std::function<nlohmann::json(const Ask&)> write_request;
  // Framer and Decoder.
  std::function<std::unique_ptr<StreamReader>(stream::Protocol, stream::DeltaSink&, std::size_t line_limit)>
      open_stream;
  // How an answer ended: nullopt when it is whole. `over` is the failure of the transport, if any. Pure.
  std::function<std::optional<Failure>(const stream::Turn&, const std::optional<Failure>& over)> judge_end;
  // Forgets what a failed attempt gave, before the next one. Pure.
  std::function<void(stream::Turn&)> before_retry;
  // Answers with calls in one turn before the client stops.
  int most_tool_turns = 8;
  // May this call run? `failed`: the answer did not end well. Pure.
  std::function<bool(const stream::Turn&, const stream::Block& call, bool failed)> may_run;
  // The parameter of `body` that a refusal is about; nullopt: none that could be left out. Pure.
  std::function<std::optional<std::string>(const nlohmann::json& body, const Failure&)> refused_param;
  // What was learned about a model of a provider in this process: parameters to leave out.
  std::function<void(const std::string& model, const std::string& param)> learn;
  std::function<std::vector<std::string>(const std::string& model)> learned;
  // The model's name on the wire. Pure.
  std::function<std::string(const Context&, const std::string& model)> wire_model;
};

Parts right_parts();

}  // namespace assay::reference
