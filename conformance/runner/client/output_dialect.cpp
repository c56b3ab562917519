#include "conformance/runner/client/output_dialect.h"

#include <functional>

#include "conformance/runner/client/acp_talk.h"
#include "conformance/runner/client/output_pointers.h"
#include "harness/base/text.h"
#include "harness/base/untrusted_json.h"
#include "harness/world/condition.h"

namespace assay::conformance {
namespace {

using nlohmann::json;

// What was read so far of one client's output.
struct Reading {
  std::string text;
  std::string message;  // of a failure
  json status;          // HTTP status of the failure, where the client gives it
  bool failed = false;
  bool ended = false;  // it said that the turn is over and well

  void fail_with(const json& why, const json& number = nullptr) {
    failed = true;
    if (why.is_string()) {
      message = why.get<std::string>();
    } else if (!why.is_null()) {
      message = why.dump();
    }
    if (number.is_number_integer()) status = number;
  }
};

json at(const json& value, const char* pointer) {
  const json* found = at_pointer(value, pointer);
  return found == nullptr ? json() : *found;
}

std::string text_at(const json& value, const char* pointer) {
  const json found = at(value, pointer);
  return found.is_string() ? found.get<std::string>() : "";
}

// The text blocks of a message: a string, or a list of {"type": "text", "text"}.
std::string text_blocks(const json& content) {
  if (content.is_string()) return content.get<std::string>();
  std::string out;
  if (!content.is_array()) return out;
  for (const json& block : content) {
    if (text_at(block, "/type") == "text") out += text_at(block, "/text");
  }
  return out;
}

void claude(const json& line, Reading& read) {
  const std::string type = text_at(line, "/type");
  if (type == "assistant") {
    read.text += text_blocks(at(line, "/message/content"));
  } else if (type == "result") {
    // "subtype" says success of failures too.
    if (at(line, "/is_error") == true) {
      read.text.clear();
      return read.fail_with(at(line, "/result"), at(line, "/api_error_status"));
    }
    read.ended = true;
    read.text = text_at(line, "/result");
  }
}

void codex(const json& line, Reading& read) {
  const std::string type = text_at(line, "/type");
  if (type == "item.completed" && text_at(line, "/item/type") == "agent_message")
    read.text += text_at(line, "/item/text");
  if (type == "turn.completed") read.ended = true;
  // Items of type error are warnings; a turn that failed says so itself.
  if (type == "turn.failed") read.fail_with(at(line, "/error/message"));
}

void gemini(const json& line, Reading& read) {
  const std::string type = text_at(line, "/type");
  if (type == "message" && text_at(line, "/role") == "assistant") read.text += text_at(line, "/content");
  if (type != "result") return;
  if (text_at(line, "/status") == "success") {
    read.ended = true;
  } else {
    read.fail_with(at(line, "/error/message"));
  }
}

void kimi(const json& line, Reading& read) {
  if (text_at(line, "/role") == "assistant") read.text += text_blocks(at(line, "/content"));
  if (text_at(line, "/type") == "session.resume_hint") read.ended = true;
}

void opencode(const json& line, Reading& read) {
  const std::string type = text_at(line, "/type");
  if (type == "text") read.text += text_at(line, "/part/text");
  if (type == "step_finish") read.ended = true;
  if (type == "error") read.fail_with(at(line, "/error/data/message"), at(line, "/error/data/statusCode"));
}

void pi(const json& line, Reading& read) {
  if (text_at(line, "/type") != "agent_end") return;
  read.ended = true;
  // Each retry adds a message; the last one is what the turn came to.
  const json messages = at(line, "/messages");
  if (!messages.is_array()) return;
  for (const json& message : messages) {
    if (text_at(message, "/role") != "assistant") continue;
    const std::string reason = text_at(message, "/stopReason");
    read.text = text_blocks(at(message, "/content"));
    read.failed = false;
    if (reason == "error" || reason == "aborted") read.fail_with(at(message, "/errorMessage"));
  }
}

void copilot(const json& line, Reading& read) {
  const std::string type = text_at(line, "/type");
  if (type == "assistant.message") read.text = text_at(line, "/data/content");
  if (type == "session.error") read.fail_with(at(line, "/data/message"), at(line, "/data/statusCode"));
  if (type == "result") read.ended = true;
}

void openclaw(const json& answer, Reading& read) {
  if (at(answer, "/ok") == true) {
    read.ended = true;
    const json final = at(answer, "/final");
    read.text = final.is_string() ? final.get<std::string>() : text_at(final, "/text");
  } else {
    const json message = at(answer, "/error/message");
    read.fail_with(message.is_null() ? at(answer, "/error") : message);
  }
}

// Messages of an agent. What it says while a session is loaded is of chats before.
void acp(const json& message, Reading& read) {
  const json id = at(message, "/id");
  if (text_at(message, "/method") == "session/update" &&
      text_at(message, "/params/update/sessionUpdate") == "agent_message_chunk") {
    read.text += text_at(message, "/params/update/content/text");
  }
  if (message.contains("method") || !id.is_number_integer()) return;
  if (message.contains("error")) {
    const json code = at(message, "/error/code");
    // JSON-RPC's own codes are below zero; some agents give the status of the provider.
    const bool status = code.is_number_integer() && code >= 100 && code < 600;
    const std::string details = text_at(message, "/error/data/details");
    return read.fail_with(text_at(message, "/error/message") + (details.empty() ? "" : ": " + details),
                          status ? code : json());
  }
  if (id == kAcpSession) read.text.clear();
  if (id != kAcpPrompt) return;
  const std::string reason = text_at(message, "/result/stopReason");
  if (reason == "end_turn") {
    read.ended = true;
  } else {
    read.fail_with("stopReason " + (reason.empty() ? "is missing" : reason));
  }
}

void by_pointers(const json& line, const OutputPointers& pointers, Reading& read) {
  const json* text = found_by(pointers.text, line);
  const json* whole = found_by(pointers.whole, line);
  const json* error = found_by(pointers.error, line);
  const json* status = found_by(pointers.status, line);
  if (text != nullptr) read.text += text_blocks(*text);
  if (whole != nullptr) read.text = text_blocks(*whole);
  if (found_by(pointers.end, line) != nullptr) read.ended = true;
  if (error != nullptr) read.fail_with(*error, status == nullptr ? json() : *status);
}

using ReadLine = void (*)(const json&, Reading&);

ReadLine reader_of(Dialect dialect) {
  switch (dialect) {
    case Dialect::claude_stream_json:
      return claude;
    case Dialect::codex_json:
      return codex;
    case Dialect::gemini_json:
      return gemini;
    case Dialect::kimi_stream_json:
      return kimi;
    case Dialect::opencode:
      return opencode;
    case Dialect::pi:
      return pi;
    case Dialect::copilot:
      return copilot;
    case Dialect::openclaw:
      return openclaw;
    case Dialect::acp:
      return acp;
    case Dialect::plain:
    case Dialect::pointers:
      break;
  }
  return nullptr;
}

// Every JSON object of the output: one a line, or the whole output as one.
std::vector<json> objects_of(const std::string& out, Dialect dialect) {
  std::vector<json> found;
  auto take = [&](std::string_view text) {
    json value = parse_untrusted(text);
    if (value.is_object()) found.push_back(std::move(value));
  };
  if (dialect == Dialect::openclaw) {
    take(std::string_view(out).substr(std::min(out.find('{'), out.size())));
  } else {
    for (const std::string_view line : split(out, '\n')) take(line);
  }
  return found;
}

// What stderr says of a failure: its last line that begins with "error", else its last line.
std::string complaint(const std::string& err) {
  std::string last, error;
  for (const std::string_view line : split(err, '\n')) {
    if (trim(line).empty()) continue;
    last = trim(line);
    if (to_lower(last).starts_with("error")) error = last;
  }
  return error.empty() ? last : error;
}

}  // namespace

json read_output(Dialect dialect, const std::string& session, const std::string& out, const std::string& err,
                 const process::ExitStatus& status, const OutputPointers& pointers) {
  Reading read;
  json result = json::object();
  if (dialect == Dialect::pointers) {
    for (const json& line : objects_of(out, dialect)) {
      by_pointers(line, pointers, read);
      const std::string id = session.empty() ? "" : text_at(line, session.c_str());
      if (!id.empty() && !result.contains("session")) result["session"] = id;
    }
    read.ended = read.ended || pointers.end.empty();
  } else if (const ReadLine line_reader = reader_of(dialect)) {
    for (const json& line : objects_of(out, dialect)) {
      line_reader(line, read);
      const std::string id = session.empty() ? "" : text_at(line, session.c_str());
      if (!id.empty() && !result.contains("session")) result["session"] = id;
    }
  } else {
    read.text = out;
    while (!read.text.empty() && (read.text.back() == '\n' || read.text.back() == '\r')) read.text.pop_back();
    read.ended = true;
  }
  result["ok"] = (status.ok() || dialect == Dialect::acp) && read.ended && !read.failed;
  // What its output claims, whatever it exits with; text for people claims nothing where there is none.
  const bool claims = read.ended && !read.failed && (dialect != Dialect::plain || !read.text.empty());
  result["said"] = claims ? "success" : "failure";
  result["text"] = read.text;
  if (dialect == Dialect::acp) {
    // A server's end says nothing of a chat.
  } else if (status.signal_number != 0) {
    result["signal"] = status.signal_number;
  } else {
    result["exit"] = status.code;
  }
  if (result["ok"] == true) return result;
  if (read.message.empty()) read.message = complaint(err);
  if (read.message.empty() && !read.ended) read.message = "(no end of its turn, " + status.text() + ")";
  if (read.message.empty()) read.message = "(no word, " + status.text() + ")";
  result["error"] = {{"message", read.message}};
  if (!read.status.is_null()) result["error"]["status"] = read.status;
  return result;
}

}  // namespace assay::conformance
