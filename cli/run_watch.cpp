#include "cli/run_watch.h"

#include <fmt/format.h>
#include <poll.h>

#include <cstdio>
#include <filesystem>
#include <set>

#include "cli/say.h"
#include "conformance/runner/client/clients.h"
#include "conformance/serve/watch.h"
#include "harness/base/shell_words.h"
#include "reports/record/reader.h"

namespace assay::cli {
namespace {

namespace fs = std::filesystem;

bool is_own_path(const std::string& word) {
  std::error_code error;
  return word.find('/') != std::string::npos && fs::exists(word, error) && !word.starts_with("/usr/");
}

// Files and folders of the caller's that decide what happens.
std::vector<std::string> paths_of(const RunArguments& arguments) {
  std::set<std::string> out;
  const auto add = [&](const std::vector<std::string>& words) {
    for (const std::string& word : words)
      if (is_own_path(word)) out.insert(word);
  };
  for (const std::string& line : arguments.adapter)
    if (const auto words = split_shell_line(line)) add(*words);
  for (const std::string& name : arguments.clients) {
    add({name});
    if (const auto client = conformance::find_client(name, arguments.packages)) add(client->argv);
  }
  add(arguments.cases);
  add(arguments.own_cases);
  add({arguments.known, arguments.manifest});
  add(arguments.watched);
  return {out.begin(), out.end()};
}

// The cases of the last run that are not as expected.
std::vector<std::string> failed_cases(const std::string& folder) {
  std::vector<std::string> out;
  const auto record = read_record(folder + "/run.jsonl");
  if (!record) return out;
  for (const CaseRecord& one : record->cases)
    if (one.verdict != Verdict::pass && one.verdict != Verdict::xfail &&
        one.verdict != Verdict::not_applicable)
      out.push_back(one.name);
  return out;
}

// False: a signal came.
bool wait_for_change(serve::Watch& watch, const std::atomic<bool>& interrupted) {
  sigset_t ending, before;
  sigemptyset(&ending);
  sigaddset(&ending, SIGINT);
  sigaddset(&ending, SIGTERM);
  // Blocked but while we wait: none comes between the look and the wait.
  pthread_sigmask(SIG_BLOCK, &ending, &before);
  std::vector<std::string> files;
  while (!interrupted && files.empty()) {
    pollfd asked = {watch.descriptor(), POLLIN, 0};
    if (::ppoll(&asked, 1, nullptr, &before) > 0) files = watch.changed();
  }
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  if (!files.empty()) fmt::print(stderr, "assay: {} changed\n", fmt::join(files, ", "));
  return !interrupted;
}

}  // namespace

ExitCode run_and_watch(const RunArguments& arguments, const std::function<ExitCode(const RunArguments&)>& run,
                       const std::atomic<bool>& interrupted) {
  const auto paths = paths_of(arguments);
  if (paths.empty())
    return say(
        {"--watch: nothing to watch: name a client file or an adapter, or paths under `watch:` of assay.yaml",
         {},
         0});
  // What is chosen by path stays known when it is chosen by id.
  RunArguments again = arguments;
  for (const std::string& word : arguments.cases)
    if (is_own_path(word)) again.own_cases.push_back(word);
  RunArguments next = arguments;
  for (;;) {
    // Before it runs: a change in between is not missed.
    auto watch = serve::Watch::start(paths);
    if (!watch) return say(watch.error());
    const ExitCode code = run(next);
    std::fflush(stdout);  // who reads a pipe waits for it
    if (interrupted) return ExitCode::interrupted;
    if (code == ExitCode::usage) return code;
    again.cases = failed_cases(arguments.out);
    // What was mended may have broken something else.
    if (again.cases.empty() && !next.cases.empty() && next.cases != arguments.cases) {
      next = arguments;
      continue;
    }
    next = again.cases.empty() ? arguments : again;
    fmt::print(stderr, "assay: watching {}; Ctrl-C ends it\n", fmt::join(paths, ", "));
    if (!wait_for_change(*watch, interrupted)) return ExitCode::interrupted;
  }
}

}  // namespace assay::cli
