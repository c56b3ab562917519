// The list of models in each protocol's shape, whole or in pages. Pure.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace assay::fakes {

// One model as a case gives it: a name, or a map that is sent as it is ({id: x, context_length: null}).
using ModelEntry = nlohmann::json;

struct Paging {
  std::size_t size = 0;          // 0 = everything at once, unless the request asks for less
  std::string cursor = "right";  // right, null (has_more without a cursor), same (the first page for ever)
};

// The name that an entry is asked for by; empty when it has none.
std::string model_id(const ModelEntry& entry);

// Whose list it is.
enum class ListShape { openai, anthropic, gemini, ollama, mistral, cohere };
std::optional<ListShape> list_shape_named(std::string_view name);  // "openai"; none = there is no such shape

// The body for GET models. `target` holds the paging parameters: after_id and limit (Anthropic), pageToken
// and pageSize (Gemini), page_token (Cohere), after and limit (OpenAI shape).
nlohmann::json model_list(const std::vector<ModelEntry>& models, ListShape shape, const Paging& paging,
                          std::string_view target);
// The body for GET of one model.
nlohmann::json model_details(const ModelEntry& entry, ListShape shape);

}  // namespace assay::fakes
