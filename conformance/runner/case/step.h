// Step: one thing that a case does. `do:` is a list of them.
//
//   login|refresh|status|logout|models|chat|resume|tool_results: {as: L, actor: a, deadline: 10s, ...fields
//   of the adapter protocol} start: {chat: {as: C}}      begins an operation and goes on        join: C waits
//   for its end await: {prompt: paste, of: L} | {event: text, of: C} | {journal: "auth GET /login"} | {ended:
//   C}      waits, with `deadline` cancel: C                   answer: {prompt: paste, with: "…"} release:
//   barrier parallel: {each: [a, b], do: {chat: {as: C}}}                      the same operation by several
//   actors at once repeat: {times: 3, do: {chat: {as: C}}} terminate: C (as cancel, but SIGTERM)
//   set: {inference.down: true}     clock: +30d
//   restart: client     kill: client       browser: {…}  a visit with that behaviour
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <variant>
#include <vector>

#include "harness/base/strict.h"
#include "harness/base/time.h"

namespace assay::conformance {

// One operation of the client, with the fields that the adapter protocol gives it.
struct Operation {
  std::string op;
  std::string label;     // `as:`; empty = nobody asks for its result
  std::string actor;     // empty = the only one
  Micros deadline{0};    // 0 = the runner's default
  std::string provider;  // a second provider of the world; empty = the first
  nlohmann::json fields = nlohmann::json::object();
};

struct Step {
  struct Do {
    Operation operation;
  };
  struct Start {
    Operation operation;
  };
  struct Join {
    std::string label;
  };
  struct Cancel {
    std::string label;
    bool terminate = false;  // a client that is a program gets SIGTERM instead of an interrupt
  };
  struct Await {
    std::string kind;         // prompt, event, journal, ended
    std::string what;         // name of the prompt, kind of the event, "actor METHOD path", label
    std::string label;        // `of:`, empty = any
    std::uint64_t count = 1;  // the count-th such thing since the case began
    Micros deadline{0};
  };
  struct Answer {
    std::string prompt;
    nlohmann::json text;  // string with ${…}, or null: the prompt is closed
    std::string label;
  };
  struct Parallel {
    std::vector<std::string> actors;
    std::vector<Operation> operations;  // one for each actor, or several of one
  };
  struct Repeat {
    std::uint64_t times = 1;
    Operation operation;
  };
  struct Set {
    std::vector<std::pair<std::string, nlohmann::json>> values;
  };
  struct ClockStep {
    Micros advance{0};
  };
  struct Restart {
    std::string actor;
  };
  struct Kill {
    std::string actor;
  };
  struct Release {
    std::string name;
  };
  struct Visit {
    nlohmann::json plan;
    std::string url;  // ${…}; empty = the last login page
  };
  using Action = std::variant<Do, Start, Join, Cancel, Await, Answer, Parallel, Repeat, Set, ClockStep,
                              Restart, Kill, Release, Visit>;

  Action action;
  std::string text;  // "login as L", for the journal and for messages
};

// Reads the list under `key`. Problems are added to those of `owner`.
std::vector<Step> parse_steps(ObjectReader& owner, std::string_view key);

}  // namespace assay::conformance
