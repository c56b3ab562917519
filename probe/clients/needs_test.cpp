#include "probe/clients/needs.h"

#include <gmock/gmock.h>

namespace assay::probe {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::UnorderedElementsAre;

Fixture recording(const std::string& target, const std::string& body) {
  Fixture fixture;
  RecordedExchange one;
  one.exchange.request = {"POST", target, "HTTP/1.1", {}, body};
  fixture.exchanges.push_back(one);
  return fixture;
}

TEST(Needs, AreReadFromWhatAClientSends) {
  const auto needs = needs_of(
      "c",
      recording("/v1/chat/completions",
                R"({"stream":true,"stream_options":{"include_usage":true},"tools":[{"type":"function"}],)"
                R"("messages":[{"role":"user"},{"role":"assistant"},{"role":"user"}]})"));
  ASSERT_EQ(needs.size(), 1U);
  EXPECT_EQ(needs.front().protocol, stream::Protocol::openai_chat);
  EXPECT_THAT(needs.front().features, UnorderedElementsAre("stream", "usage", "tools", "turns"));
}

TEST(Needs, AreReadInEveryProtocol) {
  struct Row {
    const char* target;
    const char* body;
    stream::Protocol protocol;
    std::set<std::string> features;
  };
  const Row rows[] = {
      {"/api/chat",
       R"({"think":true,"format":{"type":"object"}})",
       stream::Protocol::ollama,
       {"stream", "reasoning", "structured-output"}},
      {"/api/chat", R"({"stream":false})", stream::Protocol::ollama, {"whole"}},
      {"/v2/chat", R"({"stream":true,"tools":[{}]})", stream::Protocol::cohere, {"stream", "tools"}},
      {"/model/m/converse-stream",
       R"({"toolConfig":{"tools":[{}]}})",
       stream::Protocol::bedrock,
       {"stream", "tools"}},
      {"/model/m/converse", "{}", stream::Protocol::bedrock, {"whole"}}};
  for (const Row& row : rows) {
    const auto needs = needs_of("c", recording(row.target, row.body));
    ASSERT_EQ(needs.size(), 1U) << row.target;
    EXPECT_EQ(needs.front().protocol, row.protocol);
    EXPECT_EQ(needs.front().features, row.features) << row.target;
  }
}

TEST(Needs, OfEveryRecordedClientAreKnown) {
  for (const char* name :
       {"openai-sdk", "anthropic-sdk", "openai-sdk-responses", "pi", "ai-sdk", "genai-sdk"}) {
    const auto needs = find_client_needs(ASSAY_SOURCE_DIR, name);
    ASSERT_TRUE(needs) << needs.error().text();
    EXPECT_TRUE(needs->front().features.contains("stream")) << name;
  }
}

ProbeResult result(Verdict stream_end, Verdict tools) {
  ProbeResult out;
  out.endpoint = "http://e";
  out.protocol = "openai-chat";
  out.model = "m";
  CheckResult end;
  end.id = "stream/end";
  end.verdict = stream_end;
  end.features = {"stream"};
  end.sentence = "Sent it.";
  CheckResult named = end;
  named.id = "tools/named";
  named.features = {"tools"};
  named.verdict = tools;
  out.checks = {end, named};
  return out;
}

TEST(Needs, OnlyWhatAClientUsesStopsIt) {
  const ClientNeeds streams{"c", stream::Protocol::openai_chat, {"stream"}};
  EXPECT_THAT(client_lines(streams, result(Verdict::pass, Verdict::fail)),
              ElementsAre(HasSubstr("will work: all 1 checks")));
  EXPECT_THAT(client_lines(streams, result(Verdict::fail, Verdict::pass)),
              ElementsAre(HasSubstr("stream/end fail: Sent it.")));
  EXPECT_THAT(client_lines(streams, result(Verdict::inconclusive, Verdict::pass)),
              ElementsAre(HasSubstr("not known")));
  const ClientNeeds other{"c", stream::Protocol::gemini, {"stream"}};
  EXPECT_THAT(client_lines(other, result(Verdict::pass, Verdict::pass)), ElementsAre());
}

}  // namespace
}  // namespace assay::probe
