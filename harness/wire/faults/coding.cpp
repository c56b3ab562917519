#include "harness/wire/faults/coding.h"

#include <brotli/encode.h>
#include <zlib.h>

#include <new>

#include "harness/wire/faults/body.h"

namespace assay::wire {
namespace {

class ZlibCompressor final : public Compressor {
 public:
  // Window bits as zlib takes them: 15 zlib format, 31 gzip, -15 raw.
  explicit ZlibCompressor(int window_bits) {
    if (deflateInit2(&stream_, Z_DEFAULT_COMPRESSION, Z_DEFLATED, window_bits, 8, Z_DEFAULT_STRATEGY) !=
        Z_OK) {
      throw std::bad_alloc();
    }
  }
  ~ZlibCompressor() override { deflateEnd(&stream_); }
  ZlibCompressor(const ZlibCompressor&) = delete;
  ZlibCompressor& operator=(const ZlibCompressor&) = delete;

  std::string add(std::string_view bytes) override { return run(bytes, Z_NO_FLUSH); }
  std::string flush() override { return run({}, Z_SYNC_FLUSH); }
  std::string finish() override { return run({}, Z_FINISH); }

 private:
  std::string run(std::string_view bytes, int flush) {
    std::string out;
    std::string buffer(std::size_t{16} * 1024, '\0');
    std::string input(bytes);  // zlib's pointer is not const
    stream_.next_in = reinterpret_cast<Bytef*>(input.data());
    stream_.avail_in = static_cast<uInt>(input.size());
    do {
      stream_.next_out = reinterpret_cast<Bytef*>(buffer.data());
      stream_.avail_out = static_cast<uInt>(buffer.size());
      deflate(&stream_, flush);
      out.append(buffer, 0, buffer.size() - stream_.avail_out);
    } while (stream_.avail_out == 0);
    return out;
  }
  z_stream stream_{};
};

class BrotliCompressor final : public Compressor {
 public:
  BrotliCompressor() : state_(BrotliEncoderCreateInstance(nullptr, nullptr, nullptr)) {
    if (state_ == nullptr) throw std::bad_alloc();
    BrotliEncoderSetParameter(state_, BROTLI_PARAM_QUALITY, 5);
  }
  ~BrotliCompressor() override { BrotliEncoderDestroyInstance(state_); }
  BrotliCompressor(const BrotliCompressor&) = delete;
  BrotliCompressor& operator=(const BrotliCompressor&) = delete;

  std::string add(std::string_view bytes) override { return run(bytes, BROTLI_OPERATION_PROCESS); }
  std::string flush() override { return run({}, BROTLI_OPERATION_FLUSH); }
  std::string finish() override { return run({}, BROTLI_OPERATION_FINISH); }

 private:
  std::string run(std::string_view bytes, BrotliEncoderOperation operation) {
    std::string out;
    std::size_t available_in = bytes.size();
    const auto* next_in = reinterpret_cast<const std::uint8_t*>(bytes.data());
    do {
      std::size_t available_out = 0;
      BrotliEncoderCompressStream(state_, operation, &available_in, &next_in, &available_out, nullptr,
                                  nullptr);
      std::size_t size = 0;
      const std::uint8_t* taken = BrotliEncoderTakeOutput(state_, &size);
      out.append(reinterpret_cast<const char*>(taken), size);
    } while (available_in != 0 || BrotliEncoderHasMoreOutput(state_) == BROTLI_TRUE);
    return out;
  }
  BrotliEncoderState* state_;
};

// The body divided as it is to be flushed: its events, or its chunks where it has none.
std::vector<Chunk> flush_pieces(const Response& response) {
  const std::vector<std::size_t> begins = event_borders(response);
  return begins.empty() ? response.body : divide_body(response, begins);
}

}  // namespace

std::unique_ptr<Compressor> make_compressor(Coding coding, bool raw) {
  switch (coding) {
    case Coding::gzip:
      return std::make_unique<ZlibCompressor>(31);
    case Coding::deflate:
      return std::make_unique<ZlibCompressor>(raw ? -15 : 15);
    case Coding::br:
      break;
  }
  return std::make_unique<BrotliCompressor>();
}

Result<Response> apply_coding(Response response, Coding coding, const nlohmann::json& params,
                              FaultContext& context) {
  Params p(params, "flush");
  const bool burst = p.one_of("flush", {"event", "burst"}) == "burst";
  const bool header = p.boolean("header").value_or(true);
  const bool raw = coding == Coding::deflate && p.boolean("raw").value_or(false);
  if (auto ok = p.finish(); !ok) return tl::unexpected(ok.error());
  if (const std::string* old = find_header(response.headers, "Content-Encoding"); old != nullptr) {
    return fail("the body is coded already (" + *old + ")");
  }
  if (response.body.empty()) return fail("the body is empty");
  const auto compressor = make_compressor(coding, raw);
  std::vector<Chunk> coded;
  const std::vector<Chunk> pieces = flush_pieces(response);
  std::string pending;
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    pending += compressor->add(pieces[i].bytes);
    const bool last = i + 1 == pieces.size();
    if (burst && !last) continue;
    pending += last ? compressor->finish() : compressor->flush();
    coded.push_back({std::move(pending), pieces[i].at});
    pending.clear();
  }
  response.body = std::move(coded);
  refit_content_length(response);
  constexpr const char* kNames[] = {"gzip", "deflate", "br"};
  const std::string name = kNames[static_cast<int>(coding)];
  if (header) set_header(response.headers, "Content-Encoding", name);
  if (!header) context.hidden_coding = name;
  return response;
}

}  // namespace assay::wire
