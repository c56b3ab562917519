#include "conformance/runner/client/exec_client.h"

#include <fmt/format.h>

#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>

#include "conformance/runner/client/acp_talk.h"
#include "conformance/runner/client/login_talk.h"
#include "conformance/runner/client/output_dialect.h"
#include "conformance/runner/client/runs.h"
#include "conformance/runner/client/start_client.h"
#include "conformance/runner/play/opener.h"
#include "harness/base/text.h"
#include "harness/process/child.h"
#include "harness/world/condition.h"

namespace assay::conformance {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr Micros kSlowReader = std::chrono::milliseconds(500);
constexpr Micros kLineDeadline = std::chrono::hours(24);  // whoever waits for the chat ends it
constexpr Micros kTalkDeadline = std::chrono::seconds(5);
constexpr std::size_t kAgentLine = std::size_t{16} << 20U;

// One turn with an agent that speaks ACP.
void talk_acp(AcpTalk talk, process::Child& child) {
  std::vector<std::string> lines = talk.begin();
  while (true) {
    for (const std::string& line : lines) {
      if (!child.write(line + "\n", kTalkDeadline)) return;
    }
    if (talk.over()) return;
    const auto line = child.read_line(kLineDeadline);
    if (!line || !*line) return;
    lines = talk.take(**line);
  }
}

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
  const bool keyed = key != nullptr && key->is_string();
  if (!keyed && uses(recipe, "key")) return fail("it is run with a key, and the case gives none");
  if (url == nullptr || !url->is_string()) return fail("the case has no inference API");
  std::string model =
      request.value("model", seed != nullptr && seed->is_string() ? seed->get<std::string>() : "default");
  if (!recipe.model.empty()) model = recipe.model;
  return std::map<std::string, std::string>{{"key", keyed ? key->get<std::string>() : ""},
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
        runs_(launch_, clock) {
    hello_.client = recipe_.name;
    hello_.version = recipe_.version;
    hello_.capabilities = capabilities_of(recipe_);
    hello_.reports = recipe_.reports;
  }

  const Hello& hello() const override { return hello_; }

  std::uint64_t begin(json request) override {
    const std::uint64_t id = runs_.open(request);
    const std::string op = request.value("op", "");
    if (op == "chat" || (op == "resume" && !recipe_.resume.empty())) {
      start_chat(id, request);
    } else if (op == "login" && !recipe_.login.argv.empty()) {
      start_login(id, request);
    } else if (op == "logout" && !recipe_.login.logout.empty()) {
      start_logout(id);
    } else if (op == "answer" && answer_login(request)) {
      runs_.end(id, Outcome::End::result, {{"ok", true}});
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

  Outcome finish(std::uint64_t id, Micros deadline) override {
    Outcome outcome = runs_.finish(id, deadline);
    if (outcome.end != Outcome::End::timeout) return outcome;
    const std::lock_guard lock(mutex_);
    if (const auto login = logins_.find(id); login != logins_.end())
      outcome.result["message"] = outcome.result.value("message", "") + "; " + login->second->waiting();
    return outcome;
  }
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
    auto values = values_of(request, recipe_, launch_);
    if (!values) return runs_.end(id, Outcome::End::skipped, {{"reason", values.error().message}});
    const std::string name = request.value("session", "");
    const auto known = session_named(name);
    const bool goes_on = !recipe_.resume.empty() && (known || request.value("op", "") == "resume");
    if (goes_on && !recipe_.session.empty() && known.value_or("").empty()) {
      const std::string why = "no chat before it told the id of a session to go on with";
      return runs_.end(id, Outcome::End::result,
                       {{"ok", false}, {"said", "failure"}, {"text", ""}, {"error", {{"message", why}}}});
    }
    if (goes_on) (*values)["session"] = known.value_or("");
    auto options = options_for(*values, goes_on ? recipe_.resume : recipe_.argv);
    if (!options) return runs_.end(id, Outcome::End::errored, {{"message", options.error().text()}});
    options->on_output = launch_.on_output;
    const auto read = [this, name](const std::string& out, const std::string& err,
                                   const process::ExitStatus& status) {
      json result = read_output(recipe_.output, recipe_.session, out, err, status, recipe_.pointers);
      if (!name.empty()) remember_session(name, result.value("session", ""));
      return result;
    };
    if (recipe_.output == Dialect::acp) {
      options->lines = true;
      options->line_limit = kAgentLine;
      AcpTalk talk(values->at("prompt"), launch_.directory, goes_on ? *known : "");
      return runs_.launch_talk(
          id, std::move(*options), [talk](process::Child& child) { talk_acp(talk, child); }, read);
    }
    const json pipes = request.value("pipes", json::object());
    if (pipes.value("stdout", "") == "slow") options->stdout_pause = clock_.machine_time(kSlowReader);
    if (pipes.value("stdout", "") == "closed") options->stdout_bytes = 1;
    runs_.launch(id, std::move(*options), filled_in(recipe_.stdin_text, *values).value(), read,
                 pipes.value("stdin", "") == "open" ? Runs::Stdin::stays_open : Runs::Stdin::ends);
  }

  // The id that the program gave its session which the case calls `name`: empty when it gave none, nullopt
  // when no chat has ended under that name.
  std::optional<std::string> session_named(const std::string& name) {
    const std::lock_guard lock(mutex_);
    const auto found = sessions_.find(name);
    return found == sessions_.end() ? std::nullopt : std::optional(found->second);
  }
  // Some programs give a session that goes on another id.
  void remember_session(const std::string& name, const std::string& id) {
    const std::lock_guard lock(mutex_);
    std::string& known = sessions_[name];
    if (!id.empty()) known = id;
  }

  void start_login(std::uint64_t id, const json& request) {
    auto options = login_options();
    if (!options) return runs_.end(id, Outcome::End::errored, {{"message", options.error().text()}});
    const bool answers = request.value("answers", false);
    auto talk = std::make_shared<LoginTalk>(recipe_.login, answers, [this, id](const json& event) {
      if (event.value("kind", "") == "open_url") {
        const std::lock_guard lock(mutex_);
        opened_by_[event.value("url", "")] = id;
      }
      if (on_event_) on_event_(id, event);
    });
    {
      const std::lock_guard lock(mutex_);
      logins_[id] = talk;
      latest_login_ = talk;
    }
    options->on_output = [this, talk](const process::OutputChunk& chunk) {
      if (launch_.on_output) launch_.on_output(chunk);
      talk->saw(chunk);
    };
    runs_.launch_talk(
        id, std::move(*options), [talk](process::Child& child) { talk->talk(child); },
        [talk](const std::string& out, const std::string& err, const process::ExitStatus& status) {
          return read_login(*talk, out, err, status);
        });
  }

  // Its words are of no dialect: they are for a person.
  static json read_login(const LoginTalk& talk, const std::string& out, const std::string& err,
                         const process::ExitStatus& status) {
    json result = read_output(Dialect::plain, {}, out, err, status);
    const std::string screen = talk.screen();
    result["screen"] = screen;
    result["text"] = screen;
    if (talk.closed()) result["ok"] = true;
    if (!talk.user_code().empty()) result["user_code"] = talk.user_code();
    if (!talk.failure().empty()) {
      result["ok"] = false;
      result["error"] = {{"message", talk.failure()}};
    } else if (result["ok"] == true) {
      result.erase("error");
    } else if (!screen.empty()) {
      result["error"] = {{"message", last_rows(screen)}};
    }
    result["said"] = result["ok"] == true ? "success" : "failure";
    return result;
  }

  void start_logout(std::uint64_t id) {
    auto options = login_options();
    if (!options) return runs_.end(id, Outcome::End::errored, {{"message", options.error().text()}});
    options->argv = recipe_.login.logout;
    options->terminal.reset();
    options->on_output = launch_.on_output;
    runs_.launch(id, std::move(*options), "",
                 [](const std::string& out, const std::string& err, const process::ExitStatus& status) {
                   return read_output(Dialect::plain, {}, out, err, status);
                 });
  }

  // What a person reads last; a long row, as of a URL, is cut.
  static std::string last_rows(const std::string& screen) {
    constexpr std::size_t kRows = 6, kLongest = 160, kShown = 40;
    std::vector<std::string> rows;
    for (const std::string_view row : split(screen, '\n')) {
      std::size_t end = row.size() > kLongest ? kShown : row.size();
      while (end < row.size() && (static_cast<unsigned char>(row[end]) & 0xc0U) == 0x80U) ++end;
      rows.emplace_back(row.substr(0, end));
    }
    if (rows.size() > kRows) rows.erase(rows.begin(), rows.end() - kRows);
    return fmt::format("{}", fmt::join(rows, "\n"));
  }

  bool answer_login(const json& request) {
    std::shared_ptr<LoginTalk> talk;
    {
      const std::lock_guard lock(mutex_);
      const auto found = logins_.find(request.value("target", std::uint64_t{0}));
      talk = found == logins_.end() ? latest_login_ : found->second;
    }
    if (talk == nullptr) return false;
    const json text = request.value("text", json());
    talk->answered(text.is_string() ? std::optional(text.get<std::string>()) : std::nullopt);
    return true;
  }

  void visited(const std::string& url, const json& page) override {
    std::shared_ptr<LoginTalk> talk;
    {
      const std::lock_guard lock(mutex_);
      const auto by = opened_by_.find(url);
      if (by != opened_by_.end()) talk = logins_[by->second];
    }
    if (talk != nullptr) talk->visited(page);
  }

  // The program that signs in, with a browser to start unless it is to find none.
  Result<process::ChildOptions> login_options() {
    const LoginRecipe& login = recipe_.login;
    const std::map<std::string, std::string> values = {{"home", launch_.directory}};
    process::ChildOptions options = plain_options();
    options.argv = login.argv;
    options.terminal = login.terminal;
    if (login.terminal) set_variable(options.environment, "TERM=xterm-256color");
    if (!login.account.empty() && !launch_.headless && login.flow != "paste") {
      if (auto made = make_opener(); !made) return tl::unexpected(made.error());
      std::string path;
      for (const std::string& variable : options.environment) {
        if (variable.starts_with("PATH=")) path = variable.substr(5);
      }
      for (const std::string& variable : opener_->environment(path))
        set_variable(options.environment, variable);
      set_variable(options.environment, "DISPLAY=:0");
    }
    if (!login.account.empty()) {
      for (const auto& [name, value] : recipe_.environment) {
        if (auto text = filled_in(value, values)) set_variable(options.environment, name + "=" + *text);
      }
    }
    for (const auto& [name, value] : login.environment) {
      auto text = filled_in(value, values);
      if (!text) return tl::unexpected(text.error());
      set_variable(options.environment, name + "=" + *text);
    }
    if (latest_login_ == nullptr) {
      if (auto written = write_files(login.files, values); !written) return tl::unexpected(written.error());
    }
    return options;
  }

  Result<void> make_opener() {
    if (opener_) return {};
    auto made = Opener::make(launch_.directory + "/.assay-opener", [this](const std::string& url) {
      std::shared_ptr<LoginTalk> talk;
      {
        const std::lock_guard lock(mutex_);
        talk = latest_login_;
      }
      if (talk != nullptr) talk->opened(url);
    });
    if (!made) return tl::unexpected(made.error());
    opener_ = std::move(*made);
    return {};
  }

  process::ChildOptions plain_options() const {
    process::ChildOptions options;
    options.directory = launch_.directory;
    options.environment = launch_.environment;
    options.stdin_mode = process::StdinMode::pipe;
    options.clock = &clock_;
    options.sandbox = launch_.sandbox;
    options.output_limit = launch_.output_limit;
    return options;
  }

  Result<process::ChildOptions> options_for(const std::map<std::string, std::string>& values,
                                            const std::vector<std::string>& argv) const {
    process::ChildOptions options = plain_options();
    for (const std::string& word : argv) {
      auto text = filled_in(word, values);
      if (!text) return tl::unexpected(text.error());
      options.argv.push_back(std::move(*text));
    }
    for (const auto& [name, value] : recipe_.environment) {
      auto text = filled_in(value, values);
      if (!text) return tl::unexpected(text.error());
      options.environment.push_back(name + "=" + *text);
    }
    if (auto written = write_files(recipe_.files, values); !written) return tl::unexpected(written.error());
    return options;
  }

  Result<void> write_files(const std::map<std::string, std::string>& files,
                           const std::map<std::string, std::string>& values) const {
    for (const auto& [path, form] : files) {
      const fs::path file = fs::path(launch_.directory) / path;
      std::error_code error;
      fs::create_directories(file.parent_path(), error);
      if (error) return fail(error.message(), file.parent_path().string());
      auto text = filled_in(form, values);
      if (!text) return tl::unexpected(text.error());
      if (auto written = write_file_atomically(file.string(), *text); !written) return written;
    }
    return {};
  }

  const Recipe recipe_;
  const Launch launch_;
  const Clock& clock_;
  const OnEvent on_event_;
  Hello hello_;
  std::mutex mutex_;
  std::map<std::string, std::string> sessions_;  // the case's name → the program's id
  std::map<std::uint64_t, std::shared_ptr<LoginTalk>> logins_;
  std::shared_ptr<LoginTalk> latest_login_;
  std::map<std::string, std::uint64_t> opened_by_;  // page → login
  std::unique_ptr<Opener> opener_;
  Runs runs_;  // last: its threads read what stands above
};

}  // namespace

std::unique_ptr<Client> make_exec_client(Recipe recipe, Launch launch, const Clock& clock,
                                         Client::OnEvent on_event) {
  return std::make_unique<ExecClient>(std::move(recipe), std::move(launch), clock, std::move(on_event));
}

}  // namespace assay::conformance
