#include "conformance/runner/exec_client.h"

#include <fmt/format.h>

#include <filesystem>

#include "conformance/runner/output_dialect.h"
#include "conformance/runner/runs.h"
#include "harness/base/text.h"
#include "harness/process/child.h"
#include "harness/world/condition.h"

namespace assay::conformance {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

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
  ExecClient(Recipe recipe, Launch launch, const Clock& clock)
      : recipe_(std::move(recipe)), launch_(std::move(launch)), clock_(clock), runs_(launch_.actor, clock) {
    hello_.client = recipe_.name;
    hello_.version = recipe_.version;
    hello_.capabilities = recipe_.capabilities;
  }

  const Hello& hello() const override { return hello_; }

  std::uint64_t begin(json request) override {
    const std::uint64_t id = runs_.open(request);
    const std::string op = request.value("op", "");
    if (op == "chat") {
      start(id, request);
    } else if (op == "cancel") {
      const bool cancelled = runs_.interrupt(request.value("target", std::uint64_t{0}));
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
  void start(std::uint64_t id, const json& request) {
    const auto values = values_of(request, recipe_, launch_);
    if (!values) return runs_.end(id, Outcome::End::skipped, {{"reason", values.error().message}});
    auto options = options_for(*values);
    if (!options) return runs_.end(id, Outcome::End::errored, {{"message", options.error().text()}});
    runs_.launch(id, std::move(*options), filled_in(recipe_.stdin_text, *values).value(),
                 [this](const std::string& out, const std::string& err, const process::ExitStatus& status) {
                   return read_output(recipe_.output, recipe_.session, out, err, status);
                 });
  }

  Result<process::ChildOptions> options_for(const std::map<std::string, std::string>& values) const {
    process::ChildOptions options;
    options.directory = launch_.directory;
    options.environment = launch_.environment;
    options.stdin_mode = process::StdinMode::pipe;
    options.clock = &clock_;
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
  Hello hello_;
  Runs runs_;  // last: its threads read what stands above
};

}  // namespace

std::unique_ptr<Client> make_exec_client(Recipe recipe, Launch launch, const Clock& clock) {
  return std::make_unique<ExecClient>(std::move(recipe), std::move(launch), clock);
}

}  // namespace assay::conformance
