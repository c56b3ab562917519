#include "fakes/inference-api/inference_api.h"

#include <fmt/format.h>

#include "fakes/common/answers.h"
#include "fakes/common/configured_fake.h"
#include "fakes/common/jwt.h"
#include "fakes/inference-api/worldrouter_models.h"

namespace assay::fakes {
namespace {

struct Settings {
  std::vector<std::string> models;
  std::string database;
  std::vector<std::string> keys;

  static Result<Settings> read(const nlohmann::json& value) {
    SettingsReader in(value);
    Settings s;
    s.models = in.texts("models", worldrouter_models());
    s.database = in.choice("database", "production", {"production", "preview"});
    s.keys = in.texts("keys", {});
    if (auto done = in.finish(); !done) return tl::unexpected(done.error());
    return s;
  }
};

class InferenceApi final : public ConfiguredFake<Settings> {
 public:
  InferenceApi(FakeConfig config, Settings settings, std::shared_ptr<WorldState> state)
      : ConfiguredFake(std::move(config), std::move(settings), std::move(state)) {}

  Actions answer(const Call& call) override {
    const auto& request = *call.request;
    if (request.method == "GET" && target_path(request.target) == "/v1/models") {
      nlohmann::json data = nlohmann::json::array();
      for (const auto& id : settings_.models)
        data.push_back(
            {{"id", id}, {"object", "model"}, {"created", 1700000000}, {"owned_by", "worldrouter"}});
      return respond(json_response(200, {{"object", "list"}, {"data", data}}));
    }
    return {Unclaimed{}};
  }
};

}  // namespace

Result<std::unique_ptr<Fake>> make_inference_api(FakeConfig config, std::shared_ptr<WorldState> state) {
  return make_configured<InferenceApi, Settings>(std::move(config), std::move(state));
}

}  // namespace assay::fakes
