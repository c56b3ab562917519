#include "harness/world/plain_request.h"

#include <cstddef>
#include <utility>

#include "harness/fixture/content_coding.h"

namespace assay {

std::shared_ptr<const Request> plain_request(std::shared_ptr<const Request> request) {
  constexpr std::size_t most = 32U << 20U;
  const std::string* coding = find_header(request->headers, "content-encoding");
  if (coding == nullptr || request->body.empty()) return request;
  auto plain = decode_content(*coding, request->body, most);
  if (!plain || *plain == request->body) return request;
  auto out = std::make_shared<Request>(*request);
  out->body = std::move(*plain);
  return out;
}

}  // namespace assay
