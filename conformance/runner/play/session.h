// Session: a case being played. It starts the world, the clients and the browser, does the steps, and hands
// over the observation.
#pragma once

#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "conformance/runner/case/case.h"
#include "conformance/runner/case/world_spec.h"
#include "conformance/runner/client/client.h"
#include "conformance/runner/client/client_file.h"
#include "conformance/runner/judge/reports.h"
#include "conformance/runner/play/observation.h"
#include "conformance/runner/play/surroundings.h"
#include "harness/base/journal.h"
#include "harness/http/client.h"

namespace assay::conformance {

// What is under test, as the command line or a client file names it.
struct ClientSpec {
  std::string name;                                // "reference"
  std::vector<std::string> argv;                   // of an adapter; of an exec client what its recipe says
  std::vector<std::string> environment;            // beside HOME, PATH, TERM, LANG, or instead of them
  std::string version;                             // where it is known before the client is asked
  std::string kind = {};                           // sdk, program or gateway; empty = nobody said
  std::vector<std::string> protocols = {};         // that it speaks, as far as is known before it is asked
  nlohmann::json fake = nlohmann::json::object();  // what the fake of its inference API must be like
  std::vector<std::string> packages = {};  // what is installed for it, "openai 7.55.0"; for the record
  std::optional<Recipe> recipe;            // of a program that is run for each chat
  bool program = false;                    // argv is any program, run for each operation (program_client.h)
  std::string directory;                   // where a program or an adapter runs; empty = in its HOME
  std::vector<std::string> arguments;      // how a command line names it: {"--client", "./mine.yaml"}
  bool narrate = false;                    // what it says and shows is journalled
  // How an adapter is run as a program instead, for cases that need `process`.
  std::optional<Recipe> as_program = std::nullopt;
  Micros patience{0};                                 // every operation has at least this long
  std::optional<casetime::Rate> time = std::nullopt;  // the fastest that it follows well
  // Role of a fake ("inference") → names that the client asks for over https, whatever it is told.
  std::map<std::string, std::vector<std::string>> hosts = {};
  bool public_address = false;  // of these names (ClientFile)
  bool without_cell = false;    // its file says `cells: none`: it runs outside, one case at a time
  // What it reads beside what is found (reads.h): absolute paths.
  std::vector<std::string> reads = {};
  // Of those, what it looks for in its HOME: path below HOME → absolute path.
  std::map<std::string, std::string> home_reads = {};
  // What a manifest declares that it can do. Then a case that needs more does not apply, and a hello that
  // lacks any of it is an error.
  std::optional<std::vector<std::string>> manifest = std::nullopt;
  // What it said in the start check that it can do: a case that needs more is told without starting it.
  std::optional<std::vector<std::string>> claims = std::nullopt;
  // Reports beside which everything is withheld from the judges (assay selftest --reports); none = nothing
  // is.
  std::optional<std::vector<std::string>> only_reports = std::nullopt;
};
// What the worker of a cell must know of it: all but what is for the record (packages) or decided before it
// starts (without_cell, reads).
void to_json(nlohmann::json& out, const ClientSpec& client);
void from_json(const nlohmann::json& in, ClientSpec& client);

struct SessionOptions {
  std::string data_folder;
  std::string scratch;  // a folder for the homes of this case; removed by the caller
  std::uint64_t seed = 0;
  std::string protocol = {};  // that the case is to be asked in; empty = as the case and the client have it
  casetime::Rate rate;        // how many seconds of the case pass in one of the machine's
  std::string not_asked;      // why the client is asked nothing, once it is known that the case applies to it
  std::function<void(const JournalEntry&)> live = {};  // told each entry as it comes, on any thread
  bool measure = false;                                // how late waits end, at the natural rate too
  // Of a worker inside a cell with CellOptions::catch_all; null elsewhere. Outlives the session.
  Surroundings* surroundings = nullptr;
  // One visit of the user agent: walks from `url`, ends with what it was shown. Blocks; journals as
  // "browser", and waits in the time of `clock`. It trusts the authorities of `ca_file`, or those of the
  // machine when that is empty. `over` says that the clients have done what they were asked; it outlives the
  // visit.
  std::function<nlohmann::json(const std::string& url, const nlohmann::json& plan, Journal& journal,
                               const std::string& ca_file, const Clock& clock, http::CancelToken& over)>
      browse;
  // Finds canaries where they must not be.
  std::function<std::vector<Finding>(const Observation& observation,
                                     const std::vector<process::Canary>& secrets)>
      search;
};

struct Played {
  Observation observation;
  Hello hello;
  std::string protocol;              // that the client was asked in; empty = it did not say which it speaks
  Reports reports;                   // what the client can tell
  std::string not_applicable;        // why the case does not apply to this client; empty = it does
  std::string could_not_run;         // what this machine lacks
  std::string limit;                 // of its cell that the client reached: "256 MiB of output"
  std::string broken;                // why the harness or the adapter broke; empty = neither did
  std::string flood;                 // what the client did too often and was stopped for; empty = nothing
  std::vector<std::string> strict;   // what did not fit in a strict world (World::strict_findings)
  std::string in_vain;               // the first thing that a step awaited in vain; empty = all came about
  std::vector<std::string> secrets;  // values that must not be written to a report
  Micros setup{0}, acting{0};
};

// Plays `one` against `client`. Everything that can go wrong is told in Played.
Played play(const Case& one, const WorldPlan& plan, const ClientSpec& client, const SessionOptions& options);

}  // namespace assay::conformance
