// Clients that say nothing, for `assay selftest --empty`: whatever they pass, passes without evidence.
#pragma once

#include <string_view>

namespace assay::reference {

enum class Empty {
  ok,      // sends nothing, answers every operation {"ok": true}
  failed,  // sends nothing, answers every operation {"ok": false}
  values   // does everything that the reference client does, and reports null for each field of a result
};

// Speaks the adapter protocol on two descriptors. Returns the exit status.
int run_empty(Empty kind, int input, int output);

}  // namespace assay::reference
