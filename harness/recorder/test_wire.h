// For tests: what a response looks like on the wire, told without the code that is tested.
#pragma once

#include <string>
#include <vector>

#include "harness/base/exchange.h"

namespace assay {

inline bool bodiless(const Response& response) {
  return response.status == 204 || response.status == 304;
}

// Its headers with the framing headers that serialize() adds where they are missing.
inline Headers headers_on_the_wire(const Response& response) {
  Headers headers = response.headers;
  if (bodiless(response)) return headers;
  if (response.framing == BodyFraming::content_length && find_header(headers, "Content-Length") == nullptr)
    headers.push_back({"Content-Length", std::to_string(body_bytes(response).size())});
  if (response.framing == BodyFraming::chunked && find_header(headers, "Transfer-Encoding") == nullptr)
    headers.push_back({"Transfer-Encoding", "chunked"});
  return headers;
}

// The bytes of its chunks; an empty one is not sent.
inline std::vector<std::string> pieces(const Response& response) {
  std::vector<std::string> out;
  for (const Chunk& chunk : response.body)
    if (!chunk.bytes.empty()) out.push_back(chunk.bytes);
  return out;
}

}  // namespace assay
