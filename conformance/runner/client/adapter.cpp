#include <fmt/format.h>

#include <condition_variable>
#include <csignal>
#include <map>
#include <mutex>
#include <thread>

#include "conformance/adapter_protocol.h"
#include "conformance/runner/case/capabilities.h"
#include "conformance/runner/client/client.h"
#include "conformance/runner/judge/reports.h"
#include "harness/base/strict.h"
#include "harness/base/untrusted_json.h"
#include "harness/process/canary.h"
#include "harness/process/child.h"

namespace assay::conformance {
namespace {

using nlohmann::json;

constexpr Micros kWriteDeadline = std::chrono::seconds(5);
constexpr std::size_t kMostEventBytes = std::size_t{16} << 20U;  // that are kept, of all operations
constexpr std::size_t kEventWeight = 200;  // bytes that an event takes however short it is
// Far above every deadline of a case: the reader waits for the stream to end, not for a time.
constexpr Micros kReadForever = std::chrono::hours(24);

std::string excerpt(const std::string& line) {
  constexpr std::size_t kMost = 120;
  return line.size() <= kMost ? line : line.substr(0, kMost) + "…";
}

Result<Hello> parse_hello(const std::string& line) {
  const json value = parse_untrusted(line);
  if (value.is_discarded() || !value.is_object() || !value.contains("hello") || !value["hello"].is_object()) {
    return fail("expected the hello of the adapter protocol as its first line, found: " + excerpt(line));
  }
  const json& hello = value["hello"];
  const json versions = hello.value("protocol", json::array());
  if (!versions.is_array())
    return fail("'protocol' of its hello must be a list of versions such as [1], found " + versions.dump());
  if (std::find(versions.begin(), versions.end(), adapter::protocol_version) == versions.end()) {
    return fail(
        fmt::format("it speaks the adapter protocol {}, not {}", versions.dump(), adapter::protocol_version));
  }
  try {
    Hello out;
    out.client = hello.value("client", "");
    out.version = hello.value("version", "");
    out.role = hello.value("role", "provider");
    out.capabilities = hello.value("capabilities", std::vector<std::string>{});
    if (hello.contains("reports")) out.reports = hello["reports"].get<std::vector<std::string>>();
    for (const std::string& name : out.reports.value_or(std::vector<std::string>())) {
      const auto& known = report_names();
      if (std::find(known.begin(), known.end(), name) == known.end())
        return fail("its hello: " + unknown_word("report", name, known));
    }
    if (auto known = known_capabilities(out.capabilities); !known)
      return fail("its hello names an " + known.error().message);
    return out;
  } catch (const json::exception&) {
    return fail("a field of its hello has the wrong type: " + excerpt(line));
  }
}

// Of the protocols that an adapter speaks, those that its client file lets it be asked in.
void keep_protocols(std::vector<std::string>& capabilities, const std::vector<std::string>& protocols) {
  constexpr std::string_view prefix = "protocol.";
  std::erase_if(capabilities, [&](const std::string& one) {
    return one.starts_with(prefix) &&
           std::find(protocols.begin(), protocols.end(), one.substr(prefix.size())) == protocols.end();
  });
}

class Adapter final : public Client {
 public:
  Adapter(process::Child child, std::string actor, std::vector<std::string> argv, const Clock& clock,
          OnEvent on_event)
      : child_(std::move(child)),
        actor_(std::move(actor)),
        argv_(std::move(argv)),
        clock_(clock),
        on_event_(std::move(on_event)) {}

  ~Adapter() override {
    (void)child_.stop(Micros(0));
    if (reader_.joinable()) reader_.join();
  }

  Result<void> shake_hands(Micros deadline, const std::vector<std::string>& protocols) {
    auto line = child_.read_line(deadline);
    if (!line) return fail(fmt::format("{}: no hello: {}", argv_.front(), line.error().message));
    if (!*line) {
      const auto status = child_.wait(deadline);
      return fail(fmt::format("{}: ended without a hello ({}){}", argv_.front(),
                              status ? status->text() : "still running", said()));
    }
    auto hello = parse_hello(**line);
    if (!hello) return fail(argv_.front() + ": " + hello.error().message);
    hello_ = std::move(*hello);
    if (!protocols.empty()) keep_protocols(hello_.capabilities, protocols);
    reader_ = std::thread([this] { read(); });
    return {};
  }

  const Hello& hello() const override { return hello_; }

  std::uint64_t begin(json request) override {
    std::uint64_t id = 0;
    {
      const std::lock_guard lock(mutex_);
      id = next_++;
      request["seq"] = id;
      Outcome& outcome = open_[id].outcome;
      outcome.op = request.value("op", "");
      outcome.actor = actor_;
      outcome.started = clock_.now();
      outcome.request = request;
    }
    // A client that died will be noticed by the reader; what it was asked then counts as crashed.
    (void)child_.write(request.dump(-1, ' ', false, json::error_handler_t::replace) + "\n", kWriteDeadline);
    return id;
  }

  Outcome finish(std::uint64_t id, Micros deadline) override {
    std::unique_lock lock(mutex_);
    Pending& pending = open_.at(id);
    changed_.wait_for(lock, clock_.machine_time(deadline),
                      [&] { return pending.done || over_ || !broken_.empty(); });
    if (!pending.done && !over_ && !broken_.empty()) {
      // What it says from here on cannot be trusted: nothing is worth waiting for.
      pending.done = true;
      pending.outcome.ended = clock_.now();
      pending.outcome.end = Outcome::End::errored;
      pending.outcome.result = {{"message", broken_}};
    }
    if (!pending.done) {
      pending.done = true;
      pending.outcome.ended = clock_.now();
      pending.outcome.end = over_ ? Outcome::End::crash : Outcome::End::timeout;
      pending.outcome.result = {
          {"message", over_ ? "the client ended without an answer"
                            : fmt::format("no answer within {}", format_duration(deadline))}};
    }
    return pending.outcome;
  }

  bool ended(std::uint64_t id) const override {
    const std::lock_guard lock(mutex_);
    return over_ || !broken_.empty() || open_.at(id).done;
  }

  std::string broken() const override {
    const std::lock_guard lock(mutex_);
    return broken_;
  }

  void kill() override {
    child_.signal(SIGKILL);
    (void)child_.wait(std::chrono::seconds(5));
  }

  ProcessOutcome stop(Micros grace) override {
    ProcessOutcome out;
    out.actor = actor_;
    out.argv = argv_;
    out.exited_by_itself = !child_.running();
    watch_.sample();
    // End of stdin is the protocol's shutdown; a client that misses it is ended by signal.
    child_.close_stdin();
    auto status = child_.wait(grace);
    if (!status) status = child_.stop(std::chrono::milliseconds(500));
    if (status) {
      out.exit_code = status->code;
      out.exit_signal = status->signal_number;
    }
    if (reader_.joinable()) reader_.join();
    out.out = child_.text(process::Stream::out);
    out.err = child_.text(process::Stream::err);
    out.pid = child_.pid();
    out.sightings = watch_.sightings();
    for (const auto& left : child_.left_behind())
      out.left_behind.push_back(fmt::format("{} {}", left.pid, left.name));
    return out;
  }

 private:
  struct Pending {
    Outcome outcome;
    bool done = false;
  };

  std::string said() const {
    const std::string err = child_.text(process::Stream::err);
    return err.empty() ? "" : ": " + excerpt(err.substr(0, err.find('\n')));
  }

  void read() {
    std::uint64_t number = 1;
    while (true) {
      auto line = child_.read_line(kReadForever);
      ++number;
      if (!line || !*line) {
        const std::lock_guard lock(mutex_);
        if (!line && broken_.empty())
          broken_ = fmt::format("line {} of its output: {}", number, line.error().message);
        over_ = true;
        changed_.notify_all();
        return;
      }
      if ((*line)->empty()) continue;
      if (auto taken = take(**line); !taken) {
        const std::lock_guard lock(mutex_);
        if (broken_.empty())
          broken_ = fmt::format("line {} of its output: {}", number, taken.error().message);
        changed_.notify_all();
      }
    }
  }

  // One answer line.
  Result<void> take(const std::string& line) {
    if (nests_deeper(line))
      return fail(
          fmt::format("expected JSON of at most {} levels, found more: {}", max_depth, excerpt(line)));
    json value = parse_untrusted(line);
    if (value.is_discarded()) value = parse_untrusted(with_paired_surrogates(line));
    if (value.is_discarded() || !value.is_object())
      return fail("expected a JSON object, found: " + excerpt(line));
    if (has_duplicate_key(line)) return fail("an object has a key twice: " + excerpt(line));
    const json seq = value.value("seq", json());
    if (!seq.is_number_unsigned()) return fail("expected \"seq\" as a whole number, found: " + excerpt(line));
    const auto id = seq.get<std::uint64_t>();
    std::unique_lock lock(mutex_);
    const auto found = open_.find(id);
    if (found == open_.end() || found->second.done) {
      // A request that timed out may still be answered: late, but not a breach.
      if (found != open_.end() && found->second.outcome.end == Outcome::End::timeout) return {};
      return fail(fmt::format("an answer for seq {}, which is not open", id));
    }
    Outcome& outcome = found->second.outcome;
    if (value.contains("event")) {
      event_bytes_ += line.size() + kEventWeight;
      if (event_bytes_ > kMostEventBytes)
        return fail(fmt::format("its events take more than {} MiB", kMostEventBytes >> 20U));
      const json event = value["event"];
      outcome.events.emplace_back(clock_.now(), event);
      lock.unlock();
      if (on_event_) on_event_(id, event);
      changed_.notify_all();
      return {};
    }
    constexpr std::array<std::pair<const char*, Outcome::End>, 3> kEnds = {
        {{"result", Outcome::End::result},
         {"skipped", Outcome::End::skipped},
         {"errored", Outcome::End::errored}}};
    for (const auto& [key, end] : kEnds) {
      if (!value.contains(key)) continue;
      outcome.end = end;
      outcome.result = value[key];
      outcome.ended = clock_.now();
      found->second.done = true;
      changed_.notify_all();
      return {};
    }
    return fail("expected event, result, skipped or errored, found: " + excerpt(line));
  }

  process::Child child_;
  process::ProcessWatch watch_{child_.pid()};
  const std::string actor_;
  const std::vector<std::string> argv_;
  const Clock& clock_;
  const OnEvent on_event_;
  Hello hello_;
  std::thread reader_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::map<std::uint64_t, Pending> open_;
  std::uint64_t next_ = 1;
  std::size_t event_bytes_ = 0;
  std::string broken_;
  bool over_ = false;
};

}  // namespace

Result<std::unique_ptr<Client>> start_adapter(const Launch& launch, const Clock& clock,
                                              Client::OnEvent on_event) {
  process::ChildOptions options;
  options.argv = launch.argv;
  options.through = launch.through;
  options.inherit = launch.inherit;
  options.environment = launch.environment;
  options.directory = launch.directory;
  options.stdin_mode = process::StdinMode::pipe;
  options.lines = true;
  options.line_limit = adapter::max_line_bytes;
  options.clock = &clock;
  options.sandbox = launch.sandbox;
  options.on_output = launch.on_output;
  auto child = process::Child::start(std::move(options));
  if (!child) return tl::unexpected(child.error());
  auto adapter =
      std::make_unique<Adapter>(std::move(*child), launch.actor, launch.argv, clock, std::move(on_event));
  if (auto hello = adapter->shake_hands(launch.hello_deadline, launch.protocols); !hello)
    return tl::unexpected(hello.error());
  return adapter;
}

}  // namespace assay::conformance
