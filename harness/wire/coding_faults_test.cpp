// gzip, deflate and br: what was coded decodes to what it was, piece by piece where each is flushed.
#include <brotli/decode.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <zlib.h>

#include "harness/wire/fault.h"
#include "harness/wire/fault_samples.h"

namespace assay::wire {
namespace {

using testing::ElementsAre;

// What zlib makes of `chunks`, one result a chunk. Window bits 47: zlib format or gzip by itself; -15: raw.
std::vector<std::string> inflate_chunks(const std::vector<Chunk>& chunks, int window_bits) {
  z_stream stream{};
  EXPECT_EQ(inflateInit2(&stream, window_bits), Z_OK);
  std::vector<std::string> out;
  int result = Z_OK;
  for (const Chunk& chunk : chunks) {
    std::string in = chunk.bytes;
    std::string buffer(4096, '\0');
    stream.next_in = reinterpret_cast<Bytef*>(in.data());
    stream.avail_in = static_cast<uInt>(in.size());
    stream.next_out = reinterpret_cast<Bytef*>(buffer.data());
    stream.avail_out = static_cast<uInt>(buffer.size());
    result = inflate(&stream, Z_SYNC_FLUSH);
    out.push_back(buffer.substr(0, buffer.size() - stream.avail_out));
  }
  EXPECT_EQ(result, Z_STREAM_END);
  inflateEnd(&stream);
  return out;
}

std::vector<std::string> brotli_chunks(const std::vector<Chunk>& chunks) {
  BrotliDecoderState* state = BrotliDecoderCreateInstance(nullptr, nullptr, nullptr);
  std::vector<std::string> out;
  for (const Chunk& chunk : chunks) {
    const auto* in = reinterpret_cast<const std::uint8_t*>(chunk.bytes.data());
    std::size_t available = chunk.bytes.size();
    std::array<std::uint8_t, 4096> buffer{};
    std::uint8_t* next = buffer.data();
    std::size_t room = buffer.size();
    BrotliDecoderDecompressStream(state, &available, &in, &room, &next, nullptr);
    out.emplace_back(reinterpret_cast<const char*>(buffer.data()), buffer.size() - room);
  }
  EXPECT_EQ(BrotliDecoderIsFinished(state), BROTLI_TRUE);
  BrotliDecoderDestroyInstance(state);
  return out;
}

Response apply(const char* fault, const char* params, Response response = short_stream()) {
  Random random(1);
  FaultContext context{random};
  auto coded = find_fault(fault)->on_exchange(std::move(response), nlohmann::json::parse(params), context);
  EXPECT_TRUE(coded) << coded.error().text();
  return *std::move(coded);
}

const auto kEvents = ElementsAre("data: {\"a\":1}\n\n", "data: é\n\n", "data: [DONE]\n\n");
const auto kBurst = ElementsAre("data: {\"a\":1}\n\ndata: é\n\ndata: [DONE]\n\n");

TEST(CodingFaults, GzipFlushedByEventOrInOneBurst) {
  const Response r = apply("gzip", "null");
  EXPECT_EQ(*find_header(r.headers, "Content-Encoding"), "gzip");
  EXPECT_TRUE(r.body.at(0).bytes.starts_with("\x1f\x8b"));
  EXPECT_THAT(inflate_chunks(r.body, 31), kEvents);
  EXPECT_THAT(inflate_chunks(apply("gzip", R"("burst")").body, 31), kBurst);
}

TEST(CodingFaults, DeflateIsTheZlibFormatUnlessRaw) {
  EXPECT_THAT(inflate_chunks(apply("deflate", "null").body, 15), kEvents);
  EXPECT_THAT(inflate_chunks(apply("deflate", R"({"raw":true})").body, -15), kEvents);
  EXPECT_EQ(*find_header(apply("deflate", "null").headers, "Content-Encoding"), "deflate");
}

TEST(CodingFaults, BrotliFlushedByEventOrInOneBurst) {
  const Response r = apply("br", "null");
  EXPECT_EQ(*find_header(r.headers, "Content-Encoding"), "br");
  EXPECT_THAT(brotli_chunks(r.body), kEvents);
  EXPECT_THAT(brotli_chunks(apply("br", R"({"flush":"burst"})").body), kBurst);
}

TEST(CodingFaults, TheHeaderMayBeLeftOut) {
  EXPECT_EQ(find_header(apply("gzip", R"({"header":false})").headers, "Content-Encoding"), nullptr);
}

TEST(CodingFaults, EventsThatShareAChunkAreFlushedApart) {
  Response r = short_stream();
  r.body = {{body_bytes(r), Micros(7)}};
  const Response coded = apply("gzip", "null", r);
  EXPECT_THAT(inflate_chunks(coded.body, 31), kEvents);
  EXPECT_EQ(coded.body.at(2).at, Micros(7));
}

TEST(CodingFaults, AnExplicitLengthIsThatOfTheCodedBody) {
  Response r = make_response(200, "text/plain", "abcdef");
  r.headers.push_back({"Content-Length", "6"});
  const Response coded = apply("gzip", "null", r);
  EXPECT_EQ(*find_header(coded.headers, "Content-Length"), std::to_string(body_bytes(coded).size()));
}

TEST(CodingFaults, ABodyIsCodedOnce) {
  Random random(1);
  const auto twice = apply_faults(short_stream(), {{"gzip", nullptr}, {"br", nullptr}}, {}, {random});
  ASSERT_FALSE(twice);
  EXPECT_EQ(twice.error().text(), "fault br: the body is coded already (gzip)");
}

}  // namespace
}  // namespace assay::wire
