// PortHolder: something else that holds a port, as another tool or window would: it listens, accepts nothing
// and says nothing.
#pragma once

#include <cstdint>
#include <vector>

#include "harness/base/result.h"

namespace assay::conformance {

class PortHolder {
 public:
  // Binds 127.0.0.1 and, where there is IPv6, [::1]. Fails when somebody holds the port already.
  static Result<PortHolder> hold(std::uint16_t port);
  PortHolder(PortHolder&& other) noexcept;
  PortHolder& operator=(PortHolder&& other) noexcept;
  ~PortHolder();

 private:
  PortHolder() = default;
  std::vector<int> sockets_;
};

}  // namespace assay::conformance
