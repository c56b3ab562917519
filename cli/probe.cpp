// assay probe: assay as the client of an endpoint.
#include "cli/probe.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cctype>
#include <cstdlib>
#include <filesystem>

#include "cli/options.h"
#include "cli/run_arguments.h"
#include "cli/say.h"
#include "cli/verbs.h"
#include "conformance/runner/case/data.h"
#include "harness/base/strict.h"
#include "harness/base/text.h"
#include "probe/clients/needs.h"
#include "probe/report/report.h"
#include "probe/run/probe.h"
#include "probe/save/save.h"
#include "reports/console.h"

namespace assay::cli {
namespace {

struct ProbeArguments {
  std::vector<std::string> urls;
  std::vector<std::string> protocols;
  std::vector<std::string> models;
  std::string key_env;
  std::string key_file;
  std::string budget = "200k-tokens";
  std::int64_t requests = 1000;
  std::vector<std::string> checks;
  int repeat = 3;
  std::uint64_t seed = 1;
  std::string timeout = "60s";
  std::string ca_file;
  std::string max_tokens_field;
  std::vector<std::string> headers;
  std::vector<std::string> clients;
  std::string out;
  std::string save;
  std::string against;
  bool bearer = false;
  bool dry_run = false;
  bool list = false;
};

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

// Everything that a probe needs, read before anything is sent.
struct PreparedProbe {
  std::vector<probe::Check> checks;
  probe::Shapes shapes;
  std::vector<probe::Target> targets;
  probe::Cost limit;
  std::vector<probe::ClientNeeds> clients;
};

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

void print_probe_checks(const std::vector<probe::Check>& checks) {
  for (const probe::Check& check : checks) {
    std::string protocols;
    for (const auto protocol : check.protocols)
      protocols += (protocols.empty() ? "" : ",") + std::string(protocol_name(protocol));
    fmt::print("{:<30} {:<6} {}\n{:37} {}\n", check.id, probe::to_string(check.level), check.title, "",
               protocols);
  }
  fmt::print("{} checks\n", checks.size());
}

Result<void> write_probe_reports(const probe::Report& report, const std::string& folder) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) return fail("cannot make the folder: " + error.message(), folder);
  const std::string record =
      probe::to_json(report).dump(1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
  for (const auto& [name, text] : {std::pair<std::string, std::string>{"probe.json", record},
                                   {"probe.md", probe::render_markdown(report)},
                                   {"probe.html", probe::render_html(report)}})
    if (auto written = write_file_atomically(folder + "/" + name, text); !written) return written;
  return {};
}

// One endpoint: its plan is printed, then it is probed. `budget` is that of all endpoints.
Result<std::optional<probe::ProbeResult>> probe_one(probe::Target target, const PreparedProbe& prepared,
                                                    const ProbeArguments& arguments, probe::Budget& budget) {
  // An endpoint may say its key in any place, the list of models too.
  const TextRedactor redact(probe::redaction_for(target));
  if (target.model.empty() && arguments.dry_run) target.model = "MODEL";
  if (target.model.empty()) {
    auto model = probe::first_model(target, budget);
    if (!model) return fail(target.name() + ": " + redact(model.error().message));
    target.model = std::move(*model);
  }
  const auto chosen = probe::choose_checks(prepared.checks, target.protocol, arguments.checks);
  if (!chosen) return tl::unexpected(chosen.error());
  probe::ProbeOptions options;
  options.repeat = arguments.repeat;
  options.seed = arguments.seed;
  options.keep_answers = !arguments.save.empty() || !arguments.against.empty();
  const auto plan = probe::make_plan(*chosen, target, options);
  if (arguments.dry_run) {
    fmt::print("{}", probe::console_plan(plan, target));
    return std::optional<probe::ProbeResult>();
  }
  const probe::Cost most = probe::most_of(plan);
  fmt::print("{} ({}, {}): {} checks, about {} requests and {} tokens at most; the limit is {} and {}\n",
             without_controls(target.name()), protocol_name(target.protocol),
             without_controls(redact(target.model)), plan.size(), most.requests, most.tokens,
             prepared.limit.requests, prepared.limit.tokens);
  std::fflush(stdout);
  const bool color = reports::console_style(STDOUT_FILENO).color;
  probe::ProbeResult result =
      probe::run_probe(plan, target, prepared.shapes, budget, options, [&](const probe::CheckResult& check) {
        fmt::print("{}", probe::console_line(check, color));
        std::fflush(stdout);
      });
  fmt::print("\n{}", probe::console_summary(result));
  return std::optional(std::move(result));
}

// Recordings of several endpoints or models do not overwrite each other.
std::string folder_for(const std::string& folder, const ProbeArguments& arguments,
                       const probe::Target& target) {
  if (arguments.urls.size() == 1 && arguments.models.size() < 2) return folder;
  std::string name = target.url.host + "_" + std::to_string(target.url.port) + target.url.target;
  if (arguments.models.size() > 1) name += "_" + target.model;
  for (char& c : name)
    if (std::isalnum(static_cast<unsigned char>(c)) == 0 && c != '.' && c != '-') c = '_';
  return folder + "/" + name;
}

ExitCode probe_all(const ProbeArguments& arguments) {
  if (arguments.list) {
    const auto data = conformance::data_folder();
    if (!data) return say(data.error());
    const auto checks = probe::load_checks(*data);
    if (!checks) return say(checks.error());
    print_probe_checks(*checks);
    return ExitCode::ok;
  }
  if (arguments.urls.empty()) return say({"URL is required (assay probe URL)", {}, 0});
  auto prepared = prepare_probe(arguments);
  if (!prepared) return say(prepared.error());
  probe::Report report;
  report.assay = ASSAY_VERSION;
  report.started = now_utc();
  probe::Budget budget(prepared->limit);
  bool missed = false;
  for (const probe::Target& target : prepared->targets) {
    auto result = probe_one(target, *prepared, arguments, budget);
    if (!result) {
      if (result.error().message.starts_with("--")) return say(result.error());
      // The others are probed all the same.
      say(result.error());
      missed = true;
      continue;
    }
    if (!*result) continue;
    const RedactionRules rules = probe::redaction_for(target);
    if (!arguments.against.empty()) {
      const auto lines = probe::drift(**result, folder_for(arguments.against, arguments, target), rules);
      if (!lines) return say(lines.error());
      for (const std::string& line : *lines) report.notes.push_back("drift: " + line);
      if (lines->empty()) report.notes.push_back("drift: none since " + arguments.against);
    }
    if (!arguments.save.empty()) {
      const std::string folder = folder_for(arguments.save, arguments, target);
      const auto saved = probe::save(**result, folder, rules);
      if (!saved) return say(saved.error(), ExitCode::incomplete);
      fmt::print("{} recordings in {}\n", saved->files, folder);
      for (const std::string& line : saved->left_out)
        fmt::print(stderr, "assay: not saved: {}\n", without_controls(line));
      missed = missed || !saved->left_out.empty();
    }
    for (const probe::ClientNeeds& client : prepared->clients)
      for (const std::string& line : probe::client_lines(client, **result)) report.notes.push_back(line);
    for (probe::CheckResult& check : (*result)->checks) check.answers.clear();
    report.results.push_back(std::move(**result));
  }
  if (arguments.dry_run) return ExitCode::ok;
  if (report.results.empty()) return ExitCode::incomplete;
  for (const std::string& note : report.notes) fmt::print("{}\n", without_controls(note));
  if (!arguments.out.empty()) {
    if (auto written = write_probe_reports(report, arguments.out); !written)
      return say(written.error(), ExitCode::incomplete);
    fmt::print("record  {0}/probe.json\nreport  {0}/probe.html\n", arguments.out);
  }
  const ExitCode code = probe::exit_of(report.results);
  return code == ExitCode::ok && missed ? ExitCode::incomplete : code;
}

}  // namespace

void add_probe(CLI::App& app, Action& action) {
  auto arguments = std::make_shared<ProbeArguments>();
  CLI::App* verb = app.add_subcommand("probe", "Check whether an endpoint keeps what its protocol promises");
  verb->add_option("url", arguments->urls, "Base URLs, as clients are configured with them")
      ->type_name("URL");
  add_values(*verb, "--protocol", arguments->protocols,
             "openai-chat (default), openai-responses, anthropic or gemini; may be repeated", "NAME");
  add_values(*verb, "--model", arguments->models,
             "Model to ask for (default: the first that the endpoint lists); may be repeated", "NAME");
  auto* key_env =
      verb->add_option("--key-env", arguments->key_env, "Environment variable that holds the API key")
          ->type_name("NAME");
  verb->add_option("--key-file", arguments->key_file, "File that holds the API key")
      ->type_name("FILE")
      ->excludes(key_env);
  verb->add_flag("--bearer", arguments->bearer, "Send the key as a bearer token, whatever the protocol");
  verb->add_option("--budget", arguments->budget, "Tokens that may be used in all")
      ->type_name("N")
      ->capture_default_str();
  verb->add_option("--max-requests", arguments->requests, "Requests that may be sent in all")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  add_values(*verb, "--checks", arguments->checks, "Only checks that match this glob; may be repeated",
             "GLOB");
  verb->add_option("--repeat", arguments->repeat, "How often checks that depend on the model are repeated")
      ->check(CLI::Range(1, 100))
      ->capture_default_str();
  verb->add_option("--seed", arguments->seed, "Seed for every random choice")->capture_default_str();
  verb->add_option("--timeout", arguments->timeout, "How long the endpoint may be silent")
      ->type_name("DURATION")
      ->capture_default_str();
  verb->add_option("--ca-file", arguments->ca_file,
                   "PEM file with trusted certificates (default: the system's)");
  verb->add_option("--max-tokens-field", arguments->max_tokens_field,
                   "Name of the field that bounds a chat answer (default: max_tokens)")
      ->check(one_of({"max_tokens", "max_completion_tokens"}));
  add_values(*verb, "--header", arguments->headers,
             "Header of every request, such as \"x-portkey-provider: openai\"; may be repeated",
             "NAME: VALUE");
  add_values(
      *verb, "--for", arguments->clients,
      "Say whether this client will work here: a name, or a recording of its requests; may be repeated",
      "CLIENT");
  verb->add_option("--out", arguments->out, "Output folder for probe.json, probe.md and probe.html")
      ->type_name("DIR");
  verb->add_option("--save", arguments->save,
                   "Folder for redacted recordings of every check, for assay serve --fixture")
      ->type_name("DIR");
  verb->add_option("--against", arguments->against, "Show what differs from the recordings in this folder")
      ->type_name("DIR");
  verb->add_flag("--dry-run", arguments->dry_run,
                 "Show the plan and what it costs at most, and send nothing");
  verb->add_flag("--list", arguments->list, "Show all checks");
  verb->callback([arguments, &action] { action = [arguments] { return probe_all(*arguments); }; });
}

}  // namespace assay::cli
