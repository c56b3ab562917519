#include "conformance/runner/client/runs.h"

#include <fmt/format.h>

#include <csignal>

namespace assay::conformance {
namespace {

constexpr Micros kNoEnd = std::chrono::hours(24);
constexpr Micros kInputDeadline = std::chrono::seconds(5);
constexpr Micros kRunGrace = std::chrono::seconds(2);

}  // namespace

Runs::~Runs() {
  for (auto& [id, run] : runs_) {
    if (run.child) (void)run.child->stop(Micros(0));
    if (run.waiter.joinable()) run.waiter.join();
  }
}

std::uint64_t Runs::open(nlohmann::json request) {
  const std::lock_guard lock(mutex_);
  const std::uint64_t id = next_++;
  request["seq"] = id;
  Outcome& outcome = runs_[id].outcome;
  outcome.op = request.value("op", "");
  outcome.actor = actor_;
  outcome.started = clock_.now();
  outcome.request = std::move(request);
  return id;
}

void Runs::end_locked(Run& run, Outcome::End how, nlohmann::json result) {
  if (run.done) return;
  run.done = true;
  run.outcome.end = how;
  run.outcome.result = std::move(result);
  run.outcome.ended = clock_.now();
  changed_.notify_all();
}

void Runs::end(std::uint64_t id, Outcome::End how, nlohmann::json result) {
  const std::lock_guard lock(mutex_);
  end_locked(runs_.at(id), how, std::move(result));
}

void Runs::launch(std::uint64_t id, process::ChildOptions options, std::string input, Read read, Stdin in) {
  start(id, std::move(options), [this, input = std::move(input), read = std::move(read), in](Run& run) {
    wait(run, input, read, in);
  });
}

void Runs::launch_talk(std::uint64_t id, process::ChildOptions options, Talk talk, Read read) {
  start(id, std::move(options),
        [this, talk = std::move(talk), read = std::move(read)](Run& run) { converse(run, talk, read); });
}

void Runs::start(std::uint64_t id, process::ChildOptions options, std::function<void(Run&)> waiter) {
  const std::lock_guard lock(mutex_);
  Run& run = runs_.at(id);
  run.argv = options.argv;
  options.through = through_;
  options.inherit = inherit_;
  auto child = process::Child::start(std::move(options));
  if (!child) return end_locked(run, Outcome::End::errored, {{"message", child.error().text()}});
  run.child.emplace(std::move(*child));
  run.watch.emplace(run.child->pid());
  run.waiter = std::thread([&run, waiter = std::move(waiter)] { waiter(run); });
}

// The program's own exit ends the operation, whatever closes its stdin or not.
void Runs::wait(Run& run, const std::string& input, const Read& read, Stdin in) {
  if (!input.empty()) (void)run.child->write(input, kInputDeadline);
  if (in == Stdin::ends) run.child->close_stdin();
  conclude(run, run.child->wait(kNoEnd), read);
}

void Runs::converse(Run& run, const Talk& talk, const Read& read) {
  talk(*run.child);
  run.child->close_stdin();
  auto status = run.child->wait(kRunGrace);
  if (!status) status = run.child->stop(kRunGrace);
  conclude(run, status, read);
}

void Runs::conclude(Run& run, const Result<process::ExitStatus>& status, const Read& read) {
  nlohmann::json result =
      status ? read(run.child->text(process::Stream::out), run.child->text(process::Stream::err), *status)
             : nlohmann::json{{"message", status.error().message}};
  for (const auto& left : run.child->left_behind())
    result["left_behind"].push_back(fmt::format("{} {}", left.pid, left.name));
  const std::lock_guard lock(mutex_);
  end_locked(run, status ? Outcome::End::result : Outcome::End::crash, std::move(result));
}

Outcome Runs::finish(std::uint64_t id, Micros deadline) {
  std::unique_lock lock(mutex_);
  Run& run = runs_.at(id);
  if (!changed_.wait_for(lock, clock_.machine_time(deadline), [&] { return run.done; })) {
    end_locked(run, Outcome::End::timeout,
               {{"message", fmt::format("no end within {}", format_duration(deadline))}});
    lock.unlock();
    if (run.child) (void)run.child->stop(kRunGrace);
    lock.lock();
  }
  return run.outcome;
}

bool Runs::ended(std::uint64_t id) const {
  const std::lock_guard lock(mutex_);
  return runs_.at(id).done;
}

void Runs::kill() {
  const std::lock_guard lock(mutex_);
  for (auto& [id, run] : runs_) {
    if (run.child) run.child->signal(SIGKILL);
  }
}

ProcessOutcome Runs::stop(Micros grace) {
  ProcessOutcome out;
  out.actor = actor_;
  for (auto& [id, run] : runs_) {
    if (!run.child) continue;
    run.watch->sample();
    auto status = run.child->stop(grace);
    if (run.waiter.joinable()) run.waiter.join();
    out.argv = run.argv;
    out.out += run.child->text(process::Stream::out);
    out.err += run.child->text(process::Stream::err);
    if (run.outcome.result.is_object() && run.outcome.result.contains("screen"))
      out.screen = run.outcome.result.value("screen", "");
    if (status) {
      out.exit_code = status->code;
      out.exit_signal = status->signal_number;
    }
    for (const auto& left : run.child->left_behind())
      out.left_behind.push_back(fmt::format("{} {}", left.pid, left.name));
    out.pid = run.child->pid();
    for (const auto& seen : run.watch->sightings()) out.sightings.push_back(seen);
  }
  return out;
}

bool Runs::interrupt(std::uint64_t id) {
  return send(id, SIGINT, process::Child::To::group);
}

bool Runs::terminate(std::uint64_t id) {
  return send(id, SIGTERM, process::Child::To::child);
}

bool Runs::send(std::uint64_t id, int signal, process::Child::To to) {
  const std::lock_guard lock(mutex_);
  const auto found = runs_.find(id);
  if (found == runs_.end() || found->second.done || !found->second.child) return false;
  return found->second.child->signal(signal, to);
}

}  // namespace assay::conformance
