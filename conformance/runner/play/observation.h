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
#include "harness/time/clock_map.h"

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
  Micros first_request{0};  // the first that the client sent since; 0 = none
};

// One process that played an actor.
struct ProcessOutcome {
  std::string actor;
  std::vector<std::string> argv;
  std::string out, err;
  std::string screen;             // of its last login, as text
  bool exited_by_itself = false;  // before it was told to
  int exit_code = 0;
  int exit_signal = 0;
  std::vector<std::string> left_behind;  // "pid 12 sleep"
  int pid = 0;
  std::vector<process::Sighting> sightings;  // it and its descendants, with what each was started with
};

// How time went in one play.
struct CaseTime {
  casetime::Rate rate;
  Micros late{0};                                 // the latest that a wait ended, by the machine's clock
  Micros cpu{0};                                  // that the clients used, as far as it was seen
  std::vector<std::pair<Micros, Micros>> cpu_at;  // when a request came → what had been used by then
  std::vector<std::string> uncompressed;          // programs whose time ran on as it is, with the reason
  std::vector<std::string> refused;               // ... that were refused a way of waiting

  // What a bound of a check may be missed by. Nothing at the natural rate; else a tenth of it. An upper bound
  // gives way too for the work that clients did between two moments: it takes N times as long.
  Micros slack(Micros bound) const { return rate.natural() ? Micros(0) : bound / 10; }
  Micros work(Micros from, Micros to) const;
};

struct Finding {
  std::string secret;  // the canary's name, never its value
  std::string where;   // stdout, stderr, argv, environment, files, urls, requests, messages, pages
  std::string place;   // path, header name, ...
};

// A file below a HOME that holds a token or a key of the case at its end.
struct CredentialFile {
  std::string path;    // below the homes; with the member of an archive behind it
  std::string secret;  // the canary's name: "refresh token"
  int mode = 0;        // permission bits
};

struct Observation {
  std::map<std::string, std::vector<Outcome>>
      outcomes;  // by label; several where it was repeated or parallel
  std::vector<ProcessOutcome> processes;
  std::vector<nlohmann::json>
      pages;  // what the browser saw, in order: {status, headers, body, error, url, step}
  std::vector<std::shared_ptr<const JournalEntry>> journal;
  std::map<std::string, std::string> homes;  // actor → path
  nlohmann::json store;  // the credential file; discarded = there but not JSON; null = absent
  int store_mode = 0;    // its permission bits
  CaseTime time;
  std::vector<Finding> findings;                                     // canaries where they must not be
  std::vector<std::pair<std::string, process::FileSearch>> written;  // folders that clients could write to
  std::vector<CredentialFile> credential_files;
  std::map<std::string, std::string> files;  // text of every small file in the homes, by path below the home
  std::vector<std::string> seeds;            // of the provider descriptor
  nlohmann::json turns =
      nlohmann::json::object();  // name → canonical turn, of those that the world may answer with
  std::string first_turn;        // the name `from-turn` means without another
  // ${name}; null when there is nothing of that name.
  std::function<nlohmann::json(const std::string&)> resolve;
};

}  // namespace assay::conformance
