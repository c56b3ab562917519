// No allocation for an event in the steady state, and time that grows no faster than the stream.
#include <gmock/gmock.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <new>

#include "harness/stream/decode/decode.h"
#include "harness/stream/encode/encode.h"

namespace {
std::atomic<std::uint64_t> allocations{0};
}

// Counts every allocation of this program.
[[gnu::noinline]] void* operator new(std::size_t size) {
  ++allocations;
  if (void* memory = std::malloc(size == 0 ? 1 : size)) return memory;
  throw std::bad_alloc();
}
// simdjson allocates with this one. Under AddressSanitizer it would not come to the one above.
[[gnu::noinline]] void* operator new(std::size_t size, const std::nothrow_t& /*tag*/) noexcept {
  ++allocations;
  return std::malloc(size == 0 ? 1 : size);
}
[[gnu::noinline]] void operator delete(void* memory) noexcept {
  std::free(memory);
}
[[gnu::noinline]] void operator delete(void* memory, std::size_t /*size*/) noexcept {
  std::free(memory);
}

namespace assay::stream {
namespace {

class Counting final : public DeltaSink {
 public:
  void on(const Delta& delta) override { bytes += delta.text.size(); }
  std::size_t bytes = 0;
};

// One long block in events of one word, without its end.
std::string long_stream(Protocol protocol, Block::Kind kind, std::size_t words) {
  Turn turn;
  turn.id = "id";
  turn.model = "model";
  turn.usage = Usage{11, 22, 33, {}, {}, {}, {}};  // Gemini's events all have it
  Block block;
  block.kind = kind;
  if (kind == Block::Kind::tool_call) {
    block.id = "call_1";
    block.name = "f";
  }
  for (std::size_t i = 0; i < words; ++i) block.text += i % 7 == 0 ? " \"line\"\n" : " words";
  turn.blocks.push_back(std::move(block));
  return encode_stream(turn, protocol, default_profile(protocol)).bytes();
}

struct Stream {
  Protocol protocol;
  Block::Kind kind;
};

class SteadyState : public ::testing::TestWithParam<Stream> {};

TEST_P(SteadyState, AllocatesNothing) {
  const Protocol protocol = GetParam().protocol;
  const std::string bytes = long_stream(protocol, GetParam().kind, 4000);
  const bool has_templates = protocol == Protocol::openai_chat || protocol == Protocol::openai_responses ||
                             protocol == Protocol::anthropic;
  for (const bool templates : {true, false}) {
    for (const std::size_t read : {1U, 64U, 1400U, 16384U}) {
      DecodeOptions options;
      options.keep_turn = false;
      options.templates = templates;
      Decoder decoder(protocol, options);
      Counting sink;
      const std::string_view all = bytes;
      // The first half may size buffers and learn, the second may not allocate.
      std::size_t at = 0;
      for (; at < all.size() / 2; at += read) ASSERT_TRUE(decoder.feed(all.substr(at, read), &sink));
      const std::uint64_t before = allocations;
      const std::uint64_t events = decoder.events();
      // The end of a stream is no steady state: Responses repeats everything in its last events.
      for (; at < all.size() * 8 / 10; at += read) ASSERT_TRUE(decoder.feed(all.substr(at, read), &sink));
      EXPECT_GT(decoder.events(), events + 100);
      EXPECT_EQ(allocations - before, 0U) << "reads of " << read << ", templates " << templates;
      if (templates && has_templates) {
        EXPECT_GT(decoder.recognised(), decoder.events() * 9 / 10);
      }
    }
  }
}

// What comes in fragments: calls are whole in Gemini and Ollama.
std::vector<Stream> streams() {
  std::vector<Stream> all;
  for (const Protocol protocol : {Protocol::openai_chat, Protocol::openai_responses, Protocol::anthropic,
                                  Protocol::gemini, Protocol::ollama, Protocol::cohere, Protocol::bedrock}) {
    all.push_back({protocol, Block::Kind::text});
    all.push_back({protocol, Block::Kind::reasoning});
    if (protocol != Protocol::gemini && protocol != Protocol::ollama)
      all.push_back({protocol, Block::Kind::tool_call});
  }
  return all;
}

INSTANTIATE_TEST_SUITE_P(Protocols, SteadyState, ::testing::ValuesIn(streams()), [](const auto& info) {
  std::string name(protocol_name(info.param.protocol));
  std::replace(name.begin(), name.end(), '-', '_');
  return name + (info.param.kind == Block::Kind::text        ? "_text"
                 : info.param.kind == Block::Kind::reasoning ? "_reasoning"
                                                             : "_calls");
});

}  // namespace
}  // namespace assay::stream
