// The rules of the RFCs that are pure functions: redirect URIs, PKCE, scopes.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace assay::fakes {

// Whether `uri` is the registered one: byte for byte (RFC 6749 section 3.1.2.3), but for the port of a
// loopback http URI, which may be any unless `exact_port` (RFC 8252 section 7.3; localhost counts as
// loopback, as most servers have it).
bool redirect_matches(std::string_view registered, std::string_view uri, bool exact_port);
// What a native or web client may register: https, or http on loopback; no fragment.
bool redirect_allowed(std::string_view uri);

// 43 to 128 unreserved characters (RFC 7636 sections 4.1 and 4.2); of an S256 challenge exactly 43 of
// base64url.
bool verifier_well_formed(std::string_view verifier);
bool challenge_well_formed(std::string_view challenge, std::string_view method);
// RFC 7636 section 4.6.
bool verifier_fits(std::string_view verifier, std::string_view challenge, std::string_view method);

// The words of a scope, in order.
std::vector<std::string> scope_words(std::string_view scope);
// Every word of `narrow` is one of `wide`.
bool scope_within(std::string_view narrow, const std::vector<std::string>& wide);

}  // namespace assay::fakes
