#include "harness/process/dns.h"

#include <arpa/inet.h>

#include <array>
#include <utility>

#include "harness/base/text.h"
#include "harness/process/network_order.h"

namespace assay::process {
namespace {

constexpr std::size_t kHeader = 12, kMostName = 255;
constexpr std::uint16_t kResponse = 0x8000, kAuthoritative = 0x0400, kRecursionDesired = 0x0100,
                        kRecursionAvailable = 0x0080;

void put(std::string& out, std::uint16_t number) {
  out += static_cast<char>(number >> 8U);
  out += static_cast<char>(number & 0xFFU);
}

}  // namespace

std::string to_string(DnsType type) {
  constexpr std::array<std::pair<DnsType, std::string_view>, 10> kNames = {{{DnsType::a, "A"},
                                                                            {DnsType::ns, "NS"},
                                                                            {DnsType::cname, "CNAME"},
                                                                            {DnsType::soa, "SOA"},
                                                                            {DnsType::ptr, "PTR"},
                                                                            {DnsType::mx, "MX"},
                                                                            {DnsType::txt, "TXT"},
                                                                            {DnsType::aaaa, "AAAA"},
                                                                            {DnsType::srv, "SRV"},
                                                                            {DnsType::https, "HTTPS"}}};
  for (const auto& [known, name] : kNames) {
    if (known == type) return std::string(name);
  }
  return "TYPE" + std::to_string(static_cast<unsigned>(type));
}

Result<DnsQuery> parse_dns_query(std::string_view message) {
  if (message.size() < kHeader) return fail("a DNS message is shorter than its header");
  const std::uint16_t flags = number_at(message, 2);
  if ((flags & kResponse) != 0 || (flags & 0x7800U) != 0) return fail("not a standard DNS query");
  if (number_at(message, 4) != 1) return fail("a DNS query without exactly one question");
  DnsQuery query;
  query.id = number_at(message, 0);
  query.recursion_desired = (flags & kRecursionDesired) != 0;
  std::size_t at = kHeader;
  while (true) {
    if (at >= message.size()) return fail("a DNS name is cut short");
    const auto length = static_cast<unsigned char>(message[at++]);
    if (length == 0) break;
    if (length > 63) return fail("a DNS question with a compressed name");
    if (message.size() - at < length || at + length - kHeader > kMostName)
      return fail("a DNS name is cut short");
    if (!query.name.empty()) query.name += '.';
    query.name += to_lower(message.substr(at, length));
    at += length;
  }
  if (message.size() - at < 4) return fail("a DNS question is cut short");
  query.type = static_cast<DnsType>(number_at(message, at));
  query.question_class = number_at(message, at + 2);
  query.question = message.substr(kHeader, at + 4 - kHeader);
  return query;
}

std::string dns_response(const DnsQuery& query, DnsCode code, const std::vector<std::string>& addresses) {
  std::string records;
  std::uint16_t count = 0;
  for (const std::string& address : addresses) {
    std::array<char, 16> bytes{};
    const bool v6 = address.find(':') != std::string::npos;
    if (query.question_class != 1 || query.type != (v6 ? DnsType::aaaa : DnsType::a) ||
        code != DnsCode::no_error)
      continue;
    if (::inet_pton(v6 ? AF_INET6 : AF_INET, address.c_str(), bytes.data()) != 1) continue;
    put(records, 0xC000U | kHeader);  // the name of the question
    put(records, static_cast<std::uint16_t>(query.type));
    put(records, query.question_class);
    put(records, 0);
    put(records, 0);  // time to live
    put(records, v6 ? 16 : 4);
    records.append(bytes.data(), v6 ? 16 : 4);
    ++count;
  }
  std::string out;
  put(out, query.id);
  put(out, static_cast<std::uint16_t>(kResponse | kAuthoritative | kRecursionAvailable |
                                      (query.recursion_desired ? kRecursionDesired : 0U) |
                                      static_cast<unsigned>(code)));
  put(out, 1);
  put(out, count);
  put(out, 0);
  put(out, 0);
  return out + query.question + records;
}

}  // namespace assay::process
