// assay bench render: the page of charts and tables, from records alone.
#include <memory>

#include "cli/bench.h"
#include "cli/say.h"
#include "harness/base/text.h"
#include "reports/bench_page.h"

namespace assay::cli {
namespace {

struct BenchRenderArguments {
  std::vector<std::string> files;
  std::string out = "bench.html";
};

ExitCode render_bench(const BenchRenderArguments& arguments) {
  std::vector<reports::BenchRecord> records;
  for (const std::string& file : arguments.files) {
    const auto text = read_file(file);
    if (!text) return say(text.error());
    auto record = reports::parse_bench_record(*text, file);
    if (!record) return say(record.error());
    records.push_back(std::move(*record));
  }
  const auto written = write_file_atomically(arguments.out, reports::render_bench_page(records));
  if (!written) return say(written.error());
  fmt::print("{}\n", arguments.out);
  return ExitCode::ok;
}

}  // namespace

void add_bench_output(CLI::App& verb, BenchOutput& output) {
  verb.add_option("--out", output.out, "Also write the results as JSON lines for `assay bench render`")
      ->type_name("FILE");
  verb.add_option("--html", output.html, "Also write an HTML page with charts and tables")->type_name("FILE");
}

Result<void> write_bench_output(const std::string& record, const BenchOutput& output) {
  if (!output.out.empty()) {
    if (auto written = write_file_atomically(output.out, record); !written) return written;
  }
  if (output.html.empty()) return {};
  auto parsed = reports::parse_bench_record(record, "the record");
  if (!parsed) return tl::unexpected(parsed.error());
  return write_file_atomically(output.html, reports::render_bench_page({std::move(*parsed)}));
}

void add_bench_render(CLI::App& bench, Action& action) {
  const auto arguments = std::make_shared<BenchRenderArguments>();
  CLI::App* verb = bench.add_subcommand(
      "render", "Render the output of `bench stream --out` and `bench client --out` as an HTML page");
  verb->add_option("files", arguments->files, "Result files; clients are shown side by side")
      ->required()
      ->type_name("FILE");
  verb->add_option("--out", arguments->out, "Output file")->type_name("FILE")->capture_default_str();
  verb->callback([arguments, &action] { action = [arguments] { return render_bench(*arguments); }; });
}

}  // namespace assay::cli
