// The program goes on for half a minute after its work.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  parts.may_run = parts.may_run;
  std::atexit([] { std::this_thread::sleep_for(std::chrono::seconds(30)); });
}

}  // namespace assay::reference
