#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "reports/bench_chart.h"
#include "reports/bench_sections.h"
#include "reports/junit.h"

namespace assay::reports {
namespace {

using nlohmann::json;

constexpr std::string_view kFloor = "memcpy+memchr";

std::string contestant_of(const json& row) {
  return row["contestant"].get<std::string>();
}

bool is_limit(const json& row) {
  return contestant_of(row).find("(limit)") != std::string::npos;
}

std::string kind_of(const json& row) {
  const std::string name = contestant_of(row);
  if (is_limit(row)) return "limit";
  if (name == kFloor || name == "memchr") return "floor";
  return name == "assay framing" || name.starts_with("assay decode") ? "ours" : "peer";
}

std::string read_text(std::size_t read) {
  if (read == 0) return "no reads: whole, or split already";
  if (read >= 1024 && read % 1024 == 0) return fmt::format("reads of {} KiB", read / 1024);
  return read < 1000 ? fmt::format("reads of {} B", read)
                     : fmt::format("reads of {} B", short_number(static_cast<double>(read)));
}

// By size; what knows no reads comes last.
struct ByRead {
  bool operator()(std::size_t a, std::size_t b) const { return a - 1 < b - 1; }
};
using Reads = std::set<std::size_t, ByRead>;

std::size_t read_of(const json& row) {
  return row["read"].get<std::size_t>();
}

double speed_of(const json& row) {
  return row["gb_per_s"].is_number() ? row["gb_per_s"].get<double>() : 0;
}

std::string charts(const std::vector<const json*>& rows, const LogScale& scale) {
  Reads reads;
  std::optional<double> limit;
  for (const json* row : rows) {
    reads.insert(read_of(*row));
    if (is_limit(*row)) limit = speed_of(*row);
  }
  std::string out = "<div class=\"charts\">\n";
  for (const std::size_t read : reads) {
    Chart chart{read_text(read), "GB/s", limit, {}};
    for (const json* row : rows) {
      if (read_of(*row) == read)
        chart.bars.push_back(
            {contestant_of(*row), kind_of(*row), speed_of(*row), {}, short_number(speed_of(*row))});
    }
    std::stable_sort(chart.bars.begin(), chart.bars.end(),
                     [](const Bar& a, const Bar& b) { return *a.value > *b.value; });
    out += chart_html(chart, scale);
  }
  return out + "</div>\n";
}

std::string table(const std::vector<const json*>& rows) {
  Reads reads;
  std::vector<std::string> contestants;
  for (const json* row : rows) {
    reads.insert(read_of(*row));
    if (std::find(contestants.begin(), contestants.end(), contestant_of(*row)) == contestants.end())
      contestants.push_back(contestant_of(*row));
  }
  std::string out = "<div class=\"scroll\" tabindex=\"0\"><table><thead><tr><th>GB/s (of the limit)</th>";
  for (const std::size_t read : reads)
    out += fmt::format("<th>{}</th>", read == 0 ? "no reads" : read_text(read).substr(9));
  out += "</tr></thead><tbody>\n";
  for (const std::string& contestant : contestants) {
    out += fmt::format("<tr><th>{}</th>", xml_escape(contestant));
    for (const std::size_t read : reads) {
      const auto found = std::find_if(rows.begin(), rows.end(), [&](const json* row) {
        return contestant_of(*row) == contestant && read_of(*row) == read;
      });
      out += found == rows.end()
                 ? "<td></td>"
                 : fmt::format("<td>{} <small>{}</small></td>", short_number(speed_of(**found)),
                               (**found)["of_limit"].is_number()
                                   ? short_number((**found)["of_limit"].get<double>())
                                   : "");
    }
    out += "</tr>\n";
  }
  return out + "</tbody></table></div>\n";
}

}  // namespace

std::string stream_section(const BenchRecord& record) {
  std::vector<std::string> corpora;
  std::vector<double> speeds;
  for (const json& row : record.rows) {
    const auto corpus = row["corpus"].get<std::string>();
    if (std::find(corpora.begin(), corpora.end(), corpus) == corpora.end()) corpora.push_back(corpus);
    speeds.push_back(speed_of(row));
  }
  const LogScale scale = scale_of(speeds);
  std::string out = fmt::format("<h2>Stream parsing</h2>\n<p>{}</p>\n", xml_escape(machine_line(record)));
  if (record.header.contains("megabytes"))
    out += fmt::format("<p>Corpora of {} MB; rounds: {}; kernel of the limit: {}.</p>\n",
                       record.header["megabytes"].dump(), record.header.value("rounds", json()).dump(),
                       xml_escape(record.header.value("kernel", "unknown")));
  out +=
      "<p class=\"legend\"><i class=\"ours\"></i>assay <i class=\"peer\"></i>others <i "
      "class=\"floor\"></i>floor "
      "<i class=\"limit\"></i>limit, also the dashed line. Decimal gigabytes a second of CPU time, on a "
      "logarithmic scale.</p>\n";
  for (const std::string& corpus : corpora) {
    std::vector<const json*> rows;
    for (const json& row : record.rows) {
      if (row["corpus"] == corpus) rows.push_back(&row);
    }
    out += fmt::format("<section class=\"corpus\"><h3>{}</h3>\n{}{}</section>\n", xml_escape(corpus),
                       charts(rows, scale), table(rows));
  }
  return out;
}

}  // namespace assay::reports
