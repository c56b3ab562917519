#include "harness/process/canary.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "harness/base/text.h"
#include "harness/process/child.h"
#include "harness/process/patience.h"

namespace assay::process {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

const std::string kKey = "sk-9fQ2mZr7LbW4xTcK8vHdYs3NpJg6RuAe+1/5=Oi0";

std::vector<Canary> one() {
  return {{"api-key", kKey, {"inference"}}};
}

std::vector<Leak> leaks_in_text(const std::string& text) {
  CanarySearch search(one());
  search.in_text("stdout", "client", text);
  return search.leaks();
}

TEST(Canary, ValuesAreUniqueAndKeepTheirPrefix) {
  Random random(7);
  const auto a = canary_value(random, "sk-"), b = canary_value(random, "sk-");
  EXPECT_NE(a, b);
  EXPECT_THAT(a, SizeIs(43));
  EXPECT_TRUE(a.starts_with("sk-"));
}

TEST(Canary, IsFoundAsItStandsAndEncoded) {
  const Leak leak{"api-key", "stdout", "client"};
  EXPECT_THAT(leaks_in_text("the key is " + kKey + "."), ElementsAre(leak));
  EXPECT_THAT(leaks_in_text("?key=" + percent_encode(kKey)), ElementsAre(leak));
  for (const char* before : {"", "a", "ab", "user:", "{\"key\":\""}) {
    for (const char* after : {"", "x", "xy", "\"}"}) {
      EXPECT_THAT(leaks_in_text("Basic " + base64(before + kKey + after)), ElementsAre(leak))
          << before << after;
      EXPECT_THAT(leaks_in_text(base64url(before + kKey + after)), ElementsAre(leak)) << before << after;
    }
  }
}

TEST(Canary, ARedactedKeyIsNoLeak) {
  EXPECT_THAT(leaks_in_text(kKey.substr(0, 7) + "..." + kKey.substr(kKey.size() - 4)), IsEmpty());
  EXPECT_THAT(leaks_in_text(""), IsEmpty());
}

TEST(Canary, EachFindingIsToldOnce) {
  CanarySearch search(one());
  search.in_text("stdout", "client", kKey);
  search.in_text("stdout", "client", kKey + kKey);
  search.in_text("stderr", "client", kKey);
  EXPECT_THAT(search.leaks(), SizeIs(2));
}

TEST(Canary, ShortValuesAreLeftOut) {
  const std::vector<Canary> pin = {{"pin", "1234567", {}}};
  CanarySearch search(pin);
  search.in_text("stdout", "client", "1234567");
  EXPECT_THAT(search.leaks(), IsEmpty());
}

TEST(Canary, IsFoundInFilesOutsideOfTheStore) {
  const std::string root = testing::TempDir() + "assay-canary-" + std::to_string(::getpid());
  std::filesystem::create_directories(root + "/.client/cache");
  const auto write = [&](const std::string& path, const std::string& text) {
    std::ofstream(root + "/" + path) << text;
  };
  write(".client/credentials.json", kKey);
  write(".client/credentials.json.bak", kKey);
  write(".client/cache/empty", "");
  write("log.txt",
        std::string((1U << 20U) - 10, 'x') + kKey + std::string(100, 'y'));  // over the border of two reads
  std::filesystem::create_symlink("/nowhere/sk-9fQ2mZr7LbW4xTcK8vHdYs3NpJg6RuAe+1", root + "/link");
  std::filesystem::create_symlink("/dev/zero", root + "/endless");
  CanarySearch search(one());
  search.in_files(root, {".client/credentials.json"});
  EXPECT_THAT(search.leaks(),
              testing::UnorderedElementsAre(Leak{"api-key", "files", ".client/credentials.json.bak"},
                                            Leak{"api-key", "files", "log.txt"}));
  CanarySearch whole(one());
  whole.in_files(root, {".client", "log.txt"});
  EXPECT_THAT(whole.leaks(), IsEmpty());
  CanarySearch nothing(one());
  nothing.in_files(root + "/no-such-directory", {});
  EXPECT_THAT(nothing.leaks(), IsEmpty());
  std::filesystem::remove_all(root);
}

TEST(Canary, ARequestMayCarryItOnlyToItsIssuerAndNeverInTheUrl) {
  const auto leaks_of = [](const std::string& actor, Request request) {
    SystemClock clock;
    Journal journal(clock);
    JournalEntry entry;
    entry.actor = actor;
    entry.kind = JournalKind::request;
    entry.request = std::make_shared<const Request>(std::move(request));
    journal.append(entry);
    CanarySearch search(one());
    search.in_journal(journal.entries());
    return search.leaks();
  };
  Request request;
  request.method = "POST";
  request.target = "/v1/chat";
  request.headers = {{"Authorization", "Bearer " + kKey}};
  EXPECT_THAT(leaks_of("inference", request), IsEmpty());
  EXPECT_THAT(leaks_of("telemetry", request),
              ElementsAre(Leak{"api-key", "requests", "telemetry POST /v1/chat header authorization"}));
  request.headers = {{"Referer", "http://127.0.0.1/?key=" + percent_encode(kKey)}};
  EXPECT_THAT(leaks_of("inference", request),
              ElementsAre(Leak{"api-key", "urls", "inference POST /v1/chat header referer"}));
  request.headers.clear();
  request.body = kKey;
  EXPECT_THAT(leaks_of("inference", request), IsEmpty());
  EXPECT_THAT(leaks_of("control-api", request),
              ElementsAre(Leak{"api-key", "requests", "control-api POST /v1/chat body"}));
  request.body.clear();
  request.target += "?key=" + percent_encode(kKey);
  EXPECT_THAT(leaks_of("inference", request),
              ElementsAre(Leak{"api-key", "urls", "inference POST /v1/chat"}));
  EXPECT_THAT(leaks_of("browser", request), IsEmpty());
}

TEST(Canary, IsFoundInArgumentsAndEnvironmentsOfChildren) {
  ChildOptions options;
  options.argv = {"/bin/sh", "-c", "OTHER=$KEY /bin/sh -c 'echo up; read x; exit 0' name --key=$KEY"};
  options.environment = {"KEY=" + kKey};
  options.stdin_mode = StdinMode::pipe;
  options.lines = true;
  auto child = Child::start(options);
  ASSERT_TRUE(child);
  ProcessWatch watch(child->pid());
  ASSERT_EQ(child->read_line(kLong)->value(), "up");
  watch.sample();
  const auto seen = watch.sightings();
  CanarySearch search(one());
  search.in_processes(seen, child->pid());
  pid_t inner = 0;
  for (const Sighting& s : seen) {
    if (s.process.pid != child->pid()) inner = s.process.pid;
  }
  const std::string place = "pid " + std::to_string(inner) + " sh";
  EXPECT_THAT(search.leaks(), Contains(Leak{"api-key", "argv", place}));
  EXPECT_THAT(search.leaks(), Contains(Leak{"api-key", "environment", place + " OTHER"}));
  for (const Leak& leak : search.leaks()) EXPECT_EQ(leak.place.substr(0, place.size()), place);
}

}  // namespace
}  // namespace assay::process
