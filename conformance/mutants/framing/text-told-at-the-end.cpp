// Text is handed over when the whole answer is there.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  struct Reader : WrappedReader {
    using WrappedReader::WrappedReader;
    bool push(std::string_view bytes) override {
      held += bytes;
      return true;
    }
    bool ended() const override { return held.empty() && right->ended(); }
    stream::Turn finish() override {
      for (const char* end : {"[DONE]", "message_stop", "response.completed", "finishReason", "messageStop",
                              "message-end", "\"done\":true"})
        if (held.find(end) != std::string::npos) right->push(std::exchange(held, {}));
      return right->finish();
    }
    std::string held;
  };
  wrap_reader<Reader>(parts);
}

}  // namespace assay::reference
