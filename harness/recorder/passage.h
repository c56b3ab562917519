// One client's connection through the recorder: passes bytes on as they come, and watches them go by.
//
// Thread-safety: run() blocks the thread that calls it; the cancel token may be used from any.
#pragma once

#include <chrono>
#include <functional>
#include <string>

#include "harness/fixture/fixture.h"
#include "harness/http/client.h"
#include "harness/http/socket.h"

namespace assay {

struct PassageOptions {
  http::Url upstream;
  http::ClientOptions connection;
};

// Called when a request's head was read: the place of its exchange in the recording.
using Reserve = std::function<std::size_t()>;
// Called when the response has ended, or was cut off.
using Keep = std::function<void(std::size_t place, RecordedExchange exchange)>;

// Serves the client until either side closes or `cancel`.
void pass_through(UniqueFd client, const PassageOptions& options, const http::CancelToken& cancel,
                  const Reserve& reserve, const Keep& keep);

}  // namespace assay
