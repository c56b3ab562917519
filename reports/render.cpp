#include "reports/render.h"

#include <unistd.h>

#include <map>
#include <utility>

#include "reports/compat.h"
#include "reports/console.h"
#include "reports/ctrf.h"
#include "reports/html.h"
#include "reports/junit.h"
#include "reports/markdown.h"
#include "reports/merge.h"
#include "reports/table.h"

namespace assay::reports {
namespace {

struct Format {
  KeepEvidence evidence = KeepEvidence::not_green;
  std::string (*render)(const RunRecord& record, const std::string& path);
};

// A writer that needs the record alone, as one that is also given its path.
template <std::string (*kRender)(const RunRecord&)>
std::string of_record(const RunRecord& record, const std::string& /*path*/) {
  return kRender(record);
}

const std::map<std::string, Format>& formats() {
  static const std::map<std::string, Format> all = {
      {"console",
       {KeepEvidence::not_green,
        [](const RunRecord& record, const std::string& path) {
          return render_console(record, console_style(STDOUT_FILENO), path);
        }}},
      {"markdown",
       {KeepEvidence::not_green,
        [](const RunRecord& record, const std::string& /*path*/) { return render_markdown(record); }}},
      {"html",
       {KeepEvidence::all,
        [](const RunRecord& record, const std::string& /*path*/) { return render_html(record); }}},
      {"junit", {KeepEvidence::not_green, of_record<render_junit>}},
      {"ctrf", {KeepEvidence::not_green, of_record<render_ctrf>}},
      {"github", {KeepEvidence::not_green, of_record<render_github>}},
      {"badge", {KeepEvidence::none, of_record<render_badge>}},
      {"table", {KeepEvidence::not_green, of_record<render_table>}},
      {"compat", {KeepEvidence::none, of_record<render_compat_markdown>}},
      {"compat-json", {KeepEvidence::none, of_record<render_compat_json>}},
      {"compat-html", {KeepEvidence::none, of_record<render_compat_html>}}};
  return all;
}

}  // namespace

std::vector<std::string> render_formats() {
  std::vector<std::string> out;
  for (const auto& [name, format] : formats()) out.push_back(name);
  return out;
}

Result<std::string> render_file(const std::string& path, const std::string& format) {
  const auto at = formats().find(format);
  if (at == formats().end()) return fail("unknown format '" + format + "'");
  const auto record = read_record(path, {at->second.evidence});
  if (!record) return tl::unexpected(record.error());
  return at->second.render(*record, path);
}

Result<RunRecord> merge_files(const std::vector<std::string>& paths) {
  std::vector<NamedRecord> inputs;
  std::vector<std::string> command = {"assay", "report", "merge"};
  for (const std::string& path : paths) {
    auto record = read_record(path);
    if (!record) return tl::unexpected(record.error());
    inputs.push_back({path, std::move(*record)});
    command.push_back(path);
  }
  return merge_records(std::move(inputs), std::move(command));
}

Result<std::vector<Change>> diff_files(const std::string& before, const std::string& after,
                                       const DiffOptions& options) {
  const auto a = read_record(before, {KeepEvidence::none});
  if (!a) return tl::unexpected(a.error());
  const auto b = read_record(after, {KeepEvidence::none});
  if (!b) return tl::unexpected(b.error());
  return diff_records(*a, *b, options);
}

}  // namespace assay::reports
