#include "conformance/runner/case/account.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "harness/base/yaml.h"
#include "harness/stream/turn.h"

namespace assay::conformance {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

std::vector<std::string> names_of_accounts(const fs::path& folder) {
  std::vector<std::string> out;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder, error)) {
    if (entry.path().extension() == ".yaml") out.push_back(entry.path().stem().string());
  }
  std::sort(out.begin(), out.end());
  return out;
}

// The settings of one fake, or whatever else stands under a key of a world.
json merged_part(const json& account, const json& of_case) {
  if (!account.is_object() || !of_case.is_object()) return of_case;
  json out = account;
  json over = of_case;
  const json rules = over.value("rules", json::array());
  over.erase("rules");
  out.merge_patch(over);
  if (!rules.is_array() || rules.empty()) return out;
  json all = rules;
  for (const json& rule : account.value("rules", json::array())) all.push_back(rule);
  out["rules"] = std::move(all);
  return out;
}

}  // namespace

const std::vector<std::string>& login_flows() {
  static const std::vector<std::string> kAll = {"browser", "paste", "device"};
  return kAll;
}

Result<Account> parse_account(const Document& document) {
  std::vector<Error> problems;
  ObjectReader file(document, problems);
  Account out;
  out.name = file.required<std::string>("name");
  out.title = file.required<std::string>("title");
  out.flows = file.required<std::vector<std::string>>("flows");
  for (const std::string& flow : out.flows) {
    const auto& known = login_flows();
    if (std::find(known.begin(), known.end(), flow) == known.end())
      file.problem("flows", unknown_word("flow", flow, known));
  }
  if (out.flows.empty()) file.problem("flows", "expected at least one flow");
  out.protocol = file.optional<std::string>("protocol", "openai-chat");
  if (!stream::protocol_from_name(out.protocol)) {
    std::vector<std::string> known;
    for (const stream::Protocol one : stream::all_protocols) known.emplace_back(stream::protocol_name(one));
    file.problem("protocol", unknown_word("protocol", out.protocol, known));
  }
  out.known = file.optional<std::vector<std::string>>("known");
  out.authored = file.optional<std::vector<std::string>>("authored");
  out.world = file.has("world") ? file.object("world").value() : json::object();
  file.done();
  if (auto ok = first_problem(problems); !ok) return tl::unexpected(ok.error());
  return out;
}

Result<Account> load_account(const std::string& data_folder, const std::string& name) {
  const fs::path folder = fs::path(data_folder) / "conformance" / "logins";
  const auto known = names_of_accounts(folder);
  if (std::find(known.begin(), known.end(), name) == known.end())
    return fail(unknown_word("account", name, known));
  const std::string path = (folder / (name + ".yaml")).string();
  auto document = load_yaml_file(path);
  if (!document) return tl::unexpected(document.error());
  auto account = parse_account(*document);
  if (account && account->name != name)
    return fail("expected name: " + name + ", as the file is named", path);
  return account;
}

Result<std::vector<Account>> load_accounts(const std::string& data_folder) {
  std::vector<Account> out;
  for (const std::string& name : names_of_accounts(fs::path(data_folder) / "conformance" / "logins")) {
    auto account = load_account(data_folder, name);
    if (!account) return tl::unexpected(account.error());
    out.push_back(std::move(*account));
  }
  return out;
}

bool needs_account(const Case& one) {
  return std::find(one.needs.begin(), one.needs.end(), "account") != one.needs.end();
}

json world_of(const Account& account, const json& of_case) {
  json out = account.world;
  if (!out.contains("provider")) out["provider"] = "generic-oauth";
  for (const auto& [key, value] : of_case.items())
    out[key] = out.contains(key) ? merged_part(out[key], value) : value;
  return out;
}

std::string wrong_flow(const Case& one, const std::string& flow) {
  if (flow.empty() || one.flows.empty() ||
      std::find(one.flows.begin(), one.flows.end(), flow) != one.flows.end())
    return {};
  return fmt::format("the case is about a login by {}, the client signs in by {}",
                     fmt::join(one.flows, " or "), flow);
}

}  // namespace assay::conformance
