#include <algorithm>

#include "harness/wire/faults/body.h"
#include "harness/wire/faults/catalogue.h"

namespace assay::wire::faults {
namespace {
using nlohmann::ordered_json;

struct ErrorText {
  int status;
  std::string message;
  std::string type;
  std::string code;
};

struct ErrorShape {
  std::string_view name;
  std::string (*body)(const ErrorText&);
};

std::string text_of(const ordered_json& value) {
  return value.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
}

ordered_json google_error(const ErrorText& e) {
  return {
      {"error",
       {{"code", e.status}, {"message", e.message}, {"status", e.code}, {"details", ordered_json::array()}}}};
}

const std::vector<ErrorShape>& error_shapes() {
  static const std::vector<ErrorShape> shapes{
      {"openai",
       [](const ErrorText& e) {
         return text_of(
             {{"error", {{"message", e.message}, {"type", e.type}, {"param", nullptr}, {"code", e.code}}}});
       }},
      {"anthropic",
       [](const ErrorText& e) {
         return text_of({{"type", "error"},
                         {"error", {{"type", e.type}, {"message", e.message}}},
                         {"request_id", "req_0000000000000000"}});
       }},
      {"gemini", [](const ErrorText& e) { return text_of(google_error(e)); }},
      {"gemini-array", [](const ErrorText& e) { return text_of(ordered_json::array({google_error(e)})); }},
      {"xai",
       [](const ErrorText& e) {
         return text_of({{"code", e.code}, {"error", e.message}});
       }},
      {"mistral",
       [](const ErrorText& e) {
         return text_of({{"object", "error"},
                         {"message", e.message},
                         {"type", e.type},
                         {"param", nullptr},
                         {"code", e.code},
                         {"raw_status_code", e.status}});
       }},
      {"mistral-401",
       [](const ErrorText& e) {
         return text_of({{"detail", e.message}});
       }},
      {"cohere",
       [](const ErrorText& e) {
         return text_of({{"id", "00000000"}, {"message", e.message}});
       }},
      {"bedrock",
       [](const ErrorText& e) {
         return text_of({{"message", e.message}});
       }},
      {"openrouter",
       [](const ErrorText& e) {
         return text_of({{"error",
                          {{"code", e.status},
                           {"message", e.message},
                           {"metadata", {{"provider_name", "upstream"}, {"raw", e.message}}}}},
                         {"user_id", "user_0"}});
       }},
      {"string",
       [](const ErrorText& e) {
         return text_of({{"error", e.message}});
       }},
      {"null-error",
       [](const ErrorText& e) {
         return text_of({{"error", nullptr}, {"message", e.message}});
       }},
      {"detail-text",
       [](const ErrorText& e) {
         return text_of({{"detail", e.message}});
       }},
      {"detail-list",
       [](const ErrorText& e) {
         const ordered_json item{{"loc", {"body", "model"}}, {"msg", e.message}, {"type", e.type}};
         return text_of({{"detail", ordered_json::array({item})}});
       }},
      {"detail-object",
       [](const ErrorText& e) {
         return text_of({{"detail", {{"code", e.code}, {"message", e.message}}}});
       }},
      {"message",
       [](const ErrorText& e) {
         return text_of({{"message", e.message}});
       }},
      {"string-code",
       [](const ErrorText& e) {
         return text_of({{"error", {{"message", e.message}, {"code", std::to_string(e.status)}}}});
       }},
      {"nested-json",
       [](const ErrorText& e) {
         const ordered_json inner{{"error", {{"code", e.status}, {"message", e.message}}}};
         return text_of(
             {{"error", {{"message", inner.dump(1, ' ', false, ordered_json::error_handler_t::replace)}}}});
       }},
      {"empty-object", [](const ErrorText&) { return std::string("{}"); }},
      {"array", [](const ErrorText& e) { return text_of(ordered_json::array({e.message})); }},
      {"number", [](const ErrorText& e) { return std::to_string(e.status); }},
      {"not-json", [](const ErrorText& e) { return "{\"error\": " + e.message; }},
  };
  return shapes;
}

Result<Response> apply_error_body(Response response, const nlohmann::json& params, FaultContext&) {
  std::vector<std::string_view> names;
  for (const ErrorShape& shape : error_shapes()) names.push_back(shape.name);
  Params p(params, "shape");
  const auto wanted = p.one_of("shape", names).value_or("openai");
  ErrorText e;
  e.status = static_cast<int>(p.integer("status", 100, 999).value_or(400));
  e.message = p.text("message").value_or("The request was refused");
  e.type = p.text("type").value_or("invalid_request_error");
  e.code = p.text("code").value_or("invalid_request");
  if (auto ok = p.finish(); !ok) return tl::unexpected(ok.error());
  const auto shape = std::find_if(error_shapes().begin(), error_shapes().end(),
                                  [&](const ErrorShape& s) { return s.name == wanted; });
  set_status(response, e.status);
  return replace_body(std::move(response), shape->body(e), "application/json");
}

}  // namespace

Fault error_body() {
  return {.name = "error-body",
          .level = FaultLevel::exchange,
          .description = "Error response in a provider's format, or in an unusual one",
          .parameters =
              "shape: openai | anthropic | gemini | gemini-array | xai | mistral | mistral-401 | cohere | "
              "bedrock | openrouter | string | null-error | detail-text | detail-list | detail-object | "
              "message | string-code | nested-json | empty-object | array | number | not-json (openai); "
              "status: 100-999 (400); message, type, code: TEXT",
          .example = R"({"shape": "anthropic", "status": 529})",
          .on_exchange = apply_error_body};
}

}  // namespace assay::wire::faults
