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

TEST(OtherList, AListInOpenAisFormIsNotAskedOfAClientThatReadsAnother) {
  Case written, made;
  written.world = nlohmann::json::parse(
      R"({"inference": {"rules": [{"path": "models", "respond": {"json": {"data": [{"id": "a"}]}}}]}})");
  made.world = nlohmann::json::parse(R"({"inference": {"models": ["a"]}})");
  const struct {
    const char* list;
    std::vector<std::string> capabilities;
    bool asked;
  } table[] = {
      {"", {"models", "protocol.openai-chat"}, true},
      {"", {"models", "protocol.anthropic"}, true},
      {"", {"models", "protocol.gemini"}, false},
      {"", {"models", "protocol.gemini", "protocol.openai-chat"}, true},
      {"cohere", {"models", "protocol.cohere"}, false},
      {"openai", {"models", "protocol.ollama"}, true},
  };
  for (const auto& row : table) {
    ClientSpec client;
    if (*row.list != '\0') client.fake["list"] = row.list;
    EXPECT_EQ(other_list(written, client, row.capabilities).empty(), row.asked)
        << row.list << " " << row.capabilities.back();
    EXPECT_EQ(other_list(made, client, row.capabilities), "");
  }
}

TEST(SpokenProtocol, ThatOfTheProviderWhereTheClientSpeaksIt) {
  const struct {
    std::vector<std::string> named, spoken;
    const char* asked;
  } table[] = {
      {{}, {"anthropic", "openai-chat"}, "openai-chat"},
      {{}, {"anthropic"}, "anthropic"},
      {{}, {"gemini", "anthropic"}, "gemini"},
      {{"anthropic"}, {"openai-chat", "anthropic"}, "anthropic"},
      {{"anthropic"}, {"openai-chat"}, ""},
      {{}, {}, ""},
  };
  for (const auto& row : table) {
    Case one;
    one.protocols.named = row.named;
    EXPECT_EQ(spoken_protocol(one, row.spoken, "openai-chat"), row.asked);
  }
}

TEST(HelloOf, AnAdapterIsAskedInTheProtocolsOfItsFileAlone) {
  ClientSpec client;
  client.argv = {"/bin/sh", "-c",
                 R"(echo '{"hello":{"client":"c","protocol":[1],"capabilities":)"
                 R"(["chat","protocol.openai-chat","protocol.anthropic"]}}'; read end)"};
  EXPECT_EQ(protocols_of(hello_of(client, testing::TempDir())->capabilities),
            (std::vector<std::string>{"openai-chat", "anthropic"}));
  client.protocols = {"anthropic"};
  const auto hello = hello_of(client, testing::TempDir());
  ASSERT_TRUE(hello) << hello.error().text();
  EXPECT_EQ(hello->capabilities, (std::vector<std::string>{"chat", "protocol.anthropic"}));
}

}  // namespace
}  // namespace assay::conformance
