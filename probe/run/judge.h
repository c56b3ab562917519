// From the answers of one play to a verdict. Pure.
#pragma once

#include <string>

#include "probe/ask/send.h"
#include "probe/check/check.h"
#include "probe/check/shapes.h"
#include "probe/run/result.h"

namespace assay::probe {

struct Judged {
  Verdict verdict = Verdict::pass;
  std::string sent;  // "POST /v1/chat/completions with max_tokens: 1"
  std::string did;   // "answered 500 with ..."
};

// The first expectation that does not hold decides; one that cannot be told decides only if all others hold.
Judged judge(const Check& check, const Target& target, const Sent& sent, const Shapes& shapes);

// "Sent GET /v1/models: the endpoint answered 404 with {...}. It should list its models (must; URL)."
std::string sentence(const Check& check, const Target& target, const Judged& judged);

}  // namespace assay::probe
