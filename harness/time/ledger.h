// Ledger: what a tracer counts and notices, in memory that it shares with whoever started it.
//
// Thread-safety: read it at any time from any thread; any number of tracers write. Lifetimes: the memory
// lives as long as a Ledger or a tracer has it open.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <vector>

#include "harness/base/result.h"
#include "harness/base/time.h"
#include "harness/base/unique_fd.h"

namespace assay::casetime {

// How late waits ended, in the machine's time.
struct Lateness {
  std::uint64_t waits = 0;  // that ended by their time-out
  Micros p90{0}, worst{0};
};

struct Note {
  enum Kind : std::uint32_t {
    uncompressed = 1,  // a program whose time runs on as it is: the play says nothing at this rate
    refused  // a way of waiting was refused as a machine without it would: programs fall back to another
  } kind = uncompressed;
  std::string text;  // "/usr/bin/wine: a 32-bit program"
};

class Ledger {
 public:
  static Result<Ledger> create();
  // The tracer's side: the descriptor that it was given.
  static Result<Ledger> open(int fd);
  Ledger(Ledger&& other) noexcept;
  Ledger& operator=(Ledger&& other) noexcept;
  ~Ledger();

  int fd() const { return fd_.get(); }

  enum Count {
    stops,
    waits,
    clock_reads,
    images,
    cpu_ns,  // that the programs used, as far as it was seen: at their stops
    kCounts
  };
  std::uint64_t count(Count what) const;
  Lateness lateness() const;
  std::vector<Note> notes() const;

  void add(Count what, std::uint64_t amount = 1);
  void add_lateness(std::int64_t nanoseconds);
  // Each text once; those after the sixteenth are not kept.
  void add_note(Note::Kind kind, const std::string& text);

 private:
  struct Memory;
  Ledger(UniqueFd fd, Memory* memory) : fd_(std::move(fd)), memory_(memory) {}
  static Result<Ledger> map(UniqueFd fd);
  UniqueFd fd_;
  Memory* memory_ = nullptr;
};

}  // namespace assay::casetime
