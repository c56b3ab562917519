#include "harness/browser/address.h"

#include <arpa/inet.h>

#include "harness/base/exchange.h"
#include "harness/base/text.h"

namespace assay::browser {

std::string Location::text() const {
  return url.origin() + url.target + (fragment.empty() ? "" : "#" + fragment);
}

Result<Location> parse_location(std::string_view text) {
  const auto hash = text.find('#');
  auto url = http::parse_url(text.substr(0, hash));
  if (!url) return tl::unexpected(url.error());
  return Location{std::move(*url), hash == std::string_view::npos ? "" : std::string(text.substr(hash + 1))};
}

Result<Location> resolve(const Location& base, std::string_view reference) {
  reference = trim(reference);
  const auto colon = reference.find(':');
  if (colon != std::string_view::npos && colon < reference.find_first_of("/?#"))
    return parse_location(reference);
  if (reference.starts_with("//")) {
    return parse_location((base.url.tls ? "https:" : "http:") + std::string(reference));
  }
  const std::string_view base_path = target_path(base.url.target);
  std::string target;
  if (reference.starts_with('/')) {
    target = reference;
  } else if (reference.empty() || reference.starts_with('#')) {
    target = base.url.target + std::string(reference);
  } else if (reference.starts_with('?')) {
    target = std::string(base_path) + std::string(reference);
  } else {
    target = std::string(base_path.substr(0, base_path.rfind('/') + 1)) + std::string(reference);
  }
  return parse_location(base.url.origin() + target);
}

std::string_view query_of(std::string_view target) {
  const auto mark = target.find('?');
  return mark == std::string_view::npos ? std::string_view() : target.substr(mark + 1);
}

std::vector<Field> parameters_of(std::string_view query) {
  std::vector<Field> out;
  for (const auto pair : split(query, '&')) {
    if (pair.empty()) continue;
    const auto equals = pair.find('=');
    out.push_back({form_decode(pair.substr(0, equals)),
                   equals == std::string_view::npos ? "" : form_decode(pair.substr(equals + 1))});
  }
  return out;
}

std::vector<std::string> addresses_for(const std::string& host, Address address) {
  switch (address) {
    case Address::ipv4:
      return {"127.0.0.1"};
    case Address::ipv6:
      return {"::1"};
    case Address::ipv6_then_ipv4:
      return {"::1", "127.0.0.1"};
    case Address::by_host:
      break;
  }
  // Browsers never look `localhost` up (Let 'localhost' be localhost, WHATWG/W3C Secure Contexts).
  if (iequals(host, "localhost") || to_lower(host).ends_with(".localhost")) return {"::1", "127.0.0.1"};
  in6_addr number{};
  if (::inet_pton(AF_INET, host.c_str(), &number) == 1 || ::inet_pton(AF_INET6, host.c_str(), &number) == 1) {
    return {host};
  }
  return {};
}

bool is_loopback(std::string_view host) {
  return host == "::1" || host.starts_with("127.") || iequals(host, "localhost");
}

}  // namespace assay::browser
