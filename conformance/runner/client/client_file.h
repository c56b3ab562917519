// Client files: one YAML file makes a program a client under test. Either the program speaks the adapter
// protocol (`adapter:`), or it is a command line program that is run once for each chat (`argv:`), told by
// environment and configuration files where the provider is. docs/clients.md explains the keys. Values; copy
// freely.
#pragma once

#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "conformance/runner/client/login_recipe.h"
#include "conformance/runner/client/packages.h"
#include "harness/base/result.h"
#include "harness/base/strict.h"
#include "harness/base/time.h"
#include "harness/time/clock_map.h"

namespace assay::conformance {

// What a program prints, and so how its text and its errors are read (output_dialect.h).
enum class Dialect {
  plain,
  claude_stream_json,
  codex_json,
  gemini_json,
  kimi_stream_json,
  opencode,
  pi,
  copilot,
  openclaw,
  acp,
  pointers  // where JSON pointers say (OutputPointers)
};

// Where the lines of an output that fits no dialect have what: JSON pointers, each for the lines that fit
// `when` (pointer → value).
struct OutputPointer {
  std::string at;
  std::map<std::string, nlohmann::json> when;
};
struct OutputPointers {
  std::vector<OutputPointer> text;    // appended
  std::vector<OutputPointer> whole;   // replaces what came before
  std::vector<OutputPointer> error;   // why the turn failed
  std::vector<OutputPointer> status;  // HTTP status of that failure
  std::vector<OutputPointer> end;     // is there when the turn ended well; none = exit 0 says so
};
void to_json(nlohmann::json& out, const OutputPointer& pointer);
void from_json(const nlohmann::json& in, OutputPointer& pointer);
void to_json(nlohmann::json& out, const OutputPointers& pointers);
void from_json(const nlohmann::json& in, OutputPointers& pointers);

// How a command line program is run for one chat. Every text may hold ${inference.url}, ${key}, ${model},
// ${prompt} and ${home};
// "$${" stands for "${".
struct Recipe {
  std::vector<std::string> argv;  // argv[0] is found in PATH
  std::string stdin_text;         // what it reads; then its stdin ends
  std::map<std::string, std::string> environment;
  std::map<std::string, std::string> files;  // path below HOME → text
  std::string model;  // what ${model} is, whatever the case asks for; empty = what the case asks for
  Dialect output = Dialect::plain;
  OutputPointers pointers;  // of Dialect::pointers
  std::string session;      // JSON pointer to the session's id in a line of its output; empty = it has none
  // argv of a chat that goes on with ${session}; empty = it cannot.
  std::vector<std::string> resume;
  LoginRecipe login;  // argv empty = it has none
  // What the file says of the program.
  std::string name, version;
  std::vector<std::string> capabilities;
  std::vector<std::string> reports;  // what its output tells of a chat
};
// Those that the file names, and what follows from how it is run: `process` of all but agents, `resume` of
// those with a form for it, `account` of those whose login names one, `logout` of those that have one.
std::vector<std::string> capabilities_of(const Recipe& recipe);
// Whether a text of its chats holds ${name}.
bool uses(const Recipe& recipe, const std::string& name);
void to_json(nlohmann::json& out, const Recipe& recipe);
void from_json(const nlohmann::json& in, Recipe& recipe);

struct ClientFile {
  std::string name, title;
  std::vector<std::string> aliases;
  std::optional<PackageSet> packages;  // pinned; the first is the program
  std::string locks;                   // folder of locks: beside the client file
  std::vector<std::string> path;       // folders of PATH before all others
  std::string node;                    // version of Node.js that it needs, from npm; empty = the machine's
  std::vector<std::string> versions;   // known to work with this file
  std::vector<std::string>
      adapter;  // argv of a program that speaks the adapter protocol; empty = `recipe` is run
  std::string kind = "program";                    // sdk, program or gateway
  std::vector<std::string> protocols;              // that it speaks, where its adapter speaks several
  nlohmann::json fake = nlohmann::json::object();  // settings of its inference API: profile, base_path, list
  Recipe recipe;                                   // argv empty = `adapter` is run
  Micros patience{0};  // how long a client that goes on trying is watched; 0 = the deadlines of the cases
  std::optional<casetime::Rate> time;  // the fastest rate of case time that it is known to follow well
  // Role of a fake → names that the client asks for over https, whatever it is told.
  std::map<std::string, std::vector<std::string>> hosts;
  // Paths that it reads beside what is found of itself (reads.h); "~/" is the caller's HOME, and such a path
  // is shown in the client's HOME too.
  std::vector<std::string> reads;
  std::string folder;         // that holds the file
  bool without_cell = false;  // `cells: none`
  // The names that the fakes answer for have an address that looks like one of the Internet's: for clients
  // that refuse loopback and private ones.
  bool public_address = false;
  // Code that makes it talk to ${inference.url} with ${key}, for people; empty = none.
  std::string snippet;
  std::string version() const;  // of the first package; "" without packages
  // The same client with other versions of its packages, or of those beneath them ("openai@7.4.0"). Fails
  // when it has none.
  Result<ClientFile> with(const std::vector<std::string>& versions) const;
};

// Fails with file and line on an unknown key, a wrong type, an unknown ${name}, or neither or both of
// `adapter` and `argv`.
Result<ClientFile> parse_client_file(const Document& document);
Result<ClientFile> load_client_file(const std::string& path);
// Every file of conformance/clients by name. Fails when one is wrong, is not named as its file, or takes a
// name that another has.
Result<std::vector<ClientFile>> load_client_files(const std::string& data_folder);
// By name or alias; nullptr = there is none.
const ClientFile* client_named(const std::vector<ClientFile>& files, const std::string& name);

// `text` with ${name} replaced and "$${" turned into "${". Fails on a name that `values` lacks.
Result<std::string> filled_in(const std::string& text, const std::map<std::string, std::string>& values);

}  // namespace assay::conformance
