// The live view: one line a request, whatever happens to it.
#include "conformance/serve/live.h"

#include <gmock/gmock.h>

#include "harness/base/text.h"

namespace assay::serve {
namespace {

using testing::ContainsRegex;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

struct View {
  std::string text;
  LiveView live;
  explicit View(LiveView::Style style = {}) : live(style, [this](std::string_view more) { text += more; }) {}

  void say(JournalKind kind, const std::string& what, std::uint64_t exchange = 1, int status = 0,
           const std::string& world = "", nlohmann::json detail = nullptr) {
    JournalEntry entry;
    entry.at = Micros(1'000'000 + 2'500 * ++steps_);
    entry.actor = "inference";
    entry.kind = kind;
    entry.exchange = exchange;
    entry.status = status;
    entry.bytes = kind == JournalKind::done ? 876 : 0;
    entry.text = what;
    entry.detail = std::move(detail);
    if (kind == JournalKind::request) {
      auto request = std::make_shared<Request>();
      request->headers = {{"X-Evil", "\033[2J"}};
      request->body = "hello\n";
      entry.request = request;
    }
    live.entry(world, entry);
  }
  // The lines without their times of day.
  std::vector<std::string> lines() const {
    std::vector<std::string> out;
    for (const std::string_view line : split(text, '\n')) {
      if (!line.empty()) out.emplace_back(line.substr(std::min<std::size_t>(line.size(), 14)));
    }
    return out;
  }

 private:
  int steps_ = 0;
};

TEST(Live, OneLineARequestWhenItsAnswerEnds) {
  View v;
  v.say(JournalKind::connect, "127.0.0.1:1", 0);
  v.say(JournalKind::request, "POST /a", 1);
  v.say(JournalKind::request, "POST /b", 2, 0, "test");
  v.say(JournalKind::response, "", 2, 503, "test");
  v.say(JournalKind::done, "", 2, 0, "test");
  EXPECT_THAT(v.lines(), ElementsAre("test:inference POST /b  503  876 B  5.0 ms"));
  v.say(JournalKind::response, "", 1, 200);
  v.say(JournalKind::done, "", 1);
  v.say(JournalKind::closed, "", 1);
  EXPECT_THAT(v.lines(), ElementsAre("test:inference POST /b  503  876 B  5.0 ms",
                                     "inference      POST /a  200  876 B  12.5 ms"));
  EXPECT_THAT(v.text, ContainsRegex("^[0-2][0-9]:[0-5][0-9]:[0-5][0-9]\\.[0-9][0-9][0-9]  test:inference"));
}

TEST(Live, ItSaysWhatWentWrong) {
  View v;
  v.say(JournalKind::request, "POST /a", 1);
  v.say(JournalKind::fault, "rst", 1, 0, "", {{"event", 4}});
  v.say(JournalKind::response, "", 1, 200);
  v.say(JournalKind::closed, "reset", 1);
  v.say(JournalKind::request, "GET /no", 2);
  v.say(JournalKind::unclaimed, "GET /no", 2);
  v.say(JournalKind::response, "", 2, 404);
  v.say(JournalKind::done, "", 2);
  v.say(JournalKind::request, "GET /held", 3);
  v.say(JournalKind::hold, "gate", 3);
  v.say(JournalKind::peer_closed, "peer closed", 3);
  v.say(JournalKind::bad_request, "no method", 0);
  EXPECT_THAT(v.lines(),
              ElementsAre("inference      POST /a  200  0 B  7.5 ms  rst {\"event\":4}  closed: reset",
                          "inference      GET /no  404  876 B  7.5 ms  no fake knows this route",
                          "inference      GET /held  waits for the release of gate",
                          "inference      GET /held  -  0 B  5.0 ms  peer-closed: peer closed",
                          "inference      bad-request: no method"));
}

TEST(Live, ColourOnlyWhenAskedAndNeverThePeersOwn) {
  View plain, colored({true, false}), verbose({false, true});
  for (View* v : {&plain, &colored, &verbose}) {
    v->say(JournalKind::request, "GET /\033[31mred", 1);
    v->say(JournalKind::response, "", 1, 200);
    v->say(JournalKind::done, "", 1);
  }
  EXPECT_THAT(plain.text, Not(HasSubstr("\033")));
  EXPECT_THAT(colored.text, HasSubstr("\033[32m"));
  EXPECT_THAT(colored.text, Not(HasSubstr("\033[31m")));
  EXPECT_THAT(verbose.text, Not(HasSubstr("\033")));
  EXPECT_THAT(verbose.text, HasSubstr("| X-Evil: \\x1b[2J"));
  EXPECT_THAT(verbose.text, HasSubstr("| \"hello\\n\""));
}

}  // namespace
}  // namespace assay::serve
