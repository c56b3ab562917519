// What the tests of faults are applied to: an ordinary streamed chat answer of three deltas, and others.
#pragma once

#include "harness/base/exchange.h"

namespace assay::wire {

inline Response streamed_chat() {
  Response r;
  r.headers = {{"Content-Type", "text/event-stream"}};
  r.framing = BodyFraming::chunked;
  const auto delta = [](const char* text) {
    return "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"" + std::string(text) + "\"}}]}\n\n";
  };
  r.body = {{delta("Hi"), Micros(1000)},
            {delta("\u00e9\U0001F30D"), Micros(2000)},
            {delta("!"), Micros(3000)},
            {"data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n", Micros(4000)},
            {"data: [DONE]\n\n", Micros(4000)}};
  return r;
}

// Small enough to be read in a table.
inline Response short_stream() {
  Response r;
  r.headers = {{"Content-Type", "text/event-stream"}};
  r.framing = BodyFraming::chunked;
  r.body = {{"data: {\"a\":1}\n\n", Micros(0)}, {"data: é\n\n", Micros(0)}, {"data: [DONE]\n\n", Micros(0)}};
  return r;
}

}  // namespace assay::wire
