// assay serve: a world that stays up to develop against, with its journal on the terminal.
#include <fmt/format.h>
#include <unistd.h>

#include <csignal>
#include <map>

#include "cli/say.h"
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

struct Arguments {
  std::string provider = "worldrouter";
  std::string world_file;
  std::string case_id;
  std::vector<std::string> ports;
  std::uint64_t seed = 1;
  bool verbose = false;
};

// One line for one entry: time, who, what, how it was answered.
std::string line_of(const JournalEntry& entry, bool color) {
  const char* paint = "";
  if (color) {
    switch (entry.kind) {
      case JournalKind::fault:
      case JournalKind::unclaimed:
      case JournalKind::bad_request:
      case JournalKind::timeout:
        paint = "\033[31m";
        break;
      case JournalKind::response:
        paint = entry.status >= 400 ? "\033[33m" : "\033[32m";
        break;
      case JournalKind::request:
        paint = "\033[1m";
        break;
      default:
        paint = "\033[2m";
        break;
    }
  }
  return fmt::format("{}{:>10.3f} s  {:<13} {:<11} {}{}{}\n", paint,
                     static_cast<double>(entry.at.count()) / 1e6, entry.actor, to_string(entry.kind),
                     entry.text, entry.detail.is_null() ? "" : " " + entry.detail.dump(),
                     color ? "\033[0m" : "");
}

bool shown_by_default(JournalKind kind) {
  return kind == JournalKind::request || kind == JournalKind::response || kind == JournalKind::fault ||
         kind == JournalKind::unclaimed || kind == JournalKind::bad_request || kind == JournalKind::timeout ||
         kind == JournalKind::note || kind == JournalKind::peer_closed;
}

std::string body_of(const JournalEntry& entry) {
  if (!entry.request) return {};
  std::string out;
  for (const Header& h : entry.request->headers)
    out += fmt::format("              | {}: {}\n", h.name, h.value);
  if (!entry.request->body.empty())
    out += fmt::format("              | {}\n", entry.request->body.substr(0, 2000));
  return out;
}

// The world of `--case`, of `--world FILE`, or the plain one of `--provider`.
Result<Case> world_case(const Arguments& arguments, const std::string& data) {
  Case one;
  one.id = "serve";
  one.world = {{"provider", arguments.provider}};
  if (!arguments.case_id.empty()) {
    const auto cases = load_cases(data + "/conformance/cases");
    if (!cases) return tl::unexpected(cases.error());
    Filter filter;
    filter.cases = {arguments.case_id};
    const auto plan = make_plan(*cases, {ClientSpec{}}, filter, arguments.seed);
    if (!plan) return tl::unexpected(plan.error());
    return plan->front().one;
  }
  if (!arguments.world_file.empty()) {
    auto document = load_yaml_file(arguments.world_file);
    if (!document) return tl::unexpected(document.error());
    if (!document->value.is_object())
      return fail("expected a map such as the `world:` of a case", arguments.world_file, 1);
    one.world = document->value;
    one.file = arguments.world_file;
    one.line = 1;
  }
  return one;
}

void print_environment(const WorldPlan& plan, const World& world) {
  const std::map<std::string, std::string> roles = plan.roles;
  for (const auto& [role, name] : roles) {
    std::string variable = "ASSAY_" + role + "_URL";
    for (char& c : variable) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    fmt::print("export {}={}\n", variable, world.url(name));
  }
  const std::string inference = world.url("inference");
  fmt::print("export OPENAI_BASE_URL={}/v1\nexport ANTHROPIC_BASE_URL={}\nexport GOOGLE_GEMINI_BASE_URL={}\n",
             inference, inference, inference);
  const nlohmann::json key = world.get("inference.live_key");
  if (key.is_string())
    fmt::print("export OPENAI_API_KEY={0}\nexport ANTHROPIC_API_KEY={0}\nexport GEMINI_API_KEY={0}\n",
               key.get<std::string>());
  std::fflush(stdout);
}

ExitCode serve(const Arguments& arguments) {
  const auto data = data_folder();
  if (!data) return say(data.error());
  const auto one = world_case(arguments, *data);
  if (!one) return say(one.error());
  auto plan = plan_world(*one, *data, arguments.seed);
  if (!plan) return say(plan.error());
  for (const std::string& port : arguments.ports) {
    const auto equals = port.find('=');
    const std::string name = port.substr(0, equals);
    const auto fake = std::find_if(plan->spec.fakes.begin(), plan->spec.fakes.end(),
                                   [&](const FakeSpec& f) { return f.name == name; });
    const int number = equals == std::string::npos ? 0 : std::atoi(port.c_str() + equals + 1);
    if (fake == plan->spec.fakes.end() || number <= 0 || number > 65535)
      return say({"expected --port FAKE=PORT, such as inference=8080, found \"" + port + "\"", {}, 0});
    fake->port = static_cast<std::uint16_t>(number);
  }
  // Blocked before any thread starts, so that sigwait gets them.
  sigset_t ending;
  sigemptyset(&ending);
  sigaddset(&ending, SIGINT);
  sigaddset(&ending, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &ending, nullptr);

  const SystemClock clock;
  Journal journal(clock, 100'000);
  const bool color = isatty(STDERR_FILENO) != 0 && std::getenv("NO_COLOR") == nullptr;
  journal.set_listener([&](const JournalEntry& entry) {
    if (!arguments.verbose && !shown_by_default(entry.kind)) return;
    const std::string text = line_of(entry, color) + (arguments.verbose ? body_of(entry) : "");
    std::fwrite(text.data(), 1, text.size(), stderr);
  });
  auto world =
      World::start(plan->spec, fakes::make_factory(*data + "/fixtures"), path_aliases(), clock, journal);
  if (!world) return say(world.error());
  print_environment(*plan, **world);
  fmt::print(stderr, "assay: serving {}; Ctrl-C ends it\n",
             plan->provider.value("display_name", plan->provider.value("id", "")));
  int number = 0;
  sigwait(&ending, &number);
  return number == SIGINT ? ExitCode::interrupted : ExitCode::ok;
}

}  // namespace

void add_serve(CLI::App& app, Action& action) {
  auto arguments = std::make_shared<Arguments>();
  CLI::App* verb = app.add_subcommand("serve", "Keep a world up to develop against, and show its journal");
  verb->add_option("--provider", arguments->provider, "A descriptor of conformance/providers")
      ->capture_default_str();
  verb->add_option("--world", arguments->world_file, "A YAML file with what a case has under `world:`")
      ->type_name("FILE");
  verb->add_option("--case", arguments->case_id, "The world of this case")->type_name("CASE");
  verb->add_option("--port", arguments->ports, "A fixed port for a fake; without one the kernel chooses")
      ->type_name("FAKE=PORT");
  verb->add_option("--seed", arguments->seed, "Seed of keys and tokens")->capture_default_str();
  verb->add_flag("-v,--verbose", arguments->verbose, "Show every entry, with headers and bodies");
  verb->callback([arguments, &action] { action = [arguments] { return serve(*arguments); }; });
}

}  // namespace assay::cli
