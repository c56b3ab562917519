// What a probe found: values that the reports are made from.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "probe/ask/answer.h"
#include "probe/ask/budget.h"
#include "probe/check/check.h"

namespace assay::probe {

enum class Verdict {
  pass,
  fail,          // a must does not hold
  warn,          // a should or info does not hold, or what the model decides never came
  refused,       // the endpoint says that it does not offer this, as its protocol says so
  inconclusive,  // nothing could be learned: no answer, no credit, the budget used up
  xfail,         // fail or warn, as the known-failures file says
  xpass          // pass, although the known-failures file says that it fails
};
std::string_view to_string(Verdict verdict);
inline constexpr Verdict kVerdicts[] = {Verdict::fail,  Verdict::xpass,   Verdict::warn,
                                        Verdict::xfail, Verdict::refused, Verdict::inconclusive,
                                        Verdict::pass};

struct CheckResult {
  std::uint64_t index = 0;  // place in the whole plan, the same in every shard
  std::string id;
  std::string title;
  Level level = Level::must;
  Verdict verdict = Verdict::inconclusive;
  // One sentence for a bug report: what was sent, what the endpoint did, what it should have done.
  std::string sentence;
  std::string requirement;
  std::string source;
  std::vector<std::string> features;
  int plays = 0;  // of which `held` held: a rate where the model decides
  int held = 0;
  bool model_decides = false;
  std::string known;          // the reason of the known-failures entry that covers it
  std::int64_t start_us = 0;  // since the probe of this endpoint began
  std::int64_t duration_us = 0;
  std::vector<Answer> answers;  // of all plays, with secrets: for --save only
};

struct ProbeResult {
  std::string endpoint;  // Target::name()
  std::string protocol;
  std::string model;
  std::vector<CheckResult> checks;
  Cost limit;
  Cost spent;                // no more than the requests allowed
  std::int64_t counted = 0;  // tokens by the endpoint's own count: more than `spent` when it counts too much
  std::int64_t milliseconds = 0;

  std::size_t count(Verdict verdict) const;
  // "http://127.0.0.1:8080/v1 openai-chat gpt-test": its column in a report.
  std::string name() const;
};

// How much a reader should look at a result first, 0 = most: failed musts, then what passes unexpectedly,
// shoulds that do not hold, infos; what was not judged; what holds.
int rank(const CheckResult& check);
// The checks of a result in that order, else as they were played.
std::vector<const CheckResult*> by_rank(const ProbeResult& result);

}  // namespace assay::probe
