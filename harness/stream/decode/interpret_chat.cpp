// OpenAI chat.completions and its relatives, streamed and whole.
#include <algorithm>

#include "harness/stream/decode/interpret.h"

namespace assay::stream::decoding {

namespace {

class Chat final : public Interpreter {
 public:
  Chat(Emitter& out, bool stop_reason) : Interpreter(out), stop_reason_(stop_reason) {}

  void on_payload(std::string_view event, const Object& root) override {
    ++event_;
    Element choices;
    bool has_choices = false;
    bool answer = false;
    bool has_error = event == "error";
    Element usage;
    bool has_usage = false;
    std::string_view id;
    std::string_view model;
    unknown_.clear();
    for (const auto field : root) {
      if (is(field.key, "choices")) {
        choices = field.value;
        has_choices = answer = true;
      } else if (is(field.key, "id")) {
        id = as_text(field.value);
        answer = answer || !id.empty();
      } else if (is(field.key, "model")) {
        model = as_text(field.value);
        answer = true;
      } else if (is(field.key, "usage")) {
        usage = field.value;
        has_usage = true;
        answer = true;
      } else if (is(field.key, "error")) {
        has_error = has_error || !field.value.is_null();
      } else if (is(field.key, "x_groq")) {
        groq_usage(field.value);
      } else if (!is(field.key, "object") && !is(field.key, "created") && !is(field.key, "obfuscation") &&
                 !is(field.key, "p") && !field.value.is_null()) {
        unknown_.push_back(field);
      }
    }
    if (has_error || !answer) read_failure(root);
    if (!answer) return;
    out_.start(id, model);
    if (Array list; has_choices && choices.get(list) == simdjson::SUCCESS)
      for (const Element one : list)
        if (Object choice; one.get(choice) == simdjson::SUCCESS) read_choice(choice);
    if (Object counts; has_usage && usage.get(counts) == simdjson::SUCCESS) {
      read_usage(counts, out_.usage_so_far());
      out_.usage();
    }
    if (!has_error)
      for (const auto& field : unknown_) out_.extra("", field.key, field.value);
  }

 private:
  struct Choice {
    int index;
    std::int64_t open;  // the block that the next fragment of the same kind belongs to; -1 = none
    std::int64_t signed_block = -1;  // the last that has a signature
  };
  struct Call {
    int choice;
    std::int64_t index;
    std::uint32_t block;
    std::string id;
    std::string name;
    bool filled;          // some of its arguments came
    std::uint64_t event;  // the last that was about it
  };

  void read_failure(const Object& root) {
    StreamError error;
    if (read_error(root, error)) out_.error(error);
  }
  void groq_usage(const Element& value) {
    Object groq;
    Object usage;
    if (value.get(groq) != simdjson::SUCCESS) return;
    if (object_in(groq, "usage", usage)) {
      read_usage(usage, out_.usage_so_far());
      out_.usage();
    }
    if (StreamError error; !text_in(groq, "error").empty() && read_error(groq, error)) out_.error(error);
  }

  void read_choice(const Object& choice) {
    First place;
    First delta;
    First whole;
    First text;
    bool more = false;
    for (const auto field : choice) {
      if (is(field.key, "delta")) {
        delta.offer(field.value);
      } else if (is(field.key, "index")) {
        place.offer(field.value);
      } else if (is(field.key, "message")) {
        whole.offer(field.value);
      } else if (is(field.key, "text")) {
        text.offer(field.value);
      } else {
        more = more || !field.value.is_null();
      }
    }
    const int index = static_cast<int>(place.number());
    Object message;
    bool streamed = false;
    if (delta.get(message)) {
      streamed = true;
      saw_delta_ = true;
      read_message(index, message);
    }
    // Perplexity repeats the whole message beside each delta.
    if (!streamed && !saw_delta_ && whole.get(message)) read_message(index, message);
    // Together repeats the text of each delta beside it.
    if (!streamed || text_in(message, "content").empty()) append(Block::Kind::text, index, text.text());
    if (more) read_rest(index, choice);
  }

  void read_rest(int index, const Object& choice) {
    for (const auto field : choice) {
      if (is(field.key, "finish_reason") || (stop_reason_ && is(field.key, "stop_reason"))) {
        const std::string_view word = as_text(field.value);
        if (index == 0 && !word.empty()) out_.finish(word);
        if (index != 0 && !word.empty())
          out_.extra("choice." + std::to_string(index) + ".", field.key, field.value);
        if (!word.empty()) complete_ = true;
      } else if (is(field.key, "error") && field.value.is_object()) {
        read_failure(choice);
      } else if (is(field.key, "logprobs") && !field.value.is_null()) {
        out_.extra_part("choice.", field.key, field.value);
      } else if (Object counts; is(field.key, "usage") && field.value.get(counts) == simdjson::SUCCESS) {
        read_usage(counts, out_.usage_so_far());
        out_.usage();
      } else if (!is(field.key, "index") && !is(field.key, "delta") && !is(field.key, "message") &&
                 !is(field.key, "text") && !field.value.is_null()) {
        out_.extra("choice.", field.key, field.value);
      }
    }
  }

  void read_message(int choice, const Object& message) {
    First content;
    First thought;
    First reasoning;
    First spoken;
    First details;
    First refusal;
    First calls;
    First legacy;
    bool more = false;
    for (const auto field : message) {
      if (is(field.key, "content")) {
        content.offer(field.value);
      } else if (is(field.key, "tool_calls")) {
        calls.offer(field.value);
      } else if (is(field.key, "reasoning_content")) {
        thought.offer(field.value);
      } else if (is(field.key, "reasoning")) {
        reasoning.offer(field.value);
      } else if (is(field.key, "reasoning_text")) {  // GitHub Copilot
        spoken.offer(field.value);
      } else if (is(field.key, "reasoning_details")) {
        details.offer(field.value);
      } else if (is(field.key, "refusal")) {
        refusal.offer(field.value);
      } else if (is(field.key, "function_call")) {
        legacy.offer(field.value);
      } else if (!is(field.key, "role")) {
        more = more || !field.value.is_null();
      }
    }
    std::string_view reasons;
    for (const First* one : {&spoken, &reasoning, &thought})
      if (!one->text().empty()) reasons = one->text();
    read_reasoning(choice, reasons, details);
    if (content) read_content(choice, content.value());
    append(Block::Kind::refusal, choice, refusal.text());
    if (Array list; calls.get(list)) {
      std::int64_t place = 0;
      for (const Element call : list) {
        if (Object object; call.get(object) == simdjson::SUCCESS) tool_call(choice, object, place);
        ++place;
      }
    }
    if (Object call; legacy.get(call)) function_call(choice, call);
    if (!more) return;
    static constexpr std::string_view known[] = {"role",          "content",           "reasoning_content",
                                                 "reasoning",     "refusal",           "tool_calls",
                                                 "function_call", "reasoning_details", "reasoning_text"};
    for (const auto field : message)
      if (!field.value.is_null() &&
          std::find(std::begin(known), std::end(known), field.key) == std::end(known))
        out_.extra_part("message.", field.key, field.value);
  }

  // Mistral's magistral: content as a list of {type: text} and {type: thinking}.
  void read_content(int choice, const Element& content) {
    if (content.is_string()) return append(Block::Kind::text, choice, as_text(content));
    Array parts;
    if (content.get(parts) != simdjson::SUCCESS) return;
    for (const Element element : parts) {
      Object part;
      Array thoughts;
      if (element.get(part) != simdjson::SUCCESS) continue;
      const std::string_view type = text_in(part, "type");
      if (type == "thinking" && array_in(part, "thinking", thoughts)) {
        for (const Element thought : thoughts)
          if (Object object; thought.get(object) == simdjson::SUCCESS)
            append(Block::Kind::reasoning, choice, text_in(object, "text"));
        sign(choice, text_in(part, "signature"));
      } else if (type == "thinking") {
        append(Block::Kind::reasoning, choice, text_in(part, "thinking"));
        sign(choice, text_in(part, "signature"));
      } else if (type == "text" || type == "output_text") {
        append(Block::Kind::text, choice, text_in(part, "text"));
      } else {
        const std::uint32_t block = out_.open(Block::Kind::opaque, choice);
        out_.identify(block, "", type);
        out_.fragment(block, std::string(simdjson::minify(element)));
        close(choice);
      }
    }
  }

  void read_reasoning(int choice, std::string_view text, const First& found) {
    append(Block::Kind::reasoning, choice, text);
    Array details;
    if (!found.get(details)) return;
    for (const Element element : details) {
      Object detail;
      if (element.get(detail) != simdjson::SUCCESS) continue;
      if (text.empty()) {
        append(Block::Kind::reasoning, choice, text_in(detail, "text"));
        append(Block::Kind::reasoning, choice, text_in(detail, "summary"));
      }
      sign(choice, text_in(detail, "signature"));
      if (text_in(detail, "type") == "reasoning.encrypted") seal(choice, text_in(detail, "data"));
      // What a client must send back with them; `index` counts them.
      for (const auto field : detail)
        if ((field.key == "id" || field.key == "format") && !field.value.is_null())
          out_.extra("choice.reasoning_details.", field.key, field.value);
    }
  }

  void sign(int choice, std::string_view signature) {
    if (signature.empty()) return;
    Choice& state = state_of(choice);
    if (state.open < 0 || out_.kind(static_cast<std::uint32_t>(state.open)) != Block::Kind::reasoning)
      state.open = out_.open(Block::Kind::reasoning, choice);
    state.signed_block = state.open;
    out_.signature(static_cast<std::uint32_t>(state.open), signature);
  }

  // Reasoning that only the provider can read: beside what has a signature already it is a block of its own.
  void seal(int choice, std::string_view data) {
    if (data.empty()) return;
    Choice& state = state_of(choice);
    if (state.open >= 0 && state.signed_block == state.open) state.open = -1;
    sign(choice, data);
  }

  void append(Block::Kind kind, int choice, std::string_view text) {
    if (text.empty()) return;
    Choice& state = state_of(choice);
    if (state.open < 0 || out_.kind(static_cast<std::uint32_t>(state.open)) != kind)
      state.open = out_.open(kind, choice);
    out_.fragment(static_cast<std::uint32_t>(state.open), text);
  }

  Choice& state_of(int choice) {
    for (Choice& known : choices_)
      if (known.index == choice) return known;
    return choices_.emplace_back(Choice{choice, -1});
  }
  void close(int choice) { state_of(choice).open = -1; }

  // A fragment of a call, or a whole one. Later fragments carry no id, "", null, or the same again; Gemini's
  // OpenAI endpoint numbers every call 0 and Mistral once sent no index.
  void tool_call(int choice, const Object& call, std::int64_t place) {
    const std::string_view id = text_in(call, "id");
    Object function;
    std::string_view name;
    Element arguments;
    bool has_arguments = false;
    bool custom = false;
    if (object_in(call, "function", function)) {
      name = text_in(function, "name");
      has_arguments = function.at_key("arguments").get(arguments) == simdjson::SUCCESS;
    } else if (object_in(call, "custom", function)) {
      name = text_in(function, "name");
      has_arguments = function.at_key("input").get(arguments) == simdjson::SUCCESS;
      custom = true;
    }
    Element index_element;
    const bool numbered =
        call.at_key("index").get(index_element) == simdjson::SUCCESS && index_element.is_int64();
    const std::int64_t index = numbered ? number_in(call, "index", 0) : place;
    Call& known = call_of(choice, index, numbered, id, name);
    out_call(known, id, name, custom);
    if (has_arguments) {
      const std::string_view text = text_or_json(arguments, scratch_);
      known.filled = known.filled || !text.empty();
      if (!text.empty()) out_.fragment(known.block, text);
    }
    Object extra;
    Object google;
    if (object_in(call, "extra_content", extra) && object_in(extra, "google", google))
      if (const std::string_view signature = text_in(google, "thought_signature"); !signature.empty())
        out_.signature(known.block, signature);
  }

  void function_call(int choice, const Object& call) {
    const std::string_view name = text_in(call, "name");
    Call& known = call_of(choice, -1, true, "", name);
    out_call(known, "", name, false);
    if (const std::string_view text = text_in(call, "arguments"); !text.empty())
      out_.fragment(known.block, text);
  }

  Call& call_of(int choice, std::int64_t index, bool numbered, std::string_view id, std::string_view name) {
    const auto found = std::find_if(calls_.rbegin(), calls_.rend(), [&](const Call& call) {
      if (call.choice != choice) return false;
      if (!numbered && !id.empty()) return call.id == id;
      return call.index == index;
    });
    if (found != calls_.rend() && !is_other(*found, id, name)) {
      found->event = event_;
      return *found;
    }
    close(choice);
    const std::uint32_t block = out_.open(Block::Kind::tool_call, choice);
    return calls_.emplace_back(Call{choice, index, block, "", "", false, event_});
  }
  // Whether a named fragment begins another call than the one that has its number: another id tells; where
  // there are no ids, another name once arguments came, or one event that names two.
  bool is_other(const Call& call, std::string_view id, std::string_view name) const {
    if (name.empty()) return false;
    if (!id.empty() && !call.id.empty()) return call.id != id;
    if (call.name.empty()) return false;
    return call.event == event_ || (call.name != name && call.filled);
  }

  // Tells id and name once.
  void out_call(Call& call, std::string_view id, std::string_view name, bool custom) {
    const bool new_id = call.id.empty() && !id.empty();
    const bool new_name = call.name.empty() && !name.empty();
    if (new_id) call.id = id;
    if (new_name) call.name = name;
    if (new_id || new_name)
      out_.identify(call.block, new_id ? id : std::string_view(), new_name ? name : std::string_view(),
                    custom);
  }

  std::vector<simdjson::dom::key_value_pair> unknown_;  // fields of this event that are kept as extras
  std::vector<Choice> choices_;
  std::vector<Call> calls_;
  std::string scratch_;
  std::uint64_t event_ = 0;
  bool saw_delta_ = false;
  bool stop_reason_;
};

}  // namespace

std::unique_ptr<Interpreter> make_chat(Emitter& out, bool stop_reason) {
  return std::make_unique<Chat>(out, stop_reason);
}

}  // namespace assay::stream::decoding
