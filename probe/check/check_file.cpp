#include <algorithm>
#include <filesystem>
#include <set>

#include "harness/base/text.h"
#include "harness/base/yaml.h"
#include "harness/world/condition.h"
#include "probe/check/check.h"
#include "probe/check/read_ask.h"
#include "probe/rules/rule.h"

namespace assay::probe {
namespace {

using nlohmann::json;

// {status: 200} or {of: B, status: 200}: exactly one rule.
Expectation read_expectation(ObjectReader& in, const std::string& last) {
  Expectation out;
  out.of = in.optional<std::string>("of", last);
  out.line = in.line();
  for (const std::string& key : in.keys()) {
    if (key == "of") continue;
    const json* parameter = in.raw(key);
    const RuleEntry* rule = find_rule(key);
    if (rule == nullptr) {
      in.problem(key, "unknown rule \"" + key + "\"; expected one of " + rule_names());
    } else if (!out.rule.empty()) {
      in.problem(key, "one rule an entry; \"" + out.rule + "\" is there already");
    } else if (const std::string wrong = parameter_problem(*rule, *parameter); !wrong.empty()) {
      in.problem(key, key + ": " + wrong);
    }
    if (out.rule.empty()) {
      out.rule = key;
      out.parameter = *parameter;
    }
  }
  if (out.rule.empty()) in.problem("", "expected a rule: one of " + rule_names());
  return out;
}

Proof read_proof(ObjectReader& in) {
  Proof proof;
  proof.right = in.optional<json>("right", json::object());
  proof.wrong = in.optional<json>("wrong");
  proof.right_for = read_by_protocol(in, "right_for");
  proof.wrong_for = read_by_protocol(in, "wrong_for");
  in.done();
  return proof;
}

void read_source(ObjectReader& in, Check& check) {
  const json* source = in.raw("source");
  if (source != nullptr && source->is_string()) {
    check.source[""] = source->get<std::string>();
  } else if (source != nullptr) {
    for (const auto& [name, url] : read_by_protocol(in, "source"))
      if (url.is_string()) check.source[name] = url.get<std::string>();
  }
  for (const auto protocol : check.protocols)
    if (check.source_for(protocol).empty())
      in.problem("source", "no source for " + std::string(protocol_name(protocol)));
}

void read_protocols(ObjectReader& in, Check& check) {
  if (!in.has("protocols")) {
    check.protocols.assign(std::begin(kProtocols), std::end(kProtocols));
    return;
  }
  for (const std::string& name : in.required<std::vector<std::string>>("protocols"))
    if (const auto protocol = read_protocol(in, "protocols", name)) check.protocols.push_back(*protocol);
}

// What a check must be beyond what each of its keys must be.
void check_sense(ObjectReader& in, const Check& check) {
  if (check.model_decides && check.level == Level::must)
    in.problem("level", "what depends on the model's choice is no must");
  if (check.asks.empty()) in.problem("requests", "expected at least one request");
  if (check.expect.empty()) in.problem("expect", "expected at least one rule");
  std::set<std::string> names;
  for (const Ask& ask : check.asks)
    if (!names.insert(ask.as).second) in.problem("requests", "two requests are named \"" + ask.as + "\"");
  for (const Expectation& expectation : check.expect)
    if (!names.contains(expectation.of))
      in.problem("expect", "there is no request \"" + expectation.of + "\" to judge");
  for (const auto protocol : check.protocols)
    if (check.proof.wrong.is_null() && !check.proof.wrong_for.contains(protocol_name(protocol)))
      in.problem("proof", "no fake that fails in " + std::string(protocol_name(protocol)));
}

Check read_check(ObjectReader& in, const std::string& group, const std::string& file) {
  Check check;
  check.file = file;
  check.line = in.line();
  check.id = group + "/" + in.required<std::string>("id");
  check.title = in.required<std::string>("title");
  check.level = static_cast<Level>(in.choice("level", {"must", "should", "info"}));
  check.requirement = in.required<std::string>("requirement");
  read_protocols(in, check);
  read_source(in, check);
  check.features = in.optional<std::vector<std::string>>("features");
  check.model_decides = in.optional<bool>("model_decides");
  check.may_refuse = in.optional<bool>("may_refuse");
  for (ObjectReader& ask : in.objects("requests")) check.asks.push_back(read_ask(ask));
  const std::string last = check.asks.empty() ? "" : check.asks.back().as;
  for (ObjectReader& expectation : in.objects("expect"))
    check.expect.push_back(read_expectation(expectation, last));
  ObjectReader proof = in.object("proof");
  check.proof = read_proof(proof);
  check_sense(in, check);
  in.done();
  return check;
}

}  // namespace

std::string_view to_string(Level level) {
  constexpr std::string_view kNames[] = {"must", "should", "info"};
  return kNames[static_cast<std::size_t>(level)];
}

bool Check::speaks(stream::Protocol protocol) const {
  return std::find(protocols.begin(), protocols.end(), protocol) != protocols.end();
}

std::string Check::source_for(stream::Protocol protocol) const {
  auto at = source.find(protocol_name(protocol));
  if (at == source.end()) at = source.find("");
  return at == source.end() ? "" : at->second;
}

Result<std::vector<Check>> parse_checks(std::string_view yaml, const std::string& file) {
  auto document = load_yaml(yaml, file);
  if (!document) return tl::unexpected(document.error());
  std::vector<Error> problems;
  ObjectReader in(*document, problems);
  const auto group = in.required<std::string>("group");
  (void)in.raw("define");  // anchors
  std::vector<Check> checks;
  for (ObjectReader& entry : in.objects("checks")) checks.push_back(read_check(entry, group, file));
  in.done();
  if (auto ok = first_problem(problems); !ok) return tl::unexpected(ok.error());
  return checks;
}

Result<std::vector<Check>> load_checks(const std::string& data_folder) {
  const std::string folder = data_folder + "/probe/checks";
  std::vector<std::string> files;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(folder, error))
    if (entry.path().extension() == ".yaml") files.push_back(entry.path().string());
  if (error) return fail("cannot read the checks: " + error.message(), folder);
  std::sort(files.begin(), files.end());
  std::vector<Check> checks;
  std::set<std::string> ids;
  for (const std::string& file : files) {
    const auto text = read_file(file);
    if (!text) return tl::unexpected(text.error());
    auto some = parse_checks(*text, file);
    if (!some) return tl::unexpected(some.error());
    for (Check& check : *some) {
      if (!ids.insert(check.id).second)
        return fail("the check " + check.id + " exists twice", file, check.line);
      checks.push_back(std::move(check));
    }
  }
  if (checks.empty()) return fail("no checks", folder);
  return checks;
}

Result<std::vector<Check>> choose_checks(const std::vector<Check>& checks, stream::Protocol protocol,
                                         const std::vector<std::string>& globs) {
  std::vector<Check> chosen;
  for (const std::string& glob : globs)
    if (std::none_of(checks.begin(), checks.end(),
                     [&](const Check& check) { return glob_match(glob, check.id); }))
      return fail("--checks: no check matches \"" + glob + "\"; `assay probe --list` shows them");
  for (const Check& check : checks) {
    if (!check.speaks(protocol)) continue;
    if (globs.empty() || std::any_of(globs.begin(), globs.end(),
                                     [&](const std::string& glob) { return glob_match(glob, check.id); }))
      chosen.push_back(check);
  }
  return chosen;
}

}  // namespace assay::probe
