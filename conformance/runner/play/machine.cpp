#include "conformance/runner/play/machine.h"

#include <fmt/format.h>

#include "conformance/runner/client/find_program.h"
#include "harness/process/emulate.h"
#include "harness/wire/faults/params.h"

namespace assay::conformance {
namespace {

using nlohmann::json;
using std::chrono::seconds;

void read_clock(ObjectReader& map, const json& value, Machine& out) {
  const std::string text = value.is_string() ? value.get<std::string>() : "";
  const bool signs = text.starts_with('+') || text.starts_with('-');
  const auto offset = parse_duration(signs ? text.substr(1) : text);
  if (!signs || !offset || *offset % seconds(1) != Micros(0)) {
    map.problem("emulate",
                "clock: expected how far the clients' clock is off, in whole seconds, as in +2h or -90s");
    return;
  }
  out.clock = text.front() == '-' ? -*offset : *offset;
}

void read_disk(ObjectReader& map, const json& value, Machine& out) {
  const auto bytes = wire::parse_size(value);
  if (!bytes || *bytes == 0 || *bytes % 4096 != 0) {
    map.problem("emulate", "disk: expected a size in whole pages of 4KiB, as in 8KiB");
    return;
  }
  out.disk = *bytes;
}

void read_time(ObjectReader& map, const json& value, Machine& out) {
  const auto rate = casetime::parse_rate(value.is_string() ? value.get<std::string>() : value.dump());
  if (!rate) return map.problem("emulate", "time: " + rate.error().message);
  out.time = *rate;
}

void read_trait(ObjectReader& map, const json& entry, Machine& out) {
  if (entry.is_object() && entry.size() == 1) {
    if (entry.contains("clock")) return read_clock(map, entry["clock"], out);
    if (entry.contains("disk")) return read_disk(map, entry["disk"], out);
    if (entry.contains("time")) return read_time(map, entry["time"], out);
  }
  if (entry == "headless") {
    out.headless = true;
    return;
  }
  if (entry == "opener") {
    out.opener = true;
    return;
  }
  std::vector<std::string> known = {"clock", "disk", "headless", "opener", "time"};
  for (const process::ShimInfo& shim : process::shims()) known.emplace_back(shim.name);
  const std::string name = entry.is_string()                        ? entry.get<std::string>()
                           : entry.is_object() && entry.size() == 1 ? entry.begin().key()
                                                                    : entry.dump();
  for (const process::ShimInfo& shim : process::shims()) {
    if (entry.is_string() && shim.name == name) {
      out.shims.push_back(name);
      return;
    }
  }
  if (entry.is_string() && (name == "clock" || name == "disk" || name == "time")) {
    const char* example = name == "clock" ? "+2h" : name == "disk" ? "8KiB" : "x50";
    map.problem("emulate", fmt::format("{} needs a value, as in [{}: {}]", name, name, example));
    return;
  }
  map.problem("emulate", unknown_word("trait of a machine", name, known));
}

}  // namespace

Machine read_machine(ObjectReader& map) {
  Machine out;
  const json* list = map.raw("emulate");
  if (list == nullptr) return out;
  if (!list->is_array()) {
    map.problem("emulate", "expected a list, as in [accept-inherits-nonblocking, clock: +2h, disk: 8KiB]");
    return out;
  }
  for (const json& entry : *list) read_trait(map, entry, out);
  return out;
}

std::string describe(const Machine& machine) {
  std::string out;
  const auto add = [&](const std::string& what) { out += (out.empty() ? "" : ", ") + what; };
  for (const std::string& shim : machine.shims) add(shim);
  if (machine.clock != Micros(0))
    add(fmt::format("a clock that is off by {:+d} s",
                    std::chrono::duration_cast<seconds>(machine.clock).count()));
  if (machine.headless) add("no browser that a login could open");
  if (machine.opener) add("a browser's command that notes its arguments");
  if (!machine.time.natural()) add("time that goes " + casetime::to_string(machine.time));
  if (machine.disk != 0) add(fmt::format("a disk of {} bytes", machine.disk));
  return out;
}

Result<std::vector<std::string>> machine_environment(const Machine& machine, const std::string& program) {
  process::Emulation wanted;
  wanted.shims = machine.shims;
  wanted.clock_offset = machine.clock;
  auto environment = process::emulation_environment(wanted);
  if (!environment || environment->empty()) return environment;
  if (auto able = process::can_preload(program, {std::string("PATH=") + kMachinePath}); !able)
    return tl::unexpected(able.error());
  return environment;
}

Result<process::Mounted> mount_disk(const Machine& machine, const std::string& home) {
  if (machine.disk == 0) return process::Mounted();
  auto mounted = process::mount_memory(home, machine.disk);
  if (!mounted)
    return fail("a disk of " + std::to_string(machine.disk) + " bytes: " + mounted.error().message);
  return mounted;
}

}  // namespace assay::conformance
