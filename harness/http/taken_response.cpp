#include "harness/http/taken_response.h"

#include "harness/base/text.h"

namespace assay::http {

Response taken_response(const Outcome& outcome, bool has_body) {
  const ResponseHead& head = *outcome.head;
  Response response;
  response.status = head.status;
  response.reason = head.reason;
  response.version = head.version;
  response.headers = head.headers;
  response.trailers = outcome.trailers;
  const std::string* coding = find_header(head.headers, "transfer-encoding");
  const bool chunked = coding != nullptr && to_lower(*coding).find("chunked") != std::string::npos;
  response.framing = chunked                                                  ? BodyFraming::chunked
                     : find_header(head.headers, "content-length") != nullptr ? BodyFraming::content_length
                     : has_body                                               ? BodyFraming::close_delimited
                                                                              : BodyFraming::none;
  return response;
}

}  // namespace assay::http
