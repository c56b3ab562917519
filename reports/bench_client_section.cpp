#include <fmt/format.h>

#include <algorithm>
#include <functional>

#include "reports/bench_chart.h"
#include "reports/bench_sections.h"
#include "reports/junit.h"

namespace assay::reports {
namespace {

using nlohmann::json;

std::string text_at(const json& row, const char* key) {
  const auto found = row.find(key);
  return found != row.end() && found->is_string() ? found->get<std::string>() : "";
}

std::optional<double> number_at(const json& row, const char* key, double scale = 1) {
  const auto found = row.find(key);
  return found != row.end() && found->is_number() ? std::optional(found->get<double>() * scale)
                                                  : std::nullopt;
}

constexpr double kMillis = 1e-3;

class Clients {
 public:
  explicit Clients(const std::vector<const BenchRecord*>& records) : records_(records) {
    for (const BenchRecord* record : records) {
      for (const json& row : record->rows) {
        const std::string cut = text_at(row, "cut");
        if (!cut.empty() && std::find(cuts_.begin(), cuts_.end(), cut) == cuts_.end()) cuts_.push_back(cut);
      }
    }
  }

  std::string html() const {
    std::string out = "<h2>Clients</h2>\n";
    for (const BenchRecord* record : records_)
      out += fmt::format(
          "<p>{}: {}; {} events of {:.0f} bytes, then {} events, one every {:g} ms. {}.</p>\n",
          xml_escape(name(*record)), xml_escape(text_at(record->header, "protocol")),
          count(record->header, "events"), number_at(record->header, "event_bytes").value_or(0),
          count(record->header, "paced_events"), number_at(record->header, "pace_us", kMillis).value_or(0),
          xml_escape(machine_line(*record)));
    out +=
        "<p class=\"legend\"><i class=\"client\"></i>client <i class=\"wire\"></i>the wire alone: a reader "
        "that does "
        "nothing else. Logarithmic scales.</p>\n";
    out += charts("Events a second", "events/s", [](const json& row) {
      const auto value = number_at(row, "events_per_s");
      return Bar{{}, {}, value, {}, value ? short_number(*value) : "too short"};
    });
    out += charts("First text, ms after it was written", "ms", [](const json& row) {
      const auto value = number_at(row, "first_us", kMillis);
      return Bar{{}, {}, value, {}, value ? short_number(*value) : "not observable"};
    });
    out +=
        charts("Added latency of an event, ms: half of them, and a line to p99", "ms", [](const json& row) {
          const auto value = number_at(row, "p50_us", kMillis);
          const auto worst = number_at(row, "p99_us", kMillis);
          return Bar{{},
                     {},
                     value,
                     worst,
                     value ? fmt::format("{}, p99 {}", short_number(*value), short_number(worst.value_or(0)))
                           : "not observable"};
        });
    return out + memory() + table();
  }

 private:
  static std::string count(const json& header, const char* key) {
    return short_number(number_at(header, key).value_or(0));
  }

  // Its client, and its protocol where several records are of one client.
  std::string name(const BenchRecord& record) const {
    const std::string client = text_at(record.header, "client");
    const auto same = std::count_if(records_.begin(), records_.end(), [&](const BenchRecord* one) {
      return text_at(one->header, "client") == client;
    });
    return same > 1 ? client + ", " + text_at(record.header, "protocol") : client;
  }

  static const json* row_of(const BenchRecord& record, const std::string& cut, const char* reader) {
    for (const json& row : record.rows) {
      if (text_at(row, "cut") == cut && text_at(row, "reader") == reader) return &row;
    }
    return nullptr;
  }

  static std::string cut_title(const std::string& cut) {
    if (cut == "whole") return "the whole stream in one write";
    if (cut == "event") return "one event a write";
    return cut == "1400" ? "1,400 B a write" : cut + " B a write";
  }

  // One chart for each cut: the wire once for each protocol, then every client.
  std::string charts(const std::string& title, const std::string& unit,
                     const std::function<Bar(const json&)>& bar_of) const {
    std::vector<Chart> all;
    std::vector<double> values;
    for (const std::string& cut : cuts_) {
      Chart chart{cut_title(cut), unit, {}, {}};
      std::vector<std::string> protocols;
      for (const BenchRecord* record : records_) {
        const std::string protocol = text_at(record->header, "protocol");
        const json* row = row_of(*record, cut, "wire");
        if (row == nullptr || std::find(protocols.begin(), protocols.end(), protocol) != protocols.end())
          continue;
        protocols.push_back(protocol);
        add(chart, bar_of(*row), "wire alone, " + protocol, "wire");
      }
      for (const BenchRecord* record : records_) {
        const json* row = row_of(*record, cut, "client");
        if (row == nullptr) continue;
        Bar bar = bar_of(*row);
        if (!text_at(*row, "problem").empty()) bar.text = "see the table";
        add(chart, std::move(bar), name(*record), "client");
      }
      for (const Bar& bar : chart.bars) {
        for (const auto& value : {bar.value, bar.reach}) {
          if (value) values.push_back(*value);
        }
      }
      all.push_back(std::move(chart));
    }
    const LogScale scale = scale_of(values);
    std::string out = fmt::format("<h3>{}</h3>\n<div class=\"charts wide\">\n", xml_escape(title));
    for (const Chart& chart : all) out += chart_html(chart, scale);
    return out + "</div>\n";
  }

  static void add(Chart& chart, Bar bar, std::string label, std::string kind) {
    bar.label = std::move(label);
    bar.kind = std::move(kind);
    chart.bars.push_back(std::move(bar));
  }

  // One length of stream and what it took.
  struct Length {
    double events, megabytes, seconds;
  };
  static std::vector<Length> lengths_of(const BenchRecord& record) {
    std::vector<Length> out;
    for (const json& row : record.rows) {
      if (const auto peak = number_at(row, "peak_kib", 1024e-6))
        out.push_back({number_at(row, "events").value_or(0), *peak, number_at(row, "seconds").value_or(0)});
    }
    return out;
  }

  std::string memory() const {
    Chart chart{"Peak of all its processes, with a line to that of the longer stream", "MB", {}, {}};
    std::vector<double> values;
    std::string rows;
    for (const BenchRecord* record : records_) {
      const std::vector<Length> lengths = lengths_of(*record);
      if (lengths.empty()) continue;
      const Length& less = lengths.front();
      const Length& more = lengths.back();
      Bar bar{name(*record), "client", less.megabytes, {}, fmt::format("{:.0f}", less.megabytes)};
      values.push_back(less.megabytes);
      if (more.events > less.events) {
        bar.reach = more.megabytes;
        bar.text += fmt::format(" to {:.0f}", more.megabytes);
        values.push_back(more.megabytes);
        const double growth = (more.megabytes - less.megabytes) * 1e6 / (more.events - less.events);
        rows += fmt::format("<tr><th>{}</th><td>{}</td><td>{}</td><td>{:.0f}</td><td>{:.1f}</td></tr>\n",
                            xml_escape(name(*record)), short_number(less.events), short_number(more.events),
                            growth, less.seconds > 0 ? more.seconds / less.seconds : 0);
      }
      chart.bars.push_back(std::move(bar));
    }
    if (chart.bars.empty()) return {};
    return "<h3>Memory</h3>\n<div class=\"charts wide\">\n" + chart_html(chart, scale_of(values)) +
           "</div>\n<div class=\"scroll\" tabindex=\"0\"><table><thead><tr><th>client</th><th>events</th>"
           "<th>and then</th><th>B an event more</th><th>times as long</th></tr></thead><tbody>\n" +
           rows + "</tbody></table></div>\n";
  }

  std::string table() const {
    std::string out =
        "<h3>Numbers</h3>\n<div class=\"scroll\" "
        "tabindex=\"0\"><table><thead><tr><th>reader</th><th>write</th><th>events/s</th>"
        "<th>first, ms</th><th>p50, ms</th><th>p99, ms</th></tr></thead><tbody>\n";
    const auto cell = [](const std::optional<double>& value) {
      return fmt::format("<td>{}</td>", value ? short_number(*value) : "–");
    };
    for (const BenchRecord* record : records_) {
      for (const json& row : record->rows) {
        const std::string cut = text_at(row, "cut");
        if (cut.empty()) continue;
        const bool wire = text_at(row, "reader") == "wire";
        out += fmt::format("<tr><th>{}</th><td>{}</td>",
                           xml_escape(wire ? "wire alone, for " + name(*record) : name(*record)),
                           xml_escape(cut));
        const std::string problem = text_at(row, "problem");
        if (problem.empty()) {
          out += cell(number_at(row, "events_per_s")) + cell(number_at(row, "first_us", kMillis)) +
                 cell(number_at(row, "p50_us", kMillis)) + cell(number_at(row, "p99_us", kMillis));
        } else {
          out += fmt::format("<td colspan=\"4\" class=\"problem\">{}</td>", xml_escape(problem));
        }
        out += "</tr>\n";
      }
    }
    return out + "</tbody></table></div>\n";
  }

  const std::vector<const BenchRecord*>& records_;
  std::vector<std::string> cuts_;
};

}  // namespace

std::string client_section(const std::vector<const BenchRecord*>& records) {
  return records.empty() ? "" : Clients(records).html();
}

}  // namespace assay::reports
