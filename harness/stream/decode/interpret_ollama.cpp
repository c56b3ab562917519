// Ollama's own /api/chat and /api/generate: NDJSON lines and a whole body have the same shape.
#include <algorithm>

#include "harness/stream/decode/interpret.h"

namespace assay::stream::decoding {

namespace {

class Ollama final : public Interpreter {
 public:
  using Interpreter::Interpreter;

  void on_payload(std::string_view /*event*/, const Object& root) override {
    StreamError error;
    if (root.at_key("error").error() == simdjson::SUCCESS && read_error(root, error))
      return out_.error(error);
    out_.start("", text_in(root, "model"));
    if (Object message; object_in(root, "message", message)) {
      append(Block::Kind::reasoning, text_in(message, "thinking"));
      append(Block::Kind::text, text_in(message, "content"));
      if (Array calls; array_in(message, "tool_calls", calls))
        for (const Element element : calls)
          if (Object call; element.get(call) == simdjson::SUCCESS) read_call(call);
      for (const auto field : message)
        if (field.key != "role" && field.key != "thinking" && field.key != "content" &&
            field.key != "tool_calls" && !field.value.is_null())
          out_.extra_part("message.", field.key, field.value);
    }
    append(Block::Kind::reasoning, text_in(root, "thinking"));
    append(Block::Kind::text, text_in(root, "response"));
    read_rest(root);
    bool done = false;
    if (root.at_key("done").get(done) == simdjson::SUCCESS && done) read_end(root);
  }

 private:
  void append(Block::Kind kind, std::string_view text) {
    if (text.empty()) return;
    if (open_ < 0 || out_.kind(static_cast<std::uint32_t>(open_)) != kind) open_ = out_.open(kind);
    out_.fragment(static_cast<std::uint32_t>(open_), text);
  }
  void read_call(const Object& call) {
    Object function;
    if (!object_in(call, "function", function)) return;
    const std::uint32_t block = out_.open(Block::Kind::tool_call);
    out_.identify(block, text_in(call, "id"), text_in(function, "name"));
    Element arguments;
    if (function.at_key("arguments").get(arguments) == simdjson::SUCCESS)
      out_.fragment(block, text_or_json(arguments, scratch_));
    called_ = true;
    open_ = -1;
  }
  void read_end(const Object& root) {
    complete_ = true;
    const std::string_view word = text_in(root, "done_reason");
    const FinishReason reason = finish_of(word);
    out_.finish(word, reason == FinishReason::stop && called_ ? FinishReason::tool_calls : reason);
    Usage& usage = out_.usage_so_far();
    for (const auto& [key, count] :
         {std::pair{"prompt_eval_count", &usage.input}, {"eval_count", &usage.output}})
      if (std::int64_t number = 0; root.at_key(key).get(number) == simdjson::SUCCESS) *count = number;
    if (usage.input || usage.output) out_.usage();
  }
  // Most of it comes with the last line; `logprobs` with each, about its own tokens.
  void read_rest(const Object& root) {
    static constexpr std::string_view known[] = {"model",      "created_at",        "message",
                                                 "done",       "done_reason",       "response",
                                                 "eval_count", "prompt_eval_count", "thinking"};
    for (const auto field : root) {
      if (field.value.is_null() ||
          std::find(std::begin(known), std::end(known), field.key) != std::end(known))
        continue;
      if (is(field.key, "logprobs")) {
        out_.extra_part("", field.key, field.value);
      } else {
        out_.extra("", field.key, field.value);
      }
    }
  }

  std::int64_t open_ = -1;
  bool called_ = false;
  std::string scratch_;
};

}  // namespace

std::unique_ptr<Interpreter> make_ollama(Emitter& out) {
  return std::make_unique<Ollama>(out);
}

}  // namespace assay::stream::decoding
