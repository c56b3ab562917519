// What every fake here has in common: settings in a struct S with `static Result<S> read(const json&, const
// WorldState&)` that set() re-reads, the world's shared state, and the order `respond` of a rule.
#pragma once

#include <memory>
#include <utility>

#include "fakes/common/answers.h"
#include "fakes/common/order.h"
#include "fakes/common/settings.h"
#include "fakes/world_state.h"
#include "harness/world/fake.h"

namespace assay::fakes {

// Token lifetimes are whole seconds.
inline std::int64_t whole_seconds(Micros d) {
  return std::chrono::duration_cast<std::chrono::seconds>(d).count();
}

template <typename S>
class ConfiguredFake : public Fake {
 public:
  Actions on_body(const Call& call) final {
    if (call.rule != nullptr && call.rule->contains("respond"))
      return respond(read_respond(call.rule->at("respond"), wall()).value());
    return answer(call);
  }

  Result<void> check_order(const nlohmann::json& order) const final {
    SettingsReader in(order);
    if (in.has("respond")) {
      if (auto response = read_respond(in.any("respond"), wall()); !response)
        return fail("respond: " + response.error().message);
    }
    (void)in.any("respond");
    read_order(in);
    return in.finish();
  }

  Result<void> set(std::string_view name, const nlohmann::json& value) override {
    auto changed = with_setting(config_.settings, name, value);
    auto read = S::read(changed, *state_);
    if (!read) return tl::unexpected(read.error());
    config_.settings = std::move(changed);
    settings_ = std::move(*read);
    return {};
  }

 protected:
  ConfiguredFake(FakeConfig config, S settings, std::shared_ptr<WorldState> state)
      : config_(std::move(config)), settings_(std::move(settings)), state_(std::move(state)) {}

  // What on_body does when no rule orders an answer.
  virtual Actions answer(const Call& call) = 0;
  // Reads the orders that this fake knows besides `respond`, as settings are read.
  virtual void read_order(SettingsReader&) const {}

  std::int64_t wall() const { return config_.clock->wall_seconds(); }

  FakeConfig config_;
  S settings_;
  std::shared_ptr<WorldState> state_;
};

// Reads the settings of a fake F and makes it.
template <typename F, typename S>
Result<std::unique_ptr<Fake>> make_configured(FakeConfig config, std::shared_ptr<WorldState> state) {
  auto settings = S::read(config.settings, *state);
  if (!settings) return tl::unexpected(settings.error());
  return std::unique_ptr<Fake>(
      std::make_unique<F>(std::move(config), std::move(*settings), std::move(state)));
}

}  // namespace assay::fakes
