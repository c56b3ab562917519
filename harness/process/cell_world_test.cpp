// What a cell's worker can furnish: names, watched addresses, replaced files, small disks.
#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <filesystem>

#include "harness/base/journal.h"
#include "harness/base/unique_fd.h"
#include "harness/process/cell.h"
#include "harness/process/dns.h"
#include "harness/process/furnish.h"
#include "harness/process/patience.h"

namespace assay::process {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

class CellWorldTest : public testing::Test {
 protected:
  void SetUp() override {
    const auto cells = cells_available();
    if (cells.kind == CellsAnswer::forbidden) GTEST_SKIP() << cells.reason;
    ASSERT_EQ(cells.kind, CellsAnswer::possible) << cells.reason;
    CellOptions options;
    options.catch_all = true;
    auto made = Cell::start(options, {std::filesystem::path(own_executable()).parent_path() / "cell_probe"});
    ASSERT_TRUE(made) << made.error().text();
    cell.emplace(std::move(*made));
  }
  std::string ask(const std::string& line) {
    auto answer = cell->request(line, kLong);
    return answer ? *answer : answer.error().text();
  }
  std::optional<Cell> cell;
};

TEST_F(CellWorldTest, AClientThatTriesOtherAddressesAndNamesFailsAndIsJournalled) {
  ASSERT_EQ(ask("furnish"), "ok");
  EXPECT_EQ(ask("reach 192.0.2.1 443"), "Connection refused");
  const bool v6 = ::access("/proc/net/if_inet6", F_OK) == 0;
  EXPECT_EQ(ask("reach 2001:db8::1 8443") == "Connection refused", v6);
  EXPECT_EQ(ask("reach telemetry.example 80"), "Connection refused");
  EXPECT_EQ(ask("reach gone.example 80"), "Name or service not known");
  EXPECT_EQ(ask("reach a.b.far.example 9999"), "Connection refused");
  EXPECT_EQ(ask("reach 127.0.0.1 11434"), "Connection refused");
  const std::string told = ask("told");
  EXPECT_EQ(told.find("unclaimed tcp [2001:db8::1]:8443 refused; ") != std::string::npos, v6);
  EXPECT_THAT(
      told,
      AllOf(HasSubstr("unclaimed tcp 192.0.2.1:443 refused; "), HasSubstr("lookup telemetry.example A; "),
            HasSubstr("unclaimed tcp 127.0.0.1:80 refused; "), HasSubstr("lookup gone.example A; "),
            HasSubstr("lookup a.b.far.example A"), HasSubstr("unclaimed tcp 127.0.0.1:11434 refused; ")));
}

// A fresh debootstrap has no such file; the resolver answers for its names then.
bool machine_has_hosts() {
  return std::filesystem::exists("/etc/hosts");
}

TEST_F(CellWorldTest, AFakeOnAFixedPortAnswersForEveryName) {
  ASSERT_EQ(ask("furnish"), "ok");
  ASSERT_EQ(ask("listen 0.0.0.0 443"), "ok");
  EXPECT_EQ(ask("reach api.example 443"), "ok");  // /etc/hosts
  EXPECT_EQ(ask("reach other.example 443"), "ok");
  EXPECT_EQ(ask("reach 192.0.2.1 443"), "ok");
  const std::string told = ask("told");
  EXPECT_THAT(told, AllOf(HasSubstr("lookup other.example A"),
                          HasSubstr("connect tcp 192.0.2.1:443 answered; "), Not(HasSubstr("refused"))));
  EXPECT_EQ(told.find("lookup api.example") == std::string::npos, machine_has_hosts());
}

TEST_F(CellWorldTest, AMachineWithoutHostsFileIsFurnishedToo) {
  ASSERT_EQ(ask("hide /etc"), "ok");
  ASSERT_EQ(ask("furnish"), "ok");
  ASSERT_EQ(ask("listen 0.0.0.0 443"), "ok");
  EXPECT_EQ(ask("reach api.example 443"), "ok");
  EXPECT_EQ(ask("reach localhost 443"), "Connection refused");  // a known name; its first address is ::1
  EXPECT_THAT(ask("told"), HasSubstr("lookup api.example A"));
}

TEST_F(CellWorldTest, FilesAreReplacedAndComeBack) {
  EXPECT_EQ(ask("replace /etc/passwd other"), "other and back");
  EXPECT_EQ(ask("replace /no/such/file x"), "cannot replace /no/such/file: No such file or directory");
}

TEST_F(CellWorldTest, OnlyTheAuthoritiesOfTheCellAreTrusted) {
  ASSERT_EQ(ask("furnish"), "ok");
  EXPECT_EQ(ask("first-line /run/assay/ca.pem"), "authorities of the cell");
  for (const std::string& bundle : ca_bundles())
    EXPECT_EQ(ask("first-line " + bundle), "authorities of the cell");
  EXPECT_EQ(ask("first-line /etc/hosts"), machine_has_hosts() ? "127.0.0.1 localhost cell" : "");
}

TEST_F(CellWorldTest, ADiskIsFullWhereItIsToldTo) {
  EXPECT_EQ(ask("small-home /tmp/home-of-test"), "8192 No space left on device");
  EXPECT_FALSE(std::filesystem::exists("/tmp/home-of-test"));
}

TEST(Mounts, NothingIsMountedOutsideOfACell) {
  EXPECT_EQ(replace_file("/etc/hosts", "x").error().message, "not inside a cell");
  EXPECT_EQ(mount_memory("/tmp", 8192).error().message, "not inside a cell");
  SystemClock clock;
  Journal journal(clock);
  EXPECT_EQ(furnish({}, journal).error().message, "not inside a cell");
}

TEST(Hosts, ListsNamesAfterLocalhost) {
  EXPECT_EQ(hosts_file({{"api.openai.com", "127.0.0.1"}}),
            "127.0.0.1 localhost cell\n::1 localhost\n127.0.0.1 api.openai.com\n");
}

// --- DNS messages

// A query for `labels` (each with its length before it) of `type`, id 0x1234, recursion desired.
std::string query(const std::string& labels, char type) {
  return std::string("\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00", 12) + labels +
         std::string("\0\0", 2) + type + std::string("\0\1", 2);
}
const std::string kApi = std::string("\3API\7example", 12);

TEST(Dns, ReadsAQuestion) {
  const auto parsed = parse_dns_query(query(kApi, 28));
  ASSERT_TRUE(parsed) << parsed.error().text();
  EXPECT_EQ(parsed->name, "api.example");
  EXPECT_EQ(parsed->type, DnsType::aaaa);
  EXPECT_EQ(parsed->id, 0x1234);
  EXPECT_TRUE(parsed->recursion_desired);
}

TEST(Dns, RefusesWhatIsNoQuestion) {
  const std::string whole = query(kApi, 1);
  for (std::size_t n = 0; n < whole.size(); ++n) EXPECT_FALSE(parse_dns_query(whole.substr(0, n))) << n;
  std::string response = whole;
  response[2] = '\x81';
  EXPECT_FALSE(parse_dns_query(response));
  EXPECT_FALSE(parse_dns_query(query("\xC0\x0C", 1)));  // compressed
  std::string endless;
  for (int i = 0; i < 40; ++i) endless += std::string("\7abcdefg", 8);
  EXPECT_FALSE(parse_dns_query(query(endless, 1)));
}

TEST(Dns, AnswersWithTheFamilyThatWasAsked) {
  const auto a = parse_dns_query(query(kApi, 1)).value();
  const std::string answer = dns_response(a, DnsCode::no_error, {"192.0.2.7", "2001:db8::7"});
  EXPECT_EQ(answer, std::string("\x12\x34\x85\x80\x00\x01\x00\x01\x00\x00\x00\x00", 12) + a.question +
                        std::string("\xC0\x0C\x00\x01\x00\x01\x00\x00\x00\x00\x00\x04\xC0\x00\x02\x07", 16));
  const auto aaaa = parse_dns_query(query(kApi, 28)).value();
  EXPECT_EQ(dns_response(aaaa, DnsCode::no_error, {"192.0.2.7"}).substr(2, 6),
            std::string("\x85\x80\x00\x01\x00\x00", 6));
  EXPECT_EQ(dns_response(a, DnsCode::no_such_name, {})[3], '\x83');
}

class ResolverTest : public testing::Test {
 protected:
  void SetUp() override {
    ResolverOptions options;
    options.port = 0;
    options.names["gone.example"] = std::nullopt;
    auto started = Resolver::start(options, journal);
    ASSERT_TRUE(started) << started.error().text();
    resolver.emplace(std::move(*started));
  }
  UniqueFd connect(int type) const {
    UniqueFd fd(::socket(AF_INET, type | SOCK_CLOEXEC, 0));
    sockaddr_in where{};
    where.sin_family = AF_INET;
    where.sin_port = htons(resolver->port());
    where.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::connect(fd.get(), reinterpret_cast<sockaddr*>(&where), sizeof where), 0);
    const timeval limit{10, 0};
    ::setsockopt(fd.get(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    return fd;
  }
  static std::string receive(const UniqueFd& fd) {
    std::string out(512, '\0');
    const auto n = ::recv(fd.get(), out.data(), out.size(), 0);
    out.resize(n > 0 ? static_cast<std::size_t>(n) : 0);
    return out;
  }
  SystemClock clock;
  Journal journal{clock};
  std::optional<Resolver> resolver;
};

TEST_F(ResolverTest, AnswersOverUdpAndJournals) {
  const UniqueFd fd = connect(SOCK_DGRAM);
  const std::string asked = query(kApi, 1);
  ::send(fd.get(), asked.data(), asked.size(), 0);
  EXPECT_THAT(receive(fd), testing::EndsWith(std::string("\x00\x04\x7F\x00\x00\x01", 6)));
  ASSERT_EQ(journal.size(), 1U);
  const auto entry = journal.entries()[0];
  EXPECT_EQ(entry->actor, "dns");
  EXPECT_EQ(entry->kind, JournalKind::lookup);
  EXPECT_EQ(entry->text, "api.example");
  EXPECT_EQ(entry->detail, (nlohmann::json{{"type", "A"}, {"answer", {"127.0.0.1"}}, {"transport", "udp"}}));
}

TEST_F(ResolverTest, AnswersOverTcpHoweverItIsCut) {
  const UniqueFd fd = connect(SOCK_STREAM);
  const std::string asked = query(kApi, 1);
  const std::string framed = std::string{'\0', static_cast<char>(asked.size())} + asked;
  for (const char byte : framed + framed) ASSERT_EQ(::send(fd.get(), &byte, 1, MSG_NOSIGNAL), 1);
  std::string got;
  while (got.size() < 2 * (2 + asked.size() + 16)) {
    const std::string more = receive(fd);
    ASSERT_FALSE(more.empty());
    got += more;
  }
  EXPECT_EQ(journal.size(), 2U);
}

TEST_F(ResolverTest, NamesCanBeChanged) {
  const UniqueFd fd = connect(SOCK_DGRAM);
  const auto code = [&] {
    const std::string asked = query(kApi, 1);
    ::send(fd.get(), asked.data(), asked.size(), 0);
    const auto answer = receive(fd);
    return answer.size() > 3 ? answer[3] & 0x0F : -1;
  };
  EXPECT_EQ(code(), 0);
  resolver->set("API.example", std::nullopt);
  EXPECT_EQ(code(), 3);
}

TEST_F(ResolverTest, GarbageIsJournalledAndNotAnswered) {
  const UniqueFd fd = connect(SOCK_DGRAM);
  ::send(fd.get(), "garbage", 7, 0);
  ASSERT_TRUE(journal.wait([](const JournalEntry& e) { return e.kind == JournalKind::bad_request; }, kLong,
                           "a bad query"));
}

}  // namespace
}  // namespace assay::process
