// URLs as a browser resolves them, and where it connects for them.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/browser/html.h"
#include "harness/browser/plan.h"
#include "harness/http/client.h"

namespace assay::browser {

// An absolute URL with its fragment kept apart (it is never sent).
struct Location {
  http::Url url;
  std::string fragment;
  std::string text() const;  // with the fragment
};

Result<Location> parse_location(std::string_view text);
// RFC 3986 section 5, for what pages write: absolute, //host, /path, ?query, #fragment and relative paths.
Result<Location> resolve(const Location& base, std::string_view reference);

// The parameters of a query or fragment, decoded.
std::vector<Field> parameters_of(std::string_view query);
// The query of a target, without '?'.
std::string_view query_of(std::string_view target);

// The addresses that are tried for a host, in order; empty = its name is not known.
std::vector<std::string> addresses_for(const std::string& host, Address address);

bool is_loopback(std::string_view host);

}  // namespace assay::browser
