// oauth-login.request-during-shutdown: success is told before the credential is on disk.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  parts.write_file = [right = parts.write_file](const std::string& path,
                                                const std::string& bytes) -> Outcome<void> {
    std::thread([=] {
      pause(Millis(3000), Deadline{}, Cancel());
      [[maybe_unused]] const auto late = right(path, bytes);
    }).detach();
    return {};
  };
}

}  // namespace assay::reference
