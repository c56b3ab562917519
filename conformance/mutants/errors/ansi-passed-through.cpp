// http-errors.ansi-in-error: control characters of the server reach the terminal.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  parts.error_text = [right = parts.error_text](const HttpReply& reply,
                                                const std::vector<std::string>& secrets) {
    Failure failed = right(reply, secrets);
    const Said said = what_it_says(json::parse(reply.body, nullptr, false));
    for (const char c : said.message)
      if (static_cast<unsigned char>(c) < 0x20) failed.message += c;
    return failed;
  };
}

}  // namespace assay::reference
