// Gemini generateContent: a stream's events and a whole body have the same shape.
#include <algorithm>

#include "harness/stream/interpret.h"

namespace assay::stream::decoding {

namespace {

class Gemini final : public Interpreter {
 public:
  using Interpreter::Interpreter;

  void on_payload(std::string_view /*event*/, const Object& root) override {
    // Code Assist wraps each response.
    if (Object inner; object_in(root, "response", inner)) return on_payload({}, inner);
    StreamError error;
    if (root.at_key("error").error() == simdjson::SUCCESS && read_error(root, error))
      return out_.error(error);
    out_.start(text_in(root, "responseId"), text_in(root, "modelVersion"));
    if (Array candidates; array_in(root, "candidates", candidates))
      for (const Element element : candidates)
        if (Object candidate; element.get(candidate) == simdjson::SUCCESS) read_candidate(candidate);
    if (Object feedback; object_in(root, "promptFeedback", feedback))
      if (const std::string_view reason = text_in(feedback, "blockReason"); !reason.empty()) {
        complete_ = true;
        out_.finish(reason, FinishReason::content_filter);
      }
    if (Object usage; object_in(root, "usageMetadata", usage)) {
      read_usage(usage, out_.usage_so_far());
      out_.usage();
    }
    static constexpr std::string_view known[] = {"candidates", "usageMetadata", "modelVersion", "responseId",
                                                 "createTime"};
    for (const auto field : root)
      if (!field.value.is_null() &&
          std::find(std::begin(known), std::end(known), field.key) == std::end(known))
        out_.extra("", field.key, field.value);
  }

 private:
  struct Candidate {
    int index;
    std::int64_t open;  // the block that the next part of the same kind continues; -1 = none
    bool called;
  };

  void read_candidate(const Object& object) {
    const int index = static_cast<int>(number_in(object, "index", 0));
    Object content;
    Array parts;
    if (object_in(object, "content", content) && array_in(content, "parts", parts))
      for (const Element element : parts)
        if (Object part; element.get(part) == simdjson::SUCCESS) read_part(index, part, element);
    const std::string_view word = finish_word(object);
    if (!word.empty()) {
      complete_ = true;
      // STOP even where the model called functions.
      const FinishReason reason = finish_of(word);
      if (index == 0)
        out_.finish(word,
                    reason == FinishReason::stop && state_of(0).called ? FinishReason::tool_calls : reason);
    }
    static constexpr std::string_view known[] = {"content", "finishReason", "index"};
    for (const auto field : object)
      if (!field.value.is_null() &&
          std::find(std::begin(known), std::end(known), field.key) == std::end(known))
        out_.extra("candidate.", field.key, field.value);
  }

  // With enum-encoding=int the reason comes as its number in the published enum.
  static std::string_view finish_word(const Object& object) {
    static constexpr std::string_view numbers[] = {
        "",      "STOP",      "MAX_TOKENS",         "SAFETY", "RECITATION",
        "OTHER", "BLOCKLIST", "PROHIBITED_CONTENT", "SPII",   "MALFORMED_FUNCTION_CALL"};
    const std::int64_t number = number_in(object, "finishReason", 0);
    if (number > 0 && number < static_cast<std::int64_t>(std::size(numbers))) return numbers[number];
    return text_in(object, "finishReason");
  }

  void read_part(int index, const Object& part, const Element& element) {
    Candidate& state = state_of(index);
    const std::string_view signature = text_in(part, "thoughtSignature");
    if (Object call; object_in(part, "functionCall", call)) {
      const std::uint32_t block = out_.open(Block::Kind::tool_call, index);
      out_.identify(block, text_in(call, "id"), text_in(call, "name"));
      Element arguments;
      const bool some = call.at_key("args").get(arguments) == simdjson::SUCCESS && !arguments.is_null();
      out_.fragment(block, some ? std::string(simdjson::minify(arguments)) : std::string("{}"));
      if (!signature.empty()) out_.signature(block, signature);
      state.called = true;
      state.open = -1;
      return;
    }
    Element text;
    if (part.at_key("text").get(text) == simdjson::SUCCESS && text.is_string()) {
      bool thought = false;
      if (part.at_key("thought").get(thought) != simdjson::SUCCESS) thought = false;
      return read_text(state, thought ? Block::Kind::reasoning : Block::Kind::text, as_text(text), signature);
    }
    for (const auto field : part) {
      if (field.key == "thought" || field.key == "thoughtSignature") continue;
      const std::uint32_t block = out_.open(Block::Kind::opaque, index);
      out_.identify(block, "", field.key);
      out_.fragment(block, std::string(simdjson::minify(element)));
      state.open = -1;
      return;
    }
    if (!signature.empty()) read_text(state, Block::Kind::text, "", signature);
  }

  // A part with a signature ends its block: it must go back as it came.
  void read_text(Candidate& state, Block::Kind kind, std::string_view text, std::string_view signature) {
    if (text.empty() && signature.empty()) return;
    if (state.open < 0 || out_.kind(static_cast<std::uint32_t>(state.open)) != kind)
      state.open = out_.open(kind, state.index);
    const auto block = static_cast<std::uint32_t>(state.open);
    out_.fragment(block, text);
    if (signature.empty()) return;
    out_.signature(block, signature);
    state.open = -1;
  }

  Candidate& state_of(int index) {
    for (Candidate& known : candidates_)
      if (known.index == index) return known;
    return candidates_.emplace_back(Candidate{index, -1, false});
  }

  std::vector<Candidate> candidates_;
};

}  // namespace

std::unique_ptr<Interpreter> make_gemini(Emitter& out) {
  return std::make_unique<Gemini>(out);
}

}  // namespace assay::stream::decoding
