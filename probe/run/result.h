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
  fail,         // a must does not hold
  warn,         // a should or info does not hold, or what the model decides never came
  refused,      // the endpoint says that it does not offer this, as its protocol says so
  inconclusive  // nothing could be learned: no answer, no credit, the budget used up
};
std::string_view to_string(Verdict verdict);

struct CheckResult {
  std::string id;
  std::string title;
  Level level = Level::must;
  Verdict verdict = Verdict::inconclusive;
  // One sentence for a bug report: what was sent, what the endpoint did, what it should have done.
  std::string sentence;
  std::string source;
  std::vector<std::string> features;
  int plays = 0;  // of which `held` held: a rate where the model decides
  int held = 0;
  bool model_decides = false;
  std::vector<Answer> answers;  // of all plays, with secrets: for --save only
};

struct ProbeResult {
  std::string endpoint;  // Target::name()
  std::string protocol;
  std::string model;
  std::vector<CheckResult> checks;
  Cost limit;
  Cost spent;
  std::int64_t milliseconds = 0;

  std::size_t count(Verdict verdict) const;
};

}  // namespace assay::probe
