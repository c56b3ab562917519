// Check: one promise of an endpoint, the requests that test it, and what their answers must be. Checks are
// data (probe/checks/*.yaml): a check says what is asked in words of no protocol, and the writers of
// probe/ask say it in each.
//
// Values; nothing here is shared.
#pragma once

#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/base/exchange.h"
#include "harness/base/result.h"
#include "harness/stream/turn.h"

namespace assay::probe {

// The protocols that can be asked: those that have a writer.
inline constexpr stream::Protocol kProtocols[] = {
    stream::Protocol::openai_chat, stream::Protocol::openai_responses,
    stream::Protocol::anthropic,   stream::Protocol::gemini,
    stream::Protocol::ollama,      stream::Protocol::cohere,
    stream::Protocol::bedrock,     stream::Protocol::gemini_interactions};

// Ask::reasoning where it has a budget of its own, beside max_tokens: the smallest that Anthropic accepts.
inline constexpr int kThinkingTokens = 1024;

enum class Level { must, should, info };
std::string_view to_string(Level level);

struct Tool {
  std::string name;
  std::string description;
  nlohmann::json parameters;  // JSON Schema
};
struct ToolCall {
  std::string id;
  std::string name;
  nlohmann::json arguments;
};
struct ToolResult {
  std::string id;  // of the call that it answers
  std::string name;
  std::string text;
};
struct Message {
  enum class Kind { user, assistant, results, replay };
  Kind kind = Kind::user;
  std::string text;
  std::vector<ToolCall> calls;      // assistant
  std::vector<ToolResult> results;  // results
  std::string answer;               // replay: the name of the answer that goes back as it came
};

enum class Route { chat, models, model, count_tokens, stored, unknown };
enum class Key { right, wrong, none, empty };

// One request. Strings may hold ${nonce} (random, the same within one play of a check), ${model}, and
// ${A:/pointer}, a value of the JSON that answered the request named A.
struct Ask {
  std::string as;
  Route route = Route::chat;
  std::string stored_id;  // route stored
  std::string method;     // empty = the route's own
  Key key = Key::right;
  std::string model;  // empty = the model under test
  std::string system;
  std::vector<Message> messages;
  bool stream = false;
  bool usage = false;   // token counts of a stream are asked for, where they must be
  int max_tokens = 64;  // 0 = not sent
  int choices = 1;
  std::vector<Tool> tools;
  std::string tool_choice;  // auto, none, required, or the name of a tool; empty = not sent
  std::optional<bool> parallel;
  nlohmann::json schema;   // structured output; null = text
  bool reasoning = false;  // the model is asked to think
  bool store = false;
  nlohmann::json settings = nlohmann::json::object();            // temperature, top_p, stop
  nlohmann::json patch = nlohmann::json::object();               // merged into the body (RFC 7386)
  std::map<std::string, nlohmann::json, std::less<>> patch_for;  // the same, for one protocol
  std::optional<std::string> body;                               // sent instead, as it is
  Headers headers;
  bool together = false;        // sent at the same time as the other requests that say so
  std::size_t leave_after = 0;  // events after which the reader closes the connection; 0 = it stays
};

struct Expectation {
  std::string rule;          // probe/rules/rule.h
  nlohmann::json parameter;  // of the rule
  std::string of;            // the request whose answer is judged
  int line = 0;
};

// Settings of the fake that passes and of the fake that fails, merged over it. Keys of `*_for` are protocols.
struct Proof {
  nlohmann::json right = nlohmann::json::object();
  nlohmann::json wrong;
  std::map<std::string, nlohmann::json, std::less<>> right_for, wrong_for;
};

struct Check {
  std::string id;  // "GROUP/NAME"
  std::string title;
  Level level = Level::must;
  std::string requirement;                                 // one sentence: what the endpoint should do
  std::map<std::string, std::string, std::less<>> source;  // protocol → URL; "" = the others
  std::vector<stream::Protocol> protocols;
  std::vector<std::string> features;
  bool model_decides = false;  // repeated, reported as a rate, never a must
  bool may_refuse = false;     // a 4xx in the protocol's shape is an answer, too: verdict `refused`
  std::vector<Ask> asks;
  std::vector<Expectation> expect;
  Proof proof;
  std::string file;
  int line = 0;

  bool speaks(stream::Protocol protocol) const;
  std::string source_for(stream::Protocol protocol) const;
};

// Every check of DATA/probe/checks/*.yaml, in the order of file names and files. Strict: an unknown key, rule
// or protocol, a must that depends on the model, and a check without proof are errors with file and line.
Result<std::vector<Check>> load_checks(const std::string& data_folder);
Result<std::vector<Check>> parse_checks(std::string_view yaml, const std::string& file);

// Those that speak `protocol` and match one of the globs ("stream/*"; none = all). A glob that matches no
// check at all is an error.
Result<std::vector<Check>> choose_checks(const std::vector<Check>& checks, stream::Protocol protocol,
                                         const std::vector<std::string>& globs);

}  // namespace assay::probe
