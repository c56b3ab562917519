#include "harness/wire/show.h"

namespace assay::wire {
namespace {

struct ShowStep {
  std::string indent;

  std::string operator()(const Write& w) const { return "write \"" + escape_bytes(w.bytes) + "\""; }
  std::string operator()(const Flush&) const { return "flush"; }
  std::string operator()(const Cut&) const { return "cut"; }
  std::string operator()(const Wait& w) const { return "wait " + format_duration(w.after); }
  std::string operator()(const Hold& h) const { return "hold " + h.name; }
  std::string operator()(const Repeat& r) const {
    std::string out = r.times == 0 ? "repeat for ever" : "repeat " + std::to_string(r.times) + " times";
    for (const Step& step : r.steps) {
      out += "\n" + indent + "  " + std::visit(ShowStep{indent + "  "}, step.op);
    }
    return out;
  }
  std::string operator()(const Close&) const { return "close"; }
  std::string operator()(const Reset&) const { return "reset"; }
  std::string operator()(const Stall&) const { return "stall"; }
  std::string operator()(const HalfClose&) const { return "half-close"; }
  std::string operator()(const AwaitInput&) const { return "await input"; }
};

}  // namespace

std::string escape_bytes(std::string_view bytes) {
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string out;
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '\r') {
      out += "\\r";
    } else if (c == '\n') {
      out += "\\n";
    } else if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (byte >= 0x20 && byte < 0x7f) {
      out += c;
    } else {
      out += "\\x";
      out += kHex[byte >> 4U];
      out += kHex[byte & 15U];
    }
  }
  return out;
}

std::string show(const Steps& steps) {
  std::string out;
  for (const Step& step : steps) out += std::visit(ShowStep{}, step.op) + "\n";
  return out;
}

std::string show(const Script& script) {
  return show(script.steps) + (script.before_request_body ? "before the request's body\n" : "") +
         (script.keep_alive ? "then keep-alive\n" : "then close\n");
}

}  // namespace assay::wire
