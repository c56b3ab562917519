// Account: a vendor's side of a login, as real programs know it: which hosts answer for it, what they say,
// which flows it has. conformance/logins/NAME.yaml; docs/logins.md explains the keys. A value; pure but for
// reading files.
//
// A case that requires the capability `account` is played in the world of the client's account, with the
// case's own world over it.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "conformance/runner/case/case.h"
#include "harness/base/result.h"
#include "harness/base/strict.h"

namespace assay::conformance {

// How a person signs in: in a browser that is sent back to the program, by pasting what the browser ends at,
// or by entering a code on another device.
const std::vector<std::string>& login_flows();

struct Account {
  std::string name, title;
  std::vector<std::string> flows;
  std::string protocol;               // of the chat that follows
  std::vector<std::string> known;     // what was seen of the vendor or its programs
  std::vector<std::string> authored;  // what nobody has seen and is made up
  nlohmann::json world;
};

// What clients that name no account have: the general authorization server.
inline constexpr const char* kGenericAccount = "generic";

// Fails with file and line.
Result<Account> parse_account(const Document& document);
// Of conformance/logins. Fails with the names of those that exist.
Result<Account> load_account(const std::string& data_folder, const std::string& name);
Result<std::vector<Account>> load_accounts(const std::string& data_folder);

bool needs_account(const Case& one);
// The worlds of both as one: maps merge, the rules of a fake of the case come before those of the account,
// other lists and values of the case replace.
nlohmann::json world_of(const Account& account, const nlohmann::json& of_case);

// Why a case for some flows (`flows:`) is not asked of a client that signs in by `flow`; empty = it is. A
// client without a flow of its own has all of them.
std::string wrong_flow(const Case& one, const std::string& flow);

}  // namespace assay::conformance
