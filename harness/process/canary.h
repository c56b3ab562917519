// Canaries (law 7 of docs/architecture.md): the secrets of a case are unique made-up values, and afterwards
// they are searched for wherever a client could have spilled them. A secret belongs in the credential store
// and in what is sent to those who issued it, and nowhere else.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "harness/base/journal.h"
#include "harness/base/random.h"
#include "harness/process/needle_set.h"
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

// What in_files() is told beside the folder.
struct FileSearch {
  // Paths below the folder (a directory with all that is in it) where secrets may be.
  std::vector<std::string> stores = {};
  // Only what was changed at or after this time of CLOCK_REALTIME; 0 = everything.
  std::int64_t since_ns = 0;
};

// Finds each secret as it stands, percent-encoded, escaped with backslashes (\\u002d, \\x2d, \\055), in
// hexadecimal, in UTF-16, broken over lines, and inside base64 and base64url text of any alignment, once and
// twice. Secrets shorter than 8 bytes are left out: they are found by chance.
class CanarySearch {
 public:
  explicit CanarySearch(const std::vector<Canary>& canaries);

  // "stdout", "stderr" or another text of a client.
  void in_text(std::string_view where, std::string_view place, std::string_view text);
  // The body of a request to the fake `actor`.
  void in_body(std::string_view actor, std::string_view place, std::string_view body);
  // Every file below `root`, its name and the target of a link, and once what is compressed in gzip and zip
  // files. Links are not followed, special files not opened, holes of sparse files not read.
  void in_files(const std::string& root, const FileSearch& how);
  // Arguments of all; environments of all but `client`, which is given secrets in its own.
  void in_processes(const std::vector<Sighting>& sightings, pid_t client);
  // Requests that the fakes read. What the browser double sent is its own affair.
  void in_journal(const std::vector<std::shared_ptr<const JournalEntry>>& entries);

  // Each finding once, in the order they were found.
  const std::vector<Leak>& leaks() const { return leaks_; }
  // What in_files() did not look into, and why: "a/b: more than 200 folders deep".
  const std::vector<std::string>& unsearched() const { return unsearched_; }

 private:
  struct Secret {
    std::string name;
    std::vector<std::string> sinks;
  };
  struct Walk;
  template <typename Allowed>
  void look(std::string_view where, std::string_view place, std::string_view text, Allowed allowed);
  // canary_files.cpp
  void in_folder(Walk& walk, int folder, const std::string& shown, int depth);
  void in_file(Walk& walk, int file, const std::string& shown);
  void in_archive(Walk& walk, std::string_view bytes, const std::string& shown);
  bool inflate_and_look(Walk& walk, std::string_view bytes, int window_bits, const std::string& shown);

  std::vector<Secret> secrets_;
  NeedleSet needles_;
  std::vector<Leak> leaks_;
  std::vector<std::string> unsearched_;
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
