// token-exchange.store-write-not-atomic: the file is emptied, then written piece by piece.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  parts.write_file = [](const std::string& path, const std::string& bytes) -> Outcome<void> {
    const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    std::size_t done = 0;
    while (fd >= 0 && done < bytes.size()) {
      const auto count = ::write(fd, bytes.data() + done, std::min<std::size_t>(16, bytes.size() - done));
      if (count <= 0) break;
      done += static_cast<std::size_t>(count);
      pause(Millis(2), Deadline{}, Cancel());
    }
    ::close(fd);
    if (done < bytes.size()) return failure(Category::storage, "cannot write " + path, "store");
    return {};
  };
}

}  // namespace assay::reference
