#include "reports/console.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <sstream>

#include "reports/sample/sample.h"

namespace assay::reports {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

CaseRecord failing() {
  CaseRecord c;
  c.name = "worldrouter/login/callback-request-late";
  c.client = "reference";
  c.title = "The browser sends its request late";
  c.verdict = Verdict::fail;
  c.reason = "the login did not end well";
  c.checks = {{"page", true, "200", "200", {}}, {"done", false, "ok true", "error \"EAGAIN\"", {2}}};
  c.journal = R"([{"seq":1,"t_us":10,"actor":"client","kind":"note","text":"no"},
                  {"seq":2,"t_us":301000,"actor":"browser","kind":"request","text":"GET /callback","status":200}])";
  c.command = "assay run --case worldrouter/login/callback-request-late --seed 7";
  return c;
}

RunRecord record_of(std::vector<CaseRecord> cases, int exit = 1) {
  RunRecord record;
  record.header.assay = "0.1.0";
  record.header.clients = {{"reference", "0.1.0", "provider", {}}};
  record.header.planned = cases.size();
  record.cases = std::move(cases);
  record.footer = RunFooter{{}, 2'500'000, exit, true};
  return record;
}

TEST(Console, SaysWhatWhyAndHowToRepeat) {
  const std::string text = render_console(record_of({failing()}));
  for (const char* part : {"fail    worldrouter/login/callback-request-late  must · reference",
                           "The browser sends its request late", "why       the login did not end well",
                           "check     done", "expected  ok true", "observed  error \"EAGAIN\"",
                           "evidence  #2 0.301 s browser request GET /callback 200",
                           "repeat    assay run --case worldrouter/login/callback-request-late --seed 7",
                           "FAILED (exit 1)  1 fail", "1 cases, reference 0.1.0, seed 0, assay 0.1.0, 2.5 s"})
    EXPECT_THAT(text, HasSubstr(part));
  EXPECT_THAT(text, Not(HasSubstr("\x1b"))) << "plain unless asked";
}

TEST(Console, WrapsWhatIsLongAndSaysNothingTwice) {
  CaseRecord c = failing();
  c.checks = {
      {"done", false, "ok", std::string(61, 'a') + std::string(60, 'b') + "ü" + std::string(300, 'c'), {}}};
  c.reason = c.checks[0].observed;
  ConsoleStyle style;
  style.width = 80;
  const std::string text = render_console(record_of({c}), style);
  EXPECT_THAT(text, Not(HasSubstr("why")));
  EXPECT_THAT(text, HasSubstr("        observed  " + std::string(61, 'a') + "\n                  " +
                              std::string(60, 'b') + "ü"));
  EXPECT_THAT(text, HasSubstr("c…\n"));
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 11);
}

TEST(Console, FitsOneScreenHoweverMuchFails) {
  for (const int height : {20, 24, 40}) {
    ConsoleStyle style;
    style.height = height;
    style.width = 80;
    const std::string text = render_console(sample_record({400, 2, 300, 3}), style);
    EXPECT_LE(std::count(text.begin(), text.end(), '\n'), height);
    EXPECT_THAT(text, HasSubstr("more: assay report render run.jsonl --format html"));
    EXPECT_THAT(text, HasSubstr("repeat")) << "the first is shown in full";
  }
}

TEST(Console, SaysWhatThereIsToFix) {
  CaseRecord retry = failing();
  retry.topic = "retry";
  CaseRecord framing = failing();
  framing.topic = "framing";
  EXPECT_THAT(render_console(record_of({retry, framing, retry})),
              HasSubstr("\nto fix: Reading the bytes of a stream 1, Retries and waiting 2\n"));
  EXPECT_THAT(render_console(record_of({retry})), Not(HasSubstr("to fix"))) << "one case speaks for itself";
}

TEST(Console, ShowsMustBeforeShouldAndCrashBeforeFail) {
  CaseRecord should = failing();
  should.level = "should";
  should.name = "a-should";
  CaseRecord crash = failing();
  crash.verdict = Verdict::crash;
  crash.name = "z-crash";
  crash.index = 9;
  const std::string text = render_console(record_of({should, failing(), crash}));
  EXPECT_LT(text.find("z-crash"), text.find("callback-request-late"));
  EXPECT_LT(text.find("callback-request-late"), text.find("a-should"));
}

TEST(Console, KeepsTerminalEscapesOfAClientOut) {
  CaseRecord c = failing();
  c.reason = "\x1b[2Jgone\nsecond \xc2\x9b line\x07";
  ConsoleStyle style;
  const std::string text = render_console(record_of({c}), style);
  EXPECT_THAT(text, HasSubstr("\\x1b[2Jgone second \\x9b line\\x07"));
  EXPECT_THAT(text, Not(HasSubstr("\x1b")));
  EXPECT_THAT(text, Not(HasSubstr("\xc2\x9b")));
}

TEST(Console, ColoursOnlyWhenAsked) {
  ConsoleStyle style;
  style.color = true;
  EXPECT_THAT(render_console(record_of({failing()}), style), HasSubstr("\x1b[31mfail   \x1b[0m"));
}

TEST(Console, CallsAnIncompleteRunIncomplete) {
  RunRecord record = record_of({failing()}, 0);
  record.footer.reset();
  record.notes = {"no footer: the run ended early"};
  const std::string text = render_console(record);
  EXPECT_THAT(text, HasSubstr("INCOMPLETE"));
  EXPECT_THAT(text, HasSubstr("note: no footer"));
  EXPECT_THAT(text, Not(HasSubstr("OK")));
}

TEST(Console, ASingleLineSaysThatAllIsWell) {
  CaseRecord c;
  c.name = "x";
  const std::string text = render_console(record_of({c}, 0));
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 2);
  EXPECT_TRUE(text.starts_with("OK  1 pass\n")) << text;
}

TEST(Progress, IsPlainWhenPiped) {
  std::string out;
  Progress progress({}, 100, [&](std::string_view text) { out += text; });
  for (int i = 0; i < 99; ++i) progress.update(CaseRecord{});
  progress.update(failing());
  progress.finish();
  EXPECT_THAT(out, HasSubstr("10/100  10 pass\n"));
  EXPECT_THAT(out, HasSubstr("fail    worldrouter/login/callback-request-late"));
  EXPECT_THAT(out, Not(HasSubstr("\r")));
  EXPECT_EQ(std::count(out.begin(), out.end(), '\n'), 11);
}

TEST(Progress, RewritesOneLineOnATerminalAndClearsIt) {
  std::string out;
  ConsoleStyle style;
  style.live = true;
  Progress progress(style, 1000, [&](std::string_view text) { out += text; });
  for (int i = 0; i < 1000; ++i) progress.update(CaseRecord{});
  EXPECT_THAT(out, HasSubstr("\r\x1b[K1/1000 1 pass"));
  EXPECT_LT(out.size(), 5000U) << "not a thousand times";
  progress.finish();
  EXPECT_TRUE(out.ends_with("\r\x1b[K"));
  EXPECT_THAT(out, Not(HasSubstr("\n")));
}

TEST(OneLine, CutsAtCodePoints) {
  EXPECT_EQ(one_line("añb", 2), "añ…");
  EXPECT_EQ(one_line("añb", 3), "añb");
  EXPECT_EQ(one_line("  a \n\t b  "), "a b");
}

TEST(OneLine, EscapesControlsOfTerminalsAndOfReadingOrder) {
  EXPECT_EQ(one_line("a\x1b[2J\u009b\u202egnp\u2066x"), "a\\x1b[2J\\x9b\\u202egnp\\u2066x");
}

TEST(HumanTime, PicksTheUnit) {
  EXPECT_EQ(human_time(850), "850 us");
  EXPECT_EQ(human_time(12'345), "12 ms");
  EXPECT_EQ(human_time(3'400'000), "3.4 s");
  EXPECT_EQ(human_time(125'000'000), "2 min 05 s");
}

}  // namespace
}  // namespace assay::reports
