// any/process: the key is given to a helper as an argument, where everybody can read it.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  parts.transport = [right = parts.transport](const HttpRequest& request, const BodySink& sink,
                                              const Cancel& cancel, const Deadline& deadline) {
    const std::string* header = find_header(request.headers, "authorization");
    if (const pid_t helper = ::fork(); helper == 0) {
      ::execl("/bin/sh", "sh", "-c", "sleep 0.1; true", header == nullptr ? "" : header->c_str(), nullptr);
      ::_exit(1);
    } else {
      ::waitpid(helper, nullptr, 0);
    }
    return right(request, sink, cancel, deadline);
  };
}

}  // namespace assay::reference
