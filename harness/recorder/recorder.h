// A recording reverse proxy. What passes through is passed on byte for byte and at once, in both directions,
// as are the end of each and resets; only the Host field is replaced by the upstream's own, which it could
// not be reached without. A side that does not read holds back the other one, never more. The recording keeps
// header order and case, the borders of HTTP chunks (without chunking: of reads), times, and trailers.
// Of bodies it keeps 16 MiB each, and 64 MiB of all that are under way.
//
// Thread-safety: the recorder serves each connection on a thread of its own; its methods belong to one
// thread.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "harness/base/result.h"
#include "harness/fixture/fixture.h"
#include "harness/http/client.h"

namespace assay {

// Takes exchanges as they end. Called by one thread of the recorder, one call at a time; what it has not been
// given by finish() it never is.
class Keeper {
 public:
  virtual ~Keeper() = default;
  virtual void keep(std::size_t place, RecordedExchange exchange) = 0;
  virtual void add_lost(std::size_t place, const std::string& phrase) = 0;
  virtual void leave_out(const std::string& what) = 0;
};

struct RecorderOptions {
  http::Url upstream;
  http::ClientOptions connection;  // how the upstream is reached: CA file, deadlines
  std::string host = "127.0.0.1";  // where clients connect to
  std::uint16_t port = 0;          // 0 = the kernel chooses
  // Gets all that finish() and left_out() would give, secrets and all, instead of them. Outlives the
  // recorder.
  Keeper* keeper = nullptr;
  std::chrono::milliseconds patience{5000};  // how long finish() waits for the keeper
};

class Recorder {
 public:
  static Result<std::unique_ptr<Recorder>> start(RecorderOptions options);
  virtual ~Recorder() = default;

  virtual std::uint16_t port() const = 0;
  // Exchanges whose response has ended, so far.
  virtual std::size_t count() const = 0;
  // Ends every connection and gives what was recorded, secrets and all, in the order the requests came. An
  // exchange whose response had not begun is left out; one that was cut off says so in `lost`.
  virtual std::vector<RecordedExchange> finish() = 0;
  // What passed through but cannot be in the recording, one plain phrase each: complete after finish().
  virtual std::vector<std::string> left_out() const = 0;
};

}  // namespace assay
