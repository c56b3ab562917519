#include "conformance/runner/play/execute.h"

#include <fmt/format.h>

#include <condition_variable>
#include <csignal>
#include <filesystem>
#include <iostream>
#include <mutex>
#include <set>
#include <thread>

#include "conformance/runner/case/own_paths.h"
#include "conformance/runner/client/find_program.h"
#include "conformance/runner/client/reads.h"
#include "conformance/runner/gate/gate.h"
#include "conformance/runner/play/machinery.h"
#include "conformance/runner/play/timed_case.h"
#include "conformance/runner/play/unseen.h"
#include "conformance/runner/race/timeline.h"
#include "harness/fixture/redact/redact.h"
#include "harness/process/cell.h"
#include "reports/record/reader.h"
#include "reports/record/writer.h"

namespace assay::conformance {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

json to_wire(const PlannedCase& planned, const std::string& data_folder) {
  const json time = planned.time ? json(planned.time->per_1024) : json();
  return {{"index", planned.index},
          {"seed", planned.seed},
          {"id", planned.one.id},
          {"suite", planned.one.suite},
          {"case", planned.one.source},
          {"file", planned.one.file},
          {"line", planned.one.line},
          {"client", planned.client},
          {"data_folder", data_folder},
          {"time", time},
          {"learn", planned.learn},
          {"arguments", planned.arguments},
          {"not_timed", planned.not_timed},
          {"confirm", planned.confirm},
          {"protocol", planned.play.protocol},
          {"other", planned.play.other},
          {"live", planned.live}};
}

Result<PlannedCase> from_wire(const json& wire) {
  Document document{wire.at("case"), {{"", wire.at("line").get<int>()}}, wire.at("file").get<std::string>()};
  auto one = parse_case(document, wire.at("suite").get<std::string>(), wire.at("id").get<std::string>());
  if (!one) return tl::unexpected(one.error());
  const json& time = wire.at("time");
  return PlannedCase{wire.at("index").get<std::uint64_t>(),
                     wire.at("seed").get<std::uint64_t>(),
                     std::move(*one),
                     wire.at("client").get<ClientSpec>(),
                     wire.at("learn").get<bool>(),
                     wire.at("arguments").get<std::vector<std::string>>(),
                     time.is_null() ? std::nullopt : std::optional(casetime::Rate{time.get<std::uint32_t>()}),
                     wire.at("not_timed").get<std::string>(),
                     wire.at("confirm").get<bool>(),
                     {wire.at("protocol").get<std::string>(), wire.at("other").get<bool>()},
                     wire.at("live").get<bool>()};
}

// A folder for one case that goes when the case is over.
class Scratch {
 public:
  // `remove`: else it goes with the memory that it lies in.
  explicit Scratch(bool remove) : remove_(remove) {
    std::string name = (fs::temp_directory_path() / "assay-case-XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr)
      throw std::runtime_error("cannot make a folder in " + fs::temp_directory_path().string());
    path_ = name;
  }
  ~Scratch() {
    std::error_code ignored;
    if (remove_) fs::remove_all(path_, ignored);
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
  const bool remove_;
};

constexpr std::uint64_t kCaseMemory = std::uint64_t{4} << 30U;
constexpr int kUnconfirmedAgain = 3;

// Each entry as a line, redacted by what secrets look like: those of the case are not known yet.
std::function<void(const JournalEntry&)> to_stderr() {
  struct View {
    std::mutex mutex;
    TimelineLines lines{TimelineStyle{}};
    TextRedactor redact{default_redaction_rules()};
  };
  return [view = std::make_shared<View>()](const JournalEntry& entry) {
    const std::lock_guard lock(view->mutex);
    if (const std::string line = view->lines.next(entry); !line.empty())
      std::cerr << view->redact(line) << std::flush;
  };
}

CaseLine run_here(const PlannedCase& planned, const std::string& data_folder, Surroundings* surroundings) {
  const auto once = [&](casetime::Rate rate, bool measure) {
    // In a cell every case has memory of its own, and nothing of it is left for the next.
    std::optional<process::CaseMemory> memory;
    if (surroundings != nullptr) {
      auto mounted = process::CaseMemory::mount(kCaseMemory);
      if (!mounted) throw std::runtime_error(mounted.error().text());
      memory.emplace(std::move(*mounted));
    }
    const Scratch scratch(surroundings == nullptr);
    SessionOptions options = machinery(data_folder);
    options.surroundings = surroundings;
    options.scratch = scratch.path();
    options.rate = rate;
    options.not_asked = not_asked(planned);
    options.measure = measure;
    if (planned.live) options.live = to_stderr();
    return run_case(planned, options);
  };
  CaseRun run = play_in_time(planned, [&](casetime::Rate rate, bool measure) {
    CaseRun played = once(rate, measure);
    // A busy machine: nothing was judged, so nothing is made better by playing again.
    for (int again = 0; played.unconfirmed && again < kUnconfirmedAgain; ++again)
      played = once(rate, measure);
    return played;
  });
  // What leaves here went through the redactor, the record too.
  std::string line = case_line(run.record, run.redactor);
  auto record = parse_record(header_line({}) + "\n" + line + "\n", planned.one.id);
  if (!record) throw std::runtime_error(record.error().text());
  return {std::move(line), std::move(record->cases.front())};
}

CaseLine as_error(const PlannedCase& planned, std::string reason) {
  CaseRecord record;
  record.index = planned.index;
  record.name = planned.name();
  record.client = planned.client.name;
  record.suite = planned.one.suite;
  record.title = planned.one.title;
  record.requirement = planned.one.requirement;
  record.level = std::string(to_string(level_for(planned.one, planned.client.kind)));
  record.seed = planned.seed;
  record.verdict = Verdict::error;
  record.reason = std::move(reason);
  record.command = command_for(planned, true);
  // The reason may quote what a worker said; nobody redacted that.
  record.reason = TextRedactor(default_redaction_rules())(record.reason);
  return {case_line(record), record};
}

std::vector<ClientSpec> clients_of(const std::vector<PlannedCase>& plan) {
  std::vector<ClientSpec> out;
  std::set<std::string> known;
  for (const PlannedCase& planned : plan) {
    if (known.insert(planned.client.name).second) out.push_back(planned.client);
  }
  return out;
}

bool is_set(const std::atomic<bool>* flag) {
  return flag != nullptr && *flag;
}

// One line for a case that `once` plays until it does not fail or all retries are used up. None when the run
// was interrupted.
std::optional<CaseLine> with_retries(const ExecuteOptions& options,
                                     const std::function<std::optional<CaseLine>()>& once) {
  std::vector<CaseRecord> attempts;
  while (true) {
    auto line = once();
    if (!line) return std::nullopt;
    const bool again = is_failure(line->record.verdict) && attempts.size() < options.retries;
    if (!again && attempts.empty()) return line;
    attempts.push_back(std::move(line->record));
    if (again) continue;
    CaseRecord joined = joined_attempts(std::move(attempts));
    // Redacted already: it came from redacted lines.
    return CaseLine{case_line(joined), std::move(joined)};
  }
}

// One thread, one cell at a time, cases off the common list.
class Lane {
 public:
  Lane(const std::vector<PlannedCase>& plan, const ExecuteOptions& options,
       const std::vector<std::string>& shows, std::atomic<std::size_t>& next)
      : plan_(plan), options_(options), shows_(shows), next_(next) {}

  void run(const std::function<void(CaseLine)>& done) {
    while (!stopped()) {
      const std::size_t at = next_++;
      if (at >= plan_.size()) return;
      if (auto line = with_retries(options_, [&] { return one(plan_[at]); })) done(std::move(*line));
    }
  }

  // Kills the cell that is at work, from another thread.
  void kill_cell() const {
    if (const pid_t pid = pid_; pid > 0) ::kill(pid, SIGKILL);
  }

  Result<void> open() {
    process::CellOptions cell;
    cell.catch_all = true;
    cell.shows = shows_;
    cell.interrupted = options_.interrupted;
    cell.environment = {std::string("PATH=") + kMachinePath, "LANG=C.UTF-8"};
    for (const char* name : {"ASAN_OPTIONS", "UBSAN_OPTIONS", "TSAN_OPTIONS", "ASSAY_DATA"}) {
      if (const char* value = std::getenv(name))
        cell.environment.push_back(fmt::format("{}={}", name, value));
    }
    auto made = process::Cell::start(cell, {process::own_executable(), "cell-worker"});
    if (!made) return tl::unexpected(made.error());
    cell_.emplace(std::move(*made));
    pid_ = cell_->pid();
    return {};
  }

 private:
  bool stopped() const { return is_set(options_.interrupted) || is_set(options_.enough); }

  std::optional<CaseLine> one(const PlannedCase& planned) {
    if (!cell_) {
      if (auto opened = open(); !opened) return as_error(planned, opened.error().text());
    }
    auto answer = cell_->request(to_wire(planned, options_.data_folder).dump(),
                                 time_limit(planned, options_.beside_deadlines));
    if (!answer) {
      pid_ = 0;
      cell_.reset();
      if (stopped()) return std::nullopt;
      return as_error(planned, answer.error().text());
    }
    auto record = parse_record(header_line({}) + "\n" + *answer + "\n", "the cell's answer");
    if (!record || record->cases.empty())
      return as_error(planned, "the cell's answer is not a case line: " + answer->substr(0, 200));
    CaseRecord& found = record->cases.front();
    if (is_failure(found.verdict) || found.verdict == Verdict::error) {
      const char* home = std::getenv("HOME");
      const std::string missing =
          unseen_file(found.reason + "\n" + found.output.err + "\n" + found.output.out, shows_,
                      home != nullptr ? home : "");
      if (!missing.empty()) {
        found.reason += fmt::format("; the cell does not show {} (add it to reads:)", missing);
        return CaseLine{case_line(found), std::move(found)};
      }
    }
    return CaseLine{std::move(*answer), std::move(found)};
  }

  const std::vector<PlannedCase>& plan_;
  const ExecuteOptions& options_;
  const std::vector<std::string>& shows_;
  std::atomic<std::size_t>& next_;
  std::optional<process::Cell> cell_;
  std::atomic<pid_t> pid_{0};
};

// Of case files beside ours: what lies beside them may be their recordings.
std::vector<std::string> case_folders(const std::vector<PlannedCase>& plan) {
  const char* home = std::getenv("HOME");
  std::set<std::string> files, folders;
  for (const PlannedCase& planned : plan) {
    files.insert(planned.one.file);
    // Its recordings and its provider, which `assay repro --provider FILE` puts into a case of ours too.
    const json own = with_own_paths(planned.one.source, folder_of(planned.one.file));
    for (const std::string& path : own_paths_in(own)) files.insert(path.substr(0, path.find('#')));
  }
  for (const std::string& file : files) {
    std::error_code error;
    const fs::path path = fs::absolute(file, error);
    if (!fs::is_regular_file(path, error)) continue;
    const std::string folder = surrounding_folder(path.parent_path().string(), home != nullptr ? home : "");
    folders.insert(folder.empty() ? path.string() : folder);
  }
  return {folders.begin(), folders.end()};
}

Result<void> execute_in_cells(const std::vector<PlannedCase>& plan, const ExecuteOptions& options,
                              const std::function<void(CaseLine)>& done) {
  std::atomic<std::size_t> next{0};
  std::vector<std::string> shows = shown_to(clients_of(plan), options.data_folder);
  for (std::string& folder : case_folders(plan)) shows.push_back(std::move(folder));
  std::mutex one_at_a_time;
  std::vector<std::unique_ptr<Lane>> lanes;
  for (unsigned i = 0; i < std::max(1U, options.jobs) && i < plan.size(); ++i) {
    lanes.push_back(std::make_unique<Lane>(plan, options, shows, next));
    if (auto opened = lanes.back()->open(); !opened) return opened;
  }
  std::atomic<std::size_t> running = lanes.size();
  std::vector<std::thread> threads;
  std::condition_variable ended;
  for (auto& lane : lanes) {
    threads.emplace_back([&, &lane = *lane] {
      lane.run([&](CaseLine line) {
        const std::lock_guard lock(one_at_a_time);
        done(std::move(line));
      });
      const std::lock_guard lock(one_at_a_time);
      --running;
      ended.notify_all();
    });
  }
  {
    std::unique_lock lock(one_at_a_time);
    while (running > 0) {
      ended.wait_for(lock, std::chrono::milliseconds(50));
      if (is_set(options.interrupted) || is_set(options.enough)) {
        for (auto& lane : lanes) lane->kill_cell();
      }
    }
  }
  for (std::thread& thread : threads) thread.join();
  return {};
}

}  // namespace

std::vector<std::string> shown_to(const std::vector<ClientSpec>& clients, const std::string& data_folder) {
  const char* home = std::getenv("HOME");
  std::vector<std::string> out;
  for (const ClientSpec& client : clients) {
    for (std::string& path : reads_of(client, home != nullptr ? home : "")) out.push_back(std::move(path));
  }
  for (const char* part : {"", "/conformance"}) {
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(data_folder + part, error)) {
      if (entry.is_symlink()) out.push_back(entry.path().string());
    }
  }
  for (const char* part : {"/conformance", "/fixtures"}) out.push_back(data_folder + part);
  const fs::path program = process::own_executable();
  out.push_back((program.parent_path().parent_path() / "lib" / "assay").string());
  return out;
}

Result<void> execute(const std::vector<PlannedCase>& plan, const ExecuteOptions& options,
                     const std::function<void(CaseLine)>& done) {
  std::vector<PlannedCase> inside;
  for (const PlannedCase& planned : plan) {
    if (options.cells && !planned.client.without_cell) {
      inside.push_back(planned);
      continue;
    }
    if (is_set(options.interrupted) || is_set(options.enough)) break;
    done(*with_retries(options, [&] { return run_here(planned, options.data_folder, nullptr); }));
  }
  return inside.empty() ? Result<void>() : execute_in_cells(inside, options, done);
}

int work() {
  Surroundings surroundings;
  std::string line;
  while (std::getline(std::cin, line)) {
    const json wire = json::parse(line);
    auto planned = from_wire(wire);
    if (!planned) {
      std::cerr << "assay cell-worker: " << planned.error().text() << '\n';
      return 2;
    }
    const CaseLine done = run_here(*planned, wire.at("data_folder").get<std::string>(), &surroundings);
    std::cout << done.text << '\n' << std::flush;
  }
  return 0;
}

}  // namespace assay::conformance
