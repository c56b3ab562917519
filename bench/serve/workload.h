// What every server of the comparison sends: the same bytes for the same path.
#pragma once

#include <string>

namespace assay::bench {

inline constexpr int kEvents = 200;             // of a stream
inline constexpr int kIntervalMicros = 10'000;  // between two events of /paced

// One delta of a chat stream, always of the same length.
inline std::string event() {
  return "data: "
         "{\"id\":\"chatcmpl-0123456789abcdef\",\"object\":\"chat.completion.chunk\",\"created\":1790000000,"
         "\"model\":\"bench\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"twenty characters ok\"},"
         "\"finish_reason\":null}]}\n\n";
}

inline std::string json_body() {
  return "{\"id\":\"chatcmpl-0123456789abcdef\",\"object\":\"chat.completion\",\"created\":1790000000,"
         "\"model\":\"bench\","
         "\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\",\"content\":\"twenty characters "
         "ok\"},"
         "\"finish_reason\":\"stop\"}],\"usage\":{\"prompt_tokens\":1,\"completion_tokens\":4,\"total_"
         "tokens\":5}}";
}

inline std::string head(const std::string& type, std::size_t length) {
  return "HTTP/1.1 200 OK\r\nContent-Type: " + type + "\r\nContent-Length: " + std::to_string(length) +
         "\r\n\r\n";
}

inline std::string json_response() {
  return head("application/json", json_body().size()) + json_body();
}

}  // namespace assay::bench
