// GoogleMock matchers for clients of model providers.
//
//   EXPECT_THAT(message, IsSanitized());                 what a person is shown
//   EXPECT_THAT(message, IsSanitized({world.key()}));    ... and no trace of this secret either
//   EXPECT_THAT(body, StreamsText("Hello"));             bytes of an answer, in any protocol; takes a matcher
//   EXPECT_THAT(world, SentInOrder("auth-station GET /login", "POST /auth/exchange", "POST chat 200"));
//   EXPECT_THAT(world, Sent("POST chat", 2));            exactly so many; takes a matcher
#pragma once

#include <gmock/gmock.h>

#include <string>
#include <vector>

#include "testing/judge.h"
#include "testing/world.h"

namespace assay::testing {

namespace detail {

inline void tell_conversation(const World& world, ::testing::MatchResultListener& listener) {
  listener << "; the conversation was";
  const auto lines = world.conversation();
  if (lines.empty()) listener << " empty";
  for (const std::string& line : lines) listener << "\n    " << line;
}

}  // namespace detail

MATCHER_P(IsSanitizedOf, secrets,
          negation ? "is not fit to be shown to a person" : "is fit to be shown to a person") {
  const std::string why = why_unsanitized(arg, secrets);
  if (!why.empty()) *result_listener << "where " << why;
  return why.empty();
}
// See why_unsanitized() in judge.h.
inline auto IsSanitized(std::vector<std::string> secrets = {}) {
  return IsSanitizedOf(std::move(secrets));
}

// The answer came to its end, and its text is `text` (a string or a matcher of one).
MATCHER_P(StreamsText, text,
          "streams a text that " + ::testing::DescribeMatcher<std::string>(text, negation)) {
  std::string why;
  const std::string said = streamed_text(arg, why);
  if (!why.empty()) {
    *result_listener << "where " << why << "; its text is " << ::testing::PrintToString(said);
    return false;
  }
  *result_listener << "where the text is " << ::testing::PrintToString(said) << " ";
  return ::testing::ExplainMatchResult(text, said, result_listener);
}

MATCHER_P(SentInOrderOf, queries,
          (negation ? "was not sent in this order: " : "was sent in this order: ") +
              ::testing::PrintToString(queries)) {
  const std::string why = why_not_in_order(arg, queries);
  if (why.empty()) return true;
  *result_listener << "where " << why;
  detail::tell_conversation(arg, *result_listener);
  return false;
}
// A World was sent requests that fit these queries (World::requests), in this order; others may stand
// between.
template <typename... Query>
auto SentInOrder(const Query&... queries) {
  return SentInOrderOf(std::vector<std::string>{queries...});
}

// A World was sent `count` (a number or a matcher of one) requests that fit the query.
MATCHER_P2(Sent, query, count,
           "was sent " + std::string(query) + " so often that it " +
               ::testing::DescribeMatcher<std::size_t>(count, negation)) {
  const std::size_t found = arg.requests(query).size();
  *result_listener << "where it was " << found << " times";
  if (::testing::ExplainMatchResult(count, found, result_listener)) return true;
  detail::tell_conversation(arg, *result_listener);
  return false;
}

// For messages of a failed expectation.
inline void PrintTo(const World& world, std::ostream* out) {
  *out << "the world at " << world.url();
}

}  // namespace assay::testing
