// PacketWatch: sees every attempt to reach an address from inside a cell and journals those that no fake
// claims (actor "cell"):
//   kind unclaimed  "tcp 192.0.2.1:443 refused", "udp 192.0.2.1:123"   nobody listens there
//   kind connect    "tcp 192.0.2.1:443 answered"                       a listener of ours took it
// with detail {"protocol", "address", "port", "outcome"}. Connections to loopback that are answered are the
// fakes' own affair and are left out, as are UDP packets to port 53 (Resolver journals the names).
//
// Needs CellOptions::catch_all, without which other addresses have no route and no packet is made. Lifetimes:
// the journal outlives it; the destructor ends its thread when everything sent before was journalled.
#pragma once

#include <memory>

#include "harness/base/journal.h"
#include "harness/base/result.h"

namespace assay::process {

class PacketWatch {
 public:
  // Fails where packets may not be watched: "cannot watch packets: Operation not permitted".
  static Result<PacketWatch> start(Journal& journal);
  PacketWatch(PacketWatch&&) noexcept;
  PacketWatch& operator=(PacketWatch&&) noexcept;
  ~PacketWatch();

  // Returns when everything sent before was journalled; what comes later goes to `journal`, which outlives
  // the watch or the next call. nullptr = to nobody.
  void follow(Journal* journal);

 private:
  struct State;
  explicit PacketWatch(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace assay::process
