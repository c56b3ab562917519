// assay record: a recording reverse proxy in front of an upstream. The fixture grows as exchanges end, and is
// finished when the recorder is interrupted.
#include <fmt/format.h>

#include <csignal>
#include <cstdio>
#include <filesystem>
#include <future>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "cli/say.h"
#include "cli/verbs.h"
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
};

// Writes what is recorded, and a line for each request.
class Writer final : public Keeper {
 public:
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
    fmt::print("{} {} {} {} bytes{}\n", without_controls(request), what.response.status,
               without_controls(what.response.reason), size,
               exchange.lost.empty() ? "" : " (lost: " + without_controls(exchange.lost.front()) + ")");
    std::fflush(stdout);
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

  std::promise<RecordingFile*> promise_;
  std::shared_future<RecordingFile*> file_ = promise_.get_future().share();
  bool failed_ = false;
};

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
  // Blocked before any thread starts, so that each inherits it and sigwait() below is the only receiver.
  sigset_t stop;
  sigemptyset(&stop);
  sigaddset(&stop, SIGINT);
  sigaddset(&stop, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &stop, nullptr);

  RecorderOptions recorder_options;
  recorder_options.upstream = *upstream;
  recorder_options.connection.ca_file = options.ca_file;
  recorder_options.host = options.host;
  recorder_options.port = options.port;
  const std::string title = options.title.empty() ? "Recorded from " + upstream->origin() : options.title;
  Writer writer;
  recorder_options.keeper = &writer;
  const auto recorder = Recorder::start(std::move(recorder_options));
  if (!recorder) return say(recorder.error());
  // Only now: an address that cannot be had must not cost the file that is there.
  const auto file = RecordingFile::create(options.out, title, upstream->origin(), *rules);
  writer.write_to(file ? file->get() : nullptr);
  if (!file) return say(file.error());
  const std::string at =
      options.host.find(':') == std::string::npos ? options.host : fmt::format("[{}]", options.host);
  fmt::print("http://{}:{} records {}; interrupt to write {}\n", at, (*recorder)->port(), upstream->origin(),
             options.out);
  std::fflush(stdout);
  int received = 0;
  sigwait(&stop, &received);

  (*recorder)->finish();
  const auto summary = (*file)->finish();
  if (!summary) return say(summary.error(), ExitCode::incomplete);
  for (const std::string& what : summary->left_out) writer.leave_out(what);
  fmt::print("{}: {} exchange(s), {} secret(s) replaced\n", options.out, summary->exchanges,
             summary->secrets);
  return writer.failed() || !summary->left_out.empty() ? ExitCode::incomplete : ExitCode::ok;
}

}  // namespace

void add_record(CLI::App& app, Action& action) {
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
  verb->callback([&action, options] { action = [options] { return record(*options); }; });
}

}  // namespace assay::cli
