#include "fakes/inference-api/model_list.h"

#include <algorithm>
#include <charconv>

#include "harness/base/exchange.h"

namespace assay::fakes {
namespace {

using nlohmann::json;

std::size_t number_or(const std::optional<std::string>& text, std::size_t otherwise) {
  std::size_t value = 0;
  if (!text || text->empty()) return otherwise;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), value);
  return error == std::errc() && value > 0 ? value : otherwise;
}

struct Page {
  std::size_t begin = 0;
  std::size_t end = 0;
  bool more = false;
};

Page page_of(const std::vector<ModelEntry>& models, const Paging& paging,
             const std::optional<std::string>& after, const std::optional<std::string>& limit) {
  Page page;
  if (after && paging.cursor != "same") {
    const auto at =
        std::find_if(models.begin(), models.end(), [&](const auto& m) { return model_id(m) == *after; });
    page.begin = at == models.end() ? models.size() : static_cast<std::size_t>(at - models.begin()) + 1;
  }
  auto size = paging.size == 0 ? models.size() : paging.size;
  size = std::min(size, number_or(limit, size));
  page.end = std::min(models.size(), page.begin + size);
  page.more = page.end < models.size();
  return page;
}

}  // namespace

std::string model_id(const ModelEntry& entry) {
  if (entry.is_string()) return entry.get<std::string>();
  for (const char* name : {"id", "name", "model"}) {
    if (entry.is_object() && entry.contains(name) && entry[name].is_string())
      return entry[name].get<std::string>();
  }
  return "";
}

std::optional<ListShape> list_shape_named(std::string_view name) {
  constexpr std::pair<std::string_view, ListShape> kNames[] = {
      {"openai", ListShape::openai}, {"anthropic", ListShape::anthropic}, {"gemini", ListShape::gemini},
      {"ollama", ListShape::ollama}, {"mistral", ListShape::mistral},     {"cohere", ListShape::cohere}};
  for (const auto& [known, shape] : kNames)
    if (known == name) return shape;
  return std::nullopt;
}

json model_details(const ModelEntry& entry, ListShape shape) {
  if (!entry.is_string()) return entry;
  switch (shape) {
    case ListShape::anthropic:
      return {
          {"type", "model"}, {"id", entry}, {"display_name", entry}, {"created_at", "2026-01-01T00:00:00Z"}};
    case ListShape::gemini:
      return {{"name", "models/" + entry.get<std::string>()},
              {"displayName", entry},
              {"inputTokenLimit", 131072},
              {"outputTokenLimit", 16384},
              {"supportedGenerationMethods", {"generateContent", "countTokens"}}};
    case ListShape::ollama:
      return {{"name", entry}, {"model", entry}, {"modified_at", "2026-01-01T00:00:00Z"}, {"size", 1000000}};
    case ListShape::mistral:
      return {
          {"id", entry},           {"object", "model"},
          {"created", 1766000000}, {"owned_by", "mistralai"},
          {"type", "base"},        {"capabilities", {{"completion_chat", true}, {"function_calling", true}}}};
    case ListShape::cohere:
      return {{"name", entry}, {"endpoints", {"chat"}}, {"context_length", 131072}};
    case ListShape::openai:
      break;
  }
  return {{"id", entry}, {"object", "model"}, {"created", 1766000000}, {"owned_by", "assay"}};
}

json model_list(const std::vector<ModelEntry>& models, ListShape shape, const Paging& paging,
                std::string_view target) {
  const bool gemini = shape == ListShape::gemini;
  const char* after = gemini                          ? "pageToken"
                      : shape == ListShape::cohere    ? "page_token"
                      : shape == ListShape::anthropic ? "after_id"
                                                      : "after";
  const auto page =
      page_of(models, paging, query_value(target, after), query_value(target, gemini ? "pageSize" : "limit"));
  json data = json::array();
  for (auto i = page.begin; i < page.end; ++i) data.push_back(model_details(models[i], shape));
  const json last =
      page.begin == page.end || paging.cursor == "null" ? json() : json(model_id(models[page.end - 1]));
  if (gemini) {
    json body{{"models", std::move(data)}};
    if (page.more) body["nextPageToken"] = last;
    return body;
  }
  if (shape == ListShape::cohere) {
    json body{{"models", std::move(data)}};
    if (page.more) body["next_page_token"] = last;
    return body;
  }
  if (shape == ListShape::ollama) return {{"models", std::move(data)}};
  json body{{"data", std::move(data)}};
  if (shape != ListShape::anthropic) body["object"] = "list";
  if (shape == ListShape::anthropic || paging.size > 0) {
    const bool known = page.begin != page.end && paging.cursor != "null";
    body["has_more"] = page.more;
    body["first_id"] = known ? json(model_id(models[page.begin])) : json();
    body["last_id"] = last;
  }
  return body;
}

}  // namespace assay::fakes
