// assay record: a recording reverse proxy in front of an upstream; the fixture is written when it is
// interrupted.
#include <fmt/format.h>

#include <csignal>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "cli/say.h"
#include "cli/verbs.h"
#include "harness/recorder/recorder.h"

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
  const auto recorder = Recorder::start(std::move(recorder_options));
  if (!recorder) return say(recorder.error());
  const std::string at =
      options.host.find(':') == std::string::npos ? options.host : fmt::format("[{}]", options.host);
  fmt::print("http://{}:{} records {}; interrupt to write {}\n", at, (*recorder)->port(), upstream->origin(),
             options.out);
  std::fflush(stdout);
  int received = 0;
  sigwait(&stop, &received);

  const std::string title = options.title.empty() ? "Recorded from " + upstream->origin() : options.title;
  std::vector<RecordedExchange> exchanges = (*recorder)->finish();
  for (const std::string& what : (*recorder)->left_out()) fmt::print(stderr, "left out: {}\n", what);
  const auto recording = make_recording(std::move(exchanges), title, upstream->origin(), *rules);
  if (!recording) return say(recording.error(), ExitCode::incomplete);
  if (auto written = write_fixture(recording->fixture, options.out); !written) {
    return say(written.error(), ExitCode::incomplete);
  }
  std::size_t secrets = 0;
  for (const Redaction& redaction : recording->redactions) secrets += redaction.count;
  fmt::print("{}: {} exchange(s), {} secret(s) replaced\n", options.out, recording->fixture.exchanges.size(),
             secrets);
  return ExitCode::ok;
}

}  // namespace

void add_record(CLI::App& app, Action& action) {
  auto options = std::make_shared<RecordOptions>();
  CLI::App* verb = app.add_subcommand("record", "Record real traffic through a reverse proxy into a fixture");
  verb->add_option("--upstream", options->upstream, "Where requests go: http(s)://host[:port]")->required();
  verb->add_option("--out", options->out, "The fixture to write")->required();
  verb->add_option("--title", options->title, "The fixture's title");
  verb->add_option("--rules", options->rules, "YAML with more redaction rules");
  verb->add_option("--ca-file", options->ca_file, "PEM certificates to trust instead of the system's");
  verb->add_option("--host", options->host, "The address to listen on");
  verb->add_option("--port", options->port, "The port to listen on; 0 = any");
  verb->add_flag("--force", options->force, "Replace the file if it exists");
  verb->callback([&action, options] { action = [options] { return record(*options); }; });
}

}  // namespace assay::cli
