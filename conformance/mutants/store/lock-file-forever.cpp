// token-exchange.stale-or-future-refresh-lock: a lock file whose owner is dead is waited for.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  parts.lock = [](const std::string& home, const Deadline& deadline,
                  const Cancel& cancel) -> Outcome<StoreLock> {
    const std::string path = home + "/auth.json.lock";
    int fd = -1;
    while ((fd = ::open(path.c_str(), O_CREAT | O_EXCL | O_CLOEXEC, 0600)) < 0) {
      if (deadline.passed() || cancel.cancelled())
        return failure(Category::timeout, "the store is locked", "store");
      pause(Millis(5), deadline, cancel);
    }
    ::close(fd);
    return StoreLock{std::shared_ptr<void>(nullptr, [path](void*) { ::unlink(path.c_str()); })};
  };
}

}  // namespace assay::reference
