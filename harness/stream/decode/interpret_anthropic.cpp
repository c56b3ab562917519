// Anthropic Messages, streamed and whole. Bedrock's invoke wraps the same JSON.
#include <algorithm>

#include "harness/stream/decode/interpret.h"

namespace assay::stream::decoding {

namespace {

class Anthropic final : public Interpreter {
 public:
  using Interpreter::Interpreter;

  void on_payload(std::string_view event, const Object& root) override {
    std::string_view type = text_in(root, "type");
    if (type.empty() && event != "message") type = event;
    if (type == "content_block_delta") return delta(root);
    if (type == "content_block_start") return start_block(root);
    if (type == "content_block_stop") return stop_block(root);
    if (type == "message_start") {
      if (Object message; object_in(root, "message", message)) read_message(message, true);
    } else if (type == "message_delta") {
      message_delta(root);
    } else if (type == "message_stop") {
      complete_ = true;
      bedrock_metrics(root);
    } else if (type == "message") {
      read_message(root, false);
      complete_ = out_.finished() != FinishReason::none;
    } else if (type == "error" || type.empty()) {
      StreamError error;
      if (read_error(root, error)) out_.error(error);
    }
  }

 private:
  struct Open {
    std::int64_t index;
    std::uint32_t block;
    bool filled;  // of a call: its arguments came
  };

  void delta(const Object& root) {
    Object delta;
    if (!object_in(root, "delta", delta)) return;
    const std::string_view type = text_in(delta, "type");
    Open* known = find(number_in(root, "index", 0));
    if (!known) known = open_for(number_in(root, "index", 0), type);
    if (!known) return;
    const std::uint32_t* block = &known->block;
    if (type == "text_delta") {
      out_.fragment(*block, text_in(delta, "text"));
    } else if (type == "thinking_delta") {
      out_.fragment(*block, text_in(delta, "thinking"));
    } else if (type == "input_json_delta") {
      const std::string_view part = text_in(delta, "partial_json");
      if (out_.kind(*block) == Block::Kind::opaque) return out_.input(*block, part);
      if (!part.empty()) known->filled = true;
      if (!part.empty()) out_.fragment(*block, part);
    } else if (type == "signature_delta") {
      out_.signature(*block, text_in(delta, "signature"));
    } else if (type == "citations_delta") {
      if (Element citation; delta.at_key("citation").get(citation) == simdjson::SUCCESS)
        out_.extra_item("message.", "citations", citation);
    } else if (out_.kind(*block) == Block::Kind::opaque) {
      // Of a kind of block that is not known here; `type` is the delta's.
      for (const auto field : delta)
        if (field.key != "type") out_.opaque_part(*block, field.key, field.value);
    }
  }
  Open* find(std::int64_t index) {
    for (auto open = open_.rbegin(); open != open_.rend(); ++open)
      if (open->index == index) return &*open;
    return nullptr;
  }
  // For a delta whose block was never started: what it holds is not lost.
  Open* open_for(std::int64_t index, std::string_view type) {
    Block::Kind kind = Block::Kind::text;
    if (type == "thinking_delta" || type == "signature_delta") {
      kind = Block::Kind::reasoning;
    } else if (type == "input_json_delta") {
      kind = Block::Kind::tool_call;
    } else if (type != "text_delta" && type != "citations_delta") {
      return nullptr;
    }
    return &open_.emplace_back(Open{index, out_.open(kind), false});
  }
  // A call without arguments sends none, or "": its body says {}.
  void stop_block(const Object& root) {
    Open* open = find(number_in(root, "index", 0));
    if (!open || open->filled || out_.kind(open->block) != Block::Kind::tool_call) return;
    open->filled = true;
    out_.fragment(open->block, "{}");
  }

  void start_block(const Object& root) {
    Element element;
    if (root.at_key("content_block").get(element) != simdjson::SUCCESS) return;
    const std::uint32_t number = read_block(element, true);
    Object block;
    Object input;
    const bool whole =
        element.get(block) == simdjson::SUCCESS && object_in(block, "input", input) && input.size() != 0;
    open_.push_back({number_in(root, "index", 0), number, whole});
  }
  std::uint32_t read_block(const Element& element, bool streamed) {
    Object block;
    if (element.get(block) != simdjson::SUCCESS) return out_.open(Block::Kind::opaque);
    const std::string_view type = text_in(block, "type");
    if (type == "text") {
      const std::uint32_t number = out_.open(Block::Kind::text);
      out_.fragment(number, text_in(block, "text"));
      if (Array citations; array_in(block, "citations", citations))
        for (const Element citation : citations) out_.extra_item("message.", "citations", citation);
      return number;
    }
    if (type == "thinking" || type == "redacted_thinking") {
      const std::uint32_t number = out_.open(Block::Kind::reasoning);
      if (type == "redacted_thinking") out_.identify(number, "", "redacted");
      out_.fragment(number, text_in(block, "thinking"));
      const std::string_view proof = text_in(block, type == "thinking" ? "signature" : "data");
      if (!proof.empty()) out_.signature(number, proof);
      return number;
    }
    if (type == "tool_use") {
      const std::uint32_t number = out_.open(Block::Kind::tool_call);
      out_.identify(number, text_in(block, "id"), text_in(block, "name"));
      whole_input(number, block, streamed);
      return number;
    }
    const std::uint32_t number = out_.open(Block::Kind::opaque);
    out_.identify(number, "", type);
    out_.fragment(number, std::string(simdjson::minify(element)));
    return number;
  }
  // A body has the input whole, relays have it as text; a stream starts with {} and sends it in deltas.
  void whole_input(std::uint32_t number, const Object& block, bool streamed) {
    Object input;
    if (const std::string_view text = text_in(block, "input"); !text.empty()) out_.fragment(number, text);
    if (!object_in(block, "input", input) || (streamed && input.size() == 0)) return;
    out_.fragment(number, std::string(simdjson::minify(input)));
  }

  void read_message(const Object& message, bool streamed) {
    out_.start(text_in(message, "id"), text_in(message, "model"));
    if (Array content; array_in(message, "content", content))
      for (const Element block : content) read_block(block, streamed);
    finish(message);
    usage(message);
    static constexpr std::string_view known[] = {"id",      "type",        "role",          "model",
                                                 "content", "stop_reason", "stop_sequence", "usage"};
    for (const auto field : message)
      if (!field.value.is_null() &&
          std::find(std::begin(known), std::end(known), field.key) == std::end(known))
        out_.extra("", field.key, field.value);
  }
  void message_delta(const Object& root) {
    if (Object delta; object_in(root, "delta", delta)) {
      finish(delta);
      for (const auto field : delta)
        if (field.key != "stop_reason" && field.key != "stop_sequence" && !field.value.is_null())
          out_.extra("", field.key, field.value);
    }
    usage(root);
    for (const auto field : root)
      if (field.key != "type" && field.key != "delta" && field.key != "usage" && field.key != "p" &&
          !field.value.is_null())
        out_.extra("", field.key, field.value);
  }
  void finish(const Object& object) {
    if (const std::string_view word = text_in(object, "stop_reason"); !word.empty()) out_.finish(word);
    if (Element sequence;
        object.at_key("stop_sequence").get(sequence) == simdjson::SUCCESS && !sequence.is_null())
      out_.extra("", "stop_sequence", sequence);
  }
  // Counts in message_delta are cumulative, not to be added.
  void usage(const Object& object) {
    Object usage;
    if (!object_in(object, "usage", usage)) return;
    read_usage(usage, out_.usage_so_far());
    out_.usage();
  }
  void bedrock_metrics(const Object& root) {
    Element metrics;
    if (root.at_key("amazon-bedrock-invocationMetrics").get(metrics) == simdjson::SUCCESS)
      out_.extra("", "amazon-bedrock-invocationMetrics", metrics);
  }

  std::vector<Open> open_;
};

}  // namespace

std::unique_ptr<Interpreter> make_anthropic(Emitter& out) {
  return std::make_unique<Anthropic>(out);
}

}  // namespace assay::stream::decoding
