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
  virtual void keep(std::size_t place, RecordedExchange exchange) = 0;
  // What the exchange that was kept at `place` turned out not to tell.
  virtual void add_lost(std::size_t place, const std::string& phrase) = 0;
  // Something that passed through cannot be in the recording: one plain phrase, without secrets.
  virtual void leave_out(const std::string& what) = 0;
};

}  // namespace assay
