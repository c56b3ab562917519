// assay import: the recording of another tool becomes a fixture.
#include <cstdio>
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
  bool redact = false;
  std::string rules;
};

ExitCode run_import(const ImportOptions& options) {
  const Result<std::string> bytes = read_file(options.file);
  if (!bytes) return say(bytes.error());
  Result<Imported> imported = import_recording(*bytes, options.file, options.format);
  if (!imported) return say(imported.error());
  for (const Refusal& refusal : imported->refused)
    std::fprintf(stderr, "assay import: %s: exchange %zu refused: %s\n", options.file.c_str(), refusal.index,
                 refusal.reason.c_str());
  Fixture& fixture = imported->fixture;
  if (fixture.exchanges.empty()) return ExitCode::usage;
  if (options.redact || !options.rules.empty()) {
    const Result<RedactionRules> rules =
        options.rules.empty() ? default_redaction_rules() : load_redaction_rules(options.rules);
    if (!rules) return say(rules.error());
    redact(fixture, *rules);
    if (const std::vector<Suspicion> left = verify(fixture, *rules); !left.empty())
      return say({left.front().text() + " and cannot be redacted; nothing is written", options.file, 0});
  }
  if (const Result<void> written = write_fixture(fixture, options.out); !written) return say(written.error());
  std::printf("%s\n", describe(*imported).c_str());
  return ExitCode::ok;
}

}  // namespace

void add_import(CLI::App& app, Action& action) {
  auto options = std::make_shared<ImportOptions>();
  std::string formats;
  for (const ImportFormat& format : import_formats())
    formats += "\n  " + std::string(format.name) + ": " + std::string(format.description);
  CLI::App* verb = app.add_subcommand("import", "Turn the recording of another tool into a fixture");
  verb->add_option("file", options->file, "The recording")->required();
  verb->add_option("--out", options->out, "The fixture to write")->required();
  verb->add_option("--format", options->format, "Its format, when it is not to be detected");
  verb->add_flag("--redact", options->redact,
                 "Replace what looks secret; refuse to write what cannot be replaced");
  verb->add_option("--rules", options->rules, "A YAML file of more redaction rules; implies --redact");
  verb->footer("Formats, in the order of detection:" + formats);
  verb->callback([options, &action] { action = [options] { return run_import(*options); }; });
}

}  // namespace assay::cli
