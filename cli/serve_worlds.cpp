// assay serve without --fixture: worlds, their journal on the terminal, and an admin API.
#include <fmt/format.h>
#include <poll.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <latch>
#include <optional>

#include "cli/say.h"
#include "cli/serve.h"
#include "cli/serve_command.h"
#include "conformance/runner/case/data.h"
#include "conformance/runner/case/own_paths.h"
#include "conformance/runner/client/client_file.h"
#include "conformance/serve/admin.h"
#include "conformance/serve/live.h"
#include "conformance/serve/snippets.h"
#include "conformance/serve/watch.h"
#include "harness/base/yaml.h"
#include "harness/http/blocking_server.h"

namespace assay::cli {
namespace {

using namespace conformance;

// What the default world is made from now; read again at each reload.
Result<serve::WorldOrder> order_of(const ServeOptions& options) {
  serve::WorldOrder order;
  order.scenario = options.scenario;
  if (options.world_file.empty()) return order;
  auto document = load_yaml_file(options.world_file);
  if (!document) return tl::unexpected(document.error());
  if (!document->value.is_object())
    return fail("expected a map such as the `world:` of a case", options.world_file, 1);
  order.world = with_own_paths(std::move(document->value), folder_of(options.world_file));
  order.file = options.world_file;
  order.line = 1;
  return order;
}

// What `--print` asks for.
Result<std::string> printed(const std::vector<std::string>& what, const serve::WorldView& world,
                            const std::string& admin, const std::string& data) {
  std::string out;
  for (const std::string& name : what.empty() ? std::vector<std::string>{"exports"} : what) {
    if (name == "none") continue;
    if (name == "exports" || name == "all") out += serve::shell_exports(world, admin);
    if (name == "exports") continue;
    const auto clients = load_client_files(data);
    if (!clients) return tl::unexpected(clients.error());
    const ClientFile* wanted = client_named(*clients, name);
    if (wanted == nullptr && name != "all") {
      std::vector<std::string> known = {"exports", "all", "none"};
      for (const ClientFile& client : *clients) known.push_back(client.name);
      return fail("--print: " + unknown_word("client", name, known));
    }
    for (const ClientFile& client : *clients) {
      if (name != "all" && &client != wanted) continue;
      auto snippet = serve::client_snippet(client, world);
      if (!snippet) return tl::unexpected(snippet.error());
      out += (out.empty() ? "" : "\n") + *snippet;
    }
  }
  return out;
}

// The files whose change makes the default world anew.
std::vector<std::string> watched(const ServeOptions& options, const std::string& data) {
  std::vector<std::string> out = {data + "/fixtures", data + "/conformance/providers"};
  if (!options.world_file.empty()) out.push_back(options.world_file);
  if (options.provider.find('/') != std::string::npos) out.push_back(options.provider);
  if (options.scenario.empty()) return out;
  out.push_back(data + "/conformance/cases");
  if (access((data + "/conformance/scenarios.yaml").c_str(), F_OK) == 0)
    out.push_back(data + "/conformance/scenarios.yaml");
  return out;
}

// Serves until a signal ends it, or the command has ended.
ExitCode serve_until_end(int signals, serve::Watch& watch, const ServeOptions& options, serve::Worlds& worlds,
                         JournalStream& terminal, pid_t command) {
  for (;;) {
    std::array<pollfd, 3> asked = {pollfd{signals, POLLIN, 0}, pollfd{watch.descriptor(), POLLIN, 0},
                                   pollfd{options.end_with_stdin ? STDIN_FILENO : -1, POLLIN, 0}};
    if (::poll(asked.data(), asked.size(), -1) < 0) continue;
    if (asked[0].revents != 0) {
      signalfd_siginfo got{};
      if (::read(signals, &got, sizeof got) != sizeof got) got.ssi_signo = SIGTERM;
      if (command == 0 && got.ssi_signo != SIGCHLD)
        return got.ssi_signo == SIGINT ? ExitCode::interrupted : ExitCode::ok;
      if (command == 0) continue;
      if (const auto status = status_of(command)) return static_cast<ExitCode>(*status);
      // What a terminal sends reaches the command without us.
      if (got.ssi_signo != SIGCHLD && got.ssi_code != SI_KERNEL)
        ::kill(command, static_cast<int>(got.ssi_signo));
      continue;
    }
    if (asked[2].revents != 0) {
      std::array<char, 512> ignored{};
      if (::read(STDIN_FILENO, ignored.data(), ignored.size()) <= 0) return ExitCode::ok;
    }
    const auto files = watch.changed();
    if (files.empty()) continue;
    const auto order = order_of(options);
    const auto done = order ? worlds.reload(*order) : Result<void>(tl::unexpected(order.error()));
    if (done) {
      terminal.write(fmt::format("assay: {} changed: the world is made anew\n", fmt::join(files, ", ")));
    } else {
      terminal.write(fmt::format("assay: {} (the world of before stays up)\n", done.error().text()));
    }
  }
}

}  // namespace

ExitCode serve_worlds(const ServeOptions& options) {
  const auto data = data_folder();
  if (!data) return say(data.error());
  auto order = order_of(options);
  if (!order) return say(order.error());
  const auto ports = fixed_ports(options);
  if (!ports) return say(ports.error());
  sigset_t ending;
  sigemptyset(&ending);
  sigaddset(&ending, SIGINT);
  sigaddset(&ending, SIGTERM);
  sigaddset(&ending, SIGCHLD);
  sigset_t before;
  pthread_sigmask(SIG_BLOCK, &ending, &before);
  const UniqueFd signals(::signalfd(-1, &ending, SFD_CLOEXEC));

  const JournalStreamOptions view_options = journal_view(options.verbose);
  JournalStream terminal(view_options);
  serve::LiveView live({view_options.color, options.verbose},
                       [&](std::string_view text) { terminal.write(text); });
  serve::Worlds::Options settings;
  settings.data = *data;
  settings.provider = options.provider;
  settings.seed = options.seed;
  settings.speed = options.speed;
  settings.threads = options.threads;
  for (const FixedPort& fixed : *ports) settings.ports[fixed.fake] = fixed.port;
  std::optional<ServeAuthority> trusted;
  if (options.tls) {
    auto made = ServeAuthority::make();
    if (!made) return say(made.error(), ExitCode::incomplete);
    trusted.emplace(std::move(*made));
    settings.authority = trusted->authority();
    settings.ca_file = trusted->file();
  }
  // What a command prints is not mixed with the journal, unless that is asked for.
  if (!options.quiet && (options.command.empty() || options.verbose))
    settings.on_entry = [&](const std::string& world, const JournalEntry& entry) {
      live.entry(world, entry);
    };
  if (options.verbose)
    settings.on_answer = [&](const std::string& world, std::uint64_t exchange, const wire::Script& script) {
      live.answer(world, exchange, script);
    };
  // Before the world is read: a change in between is not missed.
  serve::Watch watch;
  if (auto started = serve::Watch::start(watched(options, *data))) {
    watch = std::move(*started);
  } else {
    terminal.write("assay: " + started.error().text() + " (edited files are not noticed)\n");
  }
  auto worlds = serve::Worlds::start(std::move(settings), std::move(*order));
  if (!worlds) return say(worlds.error());
  serve::Admin admin(**worlds, *data);
  admin.set_token(options.token);
  std::latch told(1);  // its own url, which is known only once it listens
  auto desk =
      http::BlockingServer::start(options.admin_port, [&](const Request& request, const http::Peer& peer) {
        told.wait();
        return admin.answer(request, [&peer] { return peer.gone(); });
      });
  if (!desk) return say(desk.error());
  admin.set_url((*desk)->url());
  told.count_down();

  const auto view = (*worlds)->find(serve::kDefaultWorld).value();
  const bool silent = options.print.empty() && !options.command.empty();
  const auto text =
      printed(silent ? std::vector<std::string>{"none"} : options.print, view, (*desk)->url(), *data);
  if (!text) return say(text.error());
  fmt::print("{}", *text);
  std::fflush(stdout);
  pid_t command = 0;
  if (options.command.empty()) {
    terminal.write(
        fmt::format("assay: serving {}; admin API at {}; Ctrl-C ends it\n", view.provider, (*desk)->url()));
  } else {
    auto variables = serve::variables_of(view, (*desk)->url());
    if (!options.token.empty()) variables.emplace_back("ASSAY_ADMIN_TOKEN", options.token);
    const auto started = start_command(options.command, variables, before);
    if (!started) return say(started.error());
    command = *started;
    terminal.write(
        fmt::format("assay: serving {}; admin API at {}; {} runs with your rights, not in a cell\n",
                    view.provider, (*desk)->url(), options.command.front()));
  }
  const ExitCode code = serve_until_end(signals.get(), watch, options, **worlds, terminal, command);
  const auto strict = (*worlds)->strict(serve::kDefaultWorld);
  const auto findings =
      strict ? strict->at("findings").get<std::vector<std::string>>() : std::vector<std::string>();
  for (const std::string& finding : findings)
    terminal.write(fmt::format("assay: strict: {}\n", without_controls(finding)));
  (*worlds)->end_waits();
  return code == ExitCode::ok && !findings.empty() ? ExitCode::failed : code;
}

}  // namespace assay::cli
