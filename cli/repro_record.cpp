// assay repro --out: the plays as a run record with its reports, to attach to a bug report.
#include <ctime>

#include "cli/repro.h"
#include "cli/run_folder.h"
#include "reports/record/reader.h"
#include "reports/record/writer.h"

namespace assay::cli {

Result<void> write_plays(const RunFolder& folder, const std::vector<conformance::Play>& plays,
                         const conformance::ClientSpec& client, const ReproArguments& arguments,
                         ExitCode code, Micros took) {
  RunHeader header;
  header.assay = ASSAY_VERSION;
  const std::time_t now = std::time(nullptr);
  std::tm parts{};
  gmtime_r(&now, &parts);
  char text[32];
  std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts);
  header.started = text;
  header.seed = arguments.seed;
  header.command = {repro_command(arguments)};
  header.planned = plays.size();
  header.cells = arguments.without_cells.empty();
  header.without_cells = arguments.without_cells;
  header.clients.push_back({client.name, client.version, "provider", {}});
  auto writer = RecordWriter::open(folder.record(), header);
  if (!writer) return tl::unexpected(writer.error());
  for (const conformance::Play& play : plays) {
    if (auto written = (*writer)->append(play.record); !written) return written;
  }
  if (auto done = (*writer)->finish(static_cast<int>(code), took.count()); !done) return done;
  const auto record = read_record(folder.record());
  if (!record) return tl::unexpected(record.error());
  return folder.write_reports(*record);
}

}  // namespace assay::cli
