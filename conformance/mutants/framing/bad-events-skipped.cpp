// Events that are no JSON are passed over.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  struct Reader : WrappedReader {
    using WrappedReader::WrappedReader;
    bool push(std::string_view bytes) override {
      std::copy_if(bytes.begin(), bytes.end(), std::back_inserter(held), [](char c) { return c != '\r'; });
      for (auto end = held.find("\n\n"); end != std::string::npos; end = held.find("\n\n")) {
        const std::string event = held.substr(0, end + 2);
        held.erase(0, end + 2);
        const auto at = event.find("data: ");
        const std::string data = at == std::string::npos ? "[DONE]" : event.substr(at + 6);
        if ((data.starts_with("[DONE]") || json::accept(data)) && !right->push(event)) return false;
      }
      return true;
    }
    std::string held;
  };
  wrap_reader<Reader>(parts);
}

}  // namespace assay::reference
