// Observation: what came back from one case, gathered while the world was alive. Everything that checks
// judge.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "harness/base/journal.h"
#include "harness/base/time.h"
#include "harness/process/canary.h"

namespace assay::conformance {

// How one operation ended.
struct Outcome {
  enum class End { result, skipped, errored, timeout, crash };
  End end = End::crash;
  std::string op, label, actor;
  nlohmann::json request;                                 // what the client was asked
  nlohmann::json result;                                  // End::result: the result; else {"message": why}
  std::vector<std::pair<Micros, nlohmann::json>> events;  // by the world's clock
  Micros started{0}, ended{0};
};

// One process that played an actor.
struct ProcessOutcome {
  std::string actor;
  std::vector<std::string> argv;
  std::string out, err;
  bool exited_by_itself = false;  // before it was told to
  int exit_code = 0;
  int exit_signal = 0;
  std::vector<std::string> left_behind;  // "pid 12 sleep"
  int pid = 0;
  std::vector<process::Sighting> sightings;  // it and its descendants, with what each was started with
};

struct Finding {
  std::string secret;  // the canary's name, never its value
  std::string where;   // stdout, stderr, argv, environment, files, urls, requests, messages
  std::string place;   // path, header name, ...
};

struct Observation {
  std::map<std::string, std::vector<Outcome>>
      outcomes;  // by label; several where it was repeated or parallel
  std::vector<ProcessOutcome> processes;
  std::vector<nlohmann::json>
      pages;  // what the browser saw, in order: {status, headers, body, error, url, step}
  std::vector<std::shared_ptr<const JournalEntry>> journal;
  std::map<std::string, std::string> homes;  // actor → path
  nlohmann::json store;           // the credential file; discarded = there but not JSON; null = absent
  int store_mode = 0;             // its permission bits
  std::vector<Finding> findings;  // canaries where they must not be
  std::vector<std::pair<std::string, process::FileSearch>> written;  // folders that clients could write to
  std::map<std::string, std::string> files;  // text of every small file in the homes, by path below the home
  std::vector<std::string> seeds;            // of the provider descriptor
  nlohmann::json turns =
      nlohmann::json::object();  // name → canonical turn, of those that the world may answer with
  std::string first_turn;        // the name `from-turn` means without another
  // ${name}; null when there is nothing of that name.
  std::function<nlohmann::json(const std::string&)> resolve;
};

}  // namespace assay::conformance
