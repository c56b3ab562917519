// assay fixture: check, show and compare fixtures.
#include <cstdio>
#include <memory>

#include "cli/say.h"
#include "cli/verbs.h"
#include "harness/fixture/fixture.h"
#include "harness/fixture/inspect.h"
#include "reports/console.h"

namespace assay::cli {
namespace {

struct FixtureOptions {
  std::vector<std::string> files;
  std::string rules;
  std::size_t body = 200;
};

bool colored() {
  return reports::console_style(fileno(stdout)).color;
}

ExitCode run_lint(const FixtureOptions& options) {
  const Result<RedactionRules> rules =
      options.rules.empty() ? default_redaction_rules() : load_redaction_rules(options.rules);
  if (!rules) return say(rules.error());
  ExitCode exit = ExitCode::ok;
  for (const std::string& file : options.files) {
    const Result<Fixture> fixture = read_fixture(file);
    if (!fixture) {
      say(fixture.error());
      exit = ExitCode::usage;
      continue;
    }
    for (const auto& finding : lint(*fixture, *rules)) {
      const bool error = finding.severity == assay::Finding::Severity::error;
      std::printf("%s: %s: %s\n", without_controls(file).c_str(), error ? "error" : "warning",
                  finding.message.c_str());
      if (error && exit == ExitCode::ok) exit = ExitCode::failed;
    }
  }
  return exit;
}

ExitCode run_show(const FixtureOptions& options) {
  for (const std::string& file : options.files) {
    const Result<Fixture> fixture = read_fixture(file);
    if (!fixture) return say(fixture.error());
    std::fputs(show(*fixture, {colored(), options.body}).c_str(), stdout);
  }
  return ExitCode::ok;
}

ExitCode run_diff(const FixtureOptions& options) {
  const Result<Fixture> before = read_fixture(options.files[0]);
  if (!before) return say(before.error());
  const Result<Fixture> after = read_fixture(options.files[1]);
  if (!after) return say(after.error());
  const std::string text = diff(*before, *after, colored());
  if (!text.empty()) std::printf("--- %s\n+++ %s\n", options.files[0].c_str(), options.files[1].c_str());
  std::fputs(text.c_str(), stdout);
  return text.empty() ? ExitCode::ok : ExitCode::failed;
}

}  // namespace

void add_fixture(CLI::App& app, Action& action) {
  auto options = std::make_shared<FixtureOptions>();
  CLI::App* verb = app.add_subcommand("fixture", "Lint, show and compare fixtures");
  verb->require_subcommand(1);
  CLI::App* lint =
      verb->add_subcommand("lint", "Check fixtures; exit 1 for errors, 2 for files that are not fixtures");
  lint->add_option("files", options->files, "Fixtures")->required();
  lint->add_option("--rules", options->rules, "YAML file with additional redaction rules");
  lint->callback([options, &action] { action = [options] { return run_lint(*options); }; });
  CLI::App* show = verb->add_subcommand("show", "Print fixtures in readable form");
  show->add_option("files", options->files, "Fixtures")->required();
  show->add_option("--body", options->body, "Number of bytes to print per body or chunk, 0 = all")
      ->capture_default_str();
  show->callback([options, &action] { action = [options] { return run_show(*options); }; });
  CLI::App* diff = verb->add_subcommand("diff", "Compare two fixtures; exit 1 if they differ");
  diff->add_option("files", options->files, "Two fixtures")->required()->expected(2);
  diff->callback([options, &action] { action = [options] { return run_diff(*options); }; });
}

}  // namespace assay::cli
