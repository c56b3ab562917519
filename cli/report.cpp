// assay report render|merge|diff|lint: every report, from run records alone.
#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "cli/options.h"
#include "cli/probe_report.h"
#include "cli/say.h"
#include "cli/verbs.h"
#include "harness/base/text.h"
#include "reports/record/writer.h"
#include "reports/render.h"
#include "reports/site/site.h"

namespace assay::cli {
namespace {

struct ReportOptions {
  std::vector<std::string> files;
  std::string format = "console";
  std::string out = "-";
  bool stable = false;
};

// To standard output for "-".
Result<void> put(const std::string& out, const std::string& text) {
  if (out != "-") return write_file_atomically(out, text);
  const bool written =
      std::fwrite(text.data(), 1, text.size(), stdout) == text.size() && std::fflush(stdout) == 0;
  return written ? Result<void>() : fail("cannot write", "standard output");
}

ExitCode render(const ReportOptions& options) {
  const std::string& file = options.files.front();
  const auto text = is_probe_record(file) ? render_probe_record(file, options.format)
                                          : reports::render_file(file, options.format);
  if (!text) return say(text.error());
  if (const auto done = put(options.out, *text); !done) return say(done.error());
  return ExitCode::ok;
}

ExitCode merge_probes(const ReportOptions& options) {
  const auto merged = merge_probe_records(options.files);
  if (!merged) return say(merged.error());
  if (const auto done = put(options.out, merged->text); !done) return say(done.error());
  for (const std::string& lost : merged->missing)
    std::fprintf(stderr, "assay report: missing: shard %s\n", lost.c_str());
  return merged->exit;
}

ExitCode merge(const ReportOptions& options) {
  if (is_probe_record(options.files.front())) return merge_probes(options);
  const auto merged = reports::merge_files(options.files);
  if (!merged) return say(merged.error());
  if (const auto done = put(options.out, record_text(*merged)); !done) return say(done.error());
  for (const std::string& note : merged->notes) std::fprintf(stderr, "assay report: %s\n", note.c_str());
  return static_cast<ExitCode>(merged->footer->exit);
}

// Written beside its place and moved there whole. A folder that holds anything is refused: pages of an older
// site would stay.
ExitCode site(const ReportOptions& options) {
  namespace fs = std::filesystem;
  if (options.out == "-") return say(Error{"--out names the folder of the site", ""});
  std::error_code error;
  if (fs::exists(options.out, error) && !fs::is_empty(options.out, error))
    return say(Error{"it exists and is not empty; a site is written into a new folder", options.out});
  auto record =
      options.files.size() == 1 ? read_record(options.files.front()) : reports::merge_files(options.files);
  if (!record) return say(record.error());
  const std::string beside = options.out + ".part";
  fs::remove_all(beside, error);
  const reports::Site pages = reports::render_site(*record);
  for (const auto& [path, text] : pages) {
    fs::create_directories(fs::path(beside + "/" + path).parent_path(), error);
    if (const auto done = write_file_atomically(beside + "/" + path, text); !done) return say(done.error());
  }
  fs::remove(options.out, error);
  fs::rename(beside, options.out, error);
  if (error) return say(Error{"cannot write: " + error.message(), options.out});
  std::printf("%zu pages in %s/index.html\n", pages.size(), options.out.c_str());
  return ExitCode::ok;
}

ExitCode diff(const ReportOptions& options) {
  const auto changes = reports::diff_files(options.files.at(0), options.files.at(1), {options.stable});
  if (!changes) return say(changes.error());
  if (const auto done = put(options.out, reports::render_diff(*changes)); !done) return say(done.error());
  return changes->empty() ? ExitCode::ok : ExitCode::failed;
}

ExitCode lint(const ReportOptions& options) {
  std::size_t problems = 0;
  for (const std::string& file : options.files) {
    const auto text = read_file(file);
    if (!text) return say(text.error());
    for (const Error& problem : reports::lint_record(*text, file)) {
      std::fprintf(stderr, "%s\n", problem.text().c_str());
      ++problems;
    }
  }
  if (problems == 0) std::printf("%zu file(s), no problem\n", options.files.size());
  return problems == 0 ? ExitCode::ok : ExitCode::failed;
}

}  // namespace

void add_report(CLI::App& app, Action& action) {
  auto options = std::make_shared<ReportOptions>();
  CLI::App* report = app.add_subcommand("report", "Render, merge, compare and check run records");
  report->require_subcommand(1);
  const auto add = [&](const char* name, const char* help, ExitCode (*run)(const ReportOptions&)) {
    CLI::App* verb = report->add_subcommand(name, help);
    verb->callback([&action, options, run] { action = [options, run] { return run(*options); }; });
    return verb;
  };

  CLI::App* verb = add("render", "Writes a report from a run record", render);
  verb->add_option("FILE", options->files, "Run record (run.jsonl), or a probe's (probe.json)")
      ->required()
      ->expected(1);
  verb->add_option("--format", options->format, "Report format")
      ->check(one_of(reports::render_formats()))
      ->capture_default_str();
  verb->add_option("--out", options->out, "Output file (- for stdout)")->capture_default_str();

  verb =
      add("merge",
          "Joins the records of shards and clients; exits as the whole run would, 3 when one is lost", merge);
  verb->add_option("FILE", options->files, "Run records, or probes' (probe.json)")
      ->required()
      ->expected(1, -1);
  verb->add_option("--out", options->out, "Output file (- for stdout)")->capture_default_str();

  verb = add("site", "Writes a static site: one page a client, one a question, badges", site);
  verb->add_option("FILE", options->files, "Run records; several are joined")->required()->expected(1, -1);
  verb->add_option("--out", options->out, "Folder of the site, new or empty")->required();

  verb = add("diff", "Compare two runs; exit 1 if anything changed", diff);
  verb->add_option("FILE", options->files, "Run records: before, after")->required()->expected(2);
  verb->add_flag("--stable", options->stable, "Ignore times, pids, ports, paths and tokens in texts");
  verb->add_option("--out", options->out, "Output file (- for stdout)")->capture_default_str();

  verb = add("lint", "Check run records against their schema, line by line", lint);
  verb->add_option("FILE", options->files, "Run records")->required()->expected(1, -1);
}

}  // namespace assay::cli
