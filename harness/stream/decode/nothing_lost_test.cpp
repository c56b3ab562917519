// What comes in parts, twice, late or under another number is all kept, and costs what it is long: the turn
// as `assay decode` writes it, a place in it, and what must stand there.
#include <gmock/gmock.h>

#include <time.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "harness/stream/decode/decode.h"

namespace assay::stream {
namespace {

using nlohmann::json;

struct Kept {
  const char* what;
  Protocol protocol;
  std::vector<const char*> payloads;  // one: a body
  const char* place;                  // JSON pointer into to_json(turn)
  const char* expected;               // JSON
};

std::string bytes_of(const std::vector<const char*>& payloads) {
  if (payloads.size() == 1) return payloads.front();
  std::string all;
  for (const char* payload : payloads) all += std::string("data: ") + payload + "\n\n";
  return all;
}

std::ostream& operator<<(std::ostream& out, const Kept& kept) {
  return out << kept.what;
}

double thread_seconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

// Two answers in one stream, and an item that the final output has at another place.
constexpr const char* created =
    R"({"type":"response.created","response":{"id":"r1","object":"response","status":"in_progress","output":[]}})";
constexpr const char* created_again =
    R"({"type":"response.created","response":{"id":"r2","object":"response","status":"in_progress","output":[]}})";

class NothingLost : public testing::TestWithParam<Kept> {};

TEST_P(NothingLost, InTheTurn) {
  const Kept& kept = GetParam();
  const Result<Turn> turn = decode(kept.protocol, bytes_of(kept.payloads));
  ASSERT_TRUE(turn) << turn.error().text();
  const json whole = to_json(*turn);
  const json::json_pointer place(kept.place);
  const json expected = json::parse(kept.expected);
  EXPECT_EQ(whole.contains(place) ? whole.at(place) : json(), expected) << whole.dump(1);
}

constexpr Protocol A = Protocol::anthropic;
constexpr Protocol C = Protocol::openai_chat;
constexpr Protocol R = Protocol::openai_responses;
constexpr const char* text_started =
    R"({"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}})";

INSTANTIATE_TEST_SUITE_P(
    Recorded, NothingLost,
    testing::Values(
        Kept{
            "Together: the text of a delta beside it is the same one",
            C,
            {R"({"object":"chat.completion.chunk","choices":[{"index":0,"text":"Sure","delta":{"role":"assistant","content":"Sure"}}]})",
             R"({"object":"chat.completion.chunk","choices":[{"index":0,"text":",","delta":{"content":","},"finish_reason":"stop"}]})"},
            "/content",
            R"([{"text":"Sure,"}])"},
        Kept{"legacy completions have text alone",
             C,
             {R"({"choices":[{"index":0,"text":"Su","finish_reason":null}]})",
              R"({"choices":[{"index":0,"text":"re","finish_reason":"stop"}]})"},
             "/content",
             R"([{"text":"Sure"}])"},
        Kept{"Copilot: reasoning_text is reasoning",
             C,
             {R"({"choices":[{"index":0,"delta":{"content":null,"reasoning_text":"First. "}}]})",
              R"({"choices":[{"index":0,"delta":{"content":null,"reasoning_text":"Second."}}]})",
              R"({"choices":[{"index":0,"delta":{"content":"Hi"},"finish_reason":"stop"}]})"},
             "/content",
             R"([{"reasoning":"First. Second."},{"text":"Hi"}])"},
        Kept{"an unknown text that comes in pieces",
             C,
             {R"({"choices":[{"index":0,"delta":{"musing":"ha"}}]})",
              R"({"choices":[{"index":0,"delta":{"musing":"ha"}}]})",
              R"({"choices":[{"index":0,"delta":{"musing":" no"}}]})",
              R"({"choices":[{"index":0,"delta":{"musing":"ha"},"finish_reason":"stop"}]})"},
             "/extras/message.musing",
             R"("haha noha")"},
        Kept{"an unknown text that is said again with each delta",
             C,
             {R"({"choices":[{"index":0,"delta":{"content":"a","mood":"calm"}}]})",
              R"({"choices":[{"index":0,"delta":{"content":"b","mood":"calm"},"finish_reason":"stop"}]})"},
             "/extras/message.mood",
             R"("calm")"},
        Kept{
            "counts under the names of two providers, one of them not filled in",
            C,
            {R"({"choices":[],"usage":{"prompt_tokens":1010,"completion_tokens":210,"total_tokens":1220,"input_tokens":0,"output_tokens":0}})"},
            "/usage",
            R"({"input":1010,"output":210,"total":1220})"},
        Kept{"a count that falls to 0 in a later event is the last one",
             C,
             {R"({"choices":[],"usage":{"prompt_tokens":3,"completion_tokens":2}})",
              R"({"choices":[],"usage":{"prompt_tokens":3,"completion_tokens":0}})"},
             "/usage",
             R"({"input":3,"output":0})"},
        Kept{
            "an item that the final output has at another place, known by its id",
            R,
            {created,
             R"({"type":"response.output_item.added","output_index":1,"item":{"id":"msg_1","type":"message","content":[]}})",
             R"({"type":"response.output_text.delta","output_index":1,"content_index":0,"item_id":"msg_1","delta":"Hello"})",
             R"({"type":"response.completed","response":{"id":"r1","status":"completed","output":[{"id":"msg_1","type":"message","content":[{"type":"output_text","text":"Hello"}]}]}})"},
            "/content",
            R"([{"text":"Hello"}])"},
        Kept{
            "items of one id in a body are two",
            R,
            {R"({"object":"response","status":"completed","output":[{"id":"m","type":"message","content":[{"type":"output_text","text":"a"}]},{"id":"m","type":"message","content":[{"type":"output_text","text":"b"}]}]})"},
            "/content",
            R"([{"text":"a"},{"text":"b"}])"},
        Kept{
            "a second response in one stream is another one",
            R,
            {created,
             R"({"type":"response.output_item.added","output_index":0,"item":{"id":"fc_1","type":"function_call","call_id":"c1","name":"f","arguments":""}})",
             R"({"type":"response.function_call_arguments.delta","output_index":0,"item_id":"fc_1","delta":"{\"a\":1}"})",
             R"({"type":"response.completed","response":{"id":"r1","status":"completed","output":[{"id":"fc_1","type":"function_call","call_id":"c1","name":"f","arguments":"{\"a\":1}"}]}})",
             created_again,
             R"({"type":"response.output_item.added","output_index":0,"item":{"id":"fc_2","type":"function_call","call_id":"c2","name":"g","arguments":""}})",
             R"({"type":"response.function_call_arguments.delta","output_index":0,"item_id":"fc_2","delta":"{\"b\":2}"})",
             R"({"type":"response.completed","response":{"id":"r2","status":"completed","output":[{"id":"fc_2","type":"function_call","call_id":"c2","name":"g","arguments":"{\"b\":2}"}]}})"},
            "/content",
            R"([{"tool_call":{"id":"c1","name":"f","arguments":"{\"a\":1}"}},{"tool_call":{"id":"c2","name":"g","arguments":"{\"b\":2}"}}])"},
        Kept{
            "the phases of messages",
            R,
            {created,
             R"({"type":"response.output_item.done","output_index":0,"item":{"id":"m1","type":"message","phase":"commentary","content":[{"type":"output_text","text":"a"}]}})",
             R"({"type":"response.output_item.done","output_index":1,"item":{"id":"m2","type":"message","phase":"final_answer","content":[{"type":"output_text","text":"b"}]}})"},
            "/extras/message.phase",
            R"(["commentary","final_answer"])"},
        Kept{
            "what Nova's invoke calls its cache",
            Protocol::bedrock,
            {R"({"output":{"message":{"role":"assistant","content":[{"text":"Hi"}]}},"stopReason":"end_turn","usage":{"inputTokens":1,"outputTokens":2,"cacheReadInputTokenCount":3,"cacheWriteInputTokenCount":4}})"},
            "/usage",
            R"({"cache_read":3,"cache_write":4,"input":1,"output":2})"}));

INSTANTIATE_TEST_SUITE_P(
    Anthropic, NothingLost,
    testing::Values(
        Kept{
            "both citations of a stream",
            A,
            {text_started,
             R"({"type":"content_block_delta","index":0,"delta":{"type":"citations_delta","citation":{"cited_text":"A","n":1}}})",
             R"({"type":"content_block_delta","index":0,"delta":{"type":"citations_delta","citation":{"cited_text":"B"}}})"},
            "/extras/message.citations",
            R"([{"cited_text":"A","n":1},{"cited_text":"B"}])"},
        Kept{
            "both citations of a body",
            A,
            {R"({"type":"message","content":[{"type":"text","text":"x","citations":[{"t":"A"},{"t":"B"}]}],"stop_reason":"end_turn"})"},
            "/extras/message.citations",
            R"([{"t":"A"},{"t":"B"}])"},
        Kept{
            "arguments after a message_start without stop_reason",
            A,
            {R"({"type":"message_start","message":{"id":"m","content":[]}})",
             R"({"type":"content_block_start","index":0,"content_block":{"type":"tool_use","id":"t","name":"f","input":{}}})",
             R"({"type":"content_block_delta","index":0,"delta":{"type":"input_json_delta","partial_json":"{\"a\":1}"}})",
             R"({"type":"content_block_stop","index":0})"},
            "/content/0/tool_call/arguments",
            R"("{\"a\":1}")"},
        Kept{
            "a call without arguments says what its body says",
            A,
            {R"({"type":"content_block_start","index":0,"content_block":{"type":"tool_use","id":"t","name":"f","input":{}}})",
             R"({"type":"content_block_delta","index":0,"delta":{"type":"input_json_delta","partial_json":""}})",
             R"({"type":"content_block_stop","index":0})"},
            "/content/0/tool_call/arguments",
            R"("{}")"},
        Kept{"a message_start without content",
             A,
             {R"({"type":"message_start","message":{"id":"m","model":"c","usage":{"input_tokens":3}}})",
              text_started},
             "/usage/input",
             "3"},
        Kept{
            "a compaction",
            A,
            {R"({"type":"content_block_start","index":0,"content_block":{"type":"compaction","content":null,"encrypted_content":null}})",
             R"({"type":"content_block_delta","index":0,"delta":{"type":"compaction_delta","content":"Sum","encrypted_content":"Ep"}})",
             R"({"type":"content_block_delta","index":0,"delta":{"type":"compaction_delta","content":"med"}})"},
            "/content/0/opaque",
            R"({"type":"compaction","content":"Summed","encrypted_content":"Ep"})"},
        Kept{"a delta whose block never started",
             A,
             {R"({"type":"content_block_delta","index":3,"delta":{"type":"text_delta","text":"Hel"}})",
              R"({"type":"content_block_delta","index":3,"delta":{"type":"text_delta","text":"lo"}})"},
             "/content/0/text",
             R"("Hello")"},
        Kept{
            "the input of a block of the server, and no scratch beside it",
            A,
            {R"({"type":"content_block_start","index":0,"content_block":{"type":"server_tool_use","id":"s","name":"web_search","input":{}}})",
             R"({"type":"content_block_delta","index":0,"delta":{"type":"input_json_delta","partial_json":"{\"q\":"}})",
             R"({"type":"content_block_delta","index":0,"delta":{"type":"input_json_delta","partial_json":"1}"}})"},
            "/content/0",
            R"({"type":"server_tool_use","opaque":{"type":"server_tool_use","id":"s","name":"web_search","input":{"q":1}}})"}));

INSTANTIATE_TEST_SUITE_P(
    Responses, NothingLost,
    testing::Values(
        Kept{
            "summary and raw reasoning of a body",
            R,
            {R"({"object":"response","status":"completed","output":[{"type":"reasoning","id":"r","summary":[{"type":"summary_text","text":"SUM"}],"content":[{"type":"reasoning_text","text":"RAW"}]}]})"},
            "/content",
            R"([{"reasoning":"SUM","id":"r"},{"reasoning":"RAW","id":"r"}])"},
        Kept{
            "summary and raw reasoning of a stream",
            R,
            {R"({"type":"response.reasoning_text.delta","output_index":0,"content_index":0,"item_id":"r","delta":"RAW"})",
             R"({"type":"response.reasoning_summary_text.delta","output_index":0,"summary_index":0,"item_id":"r","delta":"SUM"})"},
            "/content",
            R"([{"reasoning":"RAW","id":"r"},{"reasoning":"SUM","id":"r"}])"},
        Kept{
            "name and id of a call that was never added",
            R,
            {R"({"type":"response.function_call_arguments.delta","output_index":0,"delta":"{}"})",
             R"({"type":"response.output_item.done","output_index":0,"item":{"type":"function_call","id":"fc","call_id":"c1","name":"f","arguments":"{}"}})"},
            "/content/0",
            R"({"tool_call":{"id":"c1","name":"f","arguments":"{}"}})"},
        Kept{
            "name and id that were empty at first",
            R,
            {R"({"type":"response.output_item.added","output_index":0,"item":{"type":"function_call","id":"fc","call_id":"","name":"","arguments":""}})",
             R"({"type":"response.output_item.done","output_index":0,"item":{"type":"function_call","id":"fc","call_id":"c1","name":"f","arguments":"{}"}})"},
            "/content/0",
            R"({"tool_call":{"id":"c1","name":"f","arguments":"{}"}})"},
        Kept{
            "annotations of two messages, told in two ways",
            R,
            {R"({"type":"response.output_text.delta","output_index":0,"content_index":0,"delta":"a"})",
             R"({"type":"response.output_text.annotation.added","output_index":0,"content_index":0,"annotation":{"url":"1"}})",
             R"({"type":"response.output_item.done","output_index":0,"item":{"type":"message","content":[{"type":"output_text","text":"a","annotations":[{"url":"1"}]}]}})",
             R"({"type":"response.output_item.done","output_index":1,"item":{"type":"message","content":[{"type":"output_text","text":"b","annotations":[{"url":"2"},{"url":"3"}]}]}})"},
            "/extras/message.annotations",
            R"([{"url":"1"},{"url":"2"},{"url":"3"}])"},
        Kept{
            "an unknown event is no body",
            R,
            {R"({"type":"response.x","output":[{"type":"message","content":[{"type":"output_text","text":"GHOST"}]}]})",
             R"({"type":"response.output_text.delta","output_index":0,"delta":"a"})"},
            "/content",
            R"([{"text":"a"}])"}));

INSTANTIATE_TEST_SUITE_P(
    Chat, NothingLost,
    testing::Values(
        Kept{
            "two calls of one event with one number and no ids",
            C,
            {R"({"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"id":"","function":{"name":"f","arguments":"{\"a\":1}"}},{"index":0,"id":"","function":{"name":"g","arguments":"{\"b\":2}"}}]}}]})",
             R"({"choices":[]})"},
            "/content",
            R"([{"tool_call":{"name":"f","arguments":"{\"a\":1}"}},{"tool_call":{"name":"g","arguments":"{\"b\":2}"}}])"},
        Kept{
            "two calls of two events without numbers and ids",
            C,
            {R"({"choices":[{"index":0,"delta":{"tool_calls":[{"function":{"name":"f","arguments":"{}"}}]}}]})",
             R"({"choices":[{"index":0,"delta":{"tool_calls":[{"function":{"name":"g","arguments":"{}"}}]}}]})"},
            "/content",
            R"([{"tool_call":{"name":"f","arguments":"{}"}},{"tool_call":{"name":"g","arguments":"{}"}}])"},
        Kept{"audio that comes in fragments",
             C,
             {R"({"choices":[{"index":0,"delta":{"audio":{"id":"a","transcript":"Hel","data":"QU"}}}]})",
              R"({"choices":[{"index":0,"delta":{"audio":{"id":"a","transcript":"lo","data":"JD"}}}]})"},
             "/extras/message.audio",
             R"({"id":"a","transcript":"Hello","data":"QUJD"})"},
        Kept{"how the second answer ended",
             C,
             {R"({"choices":[{"index":0,"delta":{"content":"a"},"finish_reason":"stop"}]})",
              R"({"choices":[{"index":1,"delta":{"content":"b"},"finish_reason":"length"}]})"},
             "/extras/choice.1.finish_reason",
             R"("length")"},
        Kept{
            "usage inside the choice",
            C,
            {R"({"choices":[{"index":0,"delta":{},"finish_reason":"stop","usage":{"prompt_tokens":1,"completion_tokens":2}}]})",
             R"({"choices":[]})"},
            "/usage/output",
            "2"},
        Kept{
            "a signature and sealed reasoning are two things",
            C,
            {R"({"choices":[{"index":0,"delta":{"reasoning_details":[{"type":"reasoning.text","text":"t","signature":"S","format":"x-v1","index":0}]}}]})",
             R"({"choices":[{"index":0,"delta":{"reasoning_details":[{"type":"reasoning.encrypted","data":"E","id":"rs_1","index":1}]}}]})"},
            "/content",
            R"([{"reasoning":"t","signature":"S"},{"reasoning":"","signature":"E"}])"},
        Kept{
            "what must be sent back with reasoning",
            C,
            {R"({"choices":[{"index":0,"delta":{"reasoning_details":[{"type":"reasoning.text","text":"t","format":"x-v1"}]}}]})",
             R"({"choices":[]})"},
            "/extras/choice.reasoning_details.format",
            R"("x-v1")"},
        Kept{"the user beside OpenRouter's error",
             C,
             {R"({"error":{"message":"no","code":401},"user_id":"u"})"},
             "/error",
             R"({"message":"no","status":401,"extras":{"user_id":"u"}})"},
        Kept{"the status beside OpenAI's error",
             C,
             {R"({"error":{"message":"no"},"status":401})"},
             "/error/status",
             "401"},
        Kept{"details in the place of Mistral's message",
             C,
             {R"({"object":"error","message":{"detail":[{"msg":"m"}]},"type":"invalid_request_error"})"},
             "/error",
             R"({"message":"{\"detail\":[{\"msg\":\"m\"}]}","type":"invalid_request_error"})"}));

// The processor's time for `events` of them, the least of three: other programs may be running.
double seconds_for(int events, const std::string& first, const std::string& event) {
  std::string bytes = first;
  for (int i = 0; i < events; ++i) bytes += event;
  double least = 1e9;
  for (int round = 0; round < 3; ++round) {
    Decoder decoder(first.empty() ? Protocol::openai_chat : Protocol::anthropic, {});
    const double start = thread_seconds();
    EXPECT_TRUE(decoder.feed(bytes));
    EXPECT_FALSE(to_json(decoder.finish()).empty());
    least = std::min(least, thread_seconds() - start);
  }
  return least;
}

// Parts are put together once, when the turn is asked for. Ten times as many take ten times as long; work
// that grows with what is there takes a hundred times.
TEST(NothingLost, AndTimeIsLinear) {
  const std::string logprobs =
      R"(data: {"choices":[{"index":0,"delta":{"content":"a"},"logprobs":{"content":[{"token":"a","logprob":-0.5}]}}]})"
      "\n\n";
  EXPECT_LT(seconds_for(20000, "", logprobs), 40 * seconds_for(2000, "", logprobs));
  const std::string block =
      R"(data: {"type":"content_block_start","index":0,"content_block":{"type":"server_tool_use","input":{}}})"
      "\n\n";
  const std::string input =
      R"(data: {"type":"content_block_delta","index":0,"delta":{"type":"input_json_delta","partial_json":"[[[[[["}})"
      "\n\n";
  EXPECT_LT(seconds_for(20000, block, input), 40 * seconds_for(2000, block, input));
}

}  // namespace
}  // namespace assay::stream
