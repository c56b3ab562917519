// Gemini generateContent: a stream's events and a whole body have the same shape.
#include <algorithm>

#include "harness/stream/decode/interpret.h"
#include "harness/stream/decode/partial_args.h"

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

  void on_end() override {
    for (Candidate& candidate : candidates_) end_call(candidate);
  }

 private:
  struct Candidate {
    int index;
    std::int64_t open = -1;  // the block that the next part of the same kind continues; -1 = none
    bool called = false;
    std::int64_t call = -1;  // the call whose arguments are still coming; -1 = none
    PartialArgs arguments = {};
    std::vector<std::pair<std::string, std::string>> told = {};  // what was joined to extras last, by name
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
      end_call(state_of(index));
      // STOP even where the model called functions.
      const FinishReason reason = reason_of(word);
      if (index == 0)
        out_.finish(word,
                    reason == FinishReason::stop && state_of(0).called ? FinishReason::tool_calls : reason);
    }
    read_extras(state_of(index), object);
  }

  // What later events tell is added to what was told (citations of a text come with its pieces), except where
  // each event tells it whole. Of candidates other than the first the finish reason is here too.
  void read_extras(Candidate& state, const Object& object) {
    const std::string prefix =
        state.index == 0 ? "candidate." : "candidate." + std::to_string(state.index) + ".";
    for (const auto field : object) {
      const std::string_view key = field.key;
      if (field.value.is_null() || key == "content" || key == "index" ||
          (key == "finishReason" && state.index == 0))
        continue;
      if (key == "citationMetadata" || key == "urlContextMetadata" || key == "logprobsResult") {
        std::string json = simdjson::minify(field.value);
        auto told = std::find_if(state.told.begin(), state.told.end(),
                                 [&](const auto& one) { return one.first == key; });
        if (told == state.told.end()) told = state.told.insert(told, {std::string(key), {}});
        if (told->second == json) continue;
        told->second = std::move(json);
        out_.extra_part(prefix, key, field.value);
      } else if (Object inner; field.value.get(inner) != simdjson::SUCCESS || inner.size() != 0 ||
                               key != "groundingMetadata") {
        out_.extra(prefix, key, field.value);
      }
    }
  }

  static FinishReason reason_of(std::string_view word) {
    if (word == "IMAGE_PROHIBITED_CONTENT" || word == "IMAGE_RECITATION" || word == "MODEL_ARMOR")
      return FinishReason::content_filter;
    return finish_of(word);
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
    if (Object call; object_in(part, "functionCall", call)) return read_call(state, call, signature);
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

  // A call comes whole (`args`), or with its arguments value by value (`partialArgs`) in parts of which all
  // but the last say `willContinue`; only the first of them names the function.
  void read_call(Candidate& state, const Object& call, std::string_view signature) {
    const std::string_view name = text_in(call, "name");
    bool more = false;
    if (call.at_key("willContinue").get(more) != simdjson::SUCCESS) more = false;
    Array partial;
    const bool some = array_in(call, "partialArgs", partial);
    Element whole;
    const bool has_whole = call.at_key("args").get(whole) == simdjson::SUCCESS && !whole.is_null();
    if (!name.empty()) end_call(state);
    const bool goes_on = state.call >= 0;
    const auto block =
        goes_on ? static_cast<std::uint32_t>(state.call) : out_.open(Block::Kind::tool_call, state.index);
    if (!goes_on) out_.identify(block, text_in(call, "id"), name);
    state.open = -1;
    state.called = true;
    if (goes_on || more || some) {
      state.call = block;
      if (has_whole) state.arguments.add_whole(std::string(simdjson::minify(whole)));
      if (some) state.arguments.add(std::string(simdjson::minify(partial)));
      if (!more) end_call(state);
    } else {
      out_.fragment(block, has_whole ? std::string(simdjson::minify(whole)) : std::string("{}"));
    }
    if (!signature.empty()) out_.signature(block, signature);
  }
  void end_call(Candidate& state) {
    if (state.call < 0) return;
    out_.fragment(static_cast<std::uint32_t>(state.call), state.arguments.take());
    state.call = -1;
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
    return candidates_.emplace_back(Candidate{index});
  }

  std::vector<Candidate> candidates_;
};

}  // namespace

std::unique_ptr<Interpreter> make_gemini(Emitter& out) {
  return std::make_unique<Gemini>(out);
}

}  // namespace assay::stream::decoding
