// From JSON payloads to deltas: what each protocol's interpreter shares. Private to harness/stream.
//
// An interpreter sees the payloads of one answer in order, whole bodies too, and emits deltas. What it does
// not know it keeps as an extra or passes over. Only a payload inside a payload can be broken without the
// decoder seeing it: then problem() says so, and the decoder reads no further.
#pragma once

#include <simdjson.h>

#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "harness/stream/delta.h"

namespace assay::stream {
struct EventstreamMessage;
}

namespace assay::stream::decoding {

using Element = simdjson::dom::element;
using Object = simdjson::dom::object;
using Array = simdjson::dom::array;

// key == word, without a call.
template <std::size_t N>
inline bool is(std::string_view key, const char (&word)[N]) {
  return key.size() == N - 1 && std::memcmp(key.data(), word, N - 1) == 0;
}

inline std::string_view as_text(const Element& value) {
  std::string_view text;
  return value.get(text) == simdjson::SUCCESS ? text : std::string_view();
}
// The value of a string field; empty when it is absent, null or something else.
inline std::string_view text_in(const Object& object, std::string_view key) {
  Element value;
  return object.at_key(key).get(value) == simdjson::SUCCESS ? as_text(value) : std::string_view();
}
inline bool object_in(const Object& object, std::string_view key, Object& out) {
  return object.at_key(key).get(out) == simdjson::SUCCESS;
}
inline bool array_in(const Object& object, std::string_view key, Array& out) {
  return object.at_key(key).get(out) == simdjson::SUCCESS;
}
inline std::int64_t number_in(const Object& object, std::string_view key, std::int64_t otherwise) {
  std::int64_t number = 0;
  return object.at_key(key).get(number) == simdjson::SUCCESS ? number : otherwise;
}

// The first value that a key has, for reading an object in one pass.
class First {
 public:
  void offer(const Element& value) {
    if (!there_) value_ = value;
    there_ = true;
  }
  explicit operator bool() const { return there_; }
  const Element& value() const { return value_; }
  // "", `otherwise` and false when it is not there or something else.
  std::string_view text() const { return there_ ? as_text(value_) : std::string_view(); }
  std::int64_t number(std::int64_t otherwise = 0) const {
    std::int64_t number = 0;
    return get(number) ? number : otherwise;
  }
  template <typename T>
  bool get(T& out) const {
    return there_ && value_.get(out) == simdjson::SUCCESS;
  }

 private:
  Element value_;
  bool there_ = false;
};
// A string as it is, anything else as compact JSON text ("" for null). `scratch` holds what had to be
// written.
std::string_view text_or_json(const Element& value, std::string& scratch);

// Token counts under all the names that providers have for them. Adds to `usage`; null is passed over.
void read_usage(const Object& object, Usage& usage);
// An error in any of the shapes of deviations: {error: {...}}, {error: "..."}, {message}, {detail}, {code,
// error}. False when there is none.
bool read_error(const Object& root, StreamError& error);
// The finish reason that a provider's word means: "end_turn", "MAX_TOKENS", "eos", ...
FinishReason finish_of(std::string_view word);

// Gives blocks their numbers and turns findings into deltas.
class Emitter {
 public:
  void target(DeltaSink* sink) { sink_ = sink; }
  // Changes whenever something other than a fragment for a block that was open before was emitted: while it
  // stays the same, an event of the same shape means the same.
  std::uint64_t epoch() const { return epoch_; }

  void start(std::string_view id, std::string_view model);
  std::uint32_t open(Block::Kind kind, int choice = 0);
  void fragment(std::uint32_t block, std::string_view text);
  void identify(std::uint32_t block, std::string_view id, std::string_view name, bool custom = false);
  void signature(std::uint32_t block, std::string_view text);
  void opaque_part(std::uint32_t block, std::string_view key, const Element& value);
  void input(std::uint32_t block, std::string_view text);
  void finish(std::string_view word, FinishReason reason);
  void finish(std::string_view word) { finish(word, finish_of(word)); }
  void usage();  // tells usage_so_far()
  void error(const StreamError& error);
  // Last value wins; nothing is emitted while the value stays the same.
  void extra(std::string_view prefix, std::string_view key, const Element& value);
  void extra_part(std::string_view prefix, std::string_view key, const Element& value);
  // One more of a list: citations, annotations.
  void extra_item(std::string_view prefix, std::string_view key, const Element& value);

  Usage& usage_so_far() { return usage_; }
  FinishReason finished() const { return finish_; }
  std::uint32_t blocks() const { return static_cast<std::uint32_t>(kinds_.size()); }
  Block::Kind kind(std::uint32_t block) const { return kinds_[block].kind; }
  int choice(std::uint32_t block) const { return kinds_[block].choice; }

 private:
  struct Known {
    Block::Kind kind;
    int choice;
  };
  struct Cached {
    std::string name;
    std::string json;
    std::string text;  // of a string
  };
  Delta about(Delta::Kind kind, std::uint32_t block) const;
  void add_extra(std::string_view prefix, std::string_view key, const std::string& json);

  DeltaSink* sink_ = nullptr;
  std::uint64_t epoch_ = 0;
  std::vector<Known> kinds_;
  std::vector<Cached> extras_;
  std::string id_;
  std::string model_;
  std::string finish_raw_;
  FinishReason finish_ = FinishReason::none;
  Usage usage_;
  Usage told_usage_;
  bool usage_told_ = false;
};

class Interpreter {
 public:
  explicit Interpreter(Emitter& out) : out_(out) {}
  virtual ~Interpreter() = default;
  Interpreter(const Interpreter&) = delete;
  Interpreter& operator=(const Interpreter&) = delete;

  // `event` is the event's name outside the JSON: an SSE event type, an eventstream :event-type or
  // :exception-type.
  virtual void on_payload(std::string_view event, const Object& root) = 0;
  virtual void on_done() { complete_ = true; }  // data: [DONE]
  // What stands around a payload in an AWS event stream; comes before it, and also when it is empty.
  virtual void on_headers(const EventstreamMessage& /*message*/) {}
  // The bytes ended: emits what was held back until it would be whole.
  virtual void on_end() {}
  bool complete() const { return complete_; }
  // What is wrong with the payload before: "expected ..., but ...". Empty: nothing.
  const std::string& problem() const { return problem_; }

 protected:
  Emitter& out_;
  bool complete_ = false;
  std::string problem_;
};

// `stop_reason` finishes a choice as well (on Bedrock it stands for finish_reason; elsewhere it is something
// else, and stands beside it).
std::unique_ptr<Interpreter> make_chat(Emitter& out, bool stop_reason = false);
std::unique_ptr<Interpreter> make_responses(Emitter& out);
std::unique_ptr<Interpreter> make_anthropic(Emitter& out);
std::unique_ptr<Interpreter> make_gemini(Emitter& out);
std::unique_ptr<Interpreter> make_gemini_interactions(Emitter& out);
std::unique_ptr<Interpreter> make_ollama(Emitter& out);
std::unique_ptr<Interpreter> make_cohere(Emitter& out);
std::unique_ptr<Interpreter> make_bedrock(Emitter& out);

}  // namespace assay::stream::decoding
