#include "bench/client/play.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <mutex>

#include "bench/client/memory.h"
#include "bench/client/play_world.h"
#include "conformance/adapter_protocol.h"
#include "conformance/runner/client/start_client.h"

namespace assay::bench {
namespace {

namespace fs = std::filesystem;
using conformance::ClientSpec;
using conformance::Outcome;
using nlohmann::json;

// A client may say much of each event; how its turn ended stands last.
constexpr std::size_t kOutputBytes = std::size_t{1} << 30U;
constexpr Micros kLeave = std::chrono::seconds(2);

// A home that goes when the play is over.
class Home {
 public:
  static Result<std::unique_ptr<Home>> make() {
    std::string name = (fs::temp_directory_path() / "assay-bench-XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr)
      return fail("cannot make a folder in " + fs::temp_directory_path().string());
    return std::unique_ptr<Home>(new Home(std::move(name)));
  }
  ~Home() {
    std::error_code ignored;
    fs::remove_all(path, ignored);
  }
  Home(const Home&) = delete;
  Home& operator=(const Home&) = delete;
  const std::string path;

 private:
  explicit Home(std::string name) : path(std::move(name)) {}
};

json request_for(const PlayOptions& options, const PlayWorld& world, const std::string& home) {
  json out = {{"op", "chat"},
              {"provider", world.plan.provider},
              {"urls", conformance::client_urls(world.plan, *world.world)},
              {"home", home},
              {"deadline_ms", options.deadline.count() / 1000},
              {"credential", {{"kind", "api_key"}, {"key", kKey}}},
              {"messages", {{{"role", "user"}, {"content", "Say what you know"}}}}};
  if (!options.protocol.empty()) out["protocol"] = options.protocol;
  return out;
}

// Why the outcome is not a chat that was read; empty = it is.
std::string complaint(const Outcome& outcome) {
  if (outcome.end == Outcome::End::skipped) return "it does not chat: " + outcome.result.value("reason", "");
  if (outcome.end != Outcome::End::result) return outcome.result.value("message", "it failed");
  if (outcome.result.value("ok", false)) return {};
  const json error = outcome.result.value("error", json::object());
  return "its chat failed: " + error.value("message", "it does not say why");
}

Result<void> may_be_asked(const PlayOptions& options, const conformance::Hello& hello) {
  const auto has = [&](const std::string& one) {
    return std::find(hello.capabilities.begin(), hello.capabilities.end(), one) != hello.capabilities.end();
  };
  const bool says = !hello.capabilities.empty();
  if (says && !has("chat")) return fail("the client has no capability \"chat\"");
  if (!options.protocol.empty() && says && !has("protocol." + options.protocol))
    return fail("the client has no capability \"protocol." + options.protocol + "\"");
  return {};
}

// The answer whose text the client showed, the whole of it.
Result<void> choose(Play& play, const std::vector<Served>& served, const TokenWatch& watch) {
  play.requests = served.size();
  if (served.empty()) return fail("the client asked for no answer of the model");
  const Served* most = &served.front();
  for (const Served& one : served) {
    if (watch.count(one.stream) > watch.count(most->stream)) most = &one;
  }
  if (!most->streamed && most->events > 1) return fail("the client asked for an answer that is not streamed");
  if (watch.count(most->stream) < most->events)
    return fail(fmt::format("the client showed {} of {} events", watch.count(most->stream), most->events));
  play.shown = watch.shown(most->stream);
  play.served = *most;
  return {};
}

}  // namespace

Result<Play> play(const PlayOptions& options, const StreamPlan& plan) {
  auto world = PlayWorld::open(options, plan);
  if (!world) return tl::unexpected(world.error());
  auto home = Home::make();
  if (!home) return tl::unexpected(home.error());
  std::mutex mutex;
  TokenWatch watch(plan.events);
  const auto seen = [&](std::string_view bytes, Micros at) {
    const std::lock_guard lock(mutex);
    watch.read(bytes, at);
  };
  conformance::Launch launch;
  launch.actor = "client";
  launch.environment = conformance::client_environment(options.client, (*home)->path);
  launch.directory = (*home)->path;
  launch.output_limit = kOutputBytes;
  launch.on_output = [&](const process::OutputChunk& chunk) {
    if (chunk.stream == process::Stream::out) seen(chunk.bytes, chunk.at);
  };
  const Clock& clock = (*world)->clock;
  MemoryWatch memory(::getpid());
  auto client = conformance::start_client(options.client, std::move(launch), false, clock,
                                          [&](std::uint64_t /*id*/, const json& event) {
                                            if (event.value("kind", "") == adapter::event::text)
                                              seen(event.value("text", ""), clock.now());
                                          });
  if (!client) return tl::unexpected(client.error());
  Play out;
  out.hello = (*client)->hello();
  if (auto may = may_be_asked(options, out.hello); !may) return tl::unexpected(may.error());
  const std::uint64_t id = (*client)->begin(request_for(options, **world, (*home)->path));
  const Outcome outcome = (*client)->finish(id, options.deadline + adapter::grace);
  memory.sample();
  out.ended = outcome.ended;
  out.peak_kib = memory.peak_kib();
  std::string broken = (*client)->broken();
  (void)(*client)->stop(kLeave);
  if (const std::string why = complaint(outcome); !why.empty()) return fail(why);
  if (!broken.empty()) return fail(std::move(broken));
  const std::lock_guard lock(mutex);
  if (auto chosen = choose(out, (*world)->tap->served(), watch); !chosen)
    return tl::unexpected(chosen.error());
  return out;
}

}  // namespace assay::bench
