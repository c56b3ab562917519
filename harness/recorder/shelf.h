// Where the exchanges of all connections are put while a recorder runs.
#pragma once

#include <cstddef>
#include <string>

#include "harness/fixture/fixture.h"

namespace assay {

// Thread-safety: any thread may call any of it.
class Shelf {
 public:
  virtual ~Shelf() = default;
  // A request's head was read: the place of its exchange in the recording.
  virtual std::size_t reserve() = 0;
  // `held`: how many bytes were granted to it.
  virtual void keep(std::size_t place, RecordedExchange exchange, std::size_t held) = 0;
  // What the exchange that was kept at `place` turned out not to tell.
  virtual void add_lost(std::size_t place, const std::string& phrase) = 0;
  // Room for bytes of a body; false when too many are held already, and then they are passed on but not kept.
  // What was granted belongs to the exchange, and is free again when that has been written or is given up.
  virtual bool hold(std::size_t /*bytes*/) { return true; }
  virtual void let_go(std::size_t /*bytes*/) {}
  // Something that passed through cannot be in the recording: one plain phrase, without secrets.
  virtual void leave_out(const std::string& what) = 0;
};

}  // namespace assay
