#include "cli/probe_arguments.h"

#include <cctype>
#include <cstdlib>
#include <filesystem>
#include <tuple>

#include "cli/options.h"
#include "cli/probe_report.h"
#include "conformance/runner/case/data.h"
#include "conformance/runner/case/plan.h"
#include "harness/base/strict.h"
#include "harness/base/text.h"

namespace assay::cli {
namespace {

// The key from where the caller keeps it; never from the command line, which other users can read.
Result<std::string> read_probe_key(const ProbeArguments& arguments) {
  if (!arguments.key_env.empty()) {
    const char* value = std::getenv(arguments.key_env.c_str());
    if (value == nullptr || *value == '\0')
      return fail("--key-env: the environment variable " + arguments.key_env + " is not set");
    const std::string key = value;
    if (key.find_first_of(" \t\r\n") != std::string::npos)
      return fail("--key-env: expected a key without white space in " + arguments.key_env);
    return key;
  }
  if (arguments.key_file.empty()) return std::string();
  auto text = read_file(arguments.key_file);
  if (!text) return text;
  std::string key(trim(*text));
  if (key.empty() || key.find_first_of(" \t\r\n") != std::string::npos)
    return fail("expected one line with the key", arguments.key_file);
  return key;
}

Result<std::vector<stream::Protocol>> protocols_of(const std::vector<std::string>& names) {
  std::vector<stream::Protocol> out;
  std::vector<std::string> known;
  for (const auto protocol : probe::kProtocols) known.emplace_back(protocol_name(protocol));
  for (const std::string& name : names) {
    if (std::find(known.begin(), known.end(), name) == known.end())
      return fail(unknown_word("protocol", name, known));
    out.push_back(*stream::protocol_from_name(name));
  }
  if (out.empty()) out.push_back(stream::Protocol::openai_chat);
  return out;
}

// "NAME: VALUE". What names a credential belongs into the environment or a file.
Result<Headers> probe_headers(const std::vector<std::string>& lines) {
  Headers out;
  for (const std::string& line : lines) {
    const std::size_t colon = line.find(':');
    const std::string name = line.substr(0, colon);
    if (colon == std::string::npos || name.empty() || line.find_first_of("\r\n") != std::string::npos)
      return fail("--header: expected NAME: VALUE, found \"" + line + "\"");
    for (const std::string& secret : default_redaction_rules().headers)
      if (iequals(name, secret))
        return fail("--header: " + name + " is a credential; give it with --key-env or --key-file");
    out.push_back({name, std::string(trim(std::string_view(line).substr(colon + 1)))});
  }
  return out;
}

// The record that --against means: a file, or that of an --out folder. Empty: a folder of recordings.
std::string record_in(const std::string& against) {
  if (against.empty()) return {};
  if (std::filesystem::is_regular_file(against)) return against;
  const std::string inside = against + "/probe.json";
  return std::filesystem::exists(inside) ? inside : "";
}

}  // namespace

Result<PreparedProbe> prepare_probe(const ProbeArguments& arguments) {
  PreparedProbe out;
  const auto data = conformance::data_folder();
  if (!data) return tl::unexpected(data.error());
  auto checks = probe::load_checks(*data);
  if (!checks) return tl::unexpected(checks.error());
  out.checks = std::move(*checks);
  auto shapes = probe::Shapes::load(*data);
  if (!shapes) return tl::unexpected(shapes.error());
  out.shapes = std::move(*shapes);
  const auto key = read_probe_key(arguments);
  if (!key) return tl::unexpected(key.error());
  const auto protocols = protocols_of(arguments.protocols);
  if (!protocols) return tl::unexpected(protocols.error());
  const auto tokens = probe::parse_tokens(arguments.budget);
  if (!tokens) return fail("--budget: " + tokens.error().message);
  out.limit = {arguments.requests, *tokens};
  const auto headers = probe_headers(arguments.headers);
  if (!headers) return tl::unexpected(headers.error());
  for (const std::string& name : arguments.clients) {
    auto needs = probe::find_client_needs(*data, name);
    if (!needs) return tl::unexpected(needs.error());
    out.clients.insert(out.clients.end(), needs->begin(), needs->end());
  }
  const auto shard = conformance::parse_shard(arguments.shard);
  if (!shard) return fail("--shard: " + shard.error().message);
  std::tie(out.shard, out.shards) = *shard;
  if (!arguments.known.empty()) {
    auto known = read_file(arguments.known).and_then([&](const std::string& text) {
      return conformance::parse_known_failures(text, arguments.known);
    });
    if (!known) return tl::unexpected(known.error());
    out.known = std::move(*known);
  }
  if (const std::string record = record_in(arguments.against); !record.empty()) {
    auto before = read_probe_record(record);
    if (!before) return tl::unexpected(before.error());
    out.before = std::move(*before);
  }
  const auto patience = parse_duration(arguments.timeout);
  if (!patience || *patience <= Micros(0)) return fail("--timeout: expected a duration such as 60s");
  for (const std::string& url : arguments.urls)
    for (const auto protocol : *protocols) {
      auto target = probe::make_target(url, protocol);
      if (!target) return tl::unexpected(target.error());
      target->key = *key;
      target->bearer = arguments.bearer;
      target->headers = *headers;
      target->max_tokens_field = arguments.max_tokens_field;
      target->connection.ca_file = arguments.ca_file;
      target->connection.stall_deadline = *patience;
      target->connection.total_deadline = 10 * *patience;
      if (arguments.models.empty()) out.targets.push_back(*target);
      for (const std::string& model : arguments.models) {
        target->model = model;
        out.targets.push_back(*target);
      }
    }
  return out;
}

void add_probe_options(CLI::App& verb, ProbeArguments& arguments) {
  verb.add_option("url", arguments.urls, "Base URLs, as clients are configured with them")->type_name("URL");
  add_values(verb, "--protocol", arguments.protocols,
             "openai-chat (default), openai-responses, anthropic, gemini, gemini-interactions, ollama, "
             "cohere or bedrock; may be "
             "repeated",
             "NAME");
  add_values(verb, "--model", arguments.models,
             "Model to ask for (default: the first that the endpoint lists); may be repeated", "NAME");
  auto* key_env =
      verb.add_option("--key-env", arguments.key_env, "Environment variable that holds the API key")
          ->type_name("NAME");
  verb.add_option("--key-file", arguments.key_file, "File that holds the API key")
      ->type_name("FILE")
      ->excludes(key_env);
  verb.add_flag("--bearer", arguments.bearer, "Send the key as a bearer token, whatever the protocol");
  verb.add_option("--budget", arguments.budget, "Tokens that may be used in all")
      ->type_name("N")
      ->capture_default_str();
  verb.add_option("--max-requests", arguments.requests, "Requests that may be sent in all")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  add_values(verb, "--checks", arguments.checks, "Only checks that match this glob; may be repeated", "GLOB");
  verb.add_option("--repeat", arguments.repeat, "How often checks that depend on the model are repeated")
      ->check(CLI::Range(1, 100))
      ->capture_default_str();
  verb.add_option("--seed", arguments.seed, "Seed for every random choice")->capture_default_str();
  verb.add_option("--timeout", arguments.timeout, "How long the endpoint may be silent")
      ->type_name("DURATION")
      ->capture_default_str();
  verb.add_option("--ca-file", arguments.ca_file,
                  "PEM file with trusted certificates (default: the system's)");
  verb.add_option("--max-tokens-field", arguments.max_tokens_field,
                  "Name of the field that bounds a chat answer (default: max_tokens)")
      ->check(one_of({"max_tokens", "max_completion_tokens"}));
  add_values(verb, "--header", arguments.headers,
             "Header of every request, such as \"x-portkey-provider: openai\"; may be repeated",
             "NAME: VALUE");
  add_values(
      verb, "--for", arguments.clients,
      "Say whether this client will work here: a name, or a recording of its requests; may be repeated",
      "CLIENT");
  verb.add_option("--known", arguments.known,
                  "Known-failures file: failures that it names do not fail the probe")
      ->type_name("FILE");
  verb.add_option("--shard", arguments.shard, "Play only part I of N of the checks")
      ->type_name("I/N")
      ->capture_default_str();
  verb.add_option("--out", arguments.out,
                  "Output folder for probe.json, probe.md, probe.html, run.jsonl and junit.xml")
      ->type_name("DIR");
  verb.add_option("--save", arguments.save,
                  "Folder for redacted recordings of every check, for assay serve --fixture")
      ->type_name("DIR");
  verb.add_option("--against", arguments.against,
                  "Show what differs from the recordings in this folder, or from this record (probe.json)")
      ->type_name("DIR|FILE");
  verb.add_flag("--dry-run", arguments.dry_run, "Show the plan and what it costs at most, and send nothing");
  verb.add_flag("--list", arguments.list, "Show all checks");
}

}  // namespace assay::cli
