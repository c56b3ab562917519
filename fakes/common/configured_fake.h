// A fake whose settings are a struct S with `static Result<S> read(const nlohmann::json&)`; set() re-reads
// them.
#pragma once

#include <memory>
#include <utility>

#include "fakes/common/settings.h"
#include "fakes/world_state.h"
#include "harness/world/fake.h"

namespace assay::fakes {

template <typename S>
class ConfiguredFake : public Fake {
 public:
  Result<void> set(std::string_view name, const nlohmann::json& value) override {
    auto changed = with_setting(config_.settings, name, value);
    auto read = S::read(changed);
    if (!read) return tl::unexpected(read.error());
    config_.settings = std::move(changed);
    settings_ = std::move(*read);
    return {};
  }

 protected:
  ConfiguredFake(FakeConfig config, S settings, std::shared_ptr<WorldState> state)
      : config_(std::move(config)), settings_(std::move(settings)), state_(std::move(state)) {}

  std::int64_t wall() const { return config_.clock->wall_seconds(); }

  FakeConfig config_;
  S settings_;
  std::shared_ptr<WorldState> state_;
};

// Reads the settings of a fake F and makes it.
template <typename F, typename S>
Result<std::unique_ptr<Fake>> make_configured(FakeConfig config, std::shared_ptr<WorldState> state) {
  auto settings = S::read(config.settings);
  if (!settings) return tl::unexpected(settings.error());
  return std::unique_ptr<Fake>(
      std::make_unique<F>(std::move(config), std::move(*settings), std::move(state)));
}

}  // namespace assay::fakes
