#include "conformance/reference/by_hand.h"

#include <poll.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <thread>

#include "conformance/reference/client.h"
#include "conformance/reference/errors.h"

namespace assay::reference {

using nlohmann::json;

namespace {

void tell(const json& event, const Console& console) {
  const std::string kind = event.value("kind", "");
  if (kind == adapter::event::open_url) {
    if (event.contains("user_code"))
      console.err("Enter the code " + sanitize(event.value("user_code", "")) + " at this address:\n");
    console.out(event.value("url", "") + '\n');
  } else if (kind == adapter::event::text) {
    console.out(event.value("text", ""));
  } else if (kind == adapter::event::prompt || kind == adapter::event::notice) {
    console.err(event.value("message", "") + '\n');
  } else if (kind == adapter::event::retry) {
    console.err(event.value("category", "") + ": trying again in " +
                std::to_string(event.value("after_ms", 0)) + " ms\n");
  }
}

// Hands lines of `input` to the prompt until `done`.
void read_answers(int input, Answers& answers, const Cancel& done) {
  std::string line;
  while (wait_for(input, POLLIN, Deadline{}, done) == Wake::ready) {
    char byte = 0;
    if (::read(input, &byte, 1) <= 0) return answers.put(std::nullopt);
    if (byte != '\n') {
      line += byte;
      continue;
    }
    answers.put(std::exchange(line, {}));
  }
}

void tell_result(const std::string& op, const json& result, const Console& console) {
  if (op == adapter::op::models)
    for (const json& id : result.value("ids", json::array())) console.out(id.get<std::string>() + '\n');
  for (const json& warning : result.value("warnings", json::array()))
    console.err(warning.get<std::string>() + '\n');
  if (op == adapter::op::login && result.value("ok", false))
    console.err("Signed in; the key ends with " + result.value("key_tail", "") + ".\n");
  if (op == adapter::op::logout) console.err(result.value("message", "") + '\n');
  if (op == adapter::op::status) console.out(result.value("credential_state", "") + '\n');
  if (op == adapter::op::chat && !result.value("text", "").empty()) console.out("\n");
  if (const auto error = result.find("error"); error != result.end())
    console.err(error->value("category", "") + ": " + error->value("message", "") + '\n');
}

}  // namespace

bool run_by_hand(const Parts& parts, json fields, const Console& console) {
  const std::string op = fields.value("op", "");
  Answers answers;
  const Cancel done;
  std::thread reader;
  if (op == adapter::op::login && console.input >= 0)
    reader = std::thread([&] { read_answers(console.input, answers, done); });
  Operation operation;
  operation.emit = [&](const json& event) { tell(event, console); };
  operation.answers = &answers;
  operation.fields = std::move(fields);
  const json answer = run_operation(parts, operation);
  done.cancel();
  if (reader.joinable()) reader.join();
  if (const auto errored = answer.find("errored"); errored != answer.end()) {
    console.err(errored->value("message", "") + '\n');
    return false;
  }
  tell_result(op, answer.at("result"), console);
  return answer.at("result").value("ok", false);
}

int run_program(const Parts& parts, const std::string& request) {
  json fields = json::parse(request, nullptr, false);
  if (!fields.is_object()) {
    std::fputs("expected a request of the adapter protocol as JSON\n", stderr);
    return 2;
  }
  // A program has no deadline for the whole: whoever started it ends it. The limits of silence stay.
  if (!fields.contains("deadline_ms")) fields["deadline_ms"] = 3'600'000;
  if (const char* key = std::getenv("ASSAY_API_KEY"); key != nullptr)
    fields["credential"] = {{"kind", "api_key"}, {"key", key}};
  std::signal(SIGPIPE, SIG_IGN);
  bool heard = true;  // nobody reads on: then no word is worth another
  Console console;
  console.out = [&](const std::string& text) {
    if (heard)
      heard = std::fwrite(text.data(), 1, text.size(), stdout) == text.size() && std::fflush(stdout) == 0;
  };
  console.err = [](const std::string& text) { std::fwrite(text.data(), 1, text.size(), stderr); };
  return run_by_hand(parts, std::move(fields), console) && heard ? 0 : 1;
}

}  // namespace assay::reference
