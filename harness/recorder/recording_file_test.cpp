#include "harness/recorder/recording_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <map>

#include "harness/base/text.h"

namespace assay {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

const std::string kSecret = "Zq7Lw2Xc9Vb4Nm6Kj8Hg5Fd3Sa1Po0Iu";

class RecordingFileTest : public testing::Test {
 protected:
  RecordingFileTest() { std::filesystem::create_directories(folder_); }
  ~RecordingFileTest() override { std::filesystem::remove_all(folder_); }

  std::unique_ptr<RecordingFile> create() const {
    auto file = RecordingFile::create(path_, "t", "https://api.example.test", default_redaction_rules());
    EXPECT_TRUE(file) << file.error().text();
    return std::move(*file);
  }
  static RecordedExchange exchange(const std::string& body, const std::string& authorization = "") {
    RecordedExchange one;
    one.authority = "https://api.example.test";
    if (!authorization.empty()) one.exchange.request.headers = {{"Authorization", authorization}};
    one.exchange.response = make_response(200, "text/plain", body);
    return one;
  }
  static void append(RecordingFile& file, std::size_t place, RecordedExchange one) {
    const auto left = file.append(place, one);
    ASSERT_TRUE(left) << left.error().text();
    EXPECT_THAT(*left, IsEmpty());
  }
  Fixture read() const {
    auto fixture = read_fixture(path_);
    EXPECT_TRUE(fixture) << fixture.error().text();
    return fixture.value_or(Fixture{});
  }
  std::size_t files() const {
    return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(folder_), {}));
  }

  const std::string folder_ = testing::TempDir() + "assay-recording-" + std::to_string(::getpid());
  const std::string path_ = folder_ + "/r.json";
};

TEST_F(RecordingFileTest, IsAFixtureAfterEachExchange) {
  auto file = create();
  EXPECT_THAT(read().exchanges, IsEmpty());
  EXPECT_EQ(read().provenance.note, unfinished_note);
  append(*file, 0, exchange("one", "Bearer " + kSecret));
  EXPECT_EQ(read().exchanges.size(), 1U);
  append(*file, 1, exchange("two"));
  EXPECT_EQ(read().exchanges.size(), 2U);
  EXPECT_THAT(read_file(path_).value(), Not(HasSubstr(kSecret))) << "no secret reaches the disk";
  const auto summary = file->finish();
  ASSERT_TRUE(summary) << summary.error().text();
  EXPECT_EQ(summary->exchanges, 2U);
  EXPECT_EQ(summary->secrets, 1U);
  const Fixture done = read();
  EXPECT_EQ(done.provenance.note, "");
  EXPECT_EQ(done.redactions.size(), 1U);
  EXPECT_EQ(read_file(path_).value(), format_fixture(done)) << "in its canonical form";
  EXPECT_EQ(files(), 1U);
}

// What a later exchange tells is replaced in the earlier ones, and all are in the order of their requests.
TEST_F(RecordingFileTest, LooksAgainAtTheEnd) {
  auto file = create();
  append(*file, 2, exchange("third"));
  append(*file, 0, exchange("first, with " + kSecret));
  append(*file, 1, exchange("second", "Bearer " + kSecret));
  file->add_lost(2, "what came after it");
  ASSERT_TRUE(file->finish());
  const Fixture done = read();
  ASSERT_EQ(done.exchanges.size(), 3U);
  EXPECT_THAT(body_bytes(done.exchanges[0].exchange.response),
              testing::StartsWith("first, with redacted-1-"));
  EXPECT_THAT(read_file(path_).value(), Not(HasSubstr(kSecret)));
  EXPECT_THAT(done.exchanges[2].lost, testing::ElementsAre("what came after it"));
  ASSERT_EQ(done.redactions.size(), 2U);
  EXPECT_EQ(done.redactions[0].exchange, 0U);
  EXPECT_EQ(done.redactions[1].exchange, 1U);
  EXPECT_EQ(read_file(path_).value(), format_fixture(done));
}

// kill -9 in the middle of a write: wherever it came, what was written before is read.
TEST_F(RecordingFileTest, ATornWriteCostsTheLastExchange) {
  auto file = create();
  append(*file, 0, exchange("one"));
  const std::string before = read_file(path_).value();
  append(*file, 1, exchange("two"));
  const std::string after = read_file(path_).value();
  const std::size_t shared = before.size() - fixture_tail.size();
  ASSERT_EQ(after.substr(0, shared), before.substr(0, shared));
  for (std::size_t cut = shared; cut <= after.size(); ++cut) {
    std::string torn = after.substr(0, cut);
    if (cut < before.size()) torn += before.substr(cut);
    const auto read = parse_fixture(torn, "r.json");
    ASSERT_TRUE(read) << cut << ": " << read.error().text() << "\n" << torn;
    EXPECT_GE(read->exchanges.size(), 1U);
  }
}

TEST_F(RecordingFileTest, LeavesOutWhatCannotBeRedacted) {
  // {"api_key":"sk-Zq7Lw2Xc9Vb4Nm6Kj8Hg5Fd3Sa1Po0Iu"} under gzip: it cannot be changed without changing the
  // bytes.
  RecordedExchange gzipped = exchange(*base64_decode(
      "H4sIAAAAAAACA6tWSizIjM9OrVSyUirO1o0qNPcpN4pItgxLMvHLNfPOsvBIN3VLMQ5ONAzIN/AsVaoFAJx9AO4xAAAA"));
  gzipped.exchange.response.headers.push_back({"Content-Encoding", "gzip"});
  auto file = create();
  append(*file, 0, exchange("one"));
  const auto left = file->append(1, gzipped);
  ASSERT_TRUE(left);
  ASSERT_EQ(left->size(), 1U);
  EXPECT_THAT(left->front().text(), HasSubstr("response body (gzip)"));
  ASSERT_TRUE(file->finish());
  EXPECT_EQ(read().exchanges.size(), 1U);
}

TEST_F(RecordingFileTest, ARecordingOfNothingIsNone) {
  EXPECT_EQ(create()->finish().error().message, "nothing was recorded");
  EXPECT_EQ(files(), 0U);
}

}  // namespace
}  // namespace assay
