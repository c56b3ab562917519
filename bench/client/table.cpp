#include <fmt/format.h>

#include "bench/client/record.h"

namespace assay::bench {
namespace {

std::string with_commas(double value) {
  std::string digits = fmt::format("{:.0f}", value);
  for (std::size_t at = digits.size(); at > 3; at -= 3) digits.insert(at - 3, ",");
  return digits;
}

std::string speed(const std::optional<double>& value) {
  return value ? with_commas(*value) : "too short";
}

std::string millis(const std::optional<double>& micros) {
  return micros ? fmt::format("{:.{}f}", *micros / 1000, *micros < 10'000 ? 2 : 0) : "-";
}

std::string of_wire(const CutRow& row) {
  if (!row.client.events_per_s || !row.wire.events_per_s) return "-";
  return fmt::format("{:.{}f}", *row.client.events_per_s / *row.wire.events_per_s,
                     *row.client.events_per_s < *row.wire.events_per_s / 10 ? 3 : 2);
}

std::string line(const std::string& cut, const std::string& reader, const std::string& speed,
                 const std::string& share, const std::string& first, const std::string& p50,
                 const std::string& p99) {
  return fmt::format("{:<8}{:<22}{:>12}{:>9}{:>13}{:>12}{:>10}\n", cut, reader, speed, share, first, p50,
                     p99);
}

std::string megabytes(std::uint64_t kib) {
  return fmt::format("{:.1f} MB", static_cast<double>(kib) * 1024 / 1e6);
}

}  // namespace

std::string table_text(const ClientRecord& record) {
  std::string out = fmt::format(
      "{} {}, {}: {} events of {:.0f} bytes at full speed; {} events, one every {} ms, for the latencies\n\n",
      record.client, record.version, record.protocol, with_commas(static_cast<double>(record.events)),
      record.event_bytes, record.paced_events, static_cast<double>(record.pace_us) / 1000);
  out += line("write", "reader", "events/s", "of wire", "first, ms", "added p50", "p99, ms");
  for (const CutRow& row : record.rows) {
    out += line(row.cut, "wire alone", speed(row.wire.events_per_s), "1", millis(row.wire.first_us),
                millis(row.wire.p50_us), millis(row.wire.p99_us));
    if (!row.problem.empty()) {
      out += fmt::format("{:<8}{}: {}\n", "", record.client, row.problem);
      continue;
    }
    const std::string start = fmt::format("{:<8}{:<22}{:>12}{:>9}", "", record.client,
                                          speed(row.client.events_per_s), of_wire(row));
    if (record.observable) {
      out += line("", record.client, speed(row.client.events_per_s), of_wire(row),
                  millis(row.client.first_us), millis(row.client.p50_us), millis(row.client.p99_us));
    } else {
      out += start + "      not observable: no text showed before the end of the stream\n";
    }
  }
  if (!record.memory.empty()) {
    out += "\nmemory  ";
    for (std::size_t i = 0; i < record.memory.size(); ++i)
      out += fmt::format("{}{} events: {} at most", i == 0 ? "" : "; ",
                         with_commas(static_cast<double>(record.memory[i].events)),
                         megabytes(record.memory[i].peak_kib));
    if (const auto growth = growth_per_event(record))
      out += fmt::format("; {:.0f} bytes an event more, of which it brings {} of text", *growth,
                         record.token_bytes);
    out += "\n";
    if (record.memory.size() > 1)
      out += fmt::format("time    {:.3f} s and {:.3f} s: {:.1f} times as long for {:.0f} times the events\n",
                         record.memory.front().seconds, record.memory.back().seconds,
                         record.memory.back().seconds / record.memory.front().seconds,
                         static_cast<double>(record.memory.back().events) /
                             static_cast<double>(record.memory.front().events));
  }
  if (record.requests > 1)
    out += fmt::format("\nIt asked for {} answers in one chat; each was such a stream.\n", record.requests);
  return out;
}

}  // namespace assay::bench
