// assay client: the reference client, by hand or as an adapter.
#include <fmt/format.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <map>
#include <nlohmann/json.hpp>

#include "cli/say.h"
#include "cli/verbs.h"
#include "conformance/reference/by_hand.h"
#include "conformance/reference/client.h"
#include "conformance/runner/case/data.h"
#include "harness/base/text.h"

namespace assay::cli {
namespace {

struct ClientArguments {
  std::string op;
  std::string provider = "worldrouter";
  std::vector<std::string> urls;
  std::string home;
  std::string flow, model, prompt = "ping", session, protocol, request;
  bool refresh = false;
};

// Where the provider is: what `assay serve` exports, then what --url says.
Result<nlohmann::json> read_urls(const ClientArguments& arguments) {
  nlohmann::json urls = nlohmann::json::object();
  for (const auto& [name, variable] : {std::pair{"auth", "ASSAY_AUTH_URL"},
                                       {"control", "ASSAY_CONTROL_URL"},
                                       {"inference", "ASSAY_INFERENCE_URL"},
                                       {"oauth", "ASSAY_OAUTH_URL"}})
    if (const char* value = std::getenv(variable); value != nullptr) urls[name] = value;
  for (const std::string& url : arguments.urls) {
    const auto equals = url.find('=');
    if (equals == std::string::npos || url.find("://") == std::string::npos)
      return fail("expected --url NAME=URL, such as inference=http://127.0.0.1:8080, found \"" + url + '"');
    urls[url.substr(0, equals)] = url.substr(equals + 1);
  }
  if (urls.empty())
    return fail(
        "no address of the provider: give --url NAME=URL, or what `assay serve` prints as environment");
  return urls;
}

ExitCode run_client(const ClientArguments& arguments) {
  if (arguments.op == "adapter")
    return reference::run_adapter(reference::right_parts(), "assay-reference", STDIN_FILENO, STDOUT_FILENO) ==
                   0
               ? ExitCode::ok
               : ExitCode::usage;
  if (arguments.op == "run")
    return static_cast<ExitCode>(reference::run_program(reference::right_parts(), arguments.request));
  const auto data = conformance::data_folder();
  if (!data) return say(data.error());
  const auto provider = conformance::load_provider(*data, arguments.provider);
  if (!provider) return say(provider.error());
  const auto urls = read_urls(arguments);
  if (!urls) return say(urls.error());
  nlohmann::json fields = {{"op", arguments.op}, {"provider", *provider}, {"urls", *urls}};
  const char* home = std::getenv("HOME");
  fields["home"] =
      !arguments.home.empty() ? arguments.home : std::string(home == nullptr ? "" : home) + "/.assay-client";
  for (const auto& [name, value] : {std::pair{"flow", arguments.flow},
                                    {"model", arguments.model},
                                    {"session", arguments.session},
                                    {"protocol", arguments.protocol}})
    if (!value.empty()) fields[name] = value;
  if (arguments.op == "chat") fields["messages"] = {{{"role", "user"}, {"content", arguments.prompt}}};
  if (arguments.op == "models") fields["refresh"] = arguments.refresh;
  if (arguments.flow == "api-key") {  // never in argv, where every user of the machine can read it
    if (isatty(STDIN_FILENO) != 0) fmt::print(stderr, "Paste the key and press Enter: ");
    std::string key;
    char byte = 0;
    while (::read(STDIN_FILENO, &byte, 1) == 1 && byte != '\n') key += byte;
    fields["key"] = key;
  }
  std::signal(SIGPIPE, SIG_IGN);
  reference::Console console;
  console.out = [](const std::string& text) {
    std::fwrite(text.data(), 1, text.size(), stdout);
    std::fflush(stdout);
  };
  console.err = [](const std::string& text) { std::fwrite(text.data(), 1, text.size(), stderr); };
  if (arguments.flow != "api-key") console.input = STDIN_FILENO;
  return reference::run_by_hand(reference::right_parts(), std::move(fields), console) ? ExitCode::ok
                                                                                      : ExitCode::failed;
}

}  // namespace

void add_client(CLI::App& app, Action& action) {
  auto arguments = std::make_shared<ClientArguments>();
  CLI::App* verb = app.add_subcommand("client", "Run the reference client: interactively, or as an adapter");
  verb->require_subcommand(1);
  const auto add = [&](const std::string& op, const std::string& text) {
    CLI::App* one = verb->add_subcommand(op, text);
    one->callback([arguments, &action, op] {
      arguments->op = op;
      action = [arguments] { return run_client(*arguments); };
    });
    if (op == "adapter" || op == "run") return one;
    one->add_option("--provider", arguments->provider, "Provider descriptor of conformance/providers")
        ->capture_default_str();
    one->add_option("--url", arguments->urls,
                    "URL of a part of the provider: auth, control, inference, oauth")
        ->type_name("NAME=URL");
    one->add_option("--home", arguments->home, "State folder of the client (default ~/.assay-client)")
        ->type_name("DIR");
    return one;
  };
  add("adapter", "Speak the adapter protocol on stdin and stdout (docs/adapter-protocol.md)");
  add("run", "One request of the adapter protocol, with the key from ASSAY_API_KEY")
      ->add_option("request", arguments->request, "Request as JSON, without seq")
      ->required();
  CLI::App* login = add("login", "Log in; prints the URL to open on its own line");
  login->add_option("--flow", arguments->flow,
                    "token-redirect, authorization-code, device, or api-key (read from stdin)");
  add("status", "Show the login state (no network)");
  CLI::App* models = add("models", "List the models");
  models->add_flag("--refresh", arguments->refresh, "Request the list again even if it is cached");
  CLI::App* chat = add("chat", "Send a prompt and stream the answer");
  chat->add_option("prompt", arguments->prompt, "Prompt")->capture_default_str();
  chat->add_option("--model", arguments->model, "Model id (default: the first of the provider)");
  chat->add_option("--session", arguments->session, "Continue the named conversation");
  chat->add_option("--protocol", arguments->protocol, "openai-chat, openai-responses, anthropic, gemini");
  add("logout", "Revoke the credential and delete it");
}

}  // namespace assay::cli
