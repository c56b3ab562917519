#include "harness/process/canary.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
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
  search.in_files(root, {.stores = {".client/credentials.json"}});
  EXPECT_THAT(search.leaks(),
              testing::UnorderedElementsAre(Leak{"api-key", "files", ".client/credentials.json.bak"},
                                            Leak{"api-key", "files", "log.txt"}));
  CanarySearch whole(one());
  whole.in_files(root, {.stores = {".client", "log.txt"}});
  EXPECT_THAT(whole.leaks(), IsEmpty());
  CanarySearch nothing(one());
  nothing.in_files(root + "/no-such-directory", {});
  EXPECT_THAT(nothing.leaks(), IsEmpty());
  std::filesystem::remove_all(root);
}

TEST(Canary, IsFoundInTheEncodingsThatTheDocsPromise) {
  const Leak leak{"api-key", "stdout", "client"};
  std::string percent, unicode, hex, octal, utf16, wrapped;
  for (std::size_t i = 0; i < kKey.size(); ++i) {
    const auto byte = static_cast<unsigned char>(kKey[i]);
    percent += i % 2 == 0 ? fmt::format("%{:02x}", byte) : std::string(1, kKey[i]);
    unicode += i % 3 == 0   ? fmt::format("\\u{:04x}", byte)
               : i % 3 == 1 ? fmt::format("\\x{:02X}", byte)
                            : std::string(1, kKey[i]);
    octal += fmt::format("\\{:03o}", byte);
    hex += fmt::format("{:02x}", byte);
    utf16 += kKey[i];
    utf16 += '\0';
  }
  const std::string inside = base64("the key is " + kKey + ", keep it");
  for (std::size_t i = 0; i < inside.size(); i += 20) wrapped += inside.substr(i, 20) + "\r\n";
  for (const std::string& text :
       {percent, unicode, octal, hex, utf16, wrapped, base64("x" + base64("yz" + kKey + "..") + "zz"),
        kKey.substr(0, 20) + "\n" + kKey.substr(20)})
    EXPECT_THAT(leaks_in_text("some words " + text + " and more"), ElementsAre(leak)) << text;
}

class CanaryFiles : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = testing::TempDir() + "assay-canary-XXXXXX";
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    root_ = name;
  }
  void TearDown() override { std::filesystem::remove_all(root_); }

  std::string path(const std::string& name) const { return root_ + "/" + name; }
  void write(const std::string& name, const std::string& bytes) const { std::ofstream(path(name)) << bytes; }
  std::vector<std::string> places(const FileSearch& how = {}) {
    CanarySearch search(one());
    search.in_files(root_, how);
    unsearched_ = search.unsearched();
    std::vector<std::string> out;
    for (const Leak& leak : search.leaks()) out.push_back(leak.place);
    return out;
  }

  std::string root_;
  std::vector<std::string> unsearched_;
};

TEST_F(CanaryFiles, NamesLinksAndLargeFilesAreLookedAt) {
  const std::string name = "sk-9fQ2mZr7LbW4xTcK8vHdYs3NpJg6RuAe+1%2F5=Oi0";
  write("big", std::string(5'000'000, 'x') + kKey);
  write(name, "");
  std::filesystem::create_symlink("/nowhere/" + kKey, path("link"));
  EXPECT_THAT(places(), testing::UnorderedElementsAre("big", "a name in .", "link"));
}

TEST_F(CanaryFiles, ASparseFileIsReadWhereItHasData) {
  write("sparse", "");
  std::filesystem::resize_file(path("sparse"), std::uintmax_t{1} << 40U);
  EXPECT_THAT(places(), IsEmpty());
  std::fstream file(path("sparse"), std::ios::in | std::ios::out);
  file.seekp(std::streamoff{1} << 39U);
  file << kKey << std::flush;
  EXPECT_THAT(places(), ElementsAre("sparse"));
  EXPECT_THAT(unsearched_, IsEmpty());
}

TEST_F(CanaryFiles, NoPathIsTooLongAndWhatIsTooDeepIsTold) {
  // By descriptors, as the client did it: the paths are longer than PATH_MAX.
  const std::string name(200, 'd');
  int folder = ::open(root_.c_str(), O_RDONLY | O_DIRECTORY);
  for (int depth = 1; depth <= 205; ++depth) {
    ASSERT_EQ(::mkdirat(folder, name.c_str(), 0700), 0);
    const int inner = ::openat(folder, name.c_str(), O_RDONLY | O_DIRECTORY);
    ::close(folder);
    folder = inner;
    if (depth != 100) continue;
    const int file = ::openat(folder, "leak", O_WRONLY | O_CREAT, 0600);
    ASSERT_EQ(::write(file, kKey.data(), kKey.size()), static_cast<ssize_t>(kKey.size()));
    ::close(file);
  }
  ::close(folder);
  EXPECT_THAT(places(), SizeIs(1));
  EXPECT_THAT(unsearched_, ElementsAre(testing::HasSubstr("more than 200 folders deep")));
}

TEST_F(CanaryFiles, GzipAndZipAreOpenedOnce) {
  const auto run = [&](const std::string& script) {
    ChildOptions options;
    options.argv = {"/usr/bin/python3", "-c", script};
    options.environment = {"KEY=" + kKey};
    options.directory = root_;
    const auto done = run_program(std::move(options), kLong);
    ASSERT_TRUE(done) << done.error().text();
    ASSERT_EQ(done->status.code, 0) << done->err;
  };
  run("import os, gzip; gzip.open('log.gz', 'wb').write(b'x' * 2000000 + os.environ['KEY'].encode())");
  run("import os, zipfile; z = zipfile.ZipFile('a.zip', 'w', zipfile.ZIP_DEFLATED); z.writestr('one', 'x' * "
      "999); "
      "z.writestr('two', 'key ' + os.environ['KEY']); z.close()");
  run("import os, tarfile, io; t = tarfile.open('b.tgz', 'w:gz'); i = tarfile.TarInfo('x'); "
      "b = os.environ['KEY'].encode(); i.size = len(b); t.addfile(i, io.BytesIO(b)); t.close()");
  EXPECT_THAT(places(), testing::UnorderedElementsAre("log.gz (compressed)", "a.zip (compressed)",
                                                      "b.tgz (compressed)"));
}

TEST_F(CanaryFiles, OnlyWhatChangedSinceIsLookedAtWhereThatIsAsked) {
  write("old", kKey);
  struct stat info {};
  ASSERT_EQ(::stat(path("old").c_str(), &info), 0);
  const std::int64_t then = info.st_ctim.tv_sec * std::int64_t{1'000'000'000} + info.st_ctim.tv_nsec;
  EXPECT_THAT(places({.since_ns = then}), ElementsAre("old"));
  EXPECT_THAT(places({.since_ns = then + 1}), IsEmpty());
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
