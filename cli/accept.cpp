// assay accept: entries of the known-failures file for what failed in a run.
#include <filesystem>
#include <memory>

#include "cli/say.h"
#include "cli/verbs.h"
#include "conformance/runner/gate/gate.h"
#include "harness/base/text.h"
#include "reports/record/reader.h"
#include "reports/record/writer.h"

namespace assay::cli {
namespace {

struct AcceptArguments {
  std::string record;
  std::string known;
};

ExitCode accept(const AcceptArguments& arguments) {
  const auto record = read_record(arguments.record);
  if (!record) return say(record.error());
  const auto entries = conformance::template_entries(record->cases);
  if (entries.number == 0 && !record->complete())
    return say({"the record is incomplete: nothing failed in what it has", arguments.record, 0},
               ExitCode::incomplete);
  if (entries.number == 0) {
    fmt::print(stderr, "assay: nothing failed in {} that is not known\n", arguments.record);
    return ExitCode::ok;
  }
  if (arguments.known.empty()) {
    fmt::print("known:\n{}", entries.entries);
    return ExitCode::ok;
  }
  std::string before;
  if (std::filesystem::exists(arguments.known)) {
    auto read = read_file(arguments.known);
    if (!read) return say(read.error());
    before = std::move(*read);
  }
  const auto after = conformance::with_entries(before, entries, arguments.known);
  if (!after) return say(after.error());
  if (auto written = write_file_atomically(arguments.known, *after); !written) return say(written.error());
  fmt::print("{}: {} entries added; give each a reason\n", arguments.known, entries.number);
  return ExitCode::ok;
}

}  // namespace

void add_accept(CLI::App& app, Action& action) {
  auto arguments = std::make_shared<AcceptArguments>();
  CLI::App* verb = app.add_subcommand("accept", "Write known-failures entries for the failed cases of a run");
  verb->add_option("FILE", arguments->record, "Run record (run.jsonl)")->required();
  verb->add_option("--known", arguments->known, "Add the entries to this file (default: stdout)")
      ->type_name("FILE");
  verb->callback([arguments, &action] { action = [arguments] { return accept(*arguments); }; });
}

}  // namespace assay::cli
