// What the fakes' answers and the reading of requests have in common: routes, forms, credentials, pages.
#pragma once

#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "harness/base/exchange.h"
#include "harness/world/fake.h"

namespace assay::fakes {

// The path's segments that stand at the stars of `pattern` ("/platform/v1/teams/*/keys"), percent-decoded;
// none when the path does not fit. A star matches one segment that is not empty.
std::optional<std::vector<std::string>> match_path(std::string_view pattern, std::string_view target);

// Answers in one piece.
Response json_response(int status, const nlohmann::json& body);
Response html_response(int status, std::string_view title, std::string_view body);  // `body` is HTML
Response empty_response(int status);
Response redirect_response(int status, std::string location);
Response method_not_allowed(std::string_view allow);
Response with_header(Response response, std::string name, std::string value);
// Times in the response are kept, unless `speed` says otherwise (Respond::speed).
Actions respond(Response response, std::optional<double> speed = std::nullopt);

std::string html_escape(std::string_view text);
// `uri` with parameters added to its query (or its fragment), each percent-encoded.
using Parameters = std::vector<std::pair<std::string, std::string>>;
std::string with_query(std::string uri, const Parameters& parameters);
std::string with_fragment(const std::string& uri, const Parameters& parameters);
// The answer that brings `parameters` to a client's redirect URI: by query, by fragment (both a redirect with
// `status`), or by form_post (a page that posts itself).
Response deliver_redirect(std::string_view delivery, int status, const std::string& redirect_uri,
                          const Parameters& parameters);
// scheme://host:port of an absolute URI in lower case; empty when it has none.
std::string origin_of(std::string_view uri);

// What paths within a fake begin with in its pages and redirects: "/w/a" where `origin` (Call::origin) ends
// in that, as it does behind listeners that several worlds share; else empty.
std::string base_path(std::string_view origin);

// The credentials of "Authorization: SCHEME ..." (the scheme compared without case); none when absent.
std::optional<std::string> authorization(const Request& request, std::string_view scheme);
std::optional<std::string> cookie(const Request& request, std::string_view name);
// application/x-www-form-urlencoded; the first value of each name wins. `repeated` gets the first repeated
// name.
std::map<std::string, std::string> form_fields(std::string_view body, std::string* repeated = nullptr);
// The body as JSON; a discarded value when it is none, or nested deeper than max_depth of
// harness/base/strict.h.
nlohmann::json json_body(const Request& request);

}  // namespace assay::fakes
