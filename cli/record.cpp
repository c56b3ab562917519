// assay record: a recording reverse proxy in front of an upstream. The fixture grows as exchanges end, and is
// finished when the recorder is interrupted, or when the program that it was given has ended.
#include <fmt/format.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <future>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "cli/say.h"
#include "cli/serve_command.h"
#include "cli/verbs.h"
#include "conformance/runner/judge/journal_query.h"
#include "harness/base/yaml.h"
#include "harness/recorder/live_faults.h"
#include "harness/recorder/recorder.h"
#include "harness/recorder/recording_file.h"

namespace assay::cli {
namespace {

struct RecordOptions {
  std::string upstream;
  std::string out;
  std::string title;
  std::string rules;
  std::string ca_file;
  std::string host = "127.0.0.1";
  std::uint16_t port = 0;
  bool force = false;
  std::string faults;                // YAML, or a file with it; empty = none
  std::vector<std::string> command;  // runs while the recorder does; empty = until a signal
};

// Writes what is recorded, and a line for each request.
class Writer final : public Keeper {
 public:
  explicit Writer(std::FILE* lines) : lines_(lines) {}
  // What is recorded before waits; without a file it is dropped.
  void write_to(RecordingFile* file) { promise_.set_value(file); }

  void keep(std::size_t place, RecordedExchange exchange) override {
    RecordingFile* const file = file_.get();
    if (file == nullptr) return;
    const auto left = file->append(place, exchange);
    if (!left) return tell(left.error().text());
    // Its secrets are replaced by now.
    const Exchange& what = exchange.exchange;
    const std::string request = fmt::format("{} {}", what.request.method, what.request.target);
    if (!left->empty()) return tell(fmt::format("{}: {}", request, left->front().text()));
    const std::size_t size = body_bytes(what.response).size();
    fmt::print(lines_, "{} {} {} {} bytes{}\n", without_controls(request), what.response.status,
               without_controls(what.response.reason), size,
               exchange.lost.empty() ? "" : " (lost: " + without_controls(exchange.lost.front()) + ")");
    std::fflush(lines_);
  }
  void add_lost(std::size_t place, const std::string& phrase) override {
    if (RecordingFile* const file = file_.get()) file->add_lost(place, phrase);
  }
  void leave_out(const std::string& what) override {
    fmt::print(stderr, "left out: {}\n", without_controls(what));
  }
  bool failed() const { return failed_; }

 private:
  void tell(const std::string& what) {
    failed_ = true;
    leave_out(what);
  }

  std::FILE* const lines_;
  std::promise<RecordingFile*> promise_;
  std::shared_future<RecordingFile*> file_ = promise_.get_future().share();
  bool failed_ = false;
};

// What `--faults` says: a list, or a file that holds one.
Result<std::unique_ptr<LiveFaults>> faults_of(const std::string& text) {
  const bool file = std::filesystem::exists(text);
  const auto document = file ? load_yaml_file(text) : load_yaml(text, "--faults");
  if (!document) return tl::unexpected(document.error());
  auto faults = LiveFaults::read(document->value, conformance::path_aliases());
  if (!faults) return fail(faults.error().message, file ? text : "--faults", 0);
  return faults;
}

// What the program reads to find the recorder; its keys are the user's own.
std::vector<std::pair<std::string, std::string>> variables_for(const std::string& url) {
  return {{"ASSAY_RECORD_URL", url},
          {"OPENAI_BASE_URL", url + "/v1"},
          {"ANTHROPIC_BASE_URL", url},
          {"GOOGLE_GEMINI_BASE_URL", url}};
}

// Runs the program to its end; a signal for us is passed on to it. Its status.
Result<int> run_command(const std::vector<std::string>& argv, const std::string& url, const sigset_t& before,
                        const sigset_t& awaited) {
  const auto started = start_command(argv, variables_for(url), before);
  if (!started) return tl::unexpected(started.error());
  while (true) {
    siginfo_t got{};
    const int number = sigwaitinfo(&awaited, &got);
    if (number < 0) continue;
    if (const auto status = status_of(*started)) return *status;
    // What a terminal sends reaches the program without us.
    if (number != SIGCHLD && got.si_code != SI_KERNEL) ::kill(*started, number);
  }
}

ExitCode record(const RecordOptions& options) {
  const auto upstream = http::parse_url(options.upstream);
  if (!upstream) return say(upstream.error());
  if (upstream->target != "/") {
    return say({"the upstream is an origin, without a path: " + upstream->origin(), {}, 0});
  }
  const auto rules = options.rules.empty() ? Result<RedactionRules>(default_redaction_rules())
                                           : load_redaction_rules(options.rules);
  if (!rules) return say(rules.error());
  if (!options.force && std::filesystem::exists(options.out)) {
    return say({"exists already; give --force to replace it", options.out, 0});
  }
  std::unique_ptr<LiveFaults> faults;
  if (!options.faults.empty()) {
    auto read = faults_of(options.faults);
    if (!read) return say(read.error());
    faults = std::move(*read);
  }
  // Blocked before any thread starts, so that each inherits it and sigwait() below is the only receiver.
  sigset_t stop, before;
  sigemptyset(&stop);
  sigaddset(&stop, SIGINT);
  sigaddset(&stop, SIGTERM);
  if (!options.command.empty()) sigaddset(&stop, SIGCHLD);
  pthread_sigmask(SIG_BLOCK, &stop, &before);

  RecorderOptions recorder_options;
  recorder_options.upstream = *upstream;
  recorder_options.connection.ca_file = options.ca_file;
  recorder_options.host = options.host;
  // With faults the clients come to the front; the recorder stands behind it and keeps what was really sent.
  recorder_options.port = faults ? 0 : options.port;
  const std::string title = options.title.empty() ? "Recorded from " + upstream->origin() : options.title;
  std::FILE* const lines = options.command.empty() ? stdout : stderr;  // stdout is the program's alone
  Writer writer(lines);
  recorder_options.keeper = &writer;
  const auto recorder = Recorder::start(std::move(recorder_options));
  if (!recorder) return say(recorder.error());
  // Only now: an address that cannot be had must not cost the file that is there.
  const auto file = RecordingFile::create(options.out, title, upstream->origin(), *rules);
  writer.write_to(file ? file->get() : nullptr);
  if (!file) return say(file.error());
  const std::string at =
      options.host.find(':') == std::string::npos ? options.host : fmt::format("[{}]", options.host);
  std::string url = fmt::format("http://{}:{}", at, (*recorder)->port());
  std::unique_ptr<http::BlockingServer> front;
  if (faults) {
    FaultFrontOptions front_options;
    front_options.upstream = *http::parse_url(url);
    front_options.port = options.port;
    front_options.on_answer = [lines](const std::string& line) {
      fmt::print(lines, "{}\n", without_controls(line));
      std::fflush(lines);
    };
    auto started = start_fault_front(std::move(front_options), *faults);
    if (!started) return say(started.error());
    front = std::move(*started);
    url = front->url();
  }
  fmt::print(lines, "{} records {}; {} to write {}\n", url, upstream->origin(),
             options.command.empty() ? "interrupt" : "when the program ends", options.out);
  std::fflush(lines);
  Result<int> status = 0;
  if (options.command.empty()) {
    int received = 0;
    sigwait(&stop, &received);
  } else {
    status = run_command(options.command, url, before, stop);
  }
  front.reset();

  (*recorder)->finish();
  const auto summary = (*file)->finish();
  if (!summary) {
    const ExitCode code = say(summary.error(), ExitCode::incomplete);
    return status && *status != 0 ? static_cast<ExitCode>(*status) : code;
  }
  for (const std::string& what : summary->left_out) writer.leave_out(what);
  fmt::print(lines, "{}: {} exchange(s), {} secret(s) replaced\n", options.out, summary->exchanges,
             summary->secrets);
  if (!status) return say(status.error());
  if (*status != 0) return static_cast<ExitCode>(*status);
  return writer.failed() || !summary->left_out.empty() ? ExitCode::incomplete : ExitCode::ok;
}

}  // namespace

void add_record(CLI::App& app, Action& action, const std::vector<std::string>& line) {
  auto options = std::make_shared<RecordOptions>();
  CLI::App* verb = app.add_subcommand("record", "Record traffic through a reverse proxy as a fixture");
  verb->add_option("--upstream", options->upstream, "Server to forward requests to: http(s)://host[:port]")
      ->required();
  verb->add_option("--out", options->out, "Fixture file to write")->required();
  verb->add_option("--title", options->title, "Title of the fixture");
  verb->add_option("--rules", options->rules, "YAML file with additional redaction rules");
  verb->add_option("--ca-file", options->ca_file,
                   "PEM file with trusted certificates (default: the system's)");
  verb->add_option("--host", options->host, "Address to listen on");
  verb->add_option("--port", options->port, "Port to listen on; 0 = any free port");
  verb->add_flag("--force", options->force, "Overwrite an existing file");
  verb->add_option(
          "--faults", options->faults,
          "Break what the clients get: a list of faults, of rules with faults, or a file with either; "
          "the fixture keeps what the server sent")
      ->type_name("LIST");
  verb->add_option("command", options->command,
                   "Program and arguments after --: it runs while the recorder does, with its URL in the "
                   "environment; assay exits with its status")
      ->type_name("COMMAND");
  verb->callback([&action, options, &line] {
    action = [options, &line] {
      if (!options->command.empty() && std::find(line.begin(), line.end(), "--") == line.end())
        return say(
            {"unexpected \"" + options->command.front() + "\"; a program to run stands after --", {}, 0});
      if (!options->faults.empty() && options->host != "127.0.0.1")
        return say({"--faults listens on 127.0.0.1 only: leave --host out", {}, 0});
      return record(*options);
    };
  });
}

}  // namespace assay::cli
