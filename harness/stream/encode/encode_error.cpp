// The shapes of error bodies.
#include "harness/base/exchange.h"
#include "harness/stream/encode/encode_parts.h"

namespace assay::stream::encoding {

namespace {

Json or_null(const std::string& text) {
  return text.empty() ? Json(nullptr) : Json(text);
}

// Some providers send their code as a number.
Json number_or_text(const std::string& code, int status) {
  if (code.empty()) return status == 0 ? Json(nullptr) : Json(status);
  const bool digits = code.size() < 10 && code.find_first_not_of("0123456789") == std::string::npos;
  return digits ? Json(std::stol(code)) : Json(code);
}

}  // namespace

Json error_body(const StreamError& error, int status, ErrorShape shape) {
  switch (shape) {
    case ErrorShape::openai:
    case ErrorShape::groq: {
      Json inner = {
          {"message", error.message}, {"type", or_null(error.type)}, {"param", or_null(error.param)}};
      inner["code"] = or_null(error.code);
      if (shape == ErrorShape::groq && status != 0) inner["status_code"] = status;
      put_extras(inner, error.extras);
      return {{"error", inner}};
    }
    case ErrorShape::openrouter: {
      Json inner = {{"message", error.message}, {"code", number_or_text(error.code, status)}};
      put_extras(inner, error.extras);
      Json body = {{"error", inner}};
      // Whose request it was stands beside the error.
      if (const auto user = inner.find("user_id"); user != inner.end()) {
        body["user_id"] = *user;
        body["error"].erase("user_id");
      }
      return body;
    }
    case ErrorShape::mistral: {
      if (status == 401) return {{"detail", error.message}};
      Json body = {{"object", "error"}, {"message", error.message}, {"type", or_null(error.type)}};
      body["param"] = or_null(error.param);
      body["code"] = or_null(error.code);
      if (status != 0) body["raw_status_code"] = status;
      put_extras(body, error.extras);
      return body;
    }
    case ErrorShape::xai: {
      Json body = {{"code", error.code.empty() ? error.type : error.code}, {"error", error.message}};
      put_extras(body, error.extras);
      return body;
    }
    case ErrorShape::text:
      return {{"error", error.message}};
    case ErrorShape::anthropic: {
      Json inner = {{"type", error.type.empty() ? "api_error" : error.type}, {"message", error.message}};
      Json body = {{"type", "error"}, {"error", inner}};
      put_extras(body, error.extras);
      return body;
    }
    case ErrorShape::gemini: {
      Json inner = {{"code", number_or_text(error.code, status)}, {"message", error.message}};
      if (!error.type.empty()) inner["status"] = error.type;
      put_extras(inner, error.extras);
      return {{"error", inner}};
    }
    case ErrorShape::cohere:
    case ErrorShape::bedrock: {
      Json body = {{"message", error.message}};
      put_extras(body, error.extras);
      return body;
    }
  }
  return {};
}

}  // namespace assay::stream::encoding
