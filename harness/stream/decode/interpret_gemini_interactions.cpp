// Gemini Interactions (POST /v1beta/interactions), streamed and whole. An interaction is a list of steps: a
// thought, output of the model, a call of a function, a tool that Google runs. A body has them under `steps`;
// a stream tells each by step.start, step.delta and step.stop, named in `event_type`. The form before steps
// (`outputs`, content.start, content.delta, content.stop) is read too.
// https://ai.google.dev/gemini-api/docs/interactions
#include <algorithm>
#include <nlohmann/json.hpp>

#include "harness/base/untrusted_json.h"
#include "harness/stream/decode/interpret.h"

namespace assay::stream::decoding {

namespace {

using Json = nlohmann::ordered_json;

Json json_of(const Object& value) {
  return parse_untrusted<Json>(std::string(simdjson::minify(value)));
}

template <std::size_t N>
bool any_of(const std::string_view (&names)[N], std::string_view name) {
  return std::find(std::begin(names), std::end(names), name) != std::end(names);
}

// A tool's result may come in parts: lists are joined, objects merged, anything else replaced.
void merge_into(Json& into, const Json& part) {
  if (into.is_array() && part.is_array()) {
    into.insert(into.end(), part.begin(), part.end());
  } else if (into.is_object() && part.is_object()) {
    for (const auto& [key, value] : part.items()) merge_into(into[key], value);
  } else {
    into = part;
  }
}

class Interactions final : public Interpreter {
 public:
  using Interpreter::Interpreter;

  void on_payload(std::string_view event, const Object& root) override {
    std::string_view type = text_in(root, "event_type");
    if (type.empty() && event != "message") type = event;
    const std::int64_t index = number_in(root, "index", 0);
    Object inner;
    if (type.ends_with(".delta")) {
      if (object_in(root, "delta", inner)) read_delta(index, inner);
    } else if (type.ends_with(".start") &&
               (object_in(root, "step", inner) || object_in(root, "content", inner))) {
      read_step(index, inner);
    } else if (type.ends_with(".stop")) {
      close(index);
    } else if (object_in(root, "interaction", inner)) {
      read_interaction(inner);
    } else if (type == "interaction.status_update") {
      read_status(text_in(root, "status"));
    } else if (root.at_key("steps").error() == simdjson::SUCCESS ||
               root.at_key("outputs").error() == simdjson::SUCCESS ||
               text_in(root, "object") == "interaction") {
      return read_interaction(root);
    } else {
      return read_failure(root);
    }
    static constexpr std::string_view known[] = {"event_type", "index",          "delta",  "step",
                                                 "content",    "interaction_id", "status", "interaction"};
    extras(root, known, "");
  }

  void on_done() override {
    close_all();
    complete_ = complete_ || !failed_;
  }
  void on_end() override { close_all(); }

 private:
  enum class Kind { thought, output, call, opaque, input };
  struct Step {
    std::int64_t index;
    Kind kind;
    std::int64_t block = -1;  // where text, arguments and signature go; -1 = none yet
    bool filled = false;      // of a call: a delta told arguments
    std::string arguments = {};
    Json whole = {};  // of an opaque step: what it said so far
  };

  template <std::size_t N>
  void extras(const Object& object, const std::string_view (&known)[N], std::string_view prefix) {
    for (const auto field : object)
      if (!field.value.is_null() && !any_of(known, field.key)) out_.extra(prefix, field.key, field.value);
  }

  static Kind kind_of(std::string_view type) {
    if (type == "thought") return Kind::thought;
    if (type == "model_output" || type == "text") return Kind::output;
    if (type == "function_call") return Kind::call;
    // What the client had said, where a body repeats it.
    if (type == "user_input" || type == "function_result") return Kind::input;
    return Kind::opaque;
  }
  Step& step_at(std::int64_t index, Kind kind) {
    for (Step& step : open_)
      if (step.index == index) return step;
    return open_.emplace_back(Step{index, kind});
  }
  std::uint32_t block_of(Step& step, Block::Kind kind) {
    if (step.block < 0 || out_.kind(static_cast<std::uint32_t>(step.block)) != kind)
      step.block = out_.open(kind);
    return static_cast<std::uint32_t>(step.block);
  }
  static Block::Kind text_kind(const Step& step) {
    return step.kind == Kind::thought ? Block::Kind::reasoning : Block::Kind::text;
  }

  // The beginning of a step in a stream, or all of it in a body.
  void read_step(std::int64_t index, const Object& object) {
    Step& step = step_at(index, kind_of(text_in(object, "type")));
    if (step.kind == Kind::input) return;
    if (step.kind == Kind::opaque) return merge_into(step.whole, json_of(object));
    for (const std::string_view key : {"summary", "content"})
      if (Array list; array_in(object, key, list))
        for (const Element element : list)
          if (Object content; element.get(content) == simdjson::SUCCESS) read_content(step, content);
    if (text_in(object, "type") == "text") read_content(step, object);
    if (step.kind == Kind::call) read_call(step, object);
    sign(step, text_in(object, "signature"));
    static constexpr std::string_view known[] = {"type", "summary", "content",   "text",     "annotations",
                                                 "id",   "name",    "arguments", "signature"};
    extras(object, known, "step.");
  }

  // One element of a message or of a thought's summary.
  void read_content(Step& step, const Object& content) {
    const std::string_view type = text_in(content, "type");
    if (type.empty() || type == "text") {
      if (const std::string_view text = text_in(content, "text"); !text.empty())
        out_.fragment(block_of(step, text_kind(step)), text);
      annotate(content);
      return;
    }
    const std::uint32_t block = out_.open(Block::Kind::opaque);
    out_.identify(block, "", type);
    out_.fragment(block, std::string(simdjson::minify(content)));
    step.block = -1;
  }
  void annotate(const Object& object) {
    Element notes;
    if (object.at_key("annotations").get(notes) == simdjson::SUCCESS && notes.is_array())
      out_.extra_part("message.", "annotations", notes);
  }
  void read_call(Step& step, const Object& object) {
    const bool known = step.block >= 0;
    const std::uint32_t block = block_of(step, Block::Kind::tool_call);
    if (!known) out_.identify(block, text_in(object, "id"), text_in(object, "name"));
    Element arguments;
    if (object.at_key("arguments").get(arguments) != simdjson::SUCCESS || arguments.is_null()) return;
    std::string scratch;
    step.arguments = text_or_json(arguments, scratch);
  }
  void sign(Step& step, std::string_view signature) {
    if (signature.empty()) return;
    const bool there = step.block >= 0;
    const std::uint32_t block =
        there ? static_cast<std::uint32_t>(step.block) : block_of(step, text_kind(step));
    if (!there) out_.fragment(block, "");
    out_.signature(block, signature);
  }

  void read_delta(std::int64_t index, const Object& delta) {
    const std::string_view type = text_in(delta, "type");
    const bool thinks = type.starts_with("thought");
    // A stream that was joined late, or that leaves step.start out.
    const Kind usual = thinks                                                 ? Kind::thought
                       : type == "arguments_delta" || type == "function_call" ? Kind::call
                       : type.ends_with("_call") || type.ends_with("_result") ? Kind::opaque
                                                                              : Kind::output;
    Step& step = step_at(index, usual);
    if (step.kind == Kind::input) return;
    if (step.kind == Kind::opaque) return read_opaque_delta(step, delta, type);
    if (type == "thought_summary") {
      if (Object content; object_in(delta, "content", content)) read_content(step, content);
    } else if (type == "thought_signature") {
      sign(step, text_in(delta, "signature"));
    } else if (type == "text_annotation_delta") {
      annotate(delta);
    } else if (type == "function_call") {
      read_call(step, delta);
      sign(step, text_in(delta, "signature"));
    } else if (type == "arguments_delta") {
      if (const std::string_view text = text_in(delta, "arguments"); !text.empty()) {
        step.filled = true;
        out_.fragment(block_of(step, Block::Kind::tool_call), text);
      }
    } else {
      read_content(step, delta);
    }
  }
  void read_opaque_delta(Step& step, const Object& delta, std::string_view type) {
    if (type == "arguments_delta") {
      step.arguments += text_in(delta, "arguments");
    } else if (type == "thought_signature") {
      step.whole["signature"] = std::string(text_in(delta, "signature"));
    } else {
      merge_into(step.whole, json_of(delta));
    }
  }

  void close(std::int64_t index) {
    for (auto step = open_.begin(); step != open_.end(); ++step)
      if (step->index == index) {
        finish(*step);
        open_.erase(step);
        return;
      }
  }
  void close_all() {
    for (Step& step : open_) finish(step);
    open_.clear();
  }
  // What only the end of a step makes whole.
  void finish(Step& step) {
    if (step.kind == Kind::call && !step.filled) {
      out_.fragment(block_of(step, Block::Kind::tool_call), step.arguments.empty() ? "{}" : step.arguments);
    } else if (step.kind == Kind::opaque && !step.whole.is_null()) {
      if (Json arguments = parse_untrusted<Json>(step.arguments); !arguments.is_discarded())
        step.whole["arguments"] = std::move(arguments);
      const std::string type = step.whole.value("type", Json()).is_string() ? step.whole["type"] : Json("");
      const std::uint32_t block = out_.open(Block::Kind::opaque);
      out_.identify(block, "", type);
      out_.fragment(block, step.whole.dump(-1, ' ', false, Json::error_handler_t::replace));
    }
  }

  void read_interaction(const Object& object) {
    out_.start(text_in(object, "id"), text_in(object, "model"));
    for (const std::string_view key : {"steps", "outputs"}) {
      Array steps;
      if (!array_in(object, key, steps) || out_.blocks() != 0) continue;
      std::int64_t index = 0;
      for (const Element element : steps) {
        if (Object step; element.get(step) == simdjson::SUCCESS) read_step(index, step);
        close(index++);
      }
    }
    if (Object usage; object_in(object, "usage", usage)) read_counts(usage);
    if (Object error; object_in(object, "error", error)) read_failure(error);
    read_status(text_in(object, "status"));
    // Most of the rest repeats the request.
    static constexpr std::string_view known[] = {"id",
                                                 "object",
                                                 "model",
                                                 "status",
                                                 "steps",
                                                 "outputs",
                                                 "usage",
                                                 "error",
                                                 "created",
                                                 "updated",
                                                 "input",
                                                 "tools",
                                                 "stream",
                                                 "store",
                                                 "background",
                                                 "role",
                                                 "agent",
                                                 "previous_interaction_id",
                                                 "system_instruction",
                                                 "generation_config",
                                                 "response_format",
                                                 "response_modalities",
                                                 "agent_config"};
    extras(object, known, "");
  }

  void read_counts(const Object& counts) {
    Usage& usage = out_.usage_so_far();
    for (const auto field : counts) {
      std::int64_t number = 0;
      std::optional<std::int64_t>* count = field.key == "total_input_tokens"     ? &usage.input
                                           : field.key == "total_output_tokens"  ? &usage.output
                                           : field.key == "total_tokens"         ? &usage.total
                                           : field.key == "total_cached_tokens"  ? &usage.cache_read
                                           : field.key == "total_thought_tokens" ? &usage.reasoning
                                                                                 : nullptr;
      if (count && field.value.get(number) == simdjson::SUCCESS) {
        *count = number;
      } else if (!field.value.is_null()) {
        set_extra(usage.extras, field.key, simdjson::minify(field.value));
      }
    }
    out_.usage();
  }

  void read_status(std::string_view status) {
    if (status.empty() || status == "in_progress" || status == "queued") return;
    close_all();
    complete_ = true;
    out_.finish(status, status == "requires_action"   ? FinishReason::tool_calls
                        : status == "budget_exceeded" ? FinishReason::length
                                                      : finish_of(status));
  }

  void read_failure(const Object& object) {
    StreamError error;
    if (!read_error(object, error)) return;
    std::erase_if(error.extras,
                  [](const Extra& extra) { return extra.name == "event_type" || extra.name == "event_id"; });
    failed_ = true;
    out_.error(error);
  }

  std::vector<Step> open_;
  bool failed_ = false;
};

}  // namespace

std::unique_ptr<Interpreter> make_gemini_interactions(Emitter& out) {
  return std::make_unique<Interactions>(out);
}

}  // namespace assay::stream::decoding
