// Met: what must have happened before a pass of a case counts, and what a case needs that a client is free
// not to do. Without the first a client that sends nothing passes every case that asks for a failure.
//
//   met: {event: open_url, of: L}          the client reported it
//   met: {journal: "oauth GET /authorize"} the journal has it (judge/journal_query.h)
//   met: {result: L}                       the step L ended with a result
//   met: {request: chat}                   the request of that operation arrived at its route
//   met: {faults: sent}                    each fault of the world was sent
//   met: [{…}, {…}]                        all of them
//   needs: [retry]                         else the case does not apply
// Default: the request of every kind of operation that the case asks for, and faults: sent where the world
// has any.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "conformance/runner/case/step.h"
#include "harness/base/strict.h"

namespace assay::conformance {

struct MetPart {
  enum class Kind { event, journal, result, request, faults };
  Kind kind = Kind::request;
  std::string what;      // the event's kind, the query, the label, the operation
  std::string label;     // event: the step that reports it; empty = any
  std::string provider;  // request: a second provider; empty = the first
  bool operator==(const MetPart&) const = default;
};
std::string to_string(const MetPart& part);  // "request chat"
std::string to_string(const std::vector<MetPart>& parts);

// Reads `met`; without it the default for `steps`. Problems are added to those of `owner`.
std::vector<MetPart> parse_met(ObjectReader& owner, const std::vector<Step>& steps);

struct Need {
  std::string_view name;
  std::string_view unseen;  // "the client sent no request twice"
};
// What `needs` may name.
const std::vector<Need>& all_needs();
std::vector<std::string> parse_needs(ObjectReader& owner);

// Every operation that the steps begin, in order.
std::vector<Operation> operations_of(const std::vector<Step>& steps);

}  // namespace assay::conformance
