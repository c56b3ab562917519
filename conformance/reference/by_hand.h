// The reference client at a terminal: one operation, its events as text for a person.
#pragma once

#include "conformance/reference/parts.h"

namespace assay::reference {

struct Console {
  // The login URL and the model's text; notices, retries and errors.
  std::function<void(const std::string&)> out;
  std::function<void(const std::string&)> err;
  // A descriptor that pasted lines are read from until the login ends; -1: nobody pastes.
  int input = -1;
};

// Runs `fields` (a request of the adapter protocol without seq). True: the operation was ok.
bool run_by_hand(const Parts& parts, nlohmann::json fields, const Console& console);

// A whole program: one request of the adapter protocol, by hand, with the key from ASSAY_API_KEY. Returns an
// exit status.
int run_program(const Parts& parts, const std::string& request);

}  // namespace assay::reference
