#include "conformance/reference/discovery.h"

#include <fmt/format.h>
#include <openssl/sha.h>

#include <algorithm>
#include <charconv>
#include <set>

#include "conformance/reference/credentials.h"
#include "conformance/reference/errors.h"
#include "conformance/reference/http.h"
#include "harness/base/text.h"
#include "harness/base/untrusted_json.h"

namespace assay::reference {

using nlohmann::json;

std::string base_url(const std::string& typed, const std::string& base_path) {
  std::string url = typed;
  const auto strip = [&] {
    while (url.ends_with('/')) url.pop_back();
  };
  strip();
  for (const std::string_view endpoint :
       {"/chat/completions", "/completions", "/responses", "/messages", "/models"})
    if (url.ends_with(endpoint)) {
      url.resize(url.size() - endpoint.size());
      strip();
      break;
    }
  const std::size_t scheme = url.find("://");
  const std::size_t last = url.rfind('/');
  if (scheme != std::string::npos && last > scheme + 2) {
    const std::string_view segment = std::string_view(url).substr(last + 1);
    if (segment.size() >= 2 && segment[0] == 'v' && segment[1] >= '0' && segment[1] <= '9') return url;
  }
  return url + base_path;
}

namespace {

std::optional<std::int64_t> positive(const json& entry, std::initializer_list<const char*> keys) {
  for (const char* key : keys) {
    const auto found = entry.find(key);
    if (found == entry.end()) continue;
    std::int64_t value = 0;
    if (found->is_number()) {
      value = found->get<std::int64_t>();
    } else if (found->is_string()) {
      const auto text = found->get<std::string>();
      std::from_chars(text.data(), text.data() + text.size(), value);
    }
    if (value > 0) return value;
  }
  return {};
}

std::string kind_of_model(const std::string& id, const json& entry) {
  const auto type = entry.find("type");
  if (type != entry.end() && type->is_string() && *type != "model") return type->get<std::string>();
  const std::string lower = to_lower(id);
  for (const auto& [word, kind] : {std::pair{"embed", "embedding"},
                                   {"tts", "speech"},
                                   {"whisper", "speech"},
                                   {"dall-e", "image"},
                                   {"rerank", "rerank"},
                                   {"moderation", "moderation"}})
    if (lower.find(word) != std::string::npos) return kind;
  return {};
}

// {id, ...}, or null for an entry that cannot be chosen.
json read_entry(const json& entry) {
  if (!entry.is_object()) return nullptr;
  std::string id;
  for (const char* key : {"id", "name", "model"})
    if (const auto found = entry.find(key); id.empty() && found != entry.end() && found->is_string())
      id = found->get<std::string>();
  if (id.starts_with("models/")) id.erase(0, 7);  // Gemini names the resource
  if (id.empty()) return nullptr;
  if (const auto methods = entry.find("supportedGenerationMethods");
      methods != entry.end() && methods->is_array())
    if (std::find(methods->begin(), methods->end(), "generateContent") == methods->end()) return nullptr;
  json model = {{"id", id}};
  if (const auto window =
          positive(entry, {"context_window", "context_length", "max_model_len", "inputTokenLimit"}))
    model["context_window"] = *window;
  if (const std::string kind = kind_of_model(id, entry); !kind.empty()) model["kind"] = kind;
  return model;
}

}  // namespace

Outcome<std::vector<json>> read_models(const json& body) {
  const json* list = nullptr;
  if (body.is_array()) {
    list = &body;
  } else if (body.is_object()) {
    if (const auto error = body.find("error");
        error != body.end() && !error->is_null() && !body.contains("data"))
      return tl::unexpected(error_object(body, 200, {}));
    for (const char* key : {"data", "models"})
      if (const auto found = body.find(key); list == nullptr && found != body.end()) list = &*found;
  }
  if (list == nullptr || !(list->is_array() || list->is_null()))
    return failure(Category::protocol,
                   "unexpected form of the model list: neither \"data\" nor \"models\" is a list");
  std::vector<json> models;
  for (const json& entry : *list)
    if (json model = read_entry(entry); !model.is_null()) models.push_back(std::move(model));
  return models;
}

std::string next_page(const json& body, const std::vector<std::string>& seen) {
  if (!body.is_object()) return {};
  std::string query;
  const auto text = [&](const char* key) { return text_at(body, key); };
  if (const std::string token = text("nextPageToken"); !token.empty()) {
    query = "pageToken=" + percent_encode(token);
  } else if (body.value("has_more", json(false)) == json(true)) {
    std::string last = text("last_id");
    const auto data = body.find("data");
    if (last.empty() && data != body.end() && data->is_array() && !data->empty() && data->back().is_object())
      last = data->back().value("id", "");
    // OpenAI's lists say `object: list` and go on `after` an id; Anthropic's go on with `after_id`.
    const char* cursor = text("object") == "list" ? "after=" : "after_id=";
    if (!last.empty()) query = cursor + percent_encode(last);
  }
  // A page that leads to itself would be asked for ever (model-discovery.pagination-same-token-loop).
  return std::find(seen.begin(), seen.end(), query) == seen.end() ? query : std::string();
}

namespace {

std::string cache_path(const Call& call) {
  return call.context.home + "/models.json";
}

// Of one provider at one place for one key (model-discovery.cache-not-keyed); the key itself is not in it.
std::string cache_key(const Call& call, const std::string& base, const json& credential) {
  const std::string secret = secret_of(credential);
  unsigned char digest[SHA256_DIGEST_LENGTH];
  SHA256(reinterpret_cast<const unsigned char*>(secret.data()), secret.size(), digest);
  const std::string who = base64url(std::string_view(reinterpret_cast<const char*>(digest), 9));
  return call.context.provider.id + ' ' + base + ' ' + who;
}

json read_cache(const Call& call) {
  const auto bytes = read_file(cache_path(call));
  json cache = bytes ? parse_untrusted(*bytes) : json::object();
  return cache.is_object() ? cache : json::object();
}

void remember(const Call& call, const std::string& key, const json& entry) {
  const auto lock = call.parts->lock(call.context.home, call.deadline.sooner(Millis(1000)), call.cancel);
  if (!lock) return;  // a cache that cannot be written is only slow
  json cache = read_cache(call);
  cache[key] = entry;
  [[maybe_unused]] const auto written = call.parts->write_file(cache_path(call), cache.dump() + '\n');
}

struct Fetched {
  std::vector<json> models;
  std::optional<Failure> failed;  // with models: the pages before it
};

Fetched fetch_all(const Call& call, const std::string& url, const json& credential) {
  Fetched all;
  std::set<std::string> ids;
  std::vector<std::string> seen = {""};
  std::string query;
  Call bounded = call;
  bounded.deadline = call.deadline.sooner(Millis(10000));  // model-discovery.slow-endpoint-blocks-startup
  for (int page = 0; page < call.context.provider.models_max_pages; ++page) {
    ApiCall api;
    api.stage = "models";
    api.any_json = true;
    api.secrets = secrets_of(credential);
    api.request.url = query.empty() ? url : url + '?' + query;
    api.request.headers =
        call.parts->auth_headers(call.context, credential, call.context.provider.default_api);
    api.request.headers.push_back({"Accept", "application/json"});
    const auto body = call_api(bounded, api);
    if (!body) {
      all.failed = body.error();
      return all;
    }
    auto models = call.parts->read_models(*body);
    if (!models) {
      all.failed = models.error();
      all.failed->message = sanitize(all.failed->message, api.secrets);
      all.failed->stage = "models";
      return all;
    }
    for (json& model : *models)
      if (ids.insert(model.at("id").get<std::string>()).second) all.models.push_back(std::move(model));
    query = call.parts->next_page(*body, seen);
    if (query.empty()) return all;
    seen.push_back(query);
  }
  return all;
}

json finished(const Call& call, std::string_view source, std::vector<json> models, json warnings,
              const std::optional<Failure>& failed) {
  json ids = json::array();
  for (json& model : models) {
    ids.push_back(model.at("id"));
    model["provider"] = call.context.provider.id;
  }
  json result = {{"source", source},
                 {"ids", std::move(ids)},
                 {"models", std::move(models)},
                 {"warnings", std::move(warnings)}};
  if (failed) result["error"] = to_json(*failed);
  return result;
}

}  // namespace

Outcome<json> discover(const Call& call, bool refresh) {
  const Provider& provider = call.context.provider;
  json credential;  // a store that cannot be read does not hide what is listed without a key
  if (auto found = current_credential(call)) credential = *found;
  const std::string base = call.parts->base_url(call.context.url("inference"), provider.api_base_path);
  const std::string key = cache_key(call, base, credential);
  const json cached = read_cache(call).value(key, json::object());
  const std::int64_t now = wall_now();
  const std::int64_t age = now - cached.value("at", std::int64_t{0});
  const bool has_list = cached.contains("models");
  if (!refresh && has_list && age >= 0 && age < provider.models_ttl.count())
    return finished(call, "cache", cached.at("models").get<std::vector<json>>(), json::array(), {});

  Fetched fetched;
  const std::int64_t since_failure = now - cached.value("failed_at", std::int64_t{0});
  if (!refresh && since_failure >= 0 && since_failure < provider.models_cooldown.count())
    fetched.failed = Failure{
        Category::server_error, 0, "discovery failed a moment ago and is not repeated yet", {}, {}, "models"};
  else
    fetched = fetch_all(call, base + provider.models_path, credential);
  if (fetched.failed && fetched.failed->category == Category::cancelled)
    return tl::unexpected(*fetched.failed);

  if (!fetched.failed) {
    remember(call, key, {{"at", now}, {"models", fetched.models}});
    json warnings = json::array();
    if (fetched.models.empty()) warnings.push_back("the provider lists no models");
    return finished(call, "live", std::move(fetched.models), std::move(warnings), {});
  }
  json kept = cached;
  kept["failed_at"] = since_failure >= 0 && since_failure < provider.models_cooldown.count() && !refresh
                          ? cached.at("failed_at")
                          : json(now);
  remember(call, key, kept);
  if (!fetched.models.empty())
    return finished(call, "live", std::move(fetched.models),
                    {"the list is not complete: a later page failed"}, fetched.failed);
  if (has_list)
    return finished(call, "cache", cached.at("models").get<std::vector<json>>(), {"the list is an old one"},
                    fetched.failed);
  std::vector<json> seeds;
  for (const std::string& seed : provider.seeds) seeds.push_back({{"id", seed}});
  return finished(call, "seeds", std::move(seeds), {"discovery failed: the built-in models are offered"},
                  fetched.failed);
}

}  // namespace assay::reference
