// LoginRecipe: how a person signs in with a program, `login:` of a client file: the program that is run, the
// terminal that it runs in, and what the person does there, step by step. docs/logins.md explains the keys.
// Values; copy freely.
#pragma once

#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "harness/base/result.h"
#include "harness/base/strict.h"
#include "harness/base/time.h"
#include "harness/process/terminal.h"

namespace assay::conformance {

// One thing that the person does, once the screen shows what they wait for.
struct LoginStep {
  std::string await;              // regular expression on the screen; empty = it is not waited for anything
  Micros within{0};               // how long; 0 = kStepPatience
  std::string send;               // typed
  std::vector<std::string> keys;  // pressed after it: enter, down, ctrl-c, ...
  std::string open;               // regular expression of a URL on the screen, which the browser opens
  std::string code;               // ... of the device code on the screen
  std::string paste;              // what is typed of the page where the browser ended: url, code, code#state
  bool optional = false;          // passed over when what the next step waits for is there first
  bool close = false;             // the window is closed: the program is not asked to end by itself
};
inline constexpr Micros kStepPatience = std::chrono::seconds(90);  // a busy machine draws slowly

struct LoginRecipe {
  std::vector<std::string> argv;                  // empty = the client has no login
  std::vector<std::string> logout;                // empty = it has no command for it
  std::string account;                            // conformance/logins; empty = the world of the case
  std::string flow = "browser";                   // login_flows()
  std::string url;                                // regular expression of a page that it prints
  std::optional<process::TerminalSize> terminal;  // none = pipes
  std::vector<LoginStep> steps;
  std::map<std::string, std::string> environment;  // beside that of the client
  std::map<std::string, std::string> files;        // path below HOME → text, written before it is run
};

// What a terminal sends for a key ("enter" → CR); nullopt = there is no such key. On pipes Enter is LF.
std::optional<std::string> key_bytes(const std::string& name, bool terminal);

// Reads the value of `login`. Problems are added to those of `login`.
LoginRecipe read_login(ObjectReader& login);

void to_json(nlohmann::json& out, const LoginRecipe& login);
void from_json(const nlohmann::json& in, LoginRecipe& login);

}  // namespace assay::conformance
