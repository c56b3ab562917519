// Runs: the operations of a client that is a program started anew for each of them. What exec_client.h and
// program_client.h have in common. Thread-safe. The destructor kills what still runs.
#pragma once

#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <thread>

#include "conformance/runner/client/client.h"
#include "harness/process/canary.h"
#include "harness/process/child.h"

namespace assay::conformance {

class Runs {
 public:
  // The result of an operation from the program that did it, once it has ended.
  using Read = std::function<nlohmann::json(const std::string& out, const std::string& err,
                                            const process::ExitStatus& status)>;

  // `clock` outlives this.
  Runs(const Launch& launch, const Clock& clock)
      : actor_(launch.actor), through_(launch.through), inherit_(launch.inherit), clock_(clock) {}
  ~Runs();
  Runs(const Runs&) = delete;
  Runs& operator=(const Runs&) = delete;

  // Opens an operation and returns its id.
  std::uint64_t open(nlohmann::json request);
  // Ends it without a program, or before its program has ended.
  void end(std::uint64_t id, Outcome::End how, nlohmann::json result);
  // Does it by a program, which reads `input`, and the end of its stdin unless that stays open. Its exit ends
  // the operation; processes that it leaves are `left_behind` of the result, as "pid name".
  enum class Stdin { ends, stays_open };
  void launch(std::uint64_t id, process::ChildOptions options, std::string input, Read read,
              Stdin in = Stdin::ends);
  // The same with a program that is talked to: `talk` writes to it and reads its lines, on a thread of its
  // own; after it stdin ends, and a program that does not end then is stopped. It returns when the program
  // has closed its stdout, however that came.
  using Talk = std::function<void(process::Child& child)>;
  void launch_talk(std::uint64_t id, process::ChildOptions options, Talk talk, Read read);

  // As Client has them.
  Outcome finish(std::uint64_t id, Micros deadline);
  bool ended(std::uint64_t id) const;
  void kill();
  ProcessOutcome stop(Micros grace);
  // Sends SIGINT to the program and its group, as a terminal does, or SIGTERM to the program alone, as a
  // service manager does. False when the program has ended or there is none.
  bool interrupt(std::uint64_t id);
  bool terminate(std::uint64_t id);

 private:
  struct Run {
    Outcome outcome;
    bool done = false;
    std::vector<std::string> argv;
    std::optional<process::Child> child;
    std::optional<process::ProcessWatch> watch;
    std::thread waiter;
  };

  void end_locked(Run& run, Outcome::End how, nlohmann::json result);
  void start(std::uint64_t id, process::ChildOptions options, std::function<void(Run&)> waiter);
  void wait(Run& run, const std::string& input, const Read& read, Stdin in);
  void converse(Run& run, const Talk& talk, const Read& read);
  void conclude(Run& run, const Result<process::ExitStatus>& status, const Read& read);
  bool send(std::uint64_t id, int signal, process::Child::To to);

  const std::string actor_;
  const std::vector<std::string> through_;
  const int inherit_;
  const Clock& clock_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::map<std::uint64_t, Run> runs_;
  std::uint64_t next_ = 1;
};

}  // namespace assay::conformance
