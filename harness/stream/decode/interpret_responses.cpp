// OpenAI Responses, streamed and whole.
#include <algorithm>

#include "harness/stream/decode/interpret.h"

namespace assay::stream::decoding {

namespace {

class Responses final : public Interpreter {
 public:
  using Interpreter::Interpreter;

  void on_payload(std::string_view event, const Object& root) override {
    std::string_view type = text_in(root, "type");
    if (type.empty() && event != "message") type = event;
    if (type == "response.output_text.delta") return delta(root, Block::Kind::text, "content_index");
    if (type == "response.refusal.delta") return delta(root, Block::Kind::refusal, "content_index");
    if (type == "response.reasoning_summary_text.delta")
      return delta(root, Block::Kind::reasoning, "summary_index");
    if (type == "response.reasoning_text.delta")
      return delta(root, Block::Kind::reasoning, "content_index", raw_reasoning);
    if (type == "response.function_call_arguments.delta" || type == "response.custom_tool_call_input.delta")
      return arguments(root, text_in(root, "delta"));
    if (type == "response.function_call_arguments.done")
      return whole_arguments(root, text_in(root, "arguments"));
    if (type == "response.custom_tool_call_input.done") return whole_arguments(root, text_in(root, "input"));
    if (type == "response.output_text.done") return whole(root, Block::Kind::text, text_in(root, "text"));
    if (type == "response.refusal.done") return whole(root, Block::Kind::refusal, text_in(root, "refusal"));
    if (type == "response.output_item.added" || type == "response.output_item.done") {
      if (Object item; object_in(root, "item", item)) read_item(item_in(root), item, type.ends_with("done"));
      return;
    }
    if (type == "response.output_text.annotation.added") {
      if (Element annotation; root.at_key("annotation").get(annotation) == simdjson::SUCCESS)
        annotate(root, annotation);
      return;
    }
    if (type == "error" || (type.empty() && root.at_key("error").error() == simdjson::SUCCESS &&
                            root.at_key("output").error() != simdjson::SUCCESS))
      return failure(root);
    if (Object response; object_in(root, "response", response)) return read_response(response, type);
    if (text_in(root, "object") == "response" ||
        (type.empty() && root.at_key("output").error() == simdjson::SUCCESS))
      return read_response(root, "body");
    if (type.empty()) failure(root);
  }

  void on_done() override {}

 private:
  // Reasoning has two lists of parts, `summary` and `content`: those of `content` count from here.
  static constexpr std::int64_t raw_reasoning = std::int64_t{1} << 32;

  struct Part {
    std::int64_t item;
    std::int64_t part;
    Block::Kind kind;
    std::uint32_t block;
    bool filled;
    bool noted = false;   // its annotations were told one by one
    bool called = false;  // of a call: its call_id is known, not only the item's id
    bool named = false;
    bool identified = false;
  };

  std::uint32_t block_for(std::int64_t item, std::int64_t part, Block::Kind kind, std::string_view id = {}) {
    return part_for(item, part, kind, id).block;
  }
  Part& part_for(std::int64_t item, std::int64_t part, Block::Kind kind, std::string_view id = {}) {
    if (Part* known = find(item, part, kind)) return *known;
    // A reasoning item opens before its first part is known: that part then takes its block.
    parts_.push_back(Part{item, part, kind, out_.open(kind), false});
    if (!id.empty()) out_.identify(parts_.back().block, id, "");
    return parts_.back();
  }
  Part* find(std::int64_t item, std::int64_t part, Block::Kind kind) {
    for (auto known = parts_.rbegin(); known != parts_.rend(); ++known)
      if (known->item == item && known->part == part && known->kind == kind) return &*known;
    return nullptr;
  }
  Part* last_of(std::int64_t item) {
    for (auto known = parts_.rbegin(); known != parts_.rend(); ++known)
      if (known->item == item) return &*known;
    return nullptr;
  }

  std::int64_t item_in(const Object& root) const { return base_ + number_in(root, "output_index", 0); }
  // Where the item of this id stands, of the first `count` that told theirs; `otherwise` when none has it.
  std::int64_t item_of(std::string_view id, std::size_t count, std::int64_t otherwise) const {
    for (std::size_t i = 0; i < count; ++i)
      if (!id.empty() && named_[i].id == id) return named_[i].item;
    return otherwise;
  }

  void fill(Part& part, std::string_view text) {
    part.filled = true;
    out_.fragment(part.block, text);
  }
  void delta(const Object& root, Block::Kind kind, std::string_view part_key, std::int64_t first = 0) {
    First text;
    First item;
    First part;
    First id;
    for (const auto field : root) {
      if (is(field.key, "delta")) {
        text.offer(field.value);
      } else if (is(field.key, "output_index")) {
        item.offer(field.value);
      } else if (field.key == part_key) {
        part.offer(field.value);
      } else if (is(field.key, "item_id")) {
        id.offer(field.value);
      }
    }
    if (text.text().empty()) return;
    fill(part_for(base_ + item.number(), first + part.number(), kind,
                  kind == Block::Kind::reasoning ? id.text() : std::string_view()),
         text.text());
  }
  // The whole text of a part that no delta filled.
  void whole(const Object& root, Block::Kind kind, std::string_view text) {
    Part& part = part_for(item_in(root), number_in(root, "content_index", 0), kind);
    if (!part.filled && !text.empty()) fill(part, text);
  }
  void arguments(const Object& root, std::string_view text) {
    if (!text.empty()) fill(part_for(item_in(root), 0, Block::Kind::tool_call), text);
  }
  void whole_arguments(const Object& root, std::string_view text) {
    Part& part = part_for(item_in(root), 0, Block::Kind::tool_call);
    if (!part.filled && !text.empty()) fill(part, text);
  }

  void read_item(std::int64_t index, const Object& item, bool done) {
    const std::string_view type = text_in(item, "type");
    if (const std::string_view id = text_in(item, "id"); !id.empty() && item_of(id, named_.size(), -1) < 0)
      named_.push_back({std::string(id), index});
    if (type == "message") {
      read_parts(index, item, "content");
      if (Element phase; done && item.at_key("phase").get(phase) == simdjson::SUCCESS && !phase.is_null())
        out_.extra_item("message.", "phase", phase);
    } else if (type == "function_call" || type == "custom_tool_call") {
      read_call(index, item, done);
    } else if (type == "reasoning") {
      read_reasoning(index, item, done);
    } else if (done && !type.empty() && !last_of(index)) {
      const Part& part = part_for(index, 0, Block::Kind::opaque);
      out_.identify(part.block, "", type);
      out_.fragment(part.block, std::string(simdjson::minify(item)));
    }
  }
  void read_parts(std::int64_t index, const Object& item, std::string_view key) {
    Array content;
    if (!array_in(item, key, content)) return;
    std::int64_t place = 0;
    for (const Element element : content) {
      if (Object object; element.get(object) == simdjson::SUCCESS) {
        const std::string_view type = text_in(object, "type");
        const bool refusal = type == "refusal";
        const std::string_view text = text_in(object, refusal ? "refusal" : "text");
        if (type == "output_text" || type == "text" || refusal) {
          Part& part = part_for(index, place, refusal ? Block::Kind::refusal : Block::Kind::text);
          if (!part.filled && !text.empty()) fill(part, text);
          if (Array notes; array_in(object, "annotations", notes) && !part.noted)
            for (const Element note : notes) out_.extra_item("message.", "annotations", note);
          part.noted = true;
        }
      }
      ++place;
    }
  }
  void annotate(const Object& root, const Element& annotation) {
    part_for(item_in(root), number_in(root, "content_index", 0), Block::Kind::text).noted = true;
    out_.extra_item("message.", "annotations", annotation);
  }
  // Id and name are told once they are known; the item's own id serves while there is no call_id.
  void read_call(std::int64_t index, const Object& item, bool done) {
    Part& part = part_for(index, 0, Block::Kind::tool_call);
    std::string_view id = part.called ? std::string_view() : text_in(item, "call_id");
    part.called = part.called || !id.empty();
    if (id.empty() && !part.identified) id = text_in(item, "id");
    const std::string_view name = part.named ? std::string_view() : text_in(item, "name");
    part.named = part.named || !name.empty();
    part.identified = part.identified || !id.empty();
    if (!id.empty() || !name.empty())
      out_.identify(part.block, id, name, text_in(item, "type") == "custom_tool_call");
    std::string_view text = text_in(item, "arguments");
    if (text.empty()) text = text_in(item, "input");
    if (done && !part.filled && !text.empty()) fill(part, text);
  }
  void read_reasoning(std::int64_t index, const Object& item, bool done) {
    const std::string_view id = text_in(item, "id");
    for (const std::string_view key : {"summary", "content"}) {
      Array list;
      if (!array_in(item, key, list)) continue;
      std::int64_t place = key == "content" ? raw_reasoning : 0;
      for (const Element element : list) {
        if (Object object; element.get(object) == simdjson::SUCCESS) {
          const std::string_view text = text_in(object, "text");
          if (!text.empty()) {
            Part& part = part_for(index, place, Block::Kind::reasoning, id);
            if (!part.filled) fill(part, text);
          }
        }
        ++place;
      }
    }
    if (!done) return;
    const std::string_view secret = text_in(item, "encrypted_content");
    if (!last_of(index)) {
      if (id.empty() && secret.empty()) return;
      const std::uint32_t block = block_for(index, 0, Block::Kind::reasoning, id);
      out_.fragment(block, "");
    }
    if (!secret.empty()) out_.signature(last_of(index)->block, secret);
  }

  void failure(const Object& root) {
    StreamError error;
    if (!read_error(root, error)) return;
    // {type: "error", code, message, param}: `type` is the event's, not the error's.
    if (error.type == "error") error.type.clear();
    std::erase_if(error.extras, [](const Extra& extra) { return extra.name == "sequence_number"; });
    failed_ = true;
    out_.error(error);
  }

  void read_response(const Object& response, std::string_view type) {
    // Another response in the same stream counts its items from 0 again.
    constexpr std::int64_t most_items = std::int64_t{1} << 20;
    const std::string_view id = text_in(response, "id");
    if (type == "response.created" && !id.empty() && !response_.empty() && id != response_) {
      base_ += most_items;
      failed_ = false;
    }
    if (!id.empty()) response_ = id;
    out_.start(id, text_in(response, "model"));
    const std::string_view status = text_in(response, "status");
    const bool over = type == "body" || type == "response.completed" || type == "response.incomplete" ||
                      type == "response.failed" || type == "response.done" || type == "response.cancelled";
    if (!over) return;
    if (Array output; array_in(response, "output", output)) {
      std::int64_t place = base_;
      // What deltas told already is known by its id, or its place; bodies and silent relays tell it only
      // here.
      const bool silent = type == "body" || out_.blocks() == 0;
      const std::size_t told = named_.size();
      for (const Element element : output) {
        if (Object item; element.get(item) == simdjson::SUCCESS) {
          const std::int64_t known = silent ? place : item_of(text_in(item, "id"), told, place);
          if (silent || place_is_new(known)) read_item(known, item, true);
        }
        ++place;
      }
    }
    if (Object usage; object_in(response, "usage", usage)) {
      read_usage(usage, out_.usage_so_far());
      out_.usage();
    }
    if (Object inner; object_in(response, "error", inner) && !failed_) {
      StreamError error;
      if (read_error(response, error)) out_.error(error);
    }
    read_status(response, status);
    read_extras(response);
  }
  bool place_is_new(std::int64_t place) const {
    return std::none_of(parts_.begin(), parts_.end(), [&](const Part& part) { return part.item == place; });
  }

  void read_status(const Object& response, std::string_view status) {
    if (status.empty() || status == "in_progress" || status == "queued") return;
    complete_ = true;
    Object details;
    std::string_view word = status;
    if (status == "incomplete" && object_in(response, "incomplete_details", details))
      if (const std::string_view reason = text_in(details, "reason"); !reason.empty()) word = reason;
    FinishReason reason = finish_of(word);
    if (status == "completed") {
      for (const Part& part : parts_)
        if (part.kind == Block::Kind::tool_call) reason = FinishReason::tool_calls;
    }
    out_.finish(word, reason);
  }

  // Most of a response object repeats the request; what is left is the provider's own.
  void read_extras(const Object& response) {
    static constexpr std::string_view known[] = {"id",
                                                 "object",
                                                 "created_at",
                                                 "completed_at",
                                                 "status",
                                                 "error",
                                                 "model",
                                                 "output",
                                                 "incomplete_details",
                                                 "usage",
                                                 "background",
                                                 "instructions",
                                                 "temperature",
                                                 "tool_choice",
                                                 "max_output_tokens",
                                                 "tools",
                                                 "reasoning",
                                                 "max_tool_calls",
                                                 "top_p",
                                                 "truncation",
                                                 "parallel_tool_calls",
                                                 "text",
                                                 "store",
                                                 "previous_response_id",
                                                 "user",
                                                 "metadata",
                                                 "top_logprobs",
                                                 "output_text",
                                                 "include",
                                                 "presence_penalty",
                                                 "frequency_penalty",
                                                 "prompt_cache_key",
                                                 "prompt_cache_retention",
                                                 "safety_identifier"};
    for (const auto field : response)
      if (!field.value.is_null() &&
          std::find(std::begin(known), std::end(known), field.key) == std::end(known))
        out_.extra("", field.key, field.value);
  }

  struct Named {
    std::string id;
    std::int64_t item;
  };
  std::vector<Part> parts_;
  std::vector<Named> named_;  // items that told their ids
  std::string response_;      // the id of the response that is being read
  std::int64_t base_ = 0;     // where its items begin to count
  bool failed_ = false;
};

}  // namespace

std::unique_ptr<Interpreter> make_responses(Emitter& out) {
  return std::make_unique<Responses>(out);
}

}  // namespace assay::stream::decoding
