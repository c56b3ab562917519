// assay login: the login of one client played by hand, with what the program asks, what the fakes answer and
// what the terminal shows as it happens, up to the first answer.
#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <csignal>
#include <memory>

#include "cli/client_choice.h"
#include "cli/say.h"
#include "cli/verbs.h"
#include "conformance/runner/case/account.h"
#include "conformance/runner/case/case_file.h"
#include "conformance/runner/case/data.h"
#include "conformance/runner/client/client_file.h"
#include "conformance/runner/client/install.h"
#include "conformance/runner/play/cell_choice.h"
#include "conformance/runner/play/execute.h"
#include "conformance/runner/play/machinery.h"
#include "harness/base/text.h"
#include "harness/process/screen.h"

namespace assay::cli {
namespace {

using namespace conformance;

std::atomic<bool> login_interrupted{false};
extern "C" void on_login_signal(int /*number*/) {
  login_interrupted = true;
}

struct LoginArguments {
  std::string client, of_case;
  std::uint64_t seed = 1;
};

constexpr const char* kByHand = R"(suite: login
cases:
  - id: by-hand
    title: From the first key press to the first answer
    requires: [account, chat]
    do:
      - login: {as: L, deadline: 3m}
      - chat: {as: C, deadline: 3m, messages: [{role: user, content: Say pong}]}
    expect:
      login: {L: {ok: true}}
      answer: {C: {ok: true}}
)";

ExitCode list_logins(const std::string& data) {
  const auto files = load_client_files(data);
  if (!files) return say(files.error());
  std::size_t width = 0;
  for (const ClientFile& file : *files) {
    if (!file.recipe.login.account.empty()) width = std::max(width, file.name.size());
  }
  for (const ClientFile& file : *files) {
    const LoginRecipe& login = file.recipe.login;
    if (login.account.empty()) continue;
    fmt::print("{:<{}}  {}{}\n{:<{}}  account {}, flow {}\n", file.name, width, file.title,
               is_installed(file) ? "" : " (not installed)", "", width, login.account, login.flow);
  }
  fmt::print("\nassay login NAME plays one (docs/logins.md).\n");
  return ExitCode::ok;
}

Result<Case> case_for(const LoginArguments& arguments, const std::string& data) {
  if (arguments.of_case.empty()) {
    auto cases = parse_suite(kByHand, "assay login");
    if (!cases) return tl::unexpected(cases.error());
    return cases->front();
  }
  const auto cases = load_cases(data + "/conformance/cases");
  if (!cases) return tl::unexpected(cases.error());
  std::vector<std::string> known;
  for (const Case& one : *cases) {
    if (!needs_account(one)) continue;
    if (one.id == arguments.of_case || one.id.ends_with("/" + arguments.of_case)) return one;
    known.push_back(one.id);
  }
  return fail(unknown_word("case of a login", arguments.of_case, known));
}

void print_end(const CaseRecord& record) {
  if (!record.output.screen.empty()) {
    fmt::print("\nThe screen of the login at its end:\n");
    const std::string screen = process::condensed(record.output.screen);
    for (const std::string_view row : split(screen, '\n'))
      fmt::print("  ┃ {}\n", without_controls(std::string(row)));
  }
  fmt::print("\n{}  {}\n", to_string(record.verdict), without_controls(record.reason));
  for (const auto& check : record.checks)
    fmt::print("  {} {}: {}\n", check.ok ? "ok  " : "FAIL", check.name,
               without_controls(check.ok ? check.expected : check.observed));
}

ExitCode login(const LoginArguments& arguments) {
  const auto data = data_folder();
  if (!data) return say(data.error());
  if (arguments.client.empty()) return list_logins(*data);
  auto client = client_under_test(arguments.client, {}, {});
  if (!client) return say(client.error());
  auto one = case_for(arguments, *data);
  if (!one) return say(one.error());
  const auto choice = choose_cells(CellWish::wanted, {*client}, process::cells_available);
  if (!choice) return say(choice.error(), ExitCode::incomplete);
  PlannedCase planned{0, arguments.seed, std::move(*one), std::move(*client)};
  planned.live = true;
  ExecuteOptions options;
  options.data_folder = *data;
  options.cells = choice->cells;
  options.interrupted = &login_interrupted;
  std::signal(SIGINT, on_login_signal);
  std::signal(SIGTERM, on_login_signal);
  std::optional<CaseRecord> record;
  const auto done = execute({planned}, options, [&](CaseLine line) { record = std::move(line.record); });
  if (login_interrupted) return ExitCode::interrupted;
  if (!done) return say(done.error(), ExitCode::incomplete);
  if (!record) return ExitCode::incomplete;
  print_end(*record);
  if (record->verdict == Verdict::pass) return ExitCode::ok;
  return is_red(record->verdict) ? ExitCode::failed : ExitCode::incomplete;
}

}  // namespace

void add_login(CLI::App& app, Action& action) {
  auto arguments = std::make_shared<LoginArguments>();
  CLI::App* verb = app.add_subcommand("login", "Play the login of a client and show both sides as they talk");
  verb->add_option("client", arguments->client, "Client (default: list those that have a login)");
  verb->add_option("--case", arguments->of_case, "Case to play (default: the login, then one turn)");
  verb->add_option("--seed", arguments->seed, "Seed of everything made up");
  verb->callback([arguments, &action] { action = [arguments] { return login(*arguments); }; });
}

}  // namespace assay::cli
