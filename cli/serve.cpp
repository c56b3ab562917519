// assay serve: a world that stays up to develop against, with its journal on the terminal.
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <optional>

#include "cli/say.h"
#include "cli/serve.h"
#include "cli/verbs.h"
#include "conformance/runner/case_file.h"
#include "conformance/runner/data.h"
#include "conformance/runner/journal_query.h"
#include "conformance/runner/plan.h"
#include "conformance/runner/world_spec.h"
#include "fakes/fakes.h"
#include "harness/base/yaml.h"

namespace assay::cli {
namespace {

using namespace conformance;

// The world of `--case`, of `--world FILE`, or the plain one of `--provider`.
Result<Case> world_case(const ServeOptions& options, const std::string& data) {
  Case one;
  one.id = "serve";
  one.world = {{"provider", options.provider}};
  if (!options.case_id.empty()) {
    const auto cases = load_cases(data + "/conformance/cases");
    if (!cases) return tl::unexpected(cases.error());
    Filter filter;
    filter.cases = {options.case_id};
    const auto plan = make_plan(*cases, {ClientSpec{}}, filter, options.seed);
    if (!plan) return tl::unexpected(plan.error());
    return plan->front().one;
  }
  if (!options.world_file.empty()) {
    auto document = load_yaml_file(options.world_file);
    if (!document) return tl::unexpected(document.error());
    if (!document->value.is_object())
      return fail("expected a map such as the `world:` of a case", options.world_file, 1);
    one.world = document->value;
    one.file = options.world_file;
    one.line = 1;
  }
  return one;
}

sigset_t ending_signals() {
  sigset_t ending;
  sigemptyset(&ending);
  sigaddset(&ending, SIGINT);
  sigaddset(&ending, SIGTERM);
  return ending;
}

void print_url(std::string name, const std::string& url) {
  for (char& c : name) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  fmt::print("export ASSAY_{}_URL={}\n", name, url);
}

void print_environment(const WorldPlan& plan, const World& world) {
  for (const auto& [role, name] : plan.roles)
    if (role != "inference") print_url(role, world.url(name));
  print_variables("inference", world.url("inference"));
  const nlohmann::json key = world.get("inference.live_key");
  if (key.is_string())
    fmt::print("export OPENAI_API_KEY={0}\nexport ANTHROPIC_API_KEY={0}\nexport GEMINI_API_KEY={0}\n",
               key.get<std::string>());
  std::fflush(stdout);
}

ExitCode serve_world(const ServeOptions& options) {
  const auto data = data_folder();
  if (!data) return say(data.error());
  const auto one = world_case(options, *data);
  if (!one) return say(one.error());
  auto plan = plan_world(*one, *data, options.seed);
  if (!plan) return say(plan.error());
  plan->spec.speed = options.speed;
  plan->spec.threads = options.threads;
  const auto ports = fixed_ports(options);
  if (!ports) return say(ports.error());
  for (const FixedPort& fixed : *ports) {
    const auto fake = std::find_if(plan->spec.fakes.begin(), plan->spec.fakes.end(),
                                   [&](const FakeSpec& f) { return f.name == fixed.fake; });
    if (fake == plan->spec.fakes.end())
      return say({"--port: there is no fake \"" + fixed.fake + "\"", {}, 0});
    fake->port = fixed.port;
  }
  block_ending_signals();
  const SystemClock clock;
  Journal journal(clock, 100'000);
  std::optional<JournalStream> live;
  if (!options.quiet) {
    live.emplace(journal_view(options.verbose));
    journal.set_listener([&](const JournalEntry& entry) { live->show(entry); });
  }
  auto world =
      World::start(plan->spec, fakes::make_factory(*data + "/fixtures"), path_aliases(), clock, journal);
  if (!world) return say(world.error());
  print_environment(*plan, **world);
  fmt::print(stderr, "assay: serving {}; Ctrl-C ends it\n",
             plan->provider.value("display_name", plan->provider.value("id", "")));
  return wait_for_end();
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

void print_variables(std::string name, const std::string& url) {
  print_url(std::move(name), url);
  fmt::print(
      "export OPENAI_BASE_URL={0}/v1\nexport ANTHROPIC_BASE_URL={0}\nexport GOOGLE_GEMINI_BASE_URL={0}\n",
      url);
  std::fflush(stdout);
}

void add_serve(CLI::App& app, Action& action) {
  auto options = std::make_shared<ServeOptions>();
  CLI::App* verb =
      app.add_subcommand("serve", "Keep a world or recordings up to develop against, and show the journal");
  auto* provider = verb->add_option("--provider", options->provider, "A descriptor of conformance/providers")
                       ->capture_default_str();
  auto* world =
      verb->add_option("--world", options->world_file, "A YAML file with what a case has under `world:`")
          ->type_name("FILE");
  auto* one = verb->add_option("--case", options->case_id, "The world of this case")->type_name("CASE");
  auto* fixtures = verb->add_option("--fixture", options->fixtures,
                                    "Replay these recordings, to the byte, instead of a world")
                       ->type_name("FILE");
  fixtures->excludes(provider)->excludes(world)->excludes(one);
  verb->add_option("--port", options->ports,
                   "A fixed port for a fake (\"replay\" with --fixture); without one the kernel chooses")
      ->type_name("FAKE=PORT");
  verb->add_option("--speed", options->speed,
                   "How fast recorded times and paces pass: 1 = as they are, 10 = ten times as fast, 0 = no "
                   "waiting")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  verb->add_flag("--cut", options->cut_chunks,
                 "With --fixture: a chunk is sent when the client has read all before it")
      ->needs(fixtures);
  verb->add_option("--threads", options->threads, "Threads that serve")
      ->check(CLI::Range(1, 64))
      ->capture_default_str();
  verb->add_option("--seed", options->seed, "Seed of keys and tokens")->capture_default_str();
  auto* quiet = verb->add_flag("-q,--quiet", options->quiet, "Do not show the journal");
  verb->add_flag("-v,--verbose", options->verbose, "Show every entry, with headers and bodies")
      ->excludes(quiet);
  verb->callback([options, &action] {
    action = [options] {
      return options->fixtures.empty() ? serve_world(*options) : serve_fixtures(*options);
    };
  });
}

}  // namespace assay::cli
