#include "conformance/runner/judge/hint.h"

#include <gtest/gtest.h>

namespace assay::conformance {
namespace {

struct Asked {
  const char* target;
  Headers headers;
  int status;
  bool unclaimed;
};

std::string hint_for(const std::vector<Asked>& asked, bool stored) {
  Observation seen;
  std::uint64_t exchange = 0;
  for (const Asked& one : asked) {
    auto request = std::make_shared<Request>();
    request->method = "POST";
    request->target = one.target;
    request->headers = one.headers;
    JournalEntry entry;
    entry.actor = "inference";
    entry.kind = one.unclaimed ? JournalKind::unclaimed : JournalKind::request;
    entry.exchange = ++exchange;
    entry.text = std::string("POST ") + one.target;
    entry.request = request;
    seen.journal.push_back(std::make_shared<const JournalEntry>(entry));
    JournalEntry answer;
    answer.kind = JournalKind::response;
    answer.exchange = exchange;
    answer.status = one.status;
    seen.journal.push_back(std::make_shared<const JournalEntry>(answer));
  }
  Case one;
  if (stored) one.given = {{"store", {{"worldrouter", {{"key", "k"}}}}}};
  return hint(one, seen);
}

TEST(Hint, NamesAMissingKeyAndAWrongPath) {
  const Asked bare{"/v1/chat/completions", {}, 401, false};
  const Asked with_key{"/v1/chat/completions", {{"x-api-key", "k"}}, 401, false};
  const Asked answered{"/v1/chat/completions", {}, 200, false};
  const Asked lost{"/v1/v1/chat/completions", {}, 404, true};
  EXPECT_EQ(hint_for({bare}, false), "Hint: the refused request carried no API key.");
  EXPECT_EQ(hint_for({bare}, true),
            "Hint: the refused request carried no API key. This case stores the credential in HOME/auth.json "
            "(given.store).");
  EXPECT_EQ(hint_for({bare, with_key}, true), "");
  EXPECT_EQ(hint_for({answered}, true), "");
  EXPECT_EQ(hint_for({lost, bare}, true),
            "Hint: no fake serves POST /v1/v1/chat/completions; check the base URL and the path.");
}

// A stream was ordered to break, and the answer was 401 instead: the fault fits no refusal.
TEST(Hint, NamesAMissingKeyBehindAFaultThatDidNotFit) {
  Observation seen;
  auto request = std::make_shared<Request>();
  request->target = "/v1/chat/completions";
  JournalEntry asked;
  asked.kind = JournalKind::request;
  asked.exchange = 1;
  asked.request = request;
  JournalEntry refused;
  refused.exchange = 1;
  refused.status = 401;
  refused.detail = {{"fault_refused", true}};
  JournalEntry answered;
  answered.kind = JournalKind::response;
  answered.exchange = 1;
  answered.status = 500;
  for (const JournalEntry& entry : {asked, refused, answered})
    seen.journal.push_back(std::make_shared<const JournalEntry>(entry));
  EXPECT_EQ(hint({}, seen), "Hint: the refused request carried no API key.");
}

}  // namespace
}  // namespace assay::conformance
