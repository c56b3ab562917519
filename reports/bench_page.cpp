#include "reports/bench_page.h"

#include <fmt/format.h>

#include <array>

#include "harness/base/text.h"
#include "harness/base/untrusted_json.h"
#include "reports/bench_sections.h"
#include "reports/junit.h"

namespace assay::reports {

extern const std::string_view bench_css;

namespace {

using nlohmann::json;

struct Field {
  const char* name;
  json::value_t type;
};

// Whether `row` has a field of that name and kind; numbers are one kind, and null stands for what was not
// seen.
bool has(const json& row, const Field& field) {
  const auto found = row.find(field.name);
  if (found == row.end()) return false;
  if (field.type == json::value_t::number_float) return found->is_number() || found->is_null();
  return found->type() == field.type;
}

template <std::size_t N>
Result<void> need(const json& row, const std::array<Field, N>& fields, const std::string& name, int line) {
  for (const Field& field : fields) {
    if (!has(row, field))
      return fail(fmt::format("expected {} \"{}\"",
                              field.type == json::value_t::string ? "a text" : "a number", field.name),
                  name, line);
  }
  return {};
}

constexpr auto kText = json::value_t::string;
constexpr auto kNumber = json::value_t::number_float;

Result<void> check_row(const std::string& kind, const json& row, const std::string& name, int line) {
  if (kind == "stream")
    return need(row,
                std::array<Field, 5>{{{"corpus", kText},
                                      {"contestant", kText},
                                      {"read", json::value_t::number_unsigned},
                                      {"gb_per_s", kNumber},
                                      {"of_limit", kNumber}}},
                name, line);
  if (row.contains("cut"))
    return need(row,
                std::array<Field, 6>{{{"cut", kText},
                                      {"reader", kText},
                                      {"events_per_s", kNumber},
                                      {"first_us", kNumber},
                                      {"p50_us", kNumber},
                                      {"p99_us", kNumber}}},
                name, line);
  return need(row, std::array<Field, 3>{{{"events", kNumber}, {"peak_kib", kNumber}, {"seconds", kNumber}}},
              name, line);
}

Result<void> check_header(const json& header, const std::string& name) {
  const auto kind = header.find("bench");
  const bool known = kind != header.end() && (*kind == "stream" || *kind == "client");
  if (!known || header.value("format", json()) != 1)
    return fail("expected the record of a benchmark, {\"bench\": \"stream\" or \"client\", \"format\": 1, …}",
                name, 1);
  if (*kind == "stream") return {};
  return need(header,
              std::array<Field, 7>{{{"client", kText},
                                    {"version", kText},
                                    {"protocol", kText},
                                    {"events", kNumber},
                                    {"event_bytes", kNumber},
                                    {"paced_events", kNumber},
                                    {"pace_us", kNumber}}},
              name, 1);
}

}  // namespace

Result<BenchRecord> parse_bench_record(const std::string& text, const std::string& name) {
  BenchRecord out;
  out.name = name;
  int number = 0;
  for (const std::string_view line : split(text, '\n')) {
    ++number;
    if (trim(line).empty()) continue;
    json value = parse_untrusted(line);
    if (!value.is_object()) return fail("expected a JSON object", name, number);
    if (out.header.is_null()) {
      if (auto good = check_header(value, name); !good) return tl::unexpected(good.error());
      out.header = std::move(value);
      continue;
    }
    if (auto good = check_row(out.header["bench"].get<std::string>(), value, name, number); !good)
      return tl::unexpected(good.error());
    out.rows.push_back(std::move(value));
  }
  if (out.header.is_null()) return fail("the record is empty", name);
  if (out.rows.empty()) return fail("the record has a header and no measurements", name);
  return out;
}

std::string machine_line(const BenchRecord& record) {
  const json machine = record.header.value("machine", json());
  if (!machine.is_object()) return "machine unknown";
  std::string out = fmt::format("{}, {} cores, {}", machine.value("cpu", "unknown processor"),
                                machine.value("cores", 0), machine.value("kernel", "unknown kernel"));
  if (machine.contains("load") && machine["load"].is_number())
    out += fmt::format(", load {:.1f} before", machine["load"].get<double>());
  if (machine.contains("load_after") && machine["load_after"].is_number())
    out += fmt::format(" and {:.1f} after", machine["load_after"].get<double>());
  return out;
}

std::string render_bench_page(const std::vector<BenchRecord>& records) {
  std::string out = fmt::format(
      "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; "
      "img-src data:\">\n<meta name=\"color-scheme\" content=\"light dark\"><link rel=\"icon\" "
      "href=\"data:,\">\n"
      "<title>assay bench</title>\n<style>{}</style></head>\n<body>\n<h1>assay bench</h1>\n",
      bench_css);
  std::vector<const BenchRecord*> clients;
  for (const BenchRecord& record : records) {
    if (record.header["bench"] == "stream") {
      out += stream_section(record);
    } else {
      clients.push_back(&record);
    }
  }
  return out + client_section(clients) + "</body></html>\n";
}

}  // namespace assay::reports
