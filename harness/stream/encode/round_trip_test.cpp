// decode(encode(turn)) == turn, in every protocol and profile, however the bytes are cut.
#include <gmock/gmock.h>

#include "harness/stream/decode/decode.h"
#include "harness/stream/encode/encode.h"
#include "harness/stream/encode/random_turn.h"
#include "harness/stream/print_turn.h"

namespace assay::stream {

namespace {

struct Tongue {
  Protocol protocol;
  Profile profile;
};

std::vector<Tongue> tongues() {
  std::vector<Tongue> all;
  for (const Protocol protocol : all_protocols) all.push_back({protocol, default_profile(protocol)});
  for (const char* name : {"azure", "deepseek", "openrouter", "groq", "mistral", "xai", "cerebras",
                           "perplexity", "together", "llama.cpp", "ollama", "kimi", "gemini-openai"})
    all.push_back({Protocol::openai_chat, profile_from_name(name).value()});
  all.push_back({Protocol::openai_responses, profile_from_name("responses-relay").value()});
  all.push_back({Protocol::gemini, profile_from_name("gemini-array").value()});
  all.push_back({Protocol::bedrock, profile_from_name("bedrock-invoke").value()});
  return all;
}

Turn with_native_finish(Turn turn, const Profile& profile) {
  if (profile.native_finish && !turn.finish_raw.empty() &&
      !find_extra(turn.extras, "choice.native_finish_reason"))
    set_extra(turn.extras, "choice.native_finish_reason", '"' + turn.finish_raw + '"');
  return turn;
}

// What a profile adds to every answer of its own accord.
Turn as_heard(Turn turn, const Profile& profile) {
  if (profile.empty_first_event)
    set_extra(turn.extras, "prompt_filter_results", R"([{"prompt_index":0,"content_filter_results":{}}])");
  return with_native_finish(std::move(turn), profile);
}

Turn decode_cut(Protocol protocol, const std::string& bytes, std::size_t first, std::size_t rest) {
  Decoder decoder(protocol);
  std::string problem;
  const auto feed = [&](std::string_view read) {
    if (Result<void> fed = decoder.feed(read); !fed) problem = fed.error().message;
  };
  feed(std::string_view(bytes).substr(0, first));
  for (std::size_t at = first; at < bytes.size(); at += rest) feed(std::string_view(bytes).substr(at, rest));
  EXPECT_EQ(problem, "");
  return decoder.finish();
}

class RoundTrip : public ::testing::TestWithParam<Tongue> {};

TEST_P(RoundTrip, OfStreamsLosesNothing) {
  const auto& [protocol, profile] = GetParam();
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    Random random(seed);
    const Turn turn = random_turn(random, protocol, profile);
    const EncodedStream stream = encode_stream(turn, protocol, profile, {.piece = random.below(4)});
    const std::string bytes = stream.bytes();
    const Turn heard = decode_cut(protocol, bytes, bytes.size(), 1);
    ASSERT_EQ(heard, as_heard(turn, profile)) << "seed " << seed << "\n" << bytes;
  }
}

TEST_P(RoundTrip, OfBodiesLosesNothing) {
  const auto& [protocol, profile] = GetParam();
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    Random random(seed);
    const Turn turn = random_turn(random, protocol, profile, false);
    const std::string body = encode_body(turn, protocol, profile).body;
    const Result<Turn> heard = decode(protocol, body);
    ASSERT_TRUE(heard) << heard.error().message << body;
    ASSERT_EQ(*heard, with_native_finish(turn, profile)) << "seed " << seed << "\n" << body;
  }
}

TEST_P(RoundTrip, DoesNotDependOnWhereReadsAreCut) {
  const auto& [protocol, profile] = GetParam();
  for (std::uint64_t seed = 1; seed <= 3; ++seed) {
    Random random(seed);
    const Turn turn = random_turn(random, protocol, profile);
    const std::string bytes = encode_stream(turn, protocol, profile).bytes();
    const Turn expected = as_heard(turn, profile);
    // Every byte of a short stream, an odd stride through a long one.
    const std::size_t stride = bytes.size() < 4000 ? 1 : 97;
    for (std::size_t at = 1; at < bytes.size(); at += stride)
      ASSERT_EQ(decode_cut(protocol, bytes, at, bytes.size()), expected) << "cut at " << at << "\n" << bytes;
    for (const std::size_t size : {1U, 2U, 7U, 64U})
      ASSERT_EQ(decode_cut(protocol, bytes, size, size), expected) << "reads of " << size << "\n" << bytes;
  }
}

INSTANTIATE_TEST_SUITE_P(Protocols, RoundTrip, ::testing::ValuesIn(tongues()), [](const auto& info) {
  std::string name = std::string(protocol_name(info.param.protocol)) + "_" + info.param.profile.name;
  std::replace_if(
      name.begin(), name.end(), [](char c) { return c == '-' || c == '.'; }, '_');
  return name;
});

}  // namespace
}  // namespace assay::stream
