#include <algorithm>

#include "harness/base/text.h"
#include "harness/wire/faults/body.h"
#include "harness/wire/faults/catalogue.h"

namespace assay::wire::faults {
namespace {
using nlohmann::ordered_json;

struct StreamErrorShape {
  std::string_view name;
  std::string_view event;  // its event field; empty = none
  std::string (*data)(const std::string& message, std::int64_t code);
};

std::string one_line(const ordered_json& value) {
  return value.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
}

const std::vector<StreamErrorShape>& stream_error_shapes() {
  using Text = const std::string&;
  using Code = std::int64_t;
  static const std::vector<StreamErrorShape> shapes{
      {"openai", "",
       [](Text m, Code c) {
         return one_line({{"error", {{"message", m}, {"code", c}}}});
       }},
      {"anthropic", "error",
       [](Text m, Code) {
         return one_line({{"type", "error"},
                          {"error", {{"type", "overloaded_error"}, {"message", m}}},
                          {"request_id", "req_0000000000000000"}});
       }},
      {"responses", "error",
       [](Text m, Code) {
         return one_line({{"type", "error"},
                          {"code", "server_error"},
                          {"message", m},
                          {"param", nullptr},
                          {"sequence_number", 9}});
       }},
      {"responses-failed", "response.failed",
       [](Text m, Code) {
         const ordered_json error{{"code", "server_error"}, {"message", m}};
         return one_line({{"type", "response.failed"},
                          {"response", {{"id", "resp_0"}, {"status", "failed"}, {"error", error}}},
                          {"sequence_number", 9}});
       }},
      {"groq", "error",
       [](Text m, Code c) {
         return one_line({{"error",
                           {{"message", m},
                            {"type", "invalid_request_error"},
                            {"failed_generation", ""},
                            {"status_code", c}}}});
       }},
      {"openrouter", "",
       [](Text m, Code c) {
         const ordered_json choice{{"index", 0}, {"delta", {{"content", ""}}}, {"finish_reason", "error"}};
         return one_line({{"id", "gen-0"},
                          {"object", "chat.completion.chunk"},
                          {"choices", ordered_json::array({choice})},
                          {"error", {{"code", c}, {"message", m}}}});
       }},
      {"choice", "",
       [](Text m, Code c) {
         const ordered_json choice{
             {"index", 0}, {"error", {{"message", m}, {"code", c}}}, {"finish_reason", "error"}};
         return one_line({{"choices", ordered_json::array({choice})}});
       }},
      {"gemini", "",
       [](Text m, Code c) {
         return one_line({{"error", {{"code", c}, {"message", m}, {"status", "UNAVAILABLE"}}}});
       }},
      {"cohere", "message-end",
       [](Text m, Code) {
         return one_line({{"type", "message-end"}, {"delta", {{"error", m}, {"finish_reason", "ERROR"}}}});
       }},
      {"ollama", "",
       [](Text m, Code) {
         return one_line({{"error", m}});
       }},
      {"text", "", [](Text m, Code) { return "error: " + m; }},
      {"named-text", "error", [](Text m, Code) { return m; }},
  };
  return shapes;
}

// The shape in which the provider of this stream says it: by what stands in its first event.
std::string_view shape_of(std::string_view bytes) {
  constexpr std::pair<std::string_view, std::string_view> kSigns[] = {{"\"message_start\"", "anthropic"},
                                                                      {"\"response.created\"", "responses"},
                                                                      {"\"message-start\"", "cohere"},
                                                                      {"\"candidates\"", "gemini"}};
  constexpr std::size_t kLooked = 2000;
  const std::string_view start = bytes.substr(0, kLooked);
  for (const auto& [sign, shape] : kSigns)
    if (start.find(sign) != std::string_view::npos) return shape;
  return "openai";
}

// Lines of JSON (Ollama): the error is a line of its own.
Result<Response> in_lines(Response response, const std::string& line, std::optional<std::int64_t> event,
                          bool goes_on) {
  const auto begins = event_borders(response);
  const auto count = begins.size();
  auto i = event_index(event.value_or(static_cast<std::int64_t>(count / 2)), count, true);
  if (!i) return tl::unexpected(i.error());
  const std::size_t size = body_bytes(response).size();
  const std::size_t at = *i < count ? begins[*i] : size;
  BodyEdits edits;
  edits.replace(at, goes_on ? at : size, line + "\n");
  return edits.apply(std::move(response));
}

Result<Response> apply_in_band_error(Response response, const nlohmann::json& params, FaultContext&) {
  std::vector<std::string_view> names = {"auto"};
  for (const StreamErrorShape& shape : stream_error_shapes()) names.push_back(shape.name);
  Params p(params, "shape");
  std::string wanted(p.one_of("shape", names).value_or("auto"));
  const auto event = p.integer("event");
  const auto message = p.text("message").value_or("upstream overloaded");
  const auto code = p.integer("code").value_or(503);
  const auto then = p.one_of("then", {"end", "done", "continue"}).value_or("end");
  if (auto ok = p.finish(); !ok) return tl::unexpected(ok.error());
  const std::string* type = find_header(response.headers, "Content-Type");
  const bool lines = type != nullptr && to_lower(*type).find("ndjson") != std::string::npos;
  if (wanted == "auto") wanted = lines ? "ollama" : std::string(shape_of(body_bytes(response)));
  if (then == "done" && (wanted == "anthropic" || wanted == "responses" || wanted == "gemini" ||
                         wanted == "cohere" || wanted == "ollama"))
    return fail("then: done: a stream of " + wanted + " has no [DONE]");
  const auto shape = std::find_if(stream_error_shapes().begin(), stream_error_shapes().end(),
                                  [&](const StreamErrorShape& s) { return s.name == wanted; });
  if (lines) return in_lines(std::move(response), shape->data(message, code), event, then == "continue");
  std::string text = shape->event.empty() ? "" : "event: " + std::string(shape->event) + "\n";
  text += "data: " + shape->data(message, code) + "\n\n";
  if (then == "done") text += "data: [DONE]\n\n";
  return edit_sse(std::move(response), [&](const SseBody& body, BodyEdits& edits) -> Result<void> {
    const std::size_t count = body.events.size();
    auto i = event_index(event.value_or(static_cast<std::int64_t>(count / 2)), count, true);
    if (!i) return tl::unexpected(i.error());
    const std::size_t at = body.begin_of(*i);
    edits.replace(at, then == "continue" ? at : body.bytes.size(),
                  body.separator_before(*i) + body.in_its_line_ends(text));
    return {};
  });
}

}  // namespace

Fault in_band_error() {
  return {
      .name = "in-band-error",
      .level = FaultLevel::exchange,
      .description = "Error inside the stream, after status 200 and some events",
      .parameters =
          "shape: auto | openai | anthropic | responses | responses-failed | groq | openrouter | choice | "
          "gemini | cohere | ollama | text | named-text (auto: as the provider of this stream says it); "
          "event: N events before it (half of them); message: "
          "TEXT; code: N (503); then: end | done | continue (end)",
      .example = R"({"shape": "anthropic", "event": 2})",
      .on_exchange = apply_in_band_error};
}

}  // namespace assay::wire::faults
