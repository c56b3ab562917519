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

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr Micros kRounds[] = {milliseconds(10), milliseconds(30), milliseconds(100), milliseconds(300)};
constexpr Micros kProbeDeadline = seconds(30);
// A machine is not late by all of a wait for so many ways in the second round, nor for one in the third.
constexpr std::size_t kTooMany = 8;

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

Micros scaled(Micros time, double factor) {
  return Micros(static_cast<std::int64_t>(static_cast<double>(time.count()) * factor));
}

const char* probe_name(bool linked_statically) {
  return linked_statically ? "time-probe-static" : "time-probe";
}

ProbeAnswer run_probe(const ProbeRun& run, casetime::Rate rate) {
  const auto path = probe_named(probe_name(run.linked_statically));
  if (!path) return {{}, path.error().message, true};
  auto ledger = casetime::Ledger::create();
  if (!ledger) return {{}, ledger.error().message};
  const Micros asked = scaled(run.wait, rate.factor());
  process::ChildOptions options;
  options.argv = {*path, std::to_string(asked.count() / 1000)};
  options.argv.insert(options.argv.end(), run.ways.begin(), run.ways.end());
  options.environment = {"PATH=/usr/bin:/bin"};
  options.through = casetime::timed_command(process::own_executable(),
                                            {casetime::ClockMap::begin(rate), ledger->fd(), false}, {});
  options.inherit = ledger->fd();
  constexpr std::size_t kAll = 36;
  const auto many = static_cast<double>(run.ways.empty() ? kAll : run.ways.size());
  const auto done =
      process::run_program(options, kProbeDeadline + scaled(std::max<Micros>(asked, seconds(1)), many));
  if (!done) return {{}, done.error().message};
  if (const auto notes = ledger->notes(); !notes.empty()) return {{}, notes.front().text, true};
  auto waits = parse_waits(done->out);
  if (!waits) return {{}, waits.error().message};
  if (done->timed_out) return {{}, fmt::format("it hangs after {} waits", waits->size())};
  if (!done->status.ok()) return {{}, fmt::format("{} {}", done->status.text(), trim(done->err))};
  return {std::move(*waits), {}};
}

Micros lateness(const WaitSeen& seen, casetime::Rate rate) {
  return std::max(Micros(0), seen.real - scaled(seen.asked, 1 / rate.factor()));
}

bool took_all_its_time(const WaitSeen& seen) {
  return seen.waited && seen.real >= seen.asked - seen.asked / 10;
}

}  // namespace

Result<std::vector<WaitSeen>> parse_waits(std::string_view output) {
  std::vector<WaitSeen> out;
  for (const std::string_view line : split(output, '\n')) {
    if (line.empty()) continue;
    const auto parts = split(line, '\t');
    const auto wrong = [&] { return fail(fmt::format("expected a wait of time-probe, found {}", line)); };
    if (parts.size() != 6) return wrong();
    WaitSeen seen;
    seen.way = parts[0];
    seen.waited = parts[1] == "ok";
    Micros* const times[] = {&seen.asked, &seen.own, &seen.real, &seen.apart};
    for (std::size_t i = 0; i < 4; ++i) {
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
  // A millisecond for calls with a coarse unit.
  if (seen.own + std::chrono::milliseconds(1) < seen.asked) {
    return fmt::format("it ended after {} of {}", text_of(seen.own), text_of(seen.asked));
  }
  const Micros wanted = scaled(seen.asked, 1 / rate.factor());
  if (!rate.natural() && seen.real > (wanted + seen.asked) / 2) {
    return fmt::format("it took {} instead of {}", text_of(seen.real), text_of(wanted));
  }
  const Micros expected = scaled(seen.real, rate.factor());
  const Micros tolerance =
      std::max<Micros>(seen.asked / 10, milliseconds(20)) + scaled(seen.apart, rate.factor());
  if (expected - seen.own > tolerance) {
    return fmt::format("its clock showed {} when {} had passed", text_of(seen.own), text_of(expected));
  }
  return {};
}

SelfCheck check_program(bool linked_statically, casetime::Rate rate, const Probe& probe) {
  SelfCheck out;
  std::vector<Micros> late;
  ProbeRun run{linked_statically, Micros(0), {}};
  for (std::size_t round = 0; round < std::size(kRounds); ++round) {
    run.wait = kRounds[round];
    const ProbeAnswer answer = probe(run);
    out.wrong.clear();
    if (!answer.problem.empty()) {
      out.wrong = {fmt::format("{}: {}", probe_name(linked_statically), answer.problem)};
      if (answer.for_good) break;
      continue;
    }
    run.ways.clear();
    out.ways = std::max(out.ways, answer.waits.size());
    std::size_t own_time = 0;
    for (const WaitSeen& seen : answer.waits) {
      late.push_back(lateness(seen, rate));
      const std::string wrong = wrong_with(seen, rate);
      if (wrong.empty()) continue;
      run.ways.push_back(seen.way);
      if (took_all_its_time(seen)) ++own_time;
      out.wrong.push_back(
          fmt::format("{} ({}): {}", seen.way, linked_statically ? "static" : "dynamic", wrong));
    }
    if (run.ways.empty()) break;
    if ((round == 1 && own_time > kTooMany) || (round == 2 && own_time > 0)) break;
  }
  std::sort(late.begin(), late.end());
  if (!late.empty()) out.late = late[late.size() * 9 / 10];
  return out;
}

SelfCheck check_case_time(casetime::Rate rate) {
  const Probe probe = [&](const ProbeRun& run) { return run_probe(run, rate); };
  auto dynamic = std::async(std::launch::async, [&] { return check_program(false, rate, probe); });
  SelfCheck out = check_program(true, rate, probe);
  SelfCheck other = dynamic.get();
  out.wrong.insert(out.wrong.end(), other.wrong.begin(), other.wrong.end());
  out.late = std::max(out.late, other.late);
  out.ways += other.ways;
  return out;
}

}  // namespace assay::conformance
