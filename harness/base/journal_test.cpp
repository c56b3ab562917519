#include "harness/base/journal.h"

#include <gtest/gtest.h>

#include <thread>

namespace assay {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

TEST(Journal, KeepsTheOrderAndTheTime) {
  ManualClock clock;
  Journal journal(clock);
  journal.note("browser", JournalKind::action, "opens the page");
  clock.advance(milliseconds(3));
  journal.note("world", JournalKind::note, "second");
  const auto all = journal.entries();
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[0]->seq, 1u);
  EXPECT_EQ(all[1]->at, milliseconds(3));
  EXPECT_EQ(journal.entries(1).size(), 1u);
  EXPECT_TRUE(journal.entries(2).empty());
}

TEST(Journal, WaitSeesWhatWasThereAndWhatComes) {
  SystemClock clock;
  Journal journal(clock);
  auto is = [](std::string text) { return [text](const JournalEntry& e) { return e.text == text; }; };
  journal.note("a", JournalKind::note, "early");
  EXPECT_EQ(journal.wait(is("early"), seconds(1), "early").value()->seq, 1u);
  std::thread later([&] { journal.note("a", JournalKind::note, "late"); });
  EXPECT_EQ(journal.wait(is("late"), seconds(5), "late").value()->seq, 2u);
  later.join();
  const auto never = journal.wait(is("never"), milliseconds(5), "GET /callback");
  ASSERT_FALSE(never);
  EXPECT_EQ(never.error().message, "timed out after 5ms waiting for GET /callback");
}

TEST(Journal, WithCapacityDropsTheOldest) {
  ManualClock clock;
  Journal journal(clock, 2);
  for (const char* text : {"1", "2", "3"}) journal.note("a", JournalKind::note, text);
  EXPECT_EQ(journal.dropped(), 1u);
  EXPECT_EQ(journal.entries().front()->text, "2");
  EXPECT_EQ(journal.entries(2).front()->text, "3");
}

JournalEntry request_of(std::size_t body, std::size_t header = 10) {
  auto request = std::make_shared<Request>();
  request->method = "POST";
  request->target = "/v1/files";
  request->headers = {{"X", std::string(header, 'h')}};
  request->body.assign(body, 'b');
  JournalEntry entry;
  entry.kind = JournalKind::request;
  entry.bytes = body;
  entry.request = std::move(request);
  return entry;
}

TEST(Journal, WithCapacityLetsTheOldestBodiesGoAndSaysSo) {
  ManualClock clock;
  Journal bounded(clock, 1000);
  Journal whole(clock);
  constexpr std::size_t kBody = std::size_t{15} << 20U;
  for (int i = 0; i < 16; ++i) {
    bounded.append(request_of(kBody));
    bounded.append(request_of(3));
    whole.append(request_of(kBody));
  }
  std::size_t kept = 0;
  for (const auto& e : bounded.entries()) kept += e->request->body.size();
  EXPECT_LE(kept, std::size_t{64} << 20U);
  EXPECT_GE(kept, 4 * kBody);
  const auto all = bounded.entries();
  ASSERT_EQ(all.size(), 32u);
  EXPECT_EQ(all.front()->request->body, "");
  EXPECT_EQ(all.front()->request->target, "/v1/files");
  EXPECT_EQ(all.front()->request->headers.size(), 1u);
  EXPECT_EQ(all.front()->bytes, kBody);
  EXPECT_EQ(to_json(*all.front())["detail"]["let_go_bytes"], kBody);
  EXPECT_EQ(all[30]->request->body.size(), kBody);
  EXPECT_TRUE(all[30]->detail.is_null());
  EXPECT_EQ(all[31]->request->body, "bbb");
  for (const auto& e : whole.entries()) EXPECT_EQ(e->request->body.size(), kBody);
}

TEST(Journal, WithCapacityLetsLargeHeadsGoToo) {
  ManualClock clock;
  Journal journal(clock, 100'000);
  constexpr std::size_t kHead = 60'000;
  for (int i = 0; i < 2000; ++i) journal.append(request_of(0, kHead));
  std::size_t kept = 0;
  for (const auto& e : journal.entries())
    for (const Header& h : e->request->headers) kept += h.value.size();
  EXPECT_LE(kept, std::size_t{64} << 20U);
  EXPECT_GE(kept, std::size_t{63} << 20U);
  EXPECT_EQ(journal.entries().front()->request->method, "POST");
}

TEST(Journal, JsonKeepsEveryByteOfWhatIsNotText) {
  JournalEntry entry;
  auto request = std::make_shared<Request>();
  request->body = "\xff";
  entry.request = request;
  EXPECT_EQ(to_json(entry)["request"]["body"]["base64"], "/w==");
  request->body = "h\xc3\xa9llo";
  const auto cut = to_json(entry, 2);
  EXPECT_EQ(cut["request"]["body"], "h");
  EXPECT_EQ(cut["request"]["body_bytes"], 6);
}

}  // namespace
}  // namespace assay
