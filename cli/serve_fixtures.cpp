// assay serve --fixture: recordings replayed to whoever asks.
#include <fmt/format.h>

#include <map>
#include <optional>

#include "cli/say.h"
#include "cli/serve.h"
#include "conformance/serve/live.h"
#include "harness/base/journal_stream.h"
#include "harness/fixture/fixture.h"
#include "harness/recorder/replayer.h"

namespace assay::cli {
namespace {

constexpr const char* kName = "replay";

// Who replays a recording that is no exact one should know it.
void warn_of_inexact(const std::vector<RecordedExchange>& exchanges) {
  std::map<Fidelity, int> counts;
  for (const RecordedExchange& one : exchanges) ++counts[one.fidelity];
  for (const auto& [fidelity, count] : counts)
    if (fidelity != Fidelity::chunks && fidelity != Fidelity::bytes)
      fmt::print(stderr, "assay: {} of {} exchange(s) are \"{}\": not the bytes that were sent\n", count,
                 exchanges.size(), to_string(fidelity));
}

}  // namespace

ExitCode serve_fixtures(const ServeOptions& options) {
  std::vector<RecordedExchange> exchanges;
  for (const std::string& file : options.fixtures) {
    Result<Fixture> fixture = read_fixture(file);
    if (!fixture) return say(fixture.error());
    exchanges.insert(exchanges.end(), std::make_move_iterator(fixture->exchanges.begin()),
                     std::make_move_iterator(fixture->exchanges.end()));
  }
  const auto ports = fixed_ports(options);
  if (!ports) return say(ports.error());
  http::ListenerSpec listener;
  listener.name = kName;
  for (const FixedPort& fixed : *ports) {
    if (fixed.fake != kName)
      return say(
          {fmt::format("expected --port {}=PORT with --fixture, found \"{}\"", kName, fixed.fake), {}, 0});
    listener.port = fixed.port;
  }
  std::optional<ServeAuthority> trusted;
  if (options.tls) {
    auto made = ServeAuthority::make();
    if (!made) return say(made.error(), ExitCode::incomplete);
    trusted.emplace(std::move(*made));
    listener.authority = trusted->authority();
  }
  warn_of_inexact(exchanges);
  block_ending_signals();
  const SystemClock clock;
  Journal journal(clock, 100'000);
  const auto replayer = Replayer::make(
      exchanges, {options.speed, options.cut_chunks, options.match == "conversation"}, journal);
  if (!replayer) return say(replayer.error());
  const JournalStreamOptions view = journal_view(options.verbose);
  JournalStream terminal(view);
  serve::LiveView live({view.color, options.verbose}, [&](std::string_view text) { terminal.write(text); });
  if (!options.quiet) journal.set_listener([&](const JournalEntry& entry) { live.entry({}, entry); });
  const auto server =
      http::Server::start({std::move(listener)}, **replayer, journal, clock, {}, options.threads);
  if (!server) return say(server.error());
  print_variables("replay",
                  fmt::format("{}://127.0.0.1:{}", trusted ? "https" : "http", (*server)->port(kName)),
                  trusted ? trusted->file() : "");
  fmt::print(stderr, "assay: replaying {} exchange(s); Ctrl-C ends it\n", exchanges.size());
  return wait_for_end();
}

}  // namespace assay::cli
