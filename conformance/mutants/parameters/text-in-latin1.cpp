// Text is written in a character set of one byte a character.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  change_history(parts, [](Ask& ask) {
    for (Entry& entry : ask.history) {
      std::string out;
      for (const char byte : entry.text) {
        const auto code = static_cast<unsigned char>(byte);
        if (code >= 0xC4)
          out += '?';
        else if (code < 0x80 || code >= 0xC0 || (!out.empty() && out.back() != '?'))
          out += byte;
      }
      entry.text = out;
    }
  });
}

}  // namespace assay::reference
