// The accounts of conformance/logins, each signed in to by a double of a program that has it: the requests
// that the program was seen to send, over sockets, from the first to the first answer. And the same wrong:
// what the vendor would refuse is refused.
#include "conformance/runner/case/logins_test.h"

namespace assay::conformance::doubles {
namespace {

class Login : public Vendor, public testing::WithParamInterface<Double> {};

TEST_P(Login, FromTheFirstRequestToTheFirstAnswer) {
  open(GetParam());
  for (const auto& ask : GetParam().asks) {
    play(ask);
    if (HasFatalFailure()) return;
  }
  for (const auto& entry : journal.entries()) EXPECT_NE(entry->kind, JournalKind::unclaimed) << entry->text;
}

INSTANTIATE_TEST_SUITE_P(Right, Login, testing::ValuesIn(right_doubles()));
INSTANTIATE_TEST_SUITE_P(Wrong, Login, testing::ValuesIn(wrong_doubles()));

TEST_F(Vendor, AStandardPathIsNoneOfAVendor) {
  open({"anthropic", "", {}});
  play({"auth", "POST /token", "grant_type=refresh_token", 404});
  play({"auth", "GET /authorize", "", 404});
}

TEST_F(Vendor, ARouteAtTheHostOfAnotherFakeIsItsOwnersInTheJournal) {
  open({"anthropic", "", {}});
  play({"inference", "GET /api/oauth/profile", "", 401, {}, "Authorization: Bearer stolen"});
  play({"inference", "POST /v1/messages", messages_body, 401, {}, "Authorization: Bearer stolen"});
  std::vector<std::string> asked;
  for (const auto& entry : journal.entries())
    if (entry->kind == JournalKind::request) asked.push_back(entry->actor + " " + entry->text);
  EXPECT_THAT(asked, testing::ElementsAre("auth GET /api/oauth/profile", "inference POST /v1/messages"));
}

TEST(Accounts, EachHasItsDoubleRightAndWrong) {
  for (const auto& entry : std::filesystem::directory_iterator(ASSAY_SOURCE_DIR "/conformance/logins")) {
    const auto name = entry.path().stem().string();
    const auto plays = [&](const Double& one) { return one.account == name; };
    EXPECT_TRUE(std::any_of(right_doubles().begin(), right_doubles().end(), plays)) << name;
    EXPECT_TRUE(name == "generic" || std::any_of(wrong_doubles().begin(), wrong_doubles().end(), plays))
        << name;
  }
}

}  // namespace
}  // namespace assay::conformance::doubles
