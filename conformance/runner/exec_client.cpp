#include "conformance/runner/exec_client.h"

#include <fmt/format.h>

#include <condition_variable>
#include <csignal>
#include <filesystem>
#include <mutex>
#include <thread>

#include "conformance/runner/output_dialect.h"
#include "harness/base/text.h"
#include "harness/process/child.h"
#include "harness/world/condition.h"

namespace assay::conformance {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr Micros kForever = std::chrono::hours(24);
constexpr Micros kStdinDeadline = std::chrono::seconds(5);
constexpr Micros kStopGrace = std::chrono::seconds(2);

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
      : recipe_(std::move(recipe)), launch_(std::move(launch)), clock_(clock) {
    hello_.client = recipe_.name;
    hello_.version = recipe_.version;
    hello_.capabilities = recipe_.capabilities;
  }

  ~ExecClient() override {
    for (auto& [id, run] : runs_) {
      if (run.child) (void)run.child->stop(Micros(0));
      if (run.waiter.joinable()) run.waiter.join();
    }
  }

  const Hello& hello() const override { return hello_; }

  std::uint64_t begin(json request) override {
    const std::lock_guard lock(mutex_);
    const std::uint64_t id = next_++;
    request["seq"] = id;
    Run& run = runs_[id];
    Outcome& outcome = run.outcome;
    outcome.op = request.value("op", "");
    outcome.actor = launch_.actor;
    outcome.started = clock_.now();
    outcome.request = request;
    if (outcome.op == "chat") {
      start(run, request);
    } else if (outcome.op == "cancel") {
      end(run, Outcome::End::result,
          {{"ok", true}, {"cancelled", interrupt(request.value("target", std::uint64_t{0}))}});
    } else {
      end(run, Outcome::End::skipped,
          {{"reason", "a client that is run for each chat has no " + outcome.op}});
    }
    return id;
  }

  Outcome finish(std::uint64_t id, Micros deadline) override {
    std::unique_lock lock(mutex_);
    Run& run = runs_.at(id);
    if (!changed_.wait_for(lock, deadline, [&] { return run.done; })) {
      end(run, Outcome::End::timeout,
          {{"message", fmt::format("no end within {}", format_duration(deadline))}});
      lock.unlock();
      (void)run.child->stop(kStopGrace);
      lock.lock();
    }
    return run.outcome;
  }

  bool ended(std::uint64_t id) const override {
    const std::lock_guard lock(mutex_);
    return runs_.at(id).done;
  }

  std::string broken() const override { return {}; }

  void kill() override {
    const std::lock_guard lock(mutex_);
    for (auto& [id, run] : runs_) {
      if (run.child) run.child->signal(SIGKILL);
    }
  }

  ProcessOutcome stop(Micros grace) override {
    ProcessOutcome out;
    out.actor = launch_.actor;
    out.argv = recipe_.argv;
    for (auto& [id, run] : runs_) {
      if (!run.child) continue;
      auto status = run.child->stop(grace);
      if (run.waiter.joinable()) run.waiter.join();
      out.argv = run.argv;
      out.out += run.child->text(process::Stream::out);
      out.err += run.child->text(process::Stream::err);
      if (status) {
        out.exit_code = status->code;
        out.exit_signal = status->signal_number;
      }
      for (const auto& left : run.child->left_behind())
        out.left_behind.push_back(fmt::format("{} {}", left.pid, left.name));
    }
    return out;
  }

 private:
  struct Run {
    Outcome outcome;
    bool done = false;
    std::vector<std::string> argv;
    std::optional<process::Child> child;
    std::thread waiter;
  };

  // The caller holds the lock.
  void end(Run& run, Outcome::End how, json result) {
    if (run.done) return;
    run.done = true;
    run.outcome.end = how;
    run.outcome.result = std::move(result);
    run.outcome.ended = clock_.now();
    changed_.notify_all();
  }

  void start(Run& run, const json& request) {
    const auto values = values_of(request, recipe_, launch_);
    if (!values) return end(run, Outcome::End::skipped, {{"reason", values.error().message}});
    auto options = options_for(*values);
    if (!options) return end(run, Outcome::End::errored, {{"message", options.error().text()}});
    run.argv = options->argv;
    auto child = process::Child::start(std::move(*options));
    if (!child) return end(run, Outcome::End::errored, {{"message", child.error().text()}});
    run.child.emplace(std::move(*child));
    run.waiter = std::thread(
        [this, &run, input = filled_in(recipe_.stdin_text, *values).value()] { wait(run, input); });
  }

  // The program's own exit ends the chat, whatever closes its stdin or not.
  void wait(Run& run, const std::string& input) {
    if (!input.empty()) (void)run.child->write(input, kStdinDeadline);
    run.child->close_stdin();
    const auto status = run.child->wait(kForever);
    json result = status ? read_output(recipe_.output, recipe_.session, run.child->text(process::Stream::out),
                                       run.child->text(process::Stream::err), *status)
                         : json{{"message", status.error().message}};
    const std::lock_guard lock(mutex_);
    end(run, status ? Outcome::End::result : Outcome::End::crash, std::move(result));
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

  bool interrupt(std::uint64_t target) {
    const auto found = runs_.find(target);
    if (found == runs_.end() || found->second.done || !found->second.child) return false;
    return found->second.child->signal(SIGINT);
  }

  const Recipe recipe_;
  const Launch launch_;
  const Clock& clock_;
  Hello hello_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::map<std::uint64_t, Run> runs_;
  std::uint64_t next_ = 1;
};

}  // namespace

std::unique_ptr<Client> make_exec_client(Recipe recipe, Launch launch, const Clock& clock) {
  return std::make_unique<ExecClient>(std::move(recipe), std::move(launch), clock);
}

}  // namespace assay::conformance
