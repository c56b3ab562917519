#include "harness/stream/encode/random_turn.h"

#include <algorithm>
#include <array>

namespace assay::stream {

namespace {

using Kind = Block::Kind;

constexpr std::array<std::string_view, 24> words = {
    "the", " model", " answers", " with",  " tokens",      ", ",       " and", " 42",
    "\n",  "\"",     "\\",       "\t",     " Grüße",       " 日本語",  " 😀",   "👩‍👩‍👧",
    "{\"", "}",      "data: ",   "[DONE]", "\xE2\x80\xA8", "\x01\x1F", "</p>", " \xF0\x90\x8D\x88"};

bool one_in(Random& random, std::uint64_t n) {
  return random.below(n) == 0;
}

std::string random_id(Random& random, std::string_view prefix) {
  std::string id(prefix);
  for (int i = 0; i < 9; ++i) id += "abcdefghjkmnpqrstuvwxyz23456789"[random.below(31)];
  return id;
}

std::string random_arguments(Random& random) {
  std::string text = "{";
  const std::uint64_t fields = random.below(4);
  for (std::uint64_t i = 0; i < fields; ++i) {
    text += (i == 0 ? "\"k" : ",\"k") + std::to_string(i) + "\":";
    if (one_in(random, 3)) {
      text += std::to_string(random.below(100000));
    } else if (one_in(random, 2)) {
      text += "\"Paris, \xE2\x82\xAC " + std::to_string(random.below(100)) + "\\n\"";
    } else {
      text += "[true,null,{\"deep\":\"x\"}]";
    }
  }
  return text + "}";
}

// What one protocol and profile can say.
struct Abilities {
  bool id = true;
  bool model = true;
  bool reasoning = true;
  bool refusal = false;
  bool signature = false;  // of reasoning
  bool call_signature = false;
  bool call_id = true;
  bool custom = false;  // calls of custom tools
  bool redacted = false;
  bool free_order = true;  // blocks of a stream in any order
  bool adjacent = false;   // two blocks of a kind may follow each other
  bool opaque = false;
  bool choices = false;       // several answers
  bool endless = false;       // a whole stream may have no finish reason
  std::string_view extra;     // something said of the message or of its end
  std::string_view others{};  // the finish reason of choice 1, as an extra
};

Abilities abilities_of(Protocol protocol, const Profile& profile) {
  Abilities can;
  switch (protocol) {
    case Protocol::openai_chat:
      can.refusal = true;
      can.reasoning = !profile.whole_message;
      can.signature = profile.reasoning == ReasoningAs::reasoning_details;
      can.call_signature = profile.reasoning == ReasoningAs::extra_signature;
      can.opaque = profile.reasoning == ReasoningAs::thinking_parts;
      can.choices = !profile.call_with_finish;  // it holds calls back, behind those of other choices
      can.endless = profile.end == EndBy::done_marker;
      can.extra = profile.whole_message ? "choice.content_filter_results" : "message.annotations";
      can.others = "choice.1.finish_reason";
      can.custom = profile.name == "openai";
      break;
    case Protocol::openai_responses:
      can.refusal = can.signature = can.adjacent = can.opaque = can.custom = true;
      can.extra = "message.annotations";
      break;
    case Protocol::anthropic:
      can.signature = can.redacted = can.adjacent = can.opaque = can.endless = true;
      can.extra = "message.citations";
      break;
    case Protocol::gemini:
      can.signature = can.call_signature = can.opaque = can.choices = true;
      can.extra = "candidate.groundingMetadata";
      can.others = "candidate.1.finishReason";
      break;
    case Protocol::gemini_interactions:
      can.signature = can.call_signature = can.adjacent = true;
      break;
    case Protocol::ollama:
      can.id = false;
      can.endless = true;
      can.extra = "message.images";
      break;
    case Protocol::cohere:
      can.model = false;
      can.adjacent = can.endless = true;
      can.extra = "message.citations";
      break;
    case Protocol::bedrock:
      can.id = can.model = false;
      can.signature = can.redacted = can.adjacent = can.opaque = can.endless = true;
      can.extra = "message.citations";
      break;
  }
  return can;
}

// A block of the provider's own, as compact JSON.
Block random_opaque(Random& random, Protocol protocol) {
  Block block;
  block.kind = Kind::opaque;
  const std::string id = random_id(random, "x_");
  switch (protocol) {
    case Protocol::openai_responses:
      block.name = "web_search_call";
      block.text = R"({"id":")" + id + R"(","type":"web_search_call","status":"completed"})";
      break;
    case Protocol::gemini:
      block.name = one_in(random, 2) ? "inlineData" : "executableCode";
      block.text = "{\"" + block.name + R"(":{"mimeType":"image/png","data":")" + id + "\"}}";
      break;
    case Protocol::bedrock:
      block.name = "toolResult";
      block.text =
          R"({"toolResult":{"toolUseId":")" + id + R"(","content":[{"text":"é\n"},{"json":{"n":1}}]}})";
      break;
    case Protocol::openai_chat:
      block.name = "reference";
      block.text = R"({"type":"reference","reference_ids":[1,")" + id + "\"]}";
      break;
    default:
      block.name = "server_tool_use";
      block.text =
          R"({"type":"server_tool_use","id":")" + id + R"(","name":"web_search","input":{"query":"x"}})";
  }
  return block;
}

Block random_block(Random& random, Kind kind, const Abilities& can, Protocol protocol) {
  if (kind == Kind::opaque) return random_opaque(random, protocol);
  Block block;
  block.kind = kind;
  if (kind == Kind::tool_call) {
    if (can.call_id) block.id = random_id(random, "call_");
    block.name = one_in(random, 2) ? "get_weather" : "run";
    block.custom = can.custom && one_in(random, 4);
    block.text = block.custom ? random_text(random, 1 + random.below(9)) : random_arguments(random);
    if (can.call_signature && one_in(random, 2)) block.signature = random_id(random, "sig+/");
    return block;
  }
  block.text = random_text(random, 1 + random.below(30));
  if (kind != Kind::reasoning) return block;
  if (protocol == Protocol::openai_responses) block.id = random_id(random, "rs_");
  if (can.signature && one_in(random, 2)) block.signature = random_id(random, "Eqs+/=");
  if (can.redacted && one_in(random, 6)) {
    block.text.clear();
    block.name = "redacted";
    block.signature = random_id(random, "hidden");
  }
  return block;
}

Kind random_kind(Random& random, const Abilities& can) {
  switch (random.below(7)) {
    case 0:
    case 1:
      return can.reasoning ? Kind::reasoning : Kind::text;
    case 2:
    case 3:
      return Kind::tool_call;
    case 4:
      return can.refusal ? Kind::refusal : Kind::text;
    case 5:
      return can.opaque ? Kind::opaque : Kind::text;
    default:
      return Kind::text;
  }
}

bool may_follow(const Turn& turn, Kind kind, int choice) {
  if (kind == Kind::tool_call || kind == Kind::opaque) return true;
  const auto last = std::find_if(turn.blocks.rbegin(), turn.blocks.rend(),
                                 [&](const Block& block) { return block.choice == choice; });
  return last == turn.blocks.rend() || last->kind != kind;
}

void add_blocks(Random& random, Turn& turn, const Abilities& can, Protocol protocol) {
  const std::uint64_t count = random.below(7);
  const bool several = can.choices && one_in(random, 3);
  for (std::uint64_t i = 0; i < count; ++i) {
    const Kind kind = random_kind(random, can);
    const int choice = several && one_in(random, 2) ? 1 : 0;
    if (!can.adjacent && !may_follow(turn, kind, choice)) continue;
    turn.blocks.push_back(random_block(random, kind, can, protocol));
    turn.blocks.back().choice = choice;
  }
}

// What is said of the message, of its text, or of its end.
void add_extras(Random& random, Turn& turn, const Abilities& can) {
  if (one_in(random, 3)) set_extra(turn.extras, "zz_extra", R"({"a":[1,2.5,"x"],"b":null})");
  const auto of_choice = [](int choice, std::optional<Kind> kind) {
    return [=](const Block& block) { return block.choice == choice && (!kind || block.kind == *kind); };
  };
  const bool has_text = std::any_of(turn.blocks.begin(), turn.blocks.end(), of_choice(0, Kind::text));
  const bool of_text = can.extra.ends_with("citations") || can.extra.ends_with("annotations");
  if (!can.extra.empty() && one_in(random, 3) && (has_text || !of_text))
    set_extra(turn.extras, can.extra,
              of_text || can.extra.starts_with("message.")
                  ? R"([{"at":[0,1],"type":"a"},{"type":"b","é":null}])"
                  : R"({"q":["x"],"n":1})");
  if (!can.others.empty() && std::any_of(turn.blocks.begin(), turn.blocks.end(), of_choice(1, {})))
    set_extra(turn.extras, can.others, '"' + turn.finish_raw + '"');
}

// It was cut off, or all came but a reason.
void leave_out_finish(Random& random, Turn& turn, const Abilities& can, Protocol protocol, bool streamed) {
  turn.complete = streamed && can.endless && one_in(random, 2);
  turn.finish = FinishReason::none;
  turn.finish_raw.clear();
  turn.usage.reset();
  turn.extras.clear();
  if (streamed && !turn.complete && turn.blocks.empty() &&
      (protocol == Protocol::gemini || protocol == Protocol::ollama)) {
    turn.id.clear();
    turn.model.clear();
  }
}

// Whole bodies have one place for each kind, except where content is a list, and one choice after another.
void order_for_body(Turn& turn, Protocol protocol, const Profile& profile) {
  std::stable_sort(turn.blocks.begin(), turn.blocks.end(),
                   [](const Block& a, const Block& b) { return a.choice < b.choice; });
  if (protocol != Protocol::openai_chat && protocol != Protocol::ollama && protocol != Protocol::cohere)
    return;
  const bool parts = protocol == Protocol::openai_chat && profile.reasoning == ReasoningAs::thinking_parts;
  const auto rank = [&](const Block& block) {
    switch (block.kind) {
      case Kind::reasoning:
        return 0;
      case Kind::text:
      case Kind::opaque:
        return parts ? 0 : 1;
      case Kind::refusal:
        return 2;
      default:
        return 3;
    }
  };
  std::stable_sort(turn.blocks.begin(), turn.blocks.end(), [&](const Block& a, const Block& b) {
    return std::pair(a.choice, rank(a)) < std::pair(b.choice, rank(b));
  });
  const auto last = std::unique(turn.blocks.begin(), turn.blocks.end(), [](const Block& a, const Block& b) {
    return a.choice == b.choice && a.kind == b.kind && a.kind != Kind::tool_call && a.kind != Kind::opaque;
  });
  turn.blocks.erase(last, turn.blocks.end());
}

Usage random_usage(Random& random, Protocol protocol) {
  const auto number = [&] { return static_cast<std::int64_t>(random.below(100000)); };
  Usage usage;
  usage.input = number();
  usage.output = number();
  if (protocol == Protocol::ollama) return usage;
  usage.cache_read = number();
  if (protocol == Protocol::cohere) return usage;
  if (protocol == Protocol::anthropic || protocol == Protocol::bedrock || protocol == Protocol::openai_chat)
    usage.cache_write = number();
  if (protocol == Protocol::anthropic) return usage;
  usage.total = number();
  if (protocol != Protocol::bedrock) usage.reasoning = number();
  return usage;
}

StreamError random_error(Random& random, Protocol protocol, const Profile& profile) {
  StreamError error;
  error.message = random_text(random, 4) + "!";
  const bool google = protocol == Protocol::gemini || protocol == Protocol::gemini_interactions;
  if (protocol == Protocol::anthropic || google || protocol == Protocol::bedrock)
    error.type = protocol == Protocol::bedrock ? "throttlingException" : "overloaded_error";
  if (protocol == Protocol::openai_responses) error.code = "server_error";
  if (google) error.status = 503;
  if (protocol != Protocol::openai_chat) return error;
  switch (profile.error) {
    case ErrorShape::openai:
    case ErrorShape::mistral:
      error.type = "invalid_request_error";
      error.code = "bad";
      break;
    case ErrorShape::groq:
      error.type = "invalid_request_error";
      error.status = 400;
      error.extras = {{"failed_generation", "\"{\""}};
      break;
    case ErrorShape::openrouter:
      error.status = 502;
      error.extras = {{"metadata", "{\"provider_name\":\"X\"}"}};
      break;
    case ErrorShape::xai:
      error.code = "internal";
      break;
    default:
      break;
  }
  return error;
}

FinishReason random_finish(Random& random, const Turn& turn, Protocol protocol) {
  const bool called = std::any_of(turn.blocks.begin(), turn.blocks.end(), [](const Block& block) {
    return block.kind == Kind::tool_call && block.choice == 0;
  });
  const bool derived =
      protocol == Protocol::openai_responses || protocol == Protocol::gemini || protocol == Protocol::ollama;
  if (one_in(random, 5)) return FinishReason::length;
  if (derived) return called ? FinishReason::tool_calls : FinishReason::stop;
  return one_in(random, 3) ? FinishReason::tool_calls : FinishReason::stop;
}

}  // namespace

std::string random_text(Random& random, std::size_t count) {
  std::string text;
  for (std::size_t i = 0; i < count; ++i)
    text += one_in(random, 3) ? words[random.below(words.size())] : words[random.below(8)];
  return text;
}

Turn random_turn(Random& random, Protocol outer, const Profile& profile, bool streamed) {
  // Bedrock's invoke wraps Anthropic's JSON; only its errors are its own.
  const Protocol protocol = profile.invoke ? Protocol::anthropic : outer;
  const Abilities can = abilities_of(protocol, profile);
  Turn turn;
  if (can.id) turn.id = random_id(random, "id-");
  if (can.model) turn.model = random_id(random, "model-");
  add_blocks(random, turn, can, protocol);
  if (!streamed) order_for_body(turn, protocol, profile);
  if (one_in(random, 2)) turn.usage = random_usage(random, protocol);
  turn.complete = true;
  turn.finish = random_finish(random, turn, protocol);
  turn.finish_raw = finish_word(protocol, turn.finish);
  add_extras(random, turn, can);
  if (one_in(random, 8)) {
    leave_out_finish(random, turn, can, protocol, streamed);
    return turn;
  }
  if (streamed && one_in(random, 6)) {
    turn.error = random_error(random, outer, profile);
    turn.complete = false;
    turn.finish = FinishReason::none;
    turn.finish_raw.clear();
    turn.usage.reset();
    turn.extras.clear();
    if (turn.blocks.empty() && (protocol == Protocol::gemini || protocol == Protocol::ollama)) {
      turn.id.clear();
      turn.model.clear();
    }
    // Its stream ends with response.failed all the same.
    if (protocol == Protocol::openai_responses) {
      turn.complete = true;
      turn.finish = FinishReason::error;
      turn.finish_raw = "failed";
    }
  }
  return turn;
}

}  // namespace assay::stream
