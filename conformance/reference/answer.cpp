// One answer: request, stream, judgement, and the attempts that it takes.
#include <fmt/format.h>

#include <algorithm>

#include "conformance/reference/chat.h"
#include "conformance/reference/credentials.h"
#include "conformance/reference/errors.h"
#include "conformance/reference/http.h"
#include "harness/base/text.h"
#include "harness/stream/decode/decode.h"

namespace assay::reference {

using nlohmann::json;
using stream::Delta;

namespace {

// A Decoder that also says when the stream's own last event was there, so that a connection that is held open
// after it holds up nobody (sse-framing.done-not-terminating).
class DecodingReader final : public StreamReader {
 public:
  DecodingReader(stream::Protocol protocol, stream::DeltaSink& sink, std::size_t line_limit)
      : sink_(sink),
        protocol_(protocol),
        decoder_(protocol, options(line_limit)),
        watch_({line_limit, line_limit}) {}

  bool push(std::string_view bytes) override {
    if (protocol_ == stream::Protocol::bedrock) return feed(bytes);  // its messages name no end
    if (protocol_ == stream::Protocol::ollama) return feed(bytes) && watch_lines(bytes);
    // Line by line: what stands behind the end in the same read belongs to no answer
    // (sse-framing.bytes-after-done).
    while (!bytes.empty() && !ended_) {
      const std::string_view line = bytes.substr(0, bytes.find('\n') + 1);
      const std::string_view part = line.empty() ? bytes : line;
      watch(part);
      if (!feed(part)) return false;
      bytes.remove_prefix(part.size());
    }
    return true;
  }
  bool ended() const override { return ended_; }
  std::string problem() const override { return problem_; }
  stream::Turn finish() override { return decoder_.finish(&sink_); }
  json frames() const override { return frames_; }

 private:
  static constexpr std::size_t kMostFrames = 16, kMostOfAFrame = 4096;

  bool feed(std::string_view bytes) {
    auto fed = decoder_.feed(bytes, &sink_);
    if (!fed) problem_ = fed.error().message;
    return fed.has_value();
  }
  void watch(std::string_view bytes) {
    watch_.append(bytes);
    for (stream::SseEvent event; watch_.next(event);) {
      if (frames_.size() < kMostFrames)
        frames_.push_back(
            {{"data", event.data.substr(0, kMostOfAFrame)}, {"event", event.type}, {"id", event.id}});
      ended_ = ended_ || event.data == "[DONE]" || event.type == "message_stop" ||
               event.type == "message-end" || event.type == "response.completed" ||
               event.type == "response.failed" || event.type == "response.incomplete" ||
               event.type == "error" || event.data.starts_with("{\"error\":");
    }
  }
  // The last line of Ollama says so itself; nothing follows an error.
  bool watch_lines(std::string_view bytes) {
    line_ += bytes;
    for (auto end = line_.find('\n'); end != std::string::npos; end = line_.find('\n')) {
      const json line = parse_untrusted(line_.substr(0, end));
      ended_ = ended_ || (line.is_object() && (line.value("done", json()) == true || line.contains("error")));
      line_.erase(0, end + 1);
    }
    return true;
  }

  static stream::DecodeOptions options(std::size_t line_limit) {
    stream::DecodeOptions options;
    options.limits = {line_limit, line_limit};
    return options;
  }
  stream::DeltaSink& sink_;
  stream::Protocol protocol_;
  std::string line_;
  json frames_ = json::array();
  stream::Decoder decoder_;
  stream::SseFramer watch_;
  std::string problem_;
  bool ended_ = false;
};

// Deltas as events of the adapter protocol.
class Teller final : public stream::DeltaSink {
 public:
  explicit Teller(const Call& call) : call_(call) {}
  void on(const Delta& delta) override {
    using namespace adapter;
    if (delta.choice != 0) return;  // one answer was asked for; another is not mixed into it
    switch (delta.kind) {
      case Delta::Kind::text:
        if (!delta.text.empty()) tell({{"kind", event::text}, {"text", delta.text}});
        break;
      case Delta::Kind::reasoning:
        if (!delta.text.empty()) tell({{"kind", event::reasoning}, {"text", delta.text}});
        break;
      case Delta::Kind::tool_call:
        tell({{"kind", event::tool_call},
              {"index", delta.block},
              {"id", delta.id},
              {"name", delta.name},
              {"arguments_delta", delta.text}});
        break;
      default:
        break;
    }
  }
  bool told() const { return told_; }

 private:
  void tell(json event) {
    told_ = true;
    call_.emit(std::move(event));
  }
  const Call& call_;
  bool told_ = false;
};

// One attempt as it went.
struct Attempt {
  stream::Turn turn;
  std::optional<Failure> failed;
  int status = 0;
  bool told = false;
  json frames;
};

Attempt try_once(const Call& call, const Ask& ask, const json& body, const std::string& base_url,
                 const json& credential, const ChatLimits& limits, int number) {
  HttpRequest request;
  request.method = "POST";
  request.url = (under_origin(ask.protocol) ? origin_of(base_url) : base_url) + request_path(ask);
  request.headers =
      call.parts->auth_headers(call.context, credential, std::string(stream::protocol_name(ask.protocol)));
  request.headers.push_back({"Content-Type", "application/json"});
  request.headers.push_back(
      {"Accept", ask.stream ? "text/event-stream, application/json" : "application/json"});
  request.headers.push_back({"Accept-Encoding", "identity"});
  if (ask.protocol == stream::Protocol::anthropic)
    request.headers.push_back({"anthropic-version", "2023-06-01"});
  request.body = body.dump(-1, ' ', false, json::error_handler_t::replace);
  request.connect_wait = limits.connect;
  request.head_wait = limits.head;
  request.idle_wait = limits.idle;
  request.body_limit = std::size_t{64} * 1024;  // of an error (http-errors.huge-error-body)

  const std::vector<std::string> secrets = secrets_of(credential);
  Attempt attempt;
  Teller teller(call);
  const auto reader = call.parts->open_stream(ask.protocol, teller, limits.line_bytes);
  bool streaming = false;
  BodySink sink;
  sink.on_head = [&](const HttpReply& head) {
    attempt.status = head.status;
    const std::string* type = find_header(head.headers, "content-type");
    const bool page = type != nullptr && to_lower(*type).starts_with("text/html");
    streaming = head.status >= 200 && head.status <= 299 && !page;
    if (streaming)
      call.emit({{"kind", adapter::event::started}, {"status", head.status}, {"attempt", number}});
    return streaming;
  };
  sink.on_bytes = [&](std::string_view bytes) { return reader->push(bytes) && !reader->ended(); };
  const auto reply = follow(call, std::move(request), sink);
  attempt.told = teller.told();
  if (reply && !streaming) {
    attempt.status = reply->status;
    attempt.failed = call.parts->error_text(*reply, secrets);
    return attempt;
  }
  attempt.turn = reader->finish();
  attempt.frames = reader->frames();
  attempt.told = teller.told();
  const std::string problem = reader->problem();
  if (!problem.empty()) {
    attempt.failed = Failure{Category::protocol,
                             attempt.status,
                             "the answer cannot be read: " + sanitize(problem, secrets),
                             {},
                             {},
                             "chat"};
    return attempt;
  }
  std::optional<Failure> over;
  if (!reply) {
    over = reply.error();
    if (over->category == Category::cancelled || over->category == Category::timeout)
      attempt.turn.complete = attempt.turn.complete && reader->ended();
  }
  attempt.failed = call.parts->judge_end(attempt.turn, over);
  if (attempt.failed) attempt.failed->message = sanitize(attempt.failed->message, secrets);
  return attempt;
}

// Another credential than the one that was refused: renewed, or put into the store by somebody else meanwhile
// (token-exchange.login-does-not-reach-running-session). Null: there is none.
Outcome<json> another_credential(const Call& call, const json& refused) {
  if (call.context.credential.is_object()) return json();
  auto stored = current_credential(call);
  if (!stored) return json();
  if (secret_of(*stored) != secret_of(refused) && !secret_of(*stored).empty()) return *stored;
  if (!text_at(*stored, "refresh_token").empty()) return call.parts->refresh(call, secret_of(refused));
  return json();
}

}  // namespace

std::unique_ptr<StreamReader> open_stream(stream::Protocol protocol, stream::DeltaSink& sink,
                                          std::size_t line_limit) {
  return std::make_unique<DecodingReader>(protocol, sink, line_limit);
}

std::optional<Failure> judge_end(const stream::Turn& turn, const std::optional<Failure>& over) {
  if (turn.error) {
    const std::string code = turn.error->code.empty() && turn.error->status != 0
                                 ? std::to_string(turn.error->status)
                                 : turn.error->code;
    const json said = {
        {"error", {{"message", turn.error->message}, {"type", turn.error->type}, {"code", code}}}};
    Failure failed = error_object(said, over ? over->status : 200, {});
    failed.stage = "chat";
    return failed;
  }
  // Reasons of servers that are none of the model's, and a Response that failed without saying why.
  if (turn.finish == stream::FinishReason::error || turn.finish_raw == "network_error" ||
      turn.finish_raw == "failed")
    return Failure{Category::server_error,
                   over ? over->status : 200,
                   "the answer ended with " + turn.finish_raw,
                   {},
                   {},
                   "chat"};
  if (turn.complete)
    return {};  // whatever the connection did after the end (connection-faults.fin-without-terminating-chunk)
  if (over) {
    Failure failed = *over;
    failed.stage = "chat";
    return failed;
  }
  return Failure{Category::truncated, 200, "the answer ended before its end", {}, {}, "chat"};
}

std::optional<std::string> refused_param(const json& body, const Failure& failure) {
  if (failure.category != Category::invalid_request) return {};
  static constexpr std::string_view needed[] = {"model",  "messages", "input",  "contents",
                                                "stream", "tools",    "system", "generationConfig"};
  const auto word_in = [&](std::string_view word) {
    const std::string& text = failure.message;
    const auto part_of_word = [](char c) {
      return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_';
    };
    for (auto at = text.find(word); at != std::string::npos; at = text.find(word, at + 1)) {
      const bool begins = at == 0 || !part_of_word(text[at - 1]);
      const std::size_t end = at + word.size();
      if (begins && (end == text.size() || !part_of_word(text[end]))) return true;
    }
    return false;
  };
  for (const auto& [name, value] : body.items())
    if (std::find(std::begin(needed), std::end(needed), name) == std::end(needed) && word_in(name))
      return name;
  return {};
}

Answer ask_until_answered(const Call& call, const Ask& ask, const std::string& base_url,
                          const ChatLimits& limits) {
  Answer answer;
  json credential;
  if (auto found = current_credential(call)) {
    credential = *found;
  } else {
    answer.failed = found.error();
    return answer;
  }
  if (!call.context.credential.is_object() && !text_at(credential, "refresh_token").empty() &&
      call.parts->credential_state(credential, wall_now() + 10) == "expired") {
    auto renewed = call.parts->refresh(call, secret_of(credential));
    if (!renewed) {
      answer.failed = renewed.error();
      return answer;
    }
    credential = *renewed;
  }
  AttemptFacts facts;
  facts.fresh_key =
      credential.is_object() && wall_now() - credential.value("minted_at", std::int64_t{0}) < 60;
  bool asked_for_another = false;
  stream::Turn kept;  // of failed attempts: nothing, unless a part decides otherwise
  while (true) {
    json body = call.parts->write_request(ask);
    for (const std::string& param : call.parts->learned(ask.model)) body.erase(param);
    Attempt attempt = try_once(call, ask, body, base_url, credential, limits, answer.attempts + 1);
    ++answer.attempts;
    answer.status = attempt.status;
    kept.blocks.insert(kept.blocks.end(), attempt.turn.blocks.begin(), attempt.turn.blocks.end());
    attempt.turn.blocks = kept.blocks;
    answer.turn = attempt.turn;
    answer.frames = attempt.frames;
    answer.failed = attempt.failed;
    if (!answer.failed) return answer;
    Failure& failed = *answer.failed;
    if (failed.stage.empty()) failed.stage = "chat";
    if (failed.status == 401 && !asked_for_another) {
      asked_for_another = true;
      const auto other = another_credential(call, credential);
      if (!other) {
        failed = other.error();
        return answer;
      }
      if (!other->is_null()) {
        credential = *other;
        kept = {};
        continue;
      }
    }
    if (const auto param = call.parts->refused_param(body, failed)) {
      call.emit({{"kind", adapter::event::notice},
                 {"code", "parameter-dropped"},
                 {"message", "the model refuses " + sanitize(*param) + "; it is left out from now on"}});
      const auto before = call.parts->learned(ask.model);
      call.parts->learn(ask.model, *param);
      if (std::find(before.begin(), before.end(), *param) == before.end()) continue;
    }
    facts.content_seen = attempt.told;
    const auto wait = call.parts->retry_after(failed, facts, limits.retry);
    if (!wait || *wait >= call.deadline.left()) {
      if (facts.attempt > 1) failed.message += fmt::format(" (after {} attempts)", answer.attempts);
      return answer;
    }
    ++facts.attempt;
    call.emit({{"kind", adapter::event::retry},
               {"attempt", answer.attempts + 1},
               {"after_ms", wait->count()},
               {"category", adapter::to_string(failed.category)}});
    if (pause(*wait, call.deadline, call.cancel) == Wake::cancelled) {
      failed = Failure{Category::cancelled, 0, "cancelled", {}, {}, "chat"};
      return answer;
    }
    call.parts->before_retry(kept);
  }
}

}  // namespace assay::reference
