#include "cli/run_arguments.h"

#include <unistd.h>

#include <sys/utsname.h>

#include <ctime>
#include <thread>
#include <tuple>

#include "cli/redacted_command.h"
#include "conformance/runner/client/clients.h"
#include "conformance/runner/gate/requirements.h"
#include "harness/base/text.h"

namespace assay::cli {

using namespace conformance;

std::string now_utc() {
  const std::time_t now = std::time(nullptr);
  std::tm parts{};
  gmtime_r(&now, &parts);
  char text[32];
  std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts);
  return text;
}

Level level_named(const std::string& name) {
  return name == "must" ? Level::must : name == "should" ? Level::should : Level::may;
}

Result<GateFiles> read_gate(const RunArguments& arguments, const std::string& data,
                            const std::vector<Case>& all) {
  GateFiles out{{}, {}, all, {}};
  if (!arguments.known.empty()) {
    auto read = read_file(arguments.known).and_then([&](const std::string& text) {
      return parse_known_failures(text, arguments.known);
    });
    if (!read) return tl::unexpected(read.error());
    out.known = std::move(*read);
  }
  if (!arguments.manifest.empty()) {
    auto read = read_file(arguments.manifest).and_then([&](const std::string& text) {
      return parse_manifest(text, arguments.manifest);
    });
    if (!read) return tl::unexpected(read.error());
    out.manifest = std::move(*read);
  }
  if (!arguments.requirements.empty()) {
    const auto file = requirements_file(data, arguments.requirements);
    if (!file) return tl::unexpected(file.error());
    auto read =
        read_file(*file).and_then([&](const std::string& text) { return required_cases(all, text, *file); });
    if (!read) return tl::unexpected(read.error());
    out.cases = std::move(*read);
  }
  if (!arguments.minimum.empty()) {
    const auto read = parse_minimum(arguments.minimum);
    if (!read) return tl::unexpected(read.error());
    out.minimum = *read;
  }
  return out;
}

Result<std::vector<ClientSpec>> clients_of(const std::vector<std::string>& names,
                                           const std::vector<std::string>& adapter,
                                           const std::vector<std::string>& packages) {
  std::vector<ClientSpec> out;
  const auto take = [&](Result<ClientSpec> client) -> Result<void> {
    if (!client) return tl::unexpected(client.error());
    for (const ClientSpec& other : out) {
      if (other.name == client->name)
        return fail("two clients of this run have the name " + client->name +
                    "; the results would not say whose they are");
    }
    out.push_back(std::move(*client));
    return {};
  };
  if (!adapter.empty()) {
    if (auto taken = take(caller_adapter(adapter)); !taken) return tl::unexpected(taken.error());
  }
  for (const std::string& name : names) {
    if (auto taken = take(find_client(name, packages)); !taken) return tl::unexpected(taken.error());
  }
  if (out.empty()) {
    if (auto taken = take(find_client("reference")); !taken) return tl::unexpected(taken.error());
  }
  return out;
}

Result<Filter> filter_of(const RunArguments& arguments, std::vector<std::string> patterns) {
  Filter filter;
  filter.cases = std::move(patterns);
  filter.exclude = arguments.exclude;
  filter.all_protocols = arguments.all_protocols;
  filter.first_protocol = !arguments.requirements.empty();
  filter.level = level_named(arguments.level);
  filter.repeat = arguments.repeat;
  const auto shard = parse_shard(arguments.shard);
  if (!shard) return tl::unexpected(shard.error());
  std::tie(filter.shard, filter.shards) = *shard;
  filter.random_order = arguments.order == "random";
  return filter;
}

std::vector<std::string> own_environment() {
  std::vector<std::string> out;
  for (char** variable = environ; *variable != nullptr; ++variable) out.emplace_back(*variable);
  return out;
}

HostInfo this_host() {
  utsname host{};
  if (uname(&host) != 0) return {};
  return {host.sysname, host.release, static_cast<int>(std::thread::hardware_concurrency())};
}

RunHeader header_of(const RunArguments& arguments, const std::vector<std::string>& command,
                    const std::vector<PlannedCase>& plan, const std::vector<ClientSpec>& clients,
                    const CellChoice& cells) {
  RunHeader header;
  header.assay = ASSAY_VERSION;
  header.started = now_utc();
  header.seed = arguments.seed;
  header.command = redacted_command(command, own_environment());
  header.planned = plan.size();
  header.shard = arguments.shard == "1/1" ? "" : arguments.shard;
  header.requirements = arguments.requirements;
  header.cells = cells.cells;
  header.without_cells = cells.without;
  header.host = this_host();
  for (const ClientSpec& client : clients)
    header.clients.push_back({client.name,
                              client.name == "reference" ? ASSAY_VERSION : client.version,
                              "provider",
                              {},
                              client.packages});
  return header;
}

}  // namespace assay::cli
