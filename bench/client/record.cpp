#include "bench/client/record.h"

#include <nlohmann/json.hpp>

#include "harness/base/text.h"

namespace assay::bench {
namespace {

using nlohmann::json;

json number_or_null(const std::optional<double>& value) {
  return value ? json(*value) : json();
}

std::optional<double> number_at(const json& row, const char* key) {
  const auto found = row.find(key);
  return found != row.end() && found->is_number() ? std::optional(found->get<double>()) : std::nullopt;
}

json line_of(const CutRow& row, const char* reader, const Reading& reading) {
  json out = {{"cut", row.cut},
              {"reader", reader},
              {"events_per_s", number_or_null(reading.events_per_s)},
              {"first_us", number_or_null(reading.first_us)},
              {"p50_us", number_or_null(reading.p50_us)},
              {"p99_us", number_or_null(reading.p99_us)},
              {"samples", reading.samples}};
  if (reader == std::string_view("client") && !row.problem.empty()) out["problem"] = row.problem;
  return out;
}

void read_header(const json& line, ClientRecord& out) {
  line.at("client").get_to(out.client);
  line.at("version").get_to(out.version);
  line.at("protocol").get_to(out.protocol);
  line.at("events").get_to(out.events);
  line.at("event_bytes").get_to(out.event_bytes);
  line.at("token_bytes").get_to(out.token_bytes);
  line.at("paced_events").get_to(out.paced_events);
  line.at("pace_us").get_to(out.pace_us);
  line.at("rounds").get_to(out.rounds);
  line.at("requests").get_to(out.requests);
  line.at("observable").get_to(out.observable);
  line.at("memory_cut").get_to(out.memory_cut);
}

void read_reading(const json& line, ClientRecord& out) {
  const auto cut = line.at("cut").get<std::string>();
  if (out.rows.empty() || out.rows.back().cut != cut) out.rows.push_back({cut, {}, {}, {}});
  const bool client = line.at("reader") == "client";
  Reading& reading = client ? out.rows.back().client : out.rows.back().wire;
  reading.events_per_s = number_at(line, "events_per_s");
  reading.first_us = number_at(line, "first_us");
  reading.p50_us = number_at(line, "p50_us");
  reading.p99_us = number_at(line, "p99_us");
  reading.samples = line.value("samples", std::size_t{0});
  if (client) out.rows.back().problem = line.value("problem", "");
}

}  // namespace

std::optional<double> growth_per_event(const ClientRecord& record) {
  if (record.memory.size() < 2) return std::nullopt;
  const MemoryRow& less = record.memory.front();
  const MemoryRow& more = record.memory.back();
  const double kib = static_cast<double>(more.peak_kib) - static_cast<double>(less.peak_kib);
  return kib * 1024 / static_cast<double>(more.events - less.events);
}

std::string to_lines(const ClientRecord& record, const json& machine) {
  std::string out = json{{"bench", "client"},
                         {"format", 1},
                         {"client", record.client},
                         {"version", record.version},
                         {"protocol", record.protocol},
                         {"events", record.events},
                         {"event_bytes", record.event_bytes},
                         {"token_bytes", record.token_bytes},
                         {"paced_events", record.paced_events},
                         {"pace_us", record.pace_us},
                         {"rounds", record.rounds},
                         {"requests", record.requests},
                         {"observable", record.observable},
                         {"memory_cut", record.memory_cut},
                         {"machine", machine}}
                        .dump() +
                    "\n";
  for (const CutRow& row : record.rows)
    out += line_of(row, "wire", row.wire).dump() + "\n" + line_of(row, "client", row.client).dump() + "\n";
  for (const MemoryRow& row : record.memory)
    out += json{{"events", row.events}, {"peak_kib", row.peak_kib}, {"seconds", row.seconds}}.dump() + "\n";
  return out;
}

Result<ClientRecord> client_record_from(const std::string& text, const std::string& name) {
  ClientRecord out;
  int number = 0;
  for (const std::string_view line : split(text, '\n')) {
    ++number;
    if (trim(line).empty()) continue;
    try {
      const json value = json::parse(line);
      if (number == 1) {
        if (value.at("bench") != "client" || value.at("format") != 1)
          return fail("expected the record of a client, {\"bench\": \"client\", \"format\": 1, …}", name, 1);
        read_header(value, out);
      } else if (value.contains("cut")) {
        read_reading(value, out);
      } else {
        out.memory.push_back({value.at("events").get<std::size_t>(),
                              value.at("peak_kib").get<std::uint64_t>(), value.at("seconds").get<double>()});
      }
    } catch (const json::exception& error) {
      return fail(std::string("not a line of the record of a client: ") + error.what(), name, number);
    }
  }
  if (number == 0 || out.client.empty()) return fail("the record is empty", name);
  return out;
}

}  // namespace assay::bench
