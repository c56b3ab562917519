// What came back for a request, as a Response that can be kept, broken and sent again. Pure.
#pragma once

#include "harness/base/exchange.h"
#include "harness/http/client.h"

namespace assay::http {

// Status, headers, trailers and framing of `outcome`, which has a head; the body is the caller's to add.
// Without Transfer-Encoding and Content-Length the framing is close-delimited, or none where there was no
// body (RFC 9112 section 6.3).
Response taken_response(const Outcome& outcome, bool has_body);

}  // namespace assay::http
