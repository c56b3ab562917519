// Which cases are asked of a client, before anything is played.
#include "conformance/runner/client/applies.h"

#include <gtest/gtest.h>

namespace assay::conformance {
namespace {

TEST(OtherProvider, CasesAboutTheHabitsOfOneAreNotAskedOfAClientForAnother) {
  const struct {
    const char *about, *client;
    bool asked;
  } table[] = {
      {"azure", "openrouter", false}, {"azure", "azure", true},
      {"azure", "openai", true},      {"gemini-openai", "mistral", false},
      {"openai", "mistral", true},    {"", "mistral", true},
      {"deepseek", "", true},
  };
  for (const auto& row : table) {
    Case one;
    one.world = nlohmann::json::object();
    if (*row.about != '\0') one.world["inference"]["profile"] = row.about;
    ClientSpec client;
    if (*row.client != '\0') client.fake["profile"] = row.client;
    EXPECT_EQ(other_provider(one, client).empty(), row.asked) << row.about << " " << row.client;
  }
}

}  // namespace
}  // namespace assay::conformance
