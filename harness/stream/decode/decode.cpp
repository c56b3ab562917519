#include "harness/stream/decode/decode.h"

#include <algorithm>
#include <cstring>

#include "harness/base/text.h"
#include "harness/stream/decode/interpret.h"
#include "harness/stream/decode/templates.h"
#include "harness/stream/framing/eventstream.h"
#include "harness/stream/framing/json_framer.h"
#include "harness/stream/framing/json_scan.h"
#include "harness/stream/framing/kernel.h"

namespace assay::stream {

namespace {

std::unique_ptr<decoding::Interpreter> make_interpreter(Protocol protocol, decoding::Emitter& out) {
  switch (protocol) {
    case Protocol::openai_responses:
      return decoding::make_responses(out);
    case Protocol::anthropic:
      return decoding::make_anthropic(out);
    case Protocol::gemini:
      return decoding::make_gemini(out);
    case Protocol::gemini_interactions:
      return decoding::make_gemini_interactions(out);
    case Protocol::ollama:
      return decoding::make_ollama(out);
    case Protocol::cohere:
      return decoding::make_cohere(out);
    case Protocol::bedrock:
      return decoding::make_bedrock(out);
    case Protocol::openai_chat:
      break;
  }
  return decoding::make_chat(out);
}

// Hands a delta to the turn that is kept and to the caller's sink.
class Tee final : public DeltaSink {
 public:
  Tee(DeltaSink* first, DeltaSink* second) : first_(first), second_(second) {}
  void on(const Delta& delta) override {
    if (first_) first_->on(delta);
    if (second_) second_->on(delta);
  }

 private:
  DeltaSink* first_;
  DeltaSink* second_;
};

// Passes deltas on and remembers whether an event was one fragment of a block and nothing else.
class Watch final : public DeltaSink {
 public:
  void target(DeltaSink* sink) { sink_ = sink; }
  void begin() { count_ = 0; }
  void on(const Delta& delta) override {
    if (++count_ == 1) first_ = delta;
    sink_->on(delta);
  }
  bool one_fragment() const {
    return count_ == 1 && (first_.kind == Delta::Kind::text || first_.kind == Delta::Kind::reasoning ||
                           first_.kind == Delta::Kind::refusal || first_.kind == Delta::Kind::tool_call);
  }
  const Delta& fragment() const { return first_; }

 private:
  DeltaSink* sink_ = nullptr;
  Delta first_;
  int count_ = 0;
};

// Whether `data` may be the beginning of a payload.
bool may_go_on(std::string_view data) {
  const std::string_view bare = trim(data);
  if (bare.empty()) return false;
  constexpr std::string_view done = "[DONE]";
  if (bare.size() < done.size() && done.starts_with(bare)) return true;
  std::size_t read = 0;
  return JsonScan().next(bare, read) == JsonScan::Found::more;
}

}  // namespace

class Decoder::Impl {
 public:
  Impl(Protocol protocol, const DecodeOptions& options)
      : options_(options),
        framing_(options.framing),
        simple_limit_(options.limits.smaller()),
        interpreter_(make_interpreter(protocol, emitter_)),
        templates_(protocol),
        sse_(options.limits),
        json_(options.limits.event),
        eventstream_(options.limits.event) {}

  void feed(std::string_view bytes, DeltaSink* sink) {
    if (problem_ || take_middle(bytes)) return;
    if (!settled_) note_opening(bytes);
    if (framing_ == Framing::automatic && !detect(bytes)) return;
    Tee tee(options_.keep_turn ? &builder_ : nullptr, sink);
    aim(only_one(sink) ? only_one(sink) : &tee);
    take(bytes);
  }

  Turn finish(DeltaSink* sink) {
    Tee tee(options_.keep_turn ? &builder_ : nullptr, sink);
    aim(&tee);
    if (!problem_ && framing_ == Framing::sse) finish_sse();
    if (!problem_ && events_ == 0) problem_ = why_nothing();
    interpreter_->on_end();
    Turn turn = std::move(builder_.turn());
    turn.complete = interpreter_->complete() && !problem_ && (framing_ != Framing::json || json_.at_rest());
    return turn;
  }

  std::optional<Error> problem_;
  std::uint64_t events_ = 0;
  std::uint64_t recognised_ = 0;

 private:
  void aim(DeltaSink* sink) {
    sink_ = sink;
    watch_.target(sink);
    emitter_.target(&watch_);
  }
  DeltaSink* only_one(DeltaSink* sink) {
    if (!sink && options_.keep_turn) return &builder_;
    return options_.keep_turn ? nullptr : sink;
  }

  void finish_sse() {
    SseEvent event;
    while (!problem_ && sse_.next(event)) payload(event.type, event.data);
    // An event that the end cut in two is no mistake of the stream.
    if (!problem_ && sse_.finish(options_.at_end, event) && !may_go_on(event.data))
      payload(event.type, event.data);
    take_error(sse_.error());
  }
  // There was no event: whether that is a problem.
  std::optional<Error> why_nothing() const {
    if (!fed_) return Error{"expected a stream or a body, found nothing at all", {}, 0};
    if (framing_ == Framing::sse && !opens_sse(opening_))
      return Error{
          "expected server-sent events, JSON or an AWS event stream, found: " + shown(opening_, 40), {}, 0};
    if (framing_ == Framing::json && !json_.at_rest())
      return Error{"the JSON ends before its first object does", {}, 0};
    if (framing_ == Framing::eventstream && !eventstream_.at_rest())
      return Error{"the event stream ends before its first message does", {}, 0};
    return std::nullopt;
  }

  // False: too few bytes to tell the framing. They are kept, and come with those that tell it.
  bool detect(std::string_view& bytes) {
    constexpr std::size_t enough = 3;  // a byte order mark
    std::optional<ToldFraming> told;
    if (held_.empty()) {
      told = tell_framing(bytes);
    } else if (held_ += bytes; held_.size() - bytes.size() < enough || !trim(bytes).empty()) {
      told = tell_framing(held_);
    }
    if (!told) {
      if (held_.empty()) held_ = bytes;
      return false;
    }
    framing_ = told->framing;
    if (!held_.empty()) bytes = held_;
    bytes.remove_prefix(told->skip);
    return true;
  }
  // The first bytes, without white space before them: what is said when they hold no event.
  void note_opening(std::string_view bytes) {
    settled_ = framing_ == Framing::sse && opening_.size() == opening_size;
    fed_ = fed_ || !bytes.empty();
    if (opening_.empty()) bytes.remove_prefix(std::min(bytes.find_first_not_of(" \t\r\n"), bytes.size()));
    opening_ += bytes.substr(0, opening_size - opening_.size());
  }

  void take(std::string_view bytes) {
    if (framing_ == Framing::sse) {
      feed_sse(bytes);
    } else if (framing_ == Framing::json) {
      json_.append(bytes);
      for (std::string_view object; !problem_ && json_.next(object);) payload({}, object);
      take_error(json_.error());
    } else {
      eventstream_.append(bytes);
      for (EventstreamMessage message; !problem_ && eventstream_.next(message);) {
        interpreter_->on_headers(message);
        payload(message.event_type, message.payload);
      }
      take_error(eventstream_.error());
    }
  }

  // Events of the common shape are taken straight from the caller's bytes, one that the reads cut is put
  // together in the framer's buffer, and anything else is left to the framer.
  void feed_sse(std::string_view bytes) {
    while (!bytes.empty() && !problem_) {
      if (sse_.at_event()) {
        if (sse_.unread().empty()) bytes.remove_prefix(take_whole_events(bytes));
        if (bytes.empty() || problem_) break;
        if (const std::size_t taken = take_cut_event(bytes); taken != 0) {
          bytes.remove_prefix(taken);
          continue;
        }
      }
      const std::string_view piece = bytes.substr(0, end_of_event(bytes));
      sse_.append(piece);
      bytes.remove_prefix(piece.size());
      for (SseEvent event; !problem_ && sse_.next(event);) payload(event.type, event.data);
    }
    take_error(sse_.error());
  }
  // One past the first blank line, or the end.
  static std::size_t end_of_event(std::string_view bytes) {
    std::size_t at = bytes.find('\n');
    while (at != std::string_view::npos && at + 1 < bytes.size() && bytes[at + 1] != '\n')
      at = bytes.find('\n', at + 1);
    return at == std::string_view::npos ? bytes.size() : std::min(bytes.size(), at + 2);
  }
  // How many bytes the whole events at the front take, as far as they have the common shape. The last bytes
  // are not looked at: kernels read ahead.
  std::size_t take_whole_events(std::string_view bytes) {
    if (bytes.size() <= Buffer::padding) return 0;
    std::string_view rest = bytes.substr(0, bytes.size() - Buffer::padding);
    while (!problem_) {
      if (options_.templates) rest.remove_prefix(take_known_events(rest));
      SseEvent event;
      SimpleScan scan;
      if (scan.next(rest, simple_limit_, event) != SimpleScan::Found::event) break;
      parse(event.type, event.data);
      rest.remove_prefix(scan.size());
    }
    return static_cast<std::size_t>(rest.data() - bytes.data());
  }
  std::size_t take_known_events(std::string_view bytes) {
    const std::size_t all = bytes.size();
    while (!bytes.empty()) {
      const auto hit = templates_.match_event(bytes, emitter_.epoch());
      // Of one that is long the framer says whether it is too long.
      if (hit.bytes == 0 || hit.bytes > simple_limit_) break;
      bytes.remove_prefix(hit.bytes);
      take_hit(*hit.delta);
    }
    return all - bytes.size();
  }
  // Small reads: most are the middle of an event, and only kept.
  bool take_middle(std::string_view bytes) {
    if (!settled_ || bytes.size() > Buffer::padding || !sse_.at_event()) return false;
    const std::string_view held = sse_.unread();
    if (held.empty() || held.size() + bytes.size() > simple_limit_) return false;
    const bool after_lf = held.back() == '\n';
    char* const to = sse_.prepare(bytes.size());  // from here on `held` may be gone
    if (kernel_.copy_event(bytes.data(), bytes.size(), after_lf, to) <= bytes.size()) return false;
    sse_.commit(bytes.size());
    return true;
  }
  // Some bytes of an event that this read, or an earlier one, has only a part of. What the framer holds then
  // has neither a whole event nor a CR in it. Returns how many bytes it took; none when the framer must look.
  std::size_t take_cut_event(std::string_view bytes) {
    const std::string_view held = sse_.unread();
    const std::size_t size = std::min<std::size_t>(bytes.size(), 1024);
    if (held.size() + size > simple_limit_) return 0;
    const bool after_lf = !held.empty() && held.back() == '\n';
    char* const to = sse_.prepare(size);  // from here on `held` may be gone
    const std::size_t taken = kernel_.copy_event(bytes.data(), size, after_lf, to);
    if (taken > size) {
      sse_.commit(size);
      return size;
    }
    if (taken == 0 || bytes[taken - 1] != '\n') return 0;
    sse_.commit(taken);
    const std::string_view whole = sse_.unread();
    if (options_.templates) {
      const auto hit = templates_.match_event(whole, emitter_.epoch());
      if (hit.bytes == whole.size()) {
        take_hit(*hit.delta);
        sse_.drop_unread();
        return taken;
      }
    }
    for (SseEvent event; !problem_ && sse_.next(event);) parse(event.type, event.data);
    return taken;
  }
  void take_hit(const Delta& delta) {
    ++events_;
    ++recognised_;
    sink_->on(delta);
  }

  void take_error(const std::optional<Error>& error) {
    if (!error || problem_) return;
    problem_ = error;
    // Its framer counts messages itself.
    if (framing_ != Framing::eventstream)
      problem_->message = "event " + std::to_string(events_ + 1) + ": " + error->message;
  }

  void payload(std::string_view type, std::string_view data) {
    if (options_.templates) {
      if (const auto hit = templates_.match_payload(type, data, emitter_.epoch()); hit.bytes != 0)
        return take_hit(*hit.delta);
    }
    parse(type, data);
  }

  void parse(std::string_view type, std::string_view data) {
    const std::string_view bare = trim(data);
    if (bare.empty()) return;
    ++events_;
    if (bare == "[DONE]") return interpreter_->on_done();
    simdjson::dom::element root;
    // Only SSE and JSON framing leave enough readable bytes behind a payload for simdjson.
    const auto status = framing_ == Framing::eventstream
                            ? parser_.parse(data.data(), data.size()).get(root)
                            : parser_.parse(data.data(), data.size(), false).get(root);
    if (status != simdjson::SUCCESS)
      return refuse(std::string("expected a JSON object, but ") + simdjson::error_message(status), data);
    simdjson::dom::object object;
    if (root.get(object) != simdjson::SUCCESS)
      return refuse("expected a JSON object, but it is no object", data);
    const std::uint64_t epoch = emitter_.epoch();
    watch_.begin();
    interpreter_->on_payload(type, object);
    if (!interpreter_->problem().empty()) return refuse(interpreter_->problem(), data);
    if (watch_.one_fragment() && epoch == emitter_.epoch() && options_.templates && framing_ == Framing::sse)
      templates_.learn(type, data, data.data()[data.size()] == '\r' ? "\r\n" : "\n", watch_.fragment(),
                       epoch);
  }

  void refuse(const std::string& why, std::string_view data) {
    problem_ = Error{"event " + std::to_string(events_) + ": " + why + ": " + shown(data, 60), {}, 0};
  }

  DecodeOptions options_;
  Framing framing_;
  std::size_t simple_limit_;
  decoding::Emitter emitter_;
  std::unique_ptr<decoding::Interpreter> interpreter_;
  const decoding::Kernel& kernel_ = decoding::kernel();
  decoding::Templates templates_;
  Watch watch_;
  DeltaSink* sink_ = nullptr;
  TurnBuilder builder_;
  SseFramer sse_;
  JsonFramer json_;
  EventstreamFramer eventstream_;
  simdjson::dom::parser parser_;
  std::string held_;  // what came before the framing was known
  static constexpr std::size_t opening_size = 48;
  std::string opening_;
  bool fed_ = false;
  bool settled_ = false;  // SSE, and its opening is known
};

Decoder::Decoder(Protocol protocol, const DecodeOptions& options)
    : impl_(std::make_unique<Impl>(protocol, options)) {}
Decoder::~Decoder() = default;
Decoder::Decoder(Decoder&&) noexcept = default;
Decoder& Decoder::operator=(Decoder&&) noexcept = default;

Result<void> Decoder::feed(std::string_view bytes, DeltaSink* sink) {
  impl_->feed(bytes, sink);
  if (impl_->problem_) return tl::unexpected(*impl_->problem_);
  return {};
}

Turn Decoder::finish(DeltaSink* sink) {
  return impl_->finish(sink);
}

const std::optional<Error>& Decoder::problem() const {
  return impl_->problem_;
}

std::uint64_t Decoder::events() const {
  return impl_->events_;
}

std::uint64_t Decoder::recognised() const {
  return impl_->recognised_;
}

Result<Turn> decode(Protocol protocol, std::string_view bytes, const DecodeOptions& options) {
  Decoder decoder(protocol, options);
  if (Result<void> fed = decoder.feed(bytes); !fed) return tl::unexpected(fed.error());
  Turn turn = decoder.finish();
  if (decoder.problem()) return tl::unexpected(*decoder.problem());
  return turn;
}

}  // namespace assay::stream
