// The program under test: a chat client as somebody may have it. It asks an OpenAI-compatible API, tries once
// more when the provider is busy, and tells a person in one line what went wrong. It knows nothing of assay.
#pragma once

#include <string>

struct Reply {
  bool ok = false;
  std::string text;  // the answer; without one, what a person is told
  std::string body;  // as it came
};

// `base` is like "http://127.0.0.1:8080/v1". Only http, and numeric addresses.
Reply chat(const std::string& base, const std::string& key, const std::string& prompt);
