#include "conformance/runner/play/flood_watch.h"

#include <gmock/gmock.h>

#include <set>

namespace assay::conformance {
namespace {

JournalEntry entry(JournalKind kind, std::size_t body = 0) {
  JournalEntry out;
  out.kind = kind;
  if (kind == JournalKind::request) {
    auto request = std::make_shared<Request>();
    request->body.assign(body, 'x');
    out.request = std::move(request);
  }
  return out;
}

struct Watched {
  int stopped = 0;
  std::string what;
};

Watched watch(FloodLimits limits, JournalKind kind, int times, std::size_t body = 0) {
  Watched out;
  {
    FloodWatch flood([&] { ++out.stopped; }, limits);
    for (int i = 0; i < times; ++i) flood.count(entry(kind, body));
    out.what = flood.what();
    EXPECT_EQ(flood.over(), !out.what.empty());
  }
  return out;
}

TEST(FloodWatch, StopsOnceAboveALimitAndSaysWhich) {
  const FloodLimits limits{.requests = 5, .connections = 4, .entries = 9, .request_bytes = 3000};
  EXPECT_EQ(watch(limits, JournalKind::request, 5).what, "");
  EXPECT_EQ(watch(limits, JournalKind::request, 5).stopped, 0);
  EXPECT_EQ(watch(limits, JournalKind::request, 50).stopped, 1);
  EXPECT_EQ(watch(limits, JournalKind::request, 6).what,
            "the client sent more than 5 requests in one case and was stopped");
  EXPECT_EQ(watch(limits, JournalKind::connect, 5).what,
            "the client opened more than 4 connections in one case and was stopped");
  EXPECT_EQ(watch(limits, JournalKind::lookup, 10).what,
            "the client caused more than 9 journal entries in one case and was stopped");
  EXPECT_EQ(watch(limits, JournalKind::request, 4, 1000).what,
            "the client sent more than 3,000 bytes of request bodies in one case and was stopped");
  EXPECT_EQ(watch(limits, JournalKind::request, 3, 1000).what, "");
}

TEST(FloodWatch, OutputIsCountedToo) {
  FloodWatch flood([] {}, FloodLimits{.output_bytes = 1000});
  flood.count_output(1000);
  EXPECT_FALSE(flood.over());
  flood.count_output(1);
  EXPECT_EQ(flood.what(), "the client printed more than 1,000 bytes in one case and was stopped");
}

std::vector<std::shared_ptr<const JournalEntry>> journal(std::uint64_t size) {
  std::vector<std::shared_ptr<const JournalEntry>> out;
  for (std::uint64_t seq = 1; seq <= size; ++seq) {
    auto one = std::make_shared<JournalEntry>();
    one->seq = seq;
    out.push_back(std::move(one));
  }
  return out;
}

TEST(KeptEntries, AShortJournalIsKeptWhole) {
  std::vector<std::uint64_t> evidence = {1, 4000};
  EXPECT_EQ(kept_entries(journal(4000), {&evidence}).size(), 4000U);
  EXPECT_EQ(evidence.size(), 2U);
}

TEST(KeptEntries, OfALongOneItsEndsAndWhatIsQuotedStay) {
  std::vector<std::uint64_t> first, second = {50'000, 99'900};
  for (std::uint64_t seq = 1; seq <= 100'000; seq += 2) first.push_back(seq);
  const auto kept = kept_entries(journal(100'000), {&first, &second});
  EXPECT_LT(kept.size(), 2600U);
  EXPECT_EQ(kept.front()->seq, 1U);
  EXPECT_EQ(kept.back()->seq, 100'000U);
  EXPECT_EQ(second, (std::vector<std::uint64_t>{50'000, 99'900}));
  std::set<std::uint64_t> there;
  std::uint64_t before = 0;
  bool noted = false;
  for (const auto& one : kept) {
    EXPECT_GT(one->seq, before) << "ascending";
    before = one->seq;
    there.insert(one->seq);
    noted = noted || one->text.find("entries left out of the record") != std::string::npos;
  }
  EXPECT_TRUE(noted);
  for (const auto* list : {&first, &second}) {
    for (const std::uint64_t seq : *list) EXPECT_TRUE(there.contains(seq)) << seq;
  }
}

}  // namespace
}  // namespace assay::conformance
