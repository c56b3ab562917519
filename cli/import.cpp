// assay import: the recording of another tool becomes a fixture.
#include <cstdio>
#include <filesystem>
#include <memory>

#include "cli/say.h"
#include "cli/verbs.h"
#include "harness/base/text.h"
#include "harness/fixture/import/import.h"
#include "harness/fixture/redact/redact.h"

namespace assay::cli {
namespace {

struct ImportOptions {
  std::string file;
  std::string out;
  std::string format;
  bool raw = false;
  bool force = false;
  std::string rules;
};

// Whether a file would be lost. A device or a pipe is written to.
bool would_replace(const std::string& path) {
  std::error_code ignored;
  return std::filesystem::is_regular_file(path, ignored);
}

std::string secrets(std::size_t count) {
  return std::to_string(count) + (count == 1 ? " secret" : " secrets");
}

ExitCode run_import(const ImportOptions& options) {
  if (options.raw && !options.rules.empty())
    return say({"--raw keeps everything as it is; --rules says what to replace: give one of them", {}, 0});
  if (!options.force && would_replace(options.out))
    return say({"exists already; give --force to replace it", options.out, 0});
  const Result<RedactionRules> rules =
      options.rules.empty() ? default_redaction_rules() : load_redaction_rules(options.rules);
  if (!rules) return say(rules.error());
  const Result<std::string> bytes = read_file(options.file);
  if (!bytes) return say(bytes.error());
  Result<Imported> imported = import_recording(*bytes, options.file, options.format);
  if (!imported) return say(imported.error());
  for (const Refusal& refusal : imported->refused)
    std::fprintf(stderr, "assay import: %s: exchange %zu refused: %s\n",
                 without_controls(options.file).c_str(), refusal.index, refusal.reason.c_str());
  if (options.format.empty() && imported->format == "body")
    say({"nothing in it says what recorded it; read as a bare response body (--format body says so)",
         options.file, 0});
  Fixture& fixture = imported->fixture;
  if (fixture.exchanges.empty()) return ExitCode::usage;
  std::string told;
  if (options.raw) {
    if (const std::size_t left = verify(fixture, *rules).size(); left != 0)
      say({"what looks like " + secrets(left) + " is kept as it is (--raw)", options.out, 0});
  } else {
    if (const std::vector<Suspicion> left = redact_and_verify(fixture, *rules); !left.empty())
      return say(
          {left.front().text() +
               "; nothing is written (--raw writes the recording as it is, --rules with `allowed:` says "
               "what is no secret)",
           options.file, 0});
    std::size_t replaced = 0;
    for (const Redaction& redaction : fixture.redactions) replaced += redaction.count;
    told = ", " + secrets(replaced) + " replaced";
  }
  const bool to_file = would_replace(options.out) || !std::filesystem::exists(options.out);
  if (const Result<void> written = write_fixture(fixture, options.out); !written) return say(written.error());
  std::fprintf(to_file ? stdout : stderr, "%s%s\n", describe(*imported).c_str(), told.c_str());
  return ExitCode::ok;
}

}  // namespace

void add_import(CLI::App& app, Action& action) {
  auto options = std::make_shared<ImportOptions>();
  std::string formats;
  for (const ImportFormat& format : import_formats())
    formats += "\n  " + std::string(format.name) + ": " + std::string(format.description);
  CLI::App* verb = app.add_subcommand("import", "Convert a recording of another tool to a fixture");
  verb->add_option("file", options->file, "Recording")->required();
  verb->add_option("--out", options->out, "Fixture file to write")->required();
  verb->add_option("--format", options->format, "Format of the recording (default: detected)");
  verb->add_flag("--raw", options->raw,
                 "Keep everything as it is, secrets too (they are replaced otherwise)");
  verb->add_flag("--force", options->force, "Replace the fixture if it exists");
  verb->add_option("--rules", options->rules, "YAML file with additional redaction rules");
  verb->footer("Formats, in the order of detection:" + formats);
  verb->callback([options, &action] { action = [options] { return run_import(*options); }; });
}

}  // namespace assay::cli
