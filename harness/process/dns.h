// DNS messages (RFC 1035) as values: what a resolver that answers for a whole world needs of them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "harness/base/result.h"

namespace assay::process {

enum class DnsType : std::uint16_t {
  a = 1,
  ns = 2,
  cname = 5,
  soa = 6,
  ptr = 12,
  mx = 15,
  txt = 16,
  aaaa = 28,
  srv = 33,
  https = 65
};
// "A", "AAAA", "HTTPS", ..., "TYPE99"
std::string to_string(DnsType type);

struct DnsQuery {
  std::uint16_t id = 0;
  bool recursion_desired = false;
  std::string name;  // lower case, without the last dot; the root is ""
  DnsType type = DnsType::a;
  std::uint16_t question_class = 1;
  std::string question;  // as it stood in the message, to be repeated
};

enum class DnsCode : std::uint8_t {
  no_error = 0,
  format_error = 1,
  server_failure = 2,
  no_such_name = 3,
  refused = 5
};

// Reads a query with exactly one question. Never reads outside of `message`.
Result<DnsQuery> parse_dns_query(std::string_view message);

// The answer with `addresses` (literals) of the family that was asked for; others are left out, so that a
// name with IPv4 addresses alone has no AAAA records, and no error. Time to live 0.
std::string dns_response(const DnsQuery& query, DnsCode code, const std::vector<std::string>& addresses);

}  // namespace assay::process
