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
