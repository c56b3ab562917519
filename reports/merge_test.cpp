#include "reports/merge.h"

#include <gmock/gmock.h>

#include <algorithm>

#include "reports/diff.h"
#include "reports/record/writer.h"
#include "reports/sample/sample.h"

namespace assay::reports {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

// The part of `whole` that shard i of n runs, in completion order of its own.
NamedRecord shard_of(const RunRecord& whole, unsigned i, unsigned n) {
  RunRecord out;
  out.header = whole.header;
  out.header.shard = std::to_string(i) + "/" + std::to_string(n);
  RunFooter footer;
  for (const CaseRecord& c : whole.cases) {
    if (c.index % n != i - 1) continue;
    out.cases.push_back(c);
    ++footer.counts[std::string(to_string(c.verdict))];
    if (is_red(c.verdict)) footer.exit = 1;
  }
  std::reverse(out.cases.begin(), out.cases.end());
  out.header.planned = out.cases.size();
  out.footer = footer;
  return {"shard-" + std::to_string(i) + ".jsonl", std::move(out)};
}

std::vector<NamedRecord> shards(const RunRecord& whole) {
  return {shard_of(whole, 3, 4), shard_of(whole, 1, 4), shard_of(whole, 4, 4), shard_of(whole, 2, 4)};
}

TEST(Merge, ShardsAreTheWholeRunCaseForCase) {
  RunRecord whole = sample_record({101, 3, 100, 7});
  const auto merged = merge_records(shards(whole), {"assay", "report", "merge"});
  ASSERT_TRUE(merged) << merged.error().text();
  std::sort(whole.cases.begin(), whole.cases.end(), [](const CaseRecord& a, const CaseRecord& b) {
    return std::tie(a.index, a.client) < std::tie(b.index, b.client);
  });
  EXPECT_EQ(merged->cases, whole.cases);
  EXPECT_EQ(merged->footer->counts, whole.footer->counts);
  EXPECT_EQ(merged->header.planned, whole.header.planned);
  EXPECT_EQ(merged->header.clients, whole.header.clients);
  EXPECT_EQ(merged->footer->exit, 1);
  EXPECT_TRUE(merged->complete());
  EXPECT_THAT(diff_records(whole, *merged), IsEmpty());
}

TEST(Merge, ALostShardMakesItIncompleteWithExit3) {
  std::vector<NamedRecord> inputs = shards(sample_record({40, 1, 0, 7}));
  inputs.pop_back();
  const auto merged = merge_records(std::move(inputs), {});
  ASSERT_TRUE(merged);
  EXPECT_FALSE(merged->complete());
  EXPECT_EQ(merged->footer->exit, 3);
  EXPECT_THAT(merged->header.missing, ElementsAre("shard 2/4 of reference"));
  // ... and a reader of the merged file knows it too.
  const auto read = parse_record(record_text(*merged), "merged");
  ASSERT_TRUE(read);
  EXPECT_FALSE(read->complete());
  EXPECT_THAT(read->notes, ElementsAre("missing: shard 2/4 of reference"));
}

TEST(Merge, AShardThatDiedIsIncompleteToo) {
  std::vector<NamedRecord> inputs = shards(sample_record({40, 1, 0, 7}));
  inputs[1].record.footer.reset();
  inputs[1].record.cases.pop_back();
  const auto merged = merge_records(std::move(inputs), {});
  ASSERT_TRUE(merged);
  EXPECT_EQ(merged->footer->exit, 3);
  EXPECT_THAT(merged->header.missing, ElementsAre("shard-1.jsonl: 9 of 10 cases, no footer"));
}

TEST(Merge, ExitsAsOneRunWould) {
  const RunRecord whole = sample_record({4, 1, 0, 7});
  const int expected[][3] = {{0, 0, 0}, {0, 3, 3}, {3, 1, 1}, {1, 0, 1}, {130, 1, 130}};
  for (const auto& [a, b, exit] : expected) {
    NamedRecord first = shard_of(whole, 1, 2);
    NamedRecord second = shard_of(whole, 2, 2);
    first.record.footer->exit = a;
    second.record.footer->exit = b;
    EXPECT_EQ(merge_records({first, second}, {})->footer->exit, exit);
    EXPECT_EQ(merge_records({second, first}, {})->footer->exit, exit);
  }
}

TEST(Merge, IsIncompleteWhenNoCaseAppliedInAnyShard) {
  RunRecord whole = sample_record({4, 1, 0, 7});
  for (CaseRecord& c : whole.cases) c.verdict = Verdict::not_applicable;
  const std::vector<NamedRecord> nothing = {shard_of(whole, 1, 2), shard_of(whole, 2, 2)};
  const auto merged = merge_records(nothing, {});
  ASSERT_TRUE(merged) << merged.error().text();
  EXPECT_EQ(merged->footer->exit, 3);
  EXPECT_THAT(merged->notes, ElementsAre("no case applied"));
  whole.cases[3].verdict = Verdict::pass;
  EXPECT_EQ(merge_records({shard_of(whole, 1, 2), shard_of(whole, 2, 2)}, {})->footer->exit, 0);
}

TEST(Merge, ReadsSchema1AndWritesItsOwn) {
  RunRecord older = sample_record({4, 1, 0, 7});
  older.header.schema = 1;
  for (CaseRecord& c : older.cases) c.met.clear();
  const auto merged = merge_records({{"a", older}}, {});
  ASSERT_TRUE(merged);
  EXPECT_EQ(merged->header.schema, kRecordSchema);
  EXPECT_THAT(diff_records(older, *merged), ::testing::IsEmpty());
}

TEST(Merge, KeepsRepeatsOfACase) {
  RunRecord a = sample_record({2, 1, 0, 7});
  a.cases[1].name = a.cases[0].name;
  const auto merged = merge_records({shard_of(a, 1, 2), shard_of(a, 2, 2)}, {});
  ASSERT_TRUE(merged) << merged.error().text();
  EXPECT_THAT(merged->cases, SizeIs(2));
  RunRecord other = a;
  other.cases[1].verdict = Verdict::fail;
  EXPECT_THAT(diff_records(a, other), SizeIs(1));
}

TEST(Merge, JoinsClients) {
  RunRecord a = sample_record({20, 1, 0, 7});
  RunRecord b = a;
  b.header.clients = {{"other", "2", "provider", {}}};
  for (CaseRecord& c : b.cases) c.client = "other";
  const auto merged = merge_records({{"a", a}, {"b", b}}, {});
  ASSERT_TRUE(merged) << merged.error().text();
  EXPECT_THAT(merged->header.clients, SizeIs(2));
  EXPECT_THAT(merged->cases, SizeIs(40));
  EXPECT_TRUE(merged->complete());
}

TEST(Merge, RefusesWhatDoesNotBelongTogether) {
  const RunRecord a = sample_record({20, 1, 0, 7});
  const auto twice = merge_records({{"a", a}, {"b", a}}, {});
  ASSERT_FALSE(twice);
  EXPECT_THAT(twice.error().text(), HasSubstr("b: worldrouter/login/"));
  EXPECT_THAT(twice.error().text(), HasSubstr("of reference is in a already"));
  const auto mixed = merge_records({shard_of(a, 1, 2), shard_of(a, 2, 3)}, {});
  ASSERT_FALSE(mixed);
  EXPECT_THAT(mixed.error().text(), "shard-2.jsonl: a shard of 3, but shard-1.jsonl is a shard of 2");
  RunRecord bad = a;
  for (const char* shard : {"0/4", "5/4", "x", "1/", "1/2x"}) {
    bad.header.shard = shard;
    EXPECT_FALSE(merge_records({{"bad", bad}}, {})) << shard;
  }
  RunRecord other = a;
  other.header.requirements = "2026.11";
  EXPECT_FALSE(merge_records({{"a", a}, {"other", other}}, {}));
  EXPECT_FALSE(merge_records({}, {}));
}

CaseRecord a_case(Verdict verdict, const std::string& observed) {
  CaseRecord c;
  c.name = "suite/case";
  c.client = "reference";
  c.verdict = verdict;
  c.checks = {{"done", verdict == Verdict::pass, "ok", observed, {}}};
  return c;
}

RunRecord with(std::vector<CaseRecord> cases) {
  RunRecord out;
  out.cases = std::move(cases);
  return out;
}

TEST(Diff, SaysWhatChanged) {
  const auto changes =
      diff_records(with({a_case(Verdict::pass, "ok")}), with({a_case(Verdict::fail, "EAGAIN")}));
  EXPECT_EQ(render_diff(changes),
            "newly red suite/case  (reference)  pass -> fail\n"
            "            check done: does not hold any more\n"
            "            check done: observed \"ok\" -> \"EAGAIN\"\n"
            "1 newly red\n");
  EXPECT_THAT(diff_records(with({a_case(Verdict::pass, "ok")}), with({a_case(Verdict::pass, "ok")})),
              IsEmpty());
  EXPECT_EQ(render_diff({}), "no change\n");
}

TEST(Diff, OrdersByWhatMatters) {
  CaseRecord gone = a_case(Verdict::pass, "");
  gone.name = "a-gone";
  CaseRecord broke = a_case(Verdict::pass, "");
  CaseRecord fixed = a_case(Verdict::fail, "");
  fixed.name = "b-fixed";
  RunRecord before = with({gone, broke, fixed});
  broke.verdict = Verdict::crash;
  fixed.verdict = Verdict::pass;
  const std::string text = render_diff(diff_records(before, with({broke, fixed})));
  EXPECT_LT(text.find("newly red"), text.find("gone"));
  EXPECT_LT(text.find("gone"), text.find("fixed"));
  EXPECT_TRUE(text.ends_with("1 newly red, 1 gone, 1 fixed\n")) << text;
}

TEST(Diff, StableIgnoresWhatARunCannotRepeat) {
  const std::pair<const char*, const char*> same[] = {
      {"after 12 ms", "after 431 ms"},
      {"at 2026-11-20T07:20:14Z", "at 2026-11-21T08:00:00.5Z"},
      {"127.0.0.1:41234 refused", "127.0.0.1:33333 refused"},
      {"pid 12 ended", "pid 4711 ended"},
      {"no /tmp/assay-a/x.json", "no /tmp/assay-b/x.json"},
      {"Bearer sk-0123456789abcdefXYZ", "Bearer sk-fedcba9876543210ABC"}};
  for (const auto& [a, b] : same) {
    EXPECT_THAT(diff_records(with({a_case(Verdict::fail, a)}), with({a_case(Verdict::fail, b)})), SizeIs(1))
        << a;
    EXPECT_THAT(diff_records(with({a_case(Verdict::fail, a)}), with({a_case(Verdict::fail, b)}), {true}),
                IsEmpty())
        << a;
  }
  EXPECT_THAT(diff_records(with({a_case(Verdict::fail, "status 429")}),
                           with({a_case(Verdict::fail, "status 503")}), {true}),
              SizeIs(1));
  EXPECT_EQ(stable_text("POST /auth/exchange gave 3 keys"), "POST /auth/exchange gave 3 keys");
  EXPECT_EQ(stable_text("at 2026-11-20T07:20:14.5Z in 12 ms on 127.0.0.1:4711, pid 77, /tmp/x-1/y: "
                        "k-a1b2c3d4e5f6g7h8i9j0k"),
            "at <time> in <time> on 127.0.0.1:<port>, pid <pid>, <path>: <token>");
  EXPECT_EQ(stable_text("--aaaaaaaaaaaaaaaaaaaaaa 12345678901234567890123"),
            "--aaaaaaaaaaaaaaaaaaaaaa 12345678901234567890123");
  // std::regex overflowed the stack.
  EXPECT_EQ(stable_text(std::string(300'000, 'a')), std::string(300'000, 'a'));
}

}  // namespace
}  // namespace assay::reports
