#include "conformance/runner/exec_client.h"

#include <fmt/format.h>

#include <filesystem>
#include <regex>

#include "conformance/runner/output_dialect.h"
#include "conformance/runner/runs.h"
#include "harness/base/text.h"
#include "harness/process/child.h"
#include "harness/world/condition.h"

namespace assay::conformance {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr Micros kSlowReader = std::chrono::milliseconds(500);

std::string last_user_message(const json& request) {
  std::string prompt = "ping";
  for (const json& message : request.value("messages", json::array())) {
    if (message.value("role", "") == "user") prompt = message.value("content", "");
  }
  return prompt;
}

// What ${name} means in one chat, or why the client cannot be asked.
Result<std::map<std::string, std::string>> values_of(const json& request, const Recipe& recipe,
                                                     const Launch& launch) {
  const json* key = at_pointer(request, "/credential/key");
  const json* url = at_pointer(request, "/urls/inference");
  const json* seed = at_pointer(request, "/provider/seeds/0");
  if (key == nullptr || !key->is_string()) return fail("it is run with a key, and the case gives none");
  if (url == nullptr || !url->is_string()) return fail("the case has no inference API");
  std::string model =
      request.value("model", seed != nullptr && seed->is_string() ? seed->get<std::string>() : "default");
  if (!recipe.model.empty()) model = recipe.model;
  return std::map<std::string, std::string>{{"key", key->get<std::string>()},
                                            {"inference.url", url->get<std::string>()},
                                            {"model", std::move(model)},
                                            {"prompt", last_user_message(request)},
                                            {"home", launch.directory}};
}

class ExecClient final : public Client {
 public:
  ExecClient(Recipe recipe, Launch launch, const Clock& clock, OnEvent on_event)
      : recipe_(std::move(recipe)),
        launch_(std::move(launch)),
        clock_(clock),
        on_event_(std::move(on_event)),
        runs_(launch_.actor, clock) {
    hello_.client = recipe_.name;
    hello_.version = recipe_.version;
    hello_.capabilities = recipe_.capabilities;
    hello_.capabilities.emplace_back("process");
  }

  const Hello& hello() const override { return hello_; }

  std::uint64_t begin(json request) override {
    const std::uint64_t id = runs_.open(request);
    const std::string op = request.value("op", "");
    if (op == "chat") {
      start_chat(id, request);
    } else if (op == "login" && !recipe_.login_argv.empty()) {
      start_login(id);
    } else if (op == "cancel") {
      const auto target = request.value("target", std::uint64_t{0});
      const bool cancelled =
          request.contains("terminate") ? runs_.terminate(target) : runs_.interrupt(target);
      runs_.end(id, Outcome::End::result, {{"ok", true}, {"cancelled", cancelled}});
    } else {
      runs_.end(id, Outcome::End::skipped, {{"reason", "a client that is run for each chat has no " + op}});
    }
    return id;
  }

  Outcome finish(std::uint64_t id, Micros deadline) override { return runs_.finish(id, deadline); }
  bool ended(std::uint64_t id) const override { return runs_.ended(id); }
  std::string broken() const override { return {}; }
  void kill() override { runs_.kill(); }

  ProcessOutcome stop(Micros grace) override {
    ProcessOutcome out = runs_.stop(grace);
    if (out.argv.empty()) out.argv = recipe_.argv;
    return out;
  }

 private:
  void start_chat(std::uint64_t id, const json& request) {
    const auto values = values_of(request, recipe_, launch_);
    if (!values) return runs_.end(id, Outcome::End::skipped, {{"reason", values.error().message}});
    auto options = options_for(*values);
    if (!options) return runs_.end(id, Outcome::End::errored, {{"message", options.error().text()}});
    options->on_output = launch_.on_output;
    const json pipes = request.value("pipes", json::object());
    if (pipes.value("stdout", "") == "slow") options->stdout_pause = kSlowReader;
    if (pipes.value("stdout", "") == "closed") options->stdout_bytes = 1;
    runs_.launch(
        id, std::move(*options), filled_in(recipe_.stdin_text, *values).value(),
        [this](const std::string& out, const std::string& err, const process::ExitStatus& status) {
          return read_output(recipe_.output, recipe_.session, out, err, status);
        },
        pipes.value("stdin", "") == "open" ? Runs::Stdin::stays_open : Runs::Stdin::ends);
  }

  void start_login(std::uint64_t id) {
    process::ChildOptions options = plain_options();
    options.argv = recipe_.login_argv;
    options.on_output = [this, id, told = std::make_shared<std::string>(),
                         found = std::make_shared<bool>(false)](const process::OutputChunk& chunk) {
      if (*found) return;
      *told += chunk.bytes;
      // Only whole lines: the last one may still grow.
      const std::string lines = told->substr(0, told->rfind('\n') + 1);
      std::smatch page;
      if (!std::regex_search(lines, page, std::regex(recipe_.login_url))) return;
      *found = true;
      if (on_event_) on_event_(id, {{"kind", "open_url"}, {"url", page.str()}});
    };
    // Its words are of no dialect: they are for a person.
    runs_.launch(id, std::move(options), "",
                 [](const std::string& out, const std::string& err, const process::ExitStatus& status) {
                   return read_output(Dialect::plain, {}, out, err, status);
                 });
  }

  process::ChildOptions plain_options() const {
    process::ChildOptions options;
    options.directory = launch_.directory;
    options.environment = launch_.environment;
    options.stdin_mode = process::StdinMode::pipe;
    options.clock = &clock_;
    options.output_limit = launch_.output_limit;
    return options;
  }

  Result<process::ChildOptions> options_for(const std::map<std::string, std::string>& values) const {
    process::ChildOptions options = plain_options();
    for (const std::string& word : recipe_.argv) {
      auto text = filled_in(word, values);
      if (!text) return tl::unexpected(text.error());
      options.argv.push_back(std::move(*text));
    }
    for (const auto& [name, value] : recipe_.environment) {
      auto text = filled_in(value, values);
      if (!text) return tl::unexpected(text.error());
      options.environment.push_back(name + "=" + *text);
    }
    for (const auto& [path, form] : recipe_.files) {
      const fs::path file = fs::path(launch_.directory) / path;
      std::error_code error;
      fs::create_directories(file.parent_path(), error);
      if (error) return fail(error.message(), file.parent_path().string());
      auto text = filled_in(form, values);
      if (!text) return tl::unexpected(text.error());
      if (auto written = write_file_atomically(file.string(), *text); !written)
        return tl::unexpected(written.error());
    }
    return options;
  }

  const Recipe recipe_;
  const Launch launch_;
  const Clock& clock_;
  const OnEvent on_event_;
  Hello hello_;
  Runs runs_;  // last: its threads read what stands above
};

}  // namespace

std::unique_ptr<Client> make_exec_client(Recipe recipe, Launch launch, const Clock& clock,
                                         Client::OnEvent on_event) {
  return std::make_unique<ExecClient>(std::move(recipe), std::move(launch), clock, std::move(on_event));
}

}  // namespace assay::conformance
