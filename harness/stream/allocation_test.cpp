// No allocation for an event in the steady state, and time that grows no faster than the stream.
#include <gmock/gmock.h>

#include <atomic>
#include <cstdlib>
#include <new>

#include "harness/stream/decode.h"
#include "harness/stream/encode.h"

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

// One long text in events of one word, without its end.
std::string long_stream(Protocol protocol, std::size_t words) {
  Turn turn;
  turn.id = "id";
  turn.model = "model";
  Block block;
  for (std::size_t i = 0; i < words; ++i) block.text += i % 7 == 0 ? " \"line\"\n" : " words";
  turn.blocks.push_back(std::move(block));
  return encode_stream(turn, protocol, default_profile(protocol)).bytes();
}

class SteadyState : public ::testing::TestWithParam<Protocol> {};

TEST_P(SteadyState, AllocatesNothing) {
  const std::string bytes = long_stream(GetParam(), 4000);
  for (const bool templates : {true, false}) {
    for (const std::size_t read : {1U, 64U, 1400U, 16384U}) {
      DecodeOptions options;
      options.keep_turn = false;
      options.templates = templates;
      Decoder decoder(GetParam(), options);
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
      if (templates) {
        EXPECT_GT(decoder.recognised(), decoder.events() * 9 / 10);
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Protocols, SteadyState,
                         ::testing::Values(Protocol::openai_chat, Protocol::openai_responses,
                                           Protocol::anthropic),
                         [](const auto& info) {
                           return std::string(info.param == Protocol::openai_chat ? "chat"
                                              : info.param == Protocol::anthropic ? "messages"
                                                                                  : "responses");
                         });

}  // namespace
}  // namespace assay::stream
