// Canaries (law 7 of docs/architecture.md): the secrets of a case are unique made-up values, and afterwards
// they are searched for wherever a client could have spilled them. A secret belongs in the credential store
// and in what is sent to those who issued it, and nowhere else.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "harness/base/journal.h"
#include "harness/base/random.h"
#include "harness/process/procfs.h"

namespace assay::process {

struct Canary {
  std::string name;   // what findings call it; the value never leaves this room
  std::string value;  // 8 bytes or more
  // The journal's actors that may be sent it, in a header or a body. A URL is never right (RFC 6750
  // section 5.3).
  std::vector<std::string> sinks;
};

// A value that looks like a secret and is found nowhere else: `prefix` and 40 letters and digits.
std::string canary_value(Random& random, std::string_view prefix);

struct Leak {
  std::string secret;  // Canary::name
  std::string where;   // stdout, stderr, argv, environment, files, urls, requests
  std::string place;   // "pid 7 node", a path below the root, "POST /v1/chat header x-debug", ...
  bool operator==(const Leak&) const = default;
};

// A process that was seen, with what it was started with.
struct Sighting {
  ProcessInfo process;
  std::vector<std::string> environment;  // empty when it may not be read
};

// Finds each secret as it stands, percent-encoded, escaped in JSON, and inside base64 and base64url text of
// any alignment. Secrets shorter than 8 bytes are left out: they are found by chance.
class CanarySearch {
 public:
  explicit CanarySearch(const std::vector<Canary>& canaries);

  // "stdout", "stderr" or another text of a client.
  void in_text(std::string_view where, std::string_view place, std::string_view text);
  // Every file below `root`, its name and the target of a link; `stores` (paths below the root, a directory
  // with all that is in it) are where secrets may be. Links are not followed, special files not opened.
  void in_files(const std::string& root, const std::vector<std::string>& stores);
  // Arguments of all; environments of all but `client`, which is given secrets in its own.
  void in_processes(const std::vector<Sighting>& sightings, pid_t client);
  // Requests that the fakes read. What the browser double sent is its own affair.
  void in_journal(const std::vector<std::shared_ptr<const JournalEntry>>& entries);

  // Each finding once, in the order they were found.
  const std::vector<Leak>& leaks() const { return leaks_; }

 private:
  struct Needles {
    std::string name;
    std::vector<std::string> forms;
    std::vector<std::string> sinks;
  };
  template <typename Allowed>
  void look(std::string_view where, std::string_view place, std::string_view text, Allowed allowed);
  void in_file(const std::string& path, const std::string& shown);

  std::vector<Needles> needles_;
  std::size_t longest_ = 0;
  std::vector<Leak> leaks_;
};

// Notes what the descendants of a process are started with, while they run: its thread looks every 5 ms. One
// that lives shorter can be missed; one that runs when sample() is called is not.
//
// Thread-safety: every method from any thread. The destructor ends the thread.
class ProcessWatch {
 public:
  explicit ProcessWatch(pid_t root);
  ~ProcessWatch();
  ProcessWatch(const ProcessWatch&) = delete;
  ProcessWatch& operator=(const ProcessWatch&) = delete;

  void sample();
  // The root and its descendants, each once for every program that it executed.
  std::vector<Sighting> sightings() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace assay::process
