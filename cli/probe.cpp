// assay probe: assay as the client of an endpoint.
#include "cli/probe.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cctype>
#include <filesystem>

#include "cli/probe_arguments.h"
#include "cli/redacted_command.h"
#include "cli/run_arguments.h"
#include "cli/say.h"
#include "cli/verbs.h"
#include "conformance/runner/case/data.h"
#include "harness/base/text.h"
#include "probe/gate/gate.h"
#include "probe/save/compare.h"
#include "probe/save/save.h"
#include "reports/console.h"
#include "reports/junit.h"
#include "reports/record/writer.h"

namespace assay::cli {
namespace {

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

Result<void> write_probe_reports(const probe::Report& report, const RunRecord& run,
                                 const std::string& folder) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) return fail("cannot make the folder: " + error.message(), folder);
  const std::string record =
      probe::to_json(report).dump(1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
  for (const auto& [name, text] : {std::pair<std::string, std::string>{"probe.json", record},
                                   {"probe.md", probe::render_markdown(report)},
                                   {"probe.html", probe::render_html(report)},
                                   {"run.jsonl", record_text(run)},
                                   {"junit.xml", reports::render_junit(run)}})
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
  const auto plan =
      probe::shard_of(probe::make_plan(*chosen, target, options), prepared.shard, prepared.shards);
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

// What is repeated of the command line to repeat one check.
std::string repeated_options(const ProbeArguments& arguments) {
  std::string out;
  if (!arguments.key_env.empty()) out += " --key-env " + arguments.key_env;
  if (!arguments.key_file.empty()) out += " --key-file " + arguments.key_file;
  if (arguments.bearer) out += " --bearer";
  if (!arguments.max_tokens_field.empty()) out += " --max-tokens-field " + arguments.max_tokens_field;
  for (const std::string& header : arguments.headers) out += " --header '" + header + "'";
  return out.empty() ? out : out.substr(1);
}

// What has changed since the recordings or the record that --against names.
Result<void> add_drift(const probe::ProbeResult& result, const probe::Target& target,
                       const PreparedProbe& prepared, const ProbeArguments& arguments,
                       probe::Report& report) {
  if (arguments.against.empty()) return {};
  const auto lines = prepared.before ? probe::changes(*prepared.before, result)
                                     : probe::drift(result, folder_for(arguments.against, arguments, target),
                                                    probe::redaction_for(target));
  if (!lines) return tl::unexpected(lines.error());
  for (const std::string& line : *lines) report.notes.push_back("drift: " + line);
  if (lines->empty()) report.notes.push_back("drift: none since " + arguments.against);
  return {};
}

// False: something could not be saved.
Result<bool> save_recordings(const probe::ProbeResult& result, const probe::Target& target,
                             const ProbeArguments& arguments) {
  if (arguments.save.empty()) return true;
  const std::string folder = folder_for(arguments.save, arguments, target);
  const auto saved = probe::save(result, folder, probe::redaction_for(target));
  if (!saved) return tl::unexpected(saved.error());
  fmt::print("{} recordings in {}\n", saved->files, folder);
  for (const std::string& line : saved->left_out)
    fmt::print(stderr, "assay: not saved: {}\n", without_controls(line));
  return saved->left_out.empty();
}

// Known failures, notes, reports and the exit status of all that was found.
ExitCode conclude_probe(probe::Report& report, const PreparedProbe& prepared, const ProbeArguments& arguments,
                        const std::vector<std::string>& command, bool missed) {
  const auto problems = probe::apply_known(report, prepared.known, prepared.checks);
  for (const Error& problem : problems) report.notes.push_back(problem.text());
  for (const probe::ProbeResult& result : report.results) fmt::print("\n{}", probe::console_summary(result));
  for (const std::string& note : report.notes) fmt::print("{}\n", without_controls(note));
  ExitCode code = probe::exit_of(report.results);
  if (!problems.empty()) code = ExitCode::failed;
  if (code == ExitCode::ok && missed) code = ExitCode::incomplete;
  if (arguments.out.empty()) return code;
  const probe::RecordFacts facts{arguments.seed, redacted_command(command, own_environment()),
                                 repeated_options(arguments), this_host()};
  const RunRecord run = probe::run_record(report, facts, code, !missed);
  if (auto written = write_probe_reports(report, run, arguments.out); !written)
    return say(written.error(), ExitCode::incomplete);
  fmt::print("record  {0}/probe.json, {0}/run.jsonl\nreport  {0}/probe.html\n", arguments.out);
  return code;
}

ExitCode list_probe_checks() {
  const auto data = conformance::data_folder();
  if (!data) return say(data.error());
  const auto checks = probe::load_checks(*data);
  if (!checks) return say(checks.error());
  print_probe_checks(*checks);
  return ExitCode::ok;
}

ExitCode probe_all(const ProbeArguments& arguments, const std::vector<std::string>& command) {
  if (arguments.list) return list_probe_checks();
  if (arguments.urls.empty()) return say({"URL is required (assay probe URL)", {}, 0});
  auto prepared = prepare_probe(arguments);
  if (!prepared) return say(prepared.error());
  probe::Report report;
  report.assay = ASSAY_VERSION;
  report.started = now_utc();
  if (prepared->shards > 1) report.shard = arguments.shard;
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
    if (auto told = add_drift(**result, target, *prepared, arguments, report); !told)
      return say(told.error());
    const auto saved = save_recordings(**result, target, arguments);
    if (!saved) return say(saved.error(), ExitCode::incomplete);
    missed = missed || !*saved;
    for (const probe::ClientNeeds& client : prepared->clients)
      for (const std::string& line : probe::client_lines(client, **result)) report.notes.push_back(line);
    for (probe::CheckResult& check : (*result)->checks) check.answers.clear();
    report.results.push_back(std::move(**result));
  }
  if (arguments.dry_run) return ExitCode::ok;
  if (report.results.empty()) return ExitCode::incomplete;
  return conclude_probe(report, *prepared, arguments, command, missed);
}

}  // namespace

void add_probe(CLI::App& app, Action& action, const std::vector<std::string>& command) {
  auto arguments = std::make_shared<ProbeArguments>();
  CLI::App* verb = app.add_subcommand("probe", "Check whether an endpoint keeps what its protocol promises");
  add_probe_options(*verb, *arguments);
  verb->callback([arguments, command, &action] {
    action = [arguments, command] { return probe_all(*arguments, command); };
  });
}

}  // namespace assay::cli
