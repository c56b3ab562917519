#include "testing/judge.h"

#include <fmt/format.h>

#include <array>
#include <cctype>
#include <stdexcept>

#include "conformance/runner/judge/journal_query.h"
#include "harness/base/text.h"
#include "harness/fixture/redact/redact.h"
#include "harness/fixture/redact/secret_scan.h"
#include "harness/stream/decode/decode.h"
#include "harness/stream/decode/detect.h"

namespace assay::testing {
namespace {

// The controls at `at`, as words; "" = none. ECMA-48 and Unicode's Bidi_Control.
std::string control_at(std::string_view text, std::size_t at) {
  const auto byte = [&](std::size_t i) {
    return i < text.size() ? static_cast<unsigned char>(text[i]) : static_cast<unsigned char>(0);
  };
  const unsigned char first = byte(at);
  if (first == 0x1b) return "an escape sequence";
  if (first == '\n' || first == '\r') return "a line break";
  if (first < 0x20 || first == 0x7f) return fmt::format("the control character 0x{:02x}", first);
  if (first == 0xc2 && byte(at + 1) < 0xa0)
    return fmt::format("the control character U+{:04X}", byte(at + 1));
  if (first != 0xe2) return {};
  const unsigned char second = byte(at + 1), third = byte(at + 2);
  const bool bidi =
      (second == 0x80 && (third == 0x8e || third == 0x8f || (third >= 0xa8 && third <= 0xae))) ||
      (second == 0x81 && third >= 0xa6 && third <= 0xa9);
  return bidi ? "a mark that turns the direction of writing" : "";
}

bool begins_markup(std::string_view text, std::size_t at) {
  if (text[at] != '<' || at + 1 >= text.size()) return false;
  const char next = text[at + 1];
  return std::isalpha(static_cast<unsigned char>(next)) != 0 || next == '/' || next == '!' || next == '?';
}

// "sk-w…" of a secret: enough to find it, too little to use it.
std::string hinted(std::string_view secret) {
  return std::string(secret.substr(0, std::min<std::size_t>(4, secret.size() / 4))) + "…";
}

}  // namespace

std::string why_unsanitized(std::string_view text, const std::vector<std::string>& secrets) {
  if (!is_utf8(text)) return "it is not UTF-8";
  for (const std::string& secret : secrets) {
    if (secret.empty()) continue;
    for (const std::string& form : encoded_forms(secret)) {
      if (const auto at = text.find(form); at != std::string_view::npos)
        return fmt::format("it has the secret {} at byte {}", hinted(secret), at);
    }
  }
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (const std::string control = control_at(text, at); !control.empty())
      return fmt::format("it has {} at byte {}", control, at);
    if (begins_markup(text, at))
      return fmt::format("it has markup at byte {}: {}", at,
                         text.substr(at, std::min<std::size_t>(20, text.size() - at)));
  }
  const auto found = SecretScanner(default_redaction_rules()).in_text(text);
  if (!found.empty())
    return fmt::format("it has what looks like a secret ({}) at byte {}", found.front().rule,
                       found.front().begin);
  return {};
}

std::string streamed_text(std::string_view bytes, std::string& why) {
  const auto protocol = stream::detect_protocol(bytes);
  if (!protocol) {
    why = "these are not the bytes of a model's answer in any protocol";
    return {};
  }
  const auto turn = stream::decode(*protocol, bytes);
  if (!turn) {
    why = turn.error().text();
    return {};
  }
  if (turn->error) why = "it ends in an error: " + turn->error->message;
  if (!turn->complete && why.empty())
    why = fmt::format("the {} stream does not come to its end", stream::protocol_name(*protocol));
  return stream::text_of(*turn);
}

std::string why_not_in_order(const World& world, const std::vector<std::string>& queries) {
  const auto entries = world.journal();
  std::uint64_t after = 0;
  for (std::size_t i = 0; i < queries.size(); ++i) {
    const auto query = conformance::parse_query(queries[i]);
    if (!query) throw std::runtime_error("assay: " + query.error().text());
    std::uint64_t found = 0;
    for (const auto& entry : conformance::select(*query, entries)) {
      if (entry->seq > after) {
        found = entry->seq;
        break;
      }
    }
    if (found == 0)
      return i == 0 ? fmt::format("there is no \"{}\"", queries[i])
                    : fmt::format("there is no \"{}\" after \"{}\"", queries[i], queries[i - 1]);
    after = found;
  }
  return {};
}

}  // namespace assay::testing
