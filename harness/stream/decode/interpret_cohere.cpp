// Cohere chat, streamed and whole: v2, and v1 as far as a turn has a place for it.
#include <algorithm>

#include "harness/stream/decode/interpret.h"

namespace assay::stream::decoding {

namespace {

class Cohere final : public Interpreter {
 public:
  using Interpreter::Interpreter;

  void on_payload(std::string_view event, const Object& root) override {
    std::string_view type = text_in(root, "type");
    if (type.empty() && event != "message") type = event;
    Object delta;
    Object message;
    const bool has_delta = object_in(root, "delta", delta);
    const bool has_message = has_delta && object_in(delta, "message", message);
    if (type == "message-start") {
      out_.start(text_in(root, "id"), "");
    } else if (type == "content-start" || type == "content-delta") {
      if (Object content; has_message && object_in(message, "content", content))
        read_content(root, content, type);
    } else if (type == "tool-plan-delta") {
      if (has_message) plan(text_in(message, "tool_plan"));
    } else if (type == "tool-call-start" || type == "tool-call-delta") {
      if (Object call; has_message && object_in(message, "tool_calls", call))
        read_call(number_in(root, "index", 0), call, type);
    } else if (type == "citation-start") {
      if (Element citation; has_message && message.at_key("citations").get(citation) == simdjson::SUCCESS)
        one_citation(citation);
    } else if (type == "message-end") {
      if (has_delta) read_end(delta);
    } else if (Object body; object_in(root, "message", body)) {
      read_body(root, body);
    } else if (const std::string_view old = text_in(root, "event_type"); !old.empty()) {
      read_v1(root, old);
    } else if (root.at_key("text").is_string() && type.empty()) {
      body_v1(root);
    } else if (type.empty()) {
      if (StreamError error; read_error(root, error)) out_.error(error);
    }
  }

 private:
  // One a citation-start; a body has the list.
  void one_citation(const Element& citation) {
    if (citation.is_array()) return out_.extra_part("message.", "citations", citation);
    out_.extra_item("message.", "citations", citation);
  }

  struct Open {
    std::int64_t index;
    Block::Kind kind;
    std::uint32_t block;
  };

  static Block::Kind kind_of(const Object& content) {
    return text_in(content, "type") == "thinking" || content.at_key("thinking").error() == simdjson::SUCCESS
               ? Block::Kind::reasoning
               : Block::Kind::text;
  }
  static std::string_view text_of(const Object& content) {
    const std::string_view thinking = text_in(content, "thinking");
    return thinking.empty() ? text_in(content, "text") : thinking;
  }
  std::uint32_t block_at(std::int64_t index, Block::Kind kind) {
    for (auto open = open_.rbegin(); open != open_.rend(); ++open)
      if (open->index == index && open->kind == kind) return open->block;
    open_.push_back({index, kind, out_.open(kind)});
    return open_.back().block;
  }

  void read_content(const Object& root, const Object& content, std::string_view type) {
    const std::int64_t index = number_in(root, "index", 0);
    const Block::Kind kind = kind_of(content);
    if (type == "content-start") open_.push_back({index, kind, out_.open(kind)});
    out_.fragment(block_at(index, kind), text_of(content));
  }
  void plan(std::string_view text) {
    if (text.empty()) return;
    if (plan_ < 0) {
      plan_ = out_.open(Block::Kind::reasoning);
      out_.identify(static_cast<std::uint32_t>(plan_), "", "tool_plan");
    }
    out_.fragment(static_cast<std::uint32_t>(plan_), text);
  }
  void read_call(std::int64_t index, const Object& call, std::string_view type) {
    Object function;
    const bool some = object_in(call, "function", function);
    if (type == "tool-call-start") {
      open_.push_back({index, Block::Kind::tool_call, out_.open(Block::Kind::tool_call)});
      out_.identify(open_.back().block, text_in(call, "id"),
                    some ? text_in(function, "name") : std::string_view());
    }
    if (!some) return;
    if (const std::string_view text = text_in(function, "arguments"); !text.empty())
      out_.fragment(block_at(index, Block::Kind::tool_call), text);
  }
  void read_end(const Object& delta) {
    complete_ = true;
    if (const std::string_view message = text_in(delta, "error"); !message.empty()) {
      StreamError error;
      error.message = message;
      out_.error(error);
      complete_ = false;
    }
    out_.finish(text_in(delta, "finish_reason"));
    usage_of(delta);
    for (const auto field : delta)
      if (field.key != "error" && field.key != "finish_reason" && field.key != "usage" &&
          !field.value.is_null())
        out_.extra("", field.key, field.value);
  }
  void usage_of(const Object& object) {
    Object usage;
    if (!object_in(object, "usage", usage)) return;
    read_usage(usage, out_.usage_so_far());
    out_.usage();
  }

  void read_body(const Object& root, const Object& message) {
    out_.start(text_in(root, "id"), "");
    plan(text_in(message, "tool_plan"));
    if (Array content; array_in(message, "content", content))
      for (const Element element : content)
        if (Object part; element.get(part) == simdjson::SUCCESS)
          out_.fragment(out_.open(kind_of(part)), text_of(part));
    if (Array calls; array_in(message, "tool_calls", calls))
      for (const Element element : calls)
        if (Object call; element.get(call) == simdjson::SUCCESS) read_call(-1, call, "tool-call-start");
    if (Element citations;
        message.at_key("citations").get(citations) == simdjson::SUCCESS && !citations.is_null())
      out_.extra_part("message.", "citations", citations);
    const std::string_view word = text_in(root, "finish_reason");
    complete_ = !word.empty();
    out_.finish(word);
    usage_of(root);
    static constexpr std::string_view known[] = {"id", "message", "finish_reason", "usage"};
    for (const auto field : root)
      if (!field.value.is_null() &&
          std::find(std::begin(known), std::end(known), field.key) == std::end(known))
        out_.extra("", field.key, field.value);
  }

  // v1: NDJSON, one `event_type` a line; the last has the whole body under `response`.
  void read_v1(const Object& root, std::string_view type) {
    if (type == "stream-start") {
      out_.start(text_in(root, "generation_id"), "");
    } else if (type == "text-generation") {
      text_v1(text_in(root, "text"));
    } else if (type == "tool-calls-generation") {
      calls_v1(root);
    } else if (Object response; type == "stream-end" && object_in(root, "response", response)) {
      body_v1(response);
      end_v1(text_in(root, "finish_reason"));
    } else {
      static constexpr std::string_view known[] = {"event_type", "is_finished"};
      extras_v1(root, known);
    }
  }
  void text_v1(std::string_view text) {
    if (!text.empty()) out_.fragment(block_at(0, Block::Kind::text), text);
  }
  void calls_v1(const Object& root) {
    Array calls;
    if (called_v1_ || !array_in(root, "tool_calls", calls)) return;
    for (const Element element : calls) {
      Object call;
      Element parameters;
      if (element.get(call) != simdjson::SUCCESS) continue;
      called_v1_ = true;
      const std::uint32_t block = out_.open(Block::Kind::tool_call);
      out_.identify(block, "", text_in(call, "name"));
      if (call.at_key("parameters").get(parameters) == simdjson::SUCCESS)
        out_.fragment(block, std::string(simdjson::minify(parameters)));
    }
  }
  void end_v1(std::string_view word) {
    if (word.empty()) return;
    complete_ = true;
    out_.finish(word);
  }
  void body_v1(const Object& root) {
    out_.start(text_in(root, "generation_id"), "");
    if (out_.blocks() == 0) text_v1(text_in(root, "text"));
    calls_v1(root);
    Object meta;
    Object tokens;
    if (object_in(root, "meta", meta) && object_in(meta, "tokens", tokens)) {
      read_usage(tokens, out_.usage_so_far());
      out_.usage();
    }
    end_v1(text_in(root, "finish_reason"));
    static constexpr std::string_view known[] = {"text", "tool_calls", "generation_id", "finish_reason",
                                                 "chat_history"};
    extras_v1(root, known);
  }
  // Lists that came in pieces stand whole in the last line.
  template <std::size_t N>
  void extras_v1(const Object& root, const std::string_view (&known)[N]) {
    for (const auto field : root)
      if (!field.value.is_null() &&
          std::find(std::begin(known), std::end(known), field.key) == std::end(known))
        out_.extra(field.key == "citations" ? "message." : "", field.key, field.value);
  }

  std::vector<Open> open_;
  std::int64_t plan_ = -1;
  bool called_v1_ = false;
};

}  // namespace

std::unique_ptr<Interpreter> make_cohere(Emitter& out) {
  return std::make_unique<Cohere>(out);
}

}  // namespace assay::stream::decoding
