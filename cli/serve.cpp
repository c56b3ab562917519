// assay serve: worlds or recordings that stay up to develop against. Its options, and what its kinds share.
#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>

#include "cli/options.h"
#include "cli/say.h"
#include "cli/serve.h"
#include "cli/verbs.h"
#include "harness/process/cell.h"
#include "harness/time/clock_map.h"
#include "harness/time/start.h"

namespace assay::cli {
namespace {

sigset_t ending_signals() {
  sigset_t ending;
  sigemptyset(&ending);
  sigaddset(&ending, SIGINT);
  sigaddset(&ending, SIGTERM);
  return ending;
}

// A connection is an open file: as many as the system allows, not as many as a shell begins with.
void raise_open_files() {
  rlimit files = {};
  if (getrlimit(RLIMIT_NOFILE, &files) != 0 || files.rlim_cur >= files.rlim_max) return;
  files.rlim_cur = files.rlim_max;
  setrlimit(RLIMIT_NOFILE, &files);
}

void print_url(std::string name, const std::string& url) {
  for (char& c : name) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  fmt::print("export ASSAY_{}_URL={}\n", name, url);
}

// Executes the same command line in case time: fakes and COMMAND have one clock. Returns only when that
// fails.
ExitCode serve_in_case_time(const ServeOptions& options, const std::vector<std::string>& line) {
  if (const auto rate = casetime::parse_rate(options.time); !rate)
    return say({"--time: " + rate.error().message, {}, 0});
  const std::string self = process::own_executable();
  std::vector<std::string> words = {self, casetime::kTimedVerb, options.time, "--", self};
  bool own = true;
  for (std::size_t i = 1; i < line.size(); ++i) {
    own = own && line[i] != "--";
    if (own && line[i] == "--time") {
      ++i;
    } else if (!own || line[i].rfind("--time=", 0) != 0) {
      words.push_back(line[i]);
    }
  }
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  ::execv(self.c_str(), argv.data());
  return say({"cannot start " + self + ": " + std::strerror(errno), {}, 0}, ExitCode::incomplete);
}

}  // namespace

Result<std::vector<FixedPort>> fixed_ports(const ServeOptions& options) {
  std::vector<FixedPort> out;
  for (const std::string& text : options.ports) {
    const auto equals = text.find('=');
    const int number = equals == std::string::npos ? 0 : std::atoi(text.c_str() + equals + 1);
    if (number <= 0 || number > 65535)
      return fail("expected --port FAKE=PORT, such as inference=8080, found \"" + text + "\"");
    out.push_back({text.substr(0, equals), static_cast<std::uint16_t>(number)});
  }
  return out;
}

void block_ending_signals() {
  const sigset_t ending = ending_signals();
  pthread_sigmask(SIG_BLOCK, &ending, nullptr);
}

ExitCode wait_for_end() {
  const sigset_t ending = ending_signals();
  int number = 0;
  sigwait(&ending, &number);
  return number == SIGINT ? ExitCode::interrupted : ExitCode::ok;
}

JournalStreamOptions journal_view(bool everything) {
  return {STDERR_FILENO, isatty(STDERR_FILENO) != 0 && std::getenv("NO_COLOR") == nullptr, everything};
}

void print_variables(std::string name, const std::string& url, const std::string& ca_file) {
  print_url(std::move(name), url);
  if (!ca_file.empty())
    for (const char* variable :
         {"ASSAY_CA_FILE", "NODE_EXTRA_CA_CERTS", "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"})
      fmt::print("export {}={}\n", variable, ca_file);
  fmt::print(
      "export OPENAI_BASE_URL={0}/v1\nexport ANTHROPIC_BASE_URL={0}\nexport GOOGLE_GEMINI_BASE_URL={0}\n",
      url);
  // Recordings ask for no key, but SDKs do not start without one.
  for (const char* variable : {"OPENAI_API_KEY", "ANTHROPIC_API_KEY", "GEMINI_API_KEY"})
    fmt::print("export {}=sk-replay-accepts-any-key\n", variable);
  std::fflush(stdout);
}

void add_serve(CLI::App& app, Action& action, const std::vector<std::string>& line) {
  auto options = std::make_shared<ServeOptions>();
  CLI::App* verb = app.add_subcommand(
      "serve", "Serve fake providers or recordings for development, with a live journal and an admin API");
  auto* command =
      verb->add_option(
              "command", options->command,
              "Program and arguments after --: it runs while the world is up, with the exports in its "
              "environment and not in a cell; assay exits with its status")
          ->type_name("COMMAND");
  auto* provider =
      verb->add_option("--provider", options->provider, "Provider descriptor of conformance/providers")
          ->capture_default_str();
  auto* world = verb->add_option("--world", options->world_file,
                                 "YAML file with the `world:` of a case; reloaded when it changes")
                    ->type_name("FILE");
  auto* one = verb->add_option("--scenario,--case", options->scenario,
                               "Name of a scenario (conformance/scenarios.yaml), or of a case")
                  ->type_name("NAME");
  auto* fixtures = verb->add_option("--fixture", options->fixtures,
                                    "Replay these recordings byte for byte instead of a world")
                       ->type_name("FILE");
  auto* admin =
      verb->add_option("--admin-port", options->admin_port, "Port of the admin API; 0 = any free port")
          ->capture_default_str();
  auto* print =
      verb->add_option("--print", options->print,
                       "What to print: exports (default), a client name, all, or none; may be repeated")
          ->type_name("WHAT");
  auto* token =
      verb->add_option("--token", options->token,
                       "Secret that requests to the admin API must carry (Authorization: Bearer TOKEN), for "
                       "shared machines")
          ->envname("ASSAY_ADMIN_TOKEN")
          ->type_name("TOKEN");
  auto* time = verb->add_option("--time", options->time,
                                "With COMMAND: the clocks of COMMAND and of the fakes run N times as fast")
                   ->type_name("xN")
                   ->needs(command);
  auto* with_stdin =
      verb->add_flag(
              "--end-with-stdin", options->end_with_stdin,
              "End when standard input is closed, so that it never outlives the program that started it")
          ->excludes(command);
  fixtures->excludes(command)
      ->excludes(time)
      ->excludes(with_stdin)
      ->excludes(provider)
      ->excludes(world)
      ->excludes(one)
      ->excludes(admin)
      ->excludes(print)
      ->excludes(token);
  verb->add_option("--port", options->ports,
                   "A fixed port for a fake (\"replay\" with --fixture); default: any free port")
      ->type_name("FAKE=PORT");
  verb->add_option("--speed", options->speed,
                   "Speed of recorded and paced times: 1 = real time, 10 = ten times as fast, 0 = no waiting")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  verb->add_flag("--tls", options->tls,
                 "Speak TLS with certificates of an authority made for this run; the exports name its file");
  verb->add_option("--match", options->match,
                   "With --fixture: how a request finds its recording: order (the next one of its route) or "
                   "conversation (the one whose messages are the same)")
      ->needs(fixtures)
      ->check(one_of({"order", "conversation"}))
      ->capture_default_str();
  verb->add_flag("--cut", options->cut_chunks,
                 "With --fixture: send a chunk only after the client has read everything before it")
      ->needs(fixtures);
  verb->add_option("--threads", options->threads, "Number of server threads")
      ->check(CLI::Range(1, 64))
      ->capture_default_str();
  verb->add_option("--seed", options->seed, "Seed for keys and tokens")->capture_default_str();
  auto* quiet = verb->add_flag("-q,--quiet", options->quiet, "Do not print the journal");
  verb->add_flag("-v,--verbose", options->verbose,
                 "Print every entry and the bytes of requests and responses")
      ->excludes(quiet);
  verb->callback([options, &action, &line] {
    action = [options, &line] {
      if (!options->command.empty() && std::find(line.begin(), line.end(), "--") == line.end())
        return say(
            {"unexpected \"" + options->command.front() + "\"; a program to run stands after --", {}, 0});
      if (!options->time.empty()) return serve_in_case_time(*options, line);
      raise_open_files();
      return options->fixtures.empty() ? serve_worlds(*options) : serve_fixtures(*options);
    };
  });
}

}  // namespace assay::cli
