#include "conformance/runner/play/self_check.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <future>

#include "harness/base/text.h"
#include "harness/process/cell.h"
#include "harness/process/child.h"
#include "harness/time/ledger.h"
#include "harness/time/start.h"

namespace assay::conformance {
namespace {

constexpr Micros kWait = std::chrono::milliseconds(10);  // of the machine's time
constexpr Micros kDeadline = std::chrono::seconds(30);
constexpr int kTries = 3;

std::string text_of(Micros time) {
  return fmt::format("{} ms", std::chrono::round<std::chrono::milliseconds>(time).count());
}

// lib/assay/NAME above the running program: a build tree, an installation.
Result<std::string> probe_named(const std::string& name) {
  for (std::filesystem::path folder = process::own_executable(); folder.has_relative_path();) {
    folder = folder.parent_path();
    auto path = folder / "lib" / "assay" / name;
    if (std::error_code error; std::filesystem::exists(path, error)) return path.string();
  }
  return fail("there is no lib/assay/" + name + " above " + process::own_executable());
}

Result<std::vector<WaitSeen>> run_probe(const std::string& name, casetime::Rate rate,
                                        const std::vector<std::string>& ways) {
  const auto path = probe_named(name);
  if (!path) return tl::unexpected(path.error());
  auto ledger = casetime::Ledger::create();
  if (!ledger) return tl::unexpected(ledger.error());
  const auto wait = static_cast<std::int64_t>(static_cast<double>(kWait.count()) * rate.factor() / 1000);
  process::ChildOptions options;
  options.argv = {*path, std::to_string(wait)};
  options.argv.insert(options.argv.end(), ways.begin(), ways.end());
  options.environment = {"PATH=/usr/bin:/bin"};
  options.through = casetime::timed_command(process::own_executable(),
                                            {casetime::ClockMap::begin(rate), ledger->fd(), false}, {});
  options.inherit = ledger->fd();
  const auto done = process::run_program(options, kDeadline);
  if (!done) return tl::unexpected(done.error());
  if (const auto notes = ledger->notes(); !notes.empty()) return fail(notes.front().text);
  auto waits = parse_waits(done->out);
  if (!waits) return waits;
  if (done->timed_out) return fail(fmt::format("it hangs after {} waits", waits->size()));
  if (!done->status.ok()) return fail(fmt::format("{} {}", done->status.text(), trim(done->err)));
  return waits;
}

// The ways that are still wrong after all tries.
SelfCheck check_one(const std::string& name, const char* linked, casetime::Rate rate) {
  SelfCheck out;
  std::vector<Micros> late;
  std::vector<std::string> ways;
  for (int i = 0; i < kTries; ++i) {
    const auto waits = run_probe(name, rate, ways);
    if (!waits) {
      out.wrong = {fmt::format("{}: {}", name, waits.error().message)};
      return out;
    }
    out.wrong.clear();
    ways.clear();
    out.ways = std::max(out.ways, waits->size());
    for (const WaitSeen& seen : *waits) {
      const std::string wrong = wrong_with(seen, rate);
      late.push_back(std::max(
          Micros(0), seen.real - Micros(static_cast<std::int64_t>(static_cast<double>(seen.asked.count()) /
                                                                  rate.factor()))));
      if (wrong.empty()) continue;
      ways.push_back(seen.way);
      out.wrong.push_back(fmt::format("{} ({}): {}", seen.way, linked, wrong));
    }
    if (ways.empty()) break;
  }
  std::sort(late.begin(), late.end());
  if (!late.empty()) out.late = late[late.size() * 9 / 10];
  return out;
}

}  // namespace

Result<std::vector<WaitSeen>> parse_waits(std::string_view output) {
  std::vector<WaitSeen> out;
  for (const std::string_view line : split(output, '\n')) {
    if (line.empty()) continue;
    const auto parts = split(line, '\t');
    const auto wrong = [&] { return fail(fmt::format("expected a wait of time-probe, found {}", line)); };
    if (parts.size() != 5) return wrong();
    WaitSeen seen;
    seen.way = parts[0];
    seen.waited = parts[1] == "ok";
    Micros* const times[] = {&seen.asked, &seen.own, &seen.real};
    for (std::size_t i = 0; i < 3; ++i) {
      std::int64_t value = 0;
      const std::string_view text = parts[i + 2];
      const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
      if (error != std::errc() || end != text.data() + text.size()) return wrong();
      *times[i] = Micros(value);
    }
    out.push_back(std::move(seen));
  }
  return out;
}

std::string wrong_with(const WaitSeen& seen, casetime::Rate rate) {
  if (!seen.waited) return "it did not end by its time";
  // A millisecond for the program's own two looks at the clock, and for calls with a coarse unit.
  if (seen.own + std::chrono::milliseconds(1) < seen.asked) {
    return fmt::format("it ended after {} of {}", text_of(seen.own), text_of(seen.asked));
  }
  const Micros wanted(static_cast<std::int64_t>(static_cast<double>(seen.asked.count()) / rate.factor()));
  if (!rate.natural() && seen.real > (wanted + seen.asked) / 2) {
    return fmt::format("it took {} instead of {}", text_of(seen.real), text_of(wanted));
  }
  const auto expected = static_cast<std::int64_t>(static_cast<double>(seen.real.count()) * rate.factor());
  if (Micros(expected) - seen.own > std::max(seen.asked / 10, Micros(std::chrono::milliseconds(20)))) {
    return fmt::format("its clock showed {} when {} had passed", text_of(seen.own),
                       text_of(Micros(expected)));
  }
  return {};
}

SelfCheck check_case_time(casetime::Rate rate) {
  auto dynamic = std::async(std::launch::async, [&] { return check_one("time-probe", "dynamic", rate); });
  SelfCheck out = check_one("time-probe-static", "static", rate);
  SelfCheck other = dynamic.get();
  out.wrong.insert(out.wrong.end(), other.wrong.begin(), other.wrong.end());
  out.late = std::max(out.late, other.late);
  out.ways += other.ways;
  return out;
}

}  // namespace assay::conformance
