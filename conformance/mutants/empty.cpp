#include "conformance/mutants/empty.h"

#include <unistd.h>

#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>

#include "conformance/reference/client.h"

namespace assay::reference {
namespace {

using nlohmann::json;

struct CloseFile {
  void operator()(FILE* file) const { std::fclose(file); }
};
using File = std::unique_ptr<FILE, CloseFile>;

// The next line of `from`, with its LF; empty at the end.
std::string line_of(FILE* from) {
  std::string out;
  for (int c = std::fgetc(from); c != EOF; c = std::fgetc(from)) {
    out += static_cast<char>(c);
    if (c == '\n') break;
  }
  return out;
}

void say(FILE* to, const json& line) {
  const std::string text = line.dump(-1, ' ', false, json::error_handler_t::replace) + '\n';
  std::fwrite(text.data(), 1, text.size(), to);
  std::fflush(to);
}

int answer_all(bool ok, FILE* from, FILE* to) {
  say(to, hello("assay-empty"));
  for (std::string line = line_of(from); !line.empty(); line = line_of(from)) {
    const json request = json::parse(line, nullptr, false);
    if (!request.is_object()) return 2;
    if (request.value("op", "") == "shutdown") return 0;
    say(to, {{"seq", request.value("seq", json())}, {"result", {{"ok", ok}}}});
  }
  return 0;
}

int hollow(int input, FILE* to) {
  int ends[2];
  if (::pipe(ends) != 0) return 2;
  const File from(::fdopen(ends[0], "r"));
  int status = 0;
  std::thread client([&] {
    status = run_adapter(right_parts(), "assay-empty", input, ends[1]);
    ::close(ends[1]);
  });
  for (std::string line = line_of(from.get()); !line.empty(); line = line_of(from.get())) {
    json answer = json::parse(line, nullptr, false);
    if (answer.is_object() && answer.contains("result")) {
      for (auto& field : answer["result"]) field = nullptr;
    }
    say(to, answer);
  }
  client.join();
  return status;
}

}  // namespace

int run_empty(Empty kind, int input, int output) {
  const File to(::fdopen(output, "w"));
  if (kind == Empty::values) return hollow(input, to.get());
  const File from(::fdopen(input, "r"));
  return answer_all(kind == Empty::ok, from.get(), to.get());
}

}  // namespace assay::reference
