// Bedrock: Converse and ConverseStream, and invoke(-with-response-stream), which wraps a vendor's own JSON.
#include <algorithm>

#include "harness/base/text.h"
#include "harness/stream/decode/interpret.h"
#include "harness/stream/framing/eventstream.h"

namespace assay::stream::decoding {

namespace {

class Bedrock final : public Interpreter {
 public:
  explicit Bedrock(Emitter& out)
      : Interpreter(out),
        anthropic_(make_anthropic(out)),
        cohere_(make_cohere(out)),
        chat_(make_chat(out, true)) {}

  void on_headers(const EventstreamMessage& message) override {
    exception_ = message.message_type == "exception";
    if (message.message_type == "error") {
      StreamError error;
      error.code = message.event_type;
      error.message = message.error_message;
      out_.error(error);
    } else if (exception_ && !trim(message.payload).starts_with('{')) {
      StreamError error;
      error.type = message.event_type;
      out_.error(error);
    }
  }

  void on_payload(std::string_view event, const Object& root) override {
    if (exception_ || event.ends_with("Exception")) return exception(event, root);
    if (const std::string_view bytes = text_in(root, "bytes"); !bytes.empty()) return vendor_chunk(bytes);
    if (event.empty() || event == "message") return any(root);
    converse(event, root);
  }

 private:
  struct Open {
    std::int64_t index;
    Block::Kind kind;
    std::uint32_t block;
  };
  struct ToolResult {
    std::int64_t index;
    std::uint32_t block;
    int pieces;
  };

  void exception(std::string_view name, const Object& root) {
    StreamError error;
    if (!failure(root, error)) keep_fields(root, "", error);
    error.type = name;
    out_.error(error);
  }
  // AWS spells it `message` or `Message`.
  static bool failure(const Object& root, StreamError& error) {
    if (read_error(root, error)) return true;
    error.message = text_in(root, "Message");
    if (error.message.empty()) return false;
    keep_fields(root, "Message", error);
    return true;
  }
  static void keep_fields(const Object& root, std::string_view but, StreamError& error) {
    for (const auto field : root)
      if (field.key != but && !field.value.is_null())
        set_extra(error.extras, field.key, simdjson::minify(field.value));
  }

  // Without an eventstream around it: a body, or one line of a recording that lost its framing:
  // {"contentBlockDelta": {...}}.
  void any(const Object& root) {
    static constexpr std::string_view events[] = {"messageStart",      "contentBlockStart",
                                                  "contentBlockDelta", "contentBlockStop",
                                                  "messageStop",       "metadata"};
    for (const std::string_view name : events)
      if (Object inner; object_in(root, name, inner)) return converse(name, inner);
    for (const auto field : root)
      if (Object inner; field.key.ends_with("Exception") && field.value.get(inner) == simdjson::SUCCESS)
        return exception(field.key, inner);
    vendor(root);
  }

  void converse(std::string_view event, const Object& root) {
    if (event == "contentBlockStart") {
      start_block(root);
    } else if (event == "contentBlockDelta") {
      if (Object delta; object_in(root, "delta", delta))
        read_delta(number_in(root, "contentBlockIndex", 0), delta);
    } else if (event == "contentBlockStop") {
      end_result(number_in(root, "contentBlockIndex", 0));
    } else if (event == "messageStop") {
      while (!results_.empty()) end_result(results_.back().index);
      complete_ = true;
      out_.finish(text_in(root, "stopReason"));
      keep_extras(root, "stopReason");
    } else if (event == "metadata") {
      usage_of(root);
      keep_extras(root, "usage");
    }
  }
  void keep_extras(const Object& root, std::string_view but) {
    for (const auto field : root)
      if (field.key != but && field.key != "p" && !field.value.is_null())
        out_.extra("", field.key, field.value);
  }
  void usage_of(const Object& root) {
    Object usage;
    if (!object_in(root, "usage", usage)) return;
    read_usage(usage, out_.usage_so_far());
    out_.usage();
  }

  std::uint32_t block_at(std::int64_t index, Block::Kind kind) {
    for (auto open = open_.rbegin(); open != open_.rend(); ++open)
      if (open->index == index && open->kind == kind) return open->block;
    open_.push_back({index, kind, out_.open(kind)});
    return open_.back().block;
  }
  void start_block(const Object& root) {
    Object start;
    if (!object_in(root, "start", start)) return;
    const std::int64_t index = number_in(root, "contentBlockIndex", 0);
    for (const auto field : start) {
      Object inner;
      if (field.value.get(inner) != simdjson::SUCCESS) continue;
      if (field.key == "toolUse") {
        out_.identify(block_at(index, Block::Kind::tool_call), text_in(inner, "toolUseId"),
                      text_in(inner, "name"));
      } else if (field.key == "toolResult") {
        start_result(index, simdjson::minify(inner));
      } else {
        out_.extra_part("message.", field.key, field.value);
      }
    }
  }
  // A tool result (of a tool that ran at the provider) is an opaque block, as in a body: its JSON is written
  // as its pieces come. One that was cut off is no JSON, as the arguments of a call that was cut off.
  ToolResult& start_result(std::int64_t index, std::string head) {
    const std::uint32_t block = out_.open(Block::Kind::opaque);
    out_.identify(block, "", "toolResult");
    head.pop_back();
    out_.fragment(block, R"({"toolResult":)" + head + (head == "{" ? "" : ",") + R"("content":[)");
    return results_.emplace_back(ToolResult{index, block, 0});
  }
  void read_result(std::int64_t index, const Array& pieces) {
    const auto known =
        std::find_if(results_.begin(), results_.end(), [&](const ToolResult& r) { return r.index == index; });
    ToolResult& result = known != results_.end() ? *known : start_result(index, "{}");
    for (const Element piece : pieces)
      out_.fragment(result.block, (result.pieces++ == 0 ? "" : ",") + std::string(simdjson::minify(piece)));
  }
  void end_result(std::int64_t index) {
    const auto known =
        std::find_if(results_.begin(), results_.end(), [&](const ToolResult& r) { return r.index == index; });
    if (known == results_.end()) return;
    out_.fragment(known->block, "]}}");
    results_.erase(known);
  }
  void read_delta(std::int64_t index, const Object& delta) {
    for (const auto field : delta) {
      Object inner;
      Array pieces;
      if (field.key == "text") {
        out_.fragment(block_at(index, Block::Kind::text), as_text(field.value));
      } else if (field.key == "toolResult" && field.value.get(pieces) == simdjson::SUCCESS) {
        read_result(index, pieces);
      } else if (field.value.get(inner) != simdjson::SUCCESS) {
        continue;
      } else if (field.key == "toolUse") {
        if (const std::string_view input = text_in(inner, "input"); !input.empty())
          out_.fragment(block_at(index, Block::Kind::tool_call), input);
      } else if (field.key == "reasoningContent") {
        read_reasoning(block_at(index, Block::Kind::reasoning), inner);
      } else if (field.key == "citation") {
        out_.extra_item("message.", "citations", field.value);
      } else {
        out_.extra_part("message.", field.key, field.value);
      }
    }
  }
  void read_reasoning(std::uint32_t block, const Object& reasoning) {
    out_.fragment(block, text_in(reasoning, "text"));
    if (const std::string_view signature = text_in(reasoning, "signature"); !signature.empty())
      out_.signature(block, signature);
    if (const std::string_view hidden = text_in(reasoning, "redactedContent"); !hidden.empty()) {
      out_.identify(block, "", "redacted");
      out_.signature(block, hidden);
    }
  }

  void converse_body(const Object& root, const Object& message) {
    Array content;
    if (array_in(message, "content", content))
      for (const Element element : content)
        if (Object part; element.get(part) == simdjson::SUCCESS) body_part(part, element);
    const std::string_view word = text_in(root, "stopReason");
    complete_ = !word.empty();
    out_.finish(word);
    usage_of(root);
    for (const auto field : root)
      if (field.key != "output" && field.key != "stopReason" && field.key != "usage" &&
          !field.value.is_null())
        out_.extra("", field.key, field.value);
  }
  void body_part(const Object& part, const Element& element) {
    Object inner;
    Object text;
    if (Element plain; part.at_key("text").get(plain) == simdjson::SUCCESS) {
      out_.fragment(out_.open(Block::Kind::text), as_text(plain));
    } else if (object_in(part, "toolUse", inner)) {
      const std::uint32_t block = out_.open(Block::Kind::tool_call);
      out_.identify(block, text_in(inner, "toolUseId"), text_in(inner, "name"));
      if (Element input; inner.at_key("input").get(input) == simdjson::SUCCESS)
        out_.fragment(block, std::string(simdjson::minify(input)));
    } else if (object_in(part, "reasoningContent", inner)) {
      const std::uint32_t block = out_.open(Block::Kind::reasoning);
      read_reasoning(block, object_in(inner, "reasoningText", text) ? text : inner);
    } else if (object_in(part, "citationsContent", inner)) {
      read_cited(inner);
    } else {
      const std::uint32_t block = out_.open(Block::Kind::opaque);
      for (const auto field : part) out_.identify(block, "", field.key);
      out_.fragment(block, std::string(simdjson::minify(element)));
    }
  }

  // A text with what it cites; in a stream its text and citations are plain deltas.
  void read_cited(const Object& cited) {
    const std::uint32_t block = out_.open(Block::Kind::text);
    out_.fragment(block, "");
    if (Array content; array_in(cited, "content", content))
      for (const Element element : content)
        if (Object part; element.get(part) == simdjson::SUCCESS) out_.fragment(block, text_in(part, "text"));
    if (Array citations; array_in(cited, "citations", citations))
      for (const Element citation : citations) out_.extra_item("message.", "citations", citation);
  }

  void vendor_chunk(std::string_view bytes) {
    constexpr const char* expected = R"(expected base64 of a JSON object under "bytes", but )";
    const Result<std::string> json = base64_decode(bytes);
    if (!json) {
      problem_ = expected + std::string("it is no base64");
      return;
    }
    Element element;
    Object object;
    if (const auto status = parser_.parse(*json).get(element); status != simdjson::SUCCESS) {
      problem_ = expected + std::string(simdjson::error_message(status));
    } else if (element.get(object) != simdjson::SUCCESS) {
      problem_ = expected + std::string("it is no object");
    } else {
      any(object);
      constexpr std::string_view metrics = "amazon-bedrock-invocationMetrics";
      if (Element counts; object.at_key(metrics).get(counts) == simdjson::SUCCESS)
        out_.extra("", metrics, counts);
    }
  }

  // The JSON of the vendors behind invoke: Anthropic, Cohere, OpenAI-like, Titan, Llama, Mistral, Nova.
  void vendor(const Object& root) {
    Object output;
    Object message;
    if (object_in(root, "output", output) && object_in(output, "message", message))
      return converse_body(root, message);
    if (root.at_key("choices").error() == simdjson::SUCCESS) return delegate(*chat_, root);
    if (root.at_key("generation").error() == simdjson::SUCCESS) return llama(root);
    if (root.at_key("outputText").error() == simdjson::SUCCESS) return titan(root);
    if (Array results; array_in(root, "results", results)) return titan_body(root, results);
    if (Array outputs; array_in(root, "outputs", outputs)) return mistral(outputs);
    if (root.at_key("text").error() == simdjson::SUCCESS ||
        root.at_key("is_finished").error() == simdjson::SUCCESS ||
        root.at_key("generations").error() == simdjson::SUCCESS)
      return cohere_v1(root);
    if (Array completions; array_in(root, "completions", completions)) return ai21(completions);
    // Claude's text completions: the last chunk has no text, only the reason.
    if (root.at_key("completion").is_string()) {
      append(text_in(root, "completion"));
      return end(text_in(root, "stop_reason"));
    }
    const std::string_view type = text_in(root, "type");
    if (type.find('-') != std::string_view::npos) return delegate(*cohere_, root);
    if (!type.empty()) return delegate(*anthropic_, root);
    StreamError error;
    if (failure(root, error)) out_.error(error);
  }
  void delegate(Interpreter& interpreter, const Object& root) {
    interpreter.on_payload({}, root);
    complete_ = complete_ || interpreter.complete();
  }
  void append(std::string_view text) {
    if (!text.empty()) out_.fragment(block_at(0, Block::Kind::text), text);
  }
  void end(std::string_view word) {
    if (word.empty()) return;
    complete_ = true;
    out_.finish(word);
  }
  void count(const Object& root, std::string_view key, std::optional<std::int64_t>& into) {
    if (std::int64_t number = 0; root.at_key(key).get(number) == simdjson::SUCCESS) into = number;
  }
  void llama(const Object& root) {
    append(text_in(root, "generation"));
    count(root, "prompt_token_count", out_.usage_so_far().input);
    count(root, "generation_token_count", out_.usage_so_far().output);
    end(text_in(root, "stop_reason"));
    if (out_.usage_so_far().output) out_.usage();
  }
  void titan(const Object& root) {
    append(text_in(root, "outputText"));
    count(root, "inputTextTokenCount", out_.usage_so_far().input);
    count(root, "totalOutputTextTokenCount", out_.usage_so_far().output);
    end(text_in(root, "completionReason"));
    if (text_in(root, "amazon-bedrock-guardrailAction") == "INTERVENED") end("guardrail_intervened");
    if (complete_) out_.usage();
  }
  void titan_body(const Object& root, const Array& results) {
    count(root, "inputTextTokenCount", out_.usage_so_far().input);
    for (const Element element : results) {
      Object result;
      if (element.get(result) != simdjson::SUCCESS) continue;
      append(text_in(result, "outputText"));
      count(result, "tokenCount", out_.usage_so_far().output);
      end(text_in(result, "completionReason"));
    }
    if (out_.usage_so_far().output) out_.usage();
  }
  void mistral(const Array& outputs) {
    for (const Element element : outputs) {
      Object output;
      if (element.get(output) != simdjson::SUCCESS) continue;
      append(text_in(output, "text"));
      end(text_in(output, "stop_reason"));
    }
  }
  void ai21(const Array& completions) {
    for (const Element element : completions) {
      Object completion;
      Object part;
      if (element.get(completion) != simdjson::SUCCESS) continue;
      if (object_in(completion, "data", part)) append(text_in(part, "text"));
      if (object_in(completion, "finishReason", part)) end(text_in(part, "reason"));
    }
  }
  void cohere_v1(const Object& root) {
    append(text_in(root, "text"));
    if (Array generations; array_in(root, "generations", generations))
      for (const Element element : generations)
        if (Object generation; element.get(generation) == simdjson::SUCCESS) {
          append(text_in(generation, "text"));
          end(text_in(generation, "finish_reason"));
        }
    end(text_in(root, "finish_reason"));
  }

  std::unique_ptr<Interpreter> anthropic_;
  std::unique_ptr<Interpreter> cohere_;
  std::unique_ptr<Interpreter> chat_;
  std::vector<Open> open_;
  std::vector<ToolResult> results_;
  bool exception_ = false;  // the headers said so
  simdjson::dom::parser parser_;
};

}  // namespace

std::unique_ptr<Interpreter> make_bedrock(Emitter& out) {
  return std::make_unique<Bedrock>(out);
}

}  // namespace assay::stream::decoding
