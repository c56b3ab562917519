#include "harness/process/canary.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "harness/base/text.h"

namespace assay::process {
namespace {

constexpr std::size_t kShortest = 8;
constexpr std::size_t kShortestEncoded = 10;  // of a base64 piece: what is shorter is found by chance

// What base64 text holds of `value` whatever stands before and after it: the digits that depend on it alone.
std::vector<std::string> inside_base64(const std::string& value) {
  std::vector<std::string> out;
  for (std::size_t before = 0; before < 3; ++before) {
    for (const bool url : {false, true}) {
      const std::string padded = std::string(before, '\0') + value;
      const std::string digits = url ? base64url(padded) : base64(padded);
      const std::size_t first = before == 0 ? 0 : before + 1;  // ceil(8 * before / 6)
      const std::size_t last = padded.size() * 8 / 6;
      if (last - first >= kShortestEncoded) out.push_back(digits.substr(first, last - first));
    }
  }
  return out;
}

std::string hex(std::string_view bytes, bool upper) {
  const std::string_view digits = upper ? "0123456789ABCDEF" : "0123456789abcdef";
  std::string out;
  for (const char c : bytes) {
    out += digits[static_cast<unsigned char>(c) >> 4U];
    out += digits[static_cast<unsigned char>(c) & 0xFU];
  }
  return out;
}

std::vector<std::string> forms_of(const std::string& value) {
  std::vector<std::string> out = {value, hex(value, false), hex(value, true)};
  const std::string quoted =
      nlohmann::json(value).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  out.push_back(quoted.substr(1, quoted.size() - 2));
  for (auto& piece : inside_base64(value)) {
    for (auto& twice : inside_base64(piece)) out.push_back(std::move(twice));
    out.push_back(std::move(piece));
  }
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

int digit_of(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

// The number that `digits` digits of `base` at `at` make, if it is a byte; -1 when they do not.
int byte_at(std::string_view text, std::size_t at, std::size_t digits, int base) {
  if (at + digits > text.size()) return -1;
  int value = 0;
  for (const char c : text.substr(at, digits)) {
    const int digit = digit_of(c);
    if (digit < 0 || digit >= base) return -1;
    value = value * base + digit;
  }
  return value < 256 ? value : -1;
}

std::string without(std::string_view text, std::string_view characters) {
  std::string out;
  out.reserve(text.size());
  for (const char c : text)
    if (characters.find(c) == std::string_view::npos) out += c;
  return out;
}

std::string percent_decoded(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    const int byte = text[i] == '%' ? byte_at(text, i + 1, 2, 16) : -1;
    out += byte < 0 ? text[i] : static_cast<char>(byte);
    if (byte >= 0) i += 2;
  }
  return out;
}

// \u002d, \x2d and \055. Of others only the backslash goes.
std::string backslash_decoded(std::string_view text) {
  struct Form {
    char mark;
    std::size_t digits;
  };
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\' || i + 1 == text.size()) {
      out += text[i];
      continue;
    }
    const char mark = text[i + 1];
    const std::size_t digits = mark == 'u' ? 4 : mark == 'x' ? 2 : 3;
    const std::size_t first = mark == 'u' || mark == 'x' ? i + 2 : i + 1;
    const int byte = byte_at(text, first, digits, digits == 3 ? 8 : 16);
    if (byte < 0) continue;
    out += static_cast<char>(byte);
    i = first + digits - 1;
  }
  return out;
}

// Calls look(view) with the text as it stands and with what its escapes mean. A view that would be the text
// again is left out.
template <typename Look>
void for_each_view(std::string_view text, Look look) {
  look(text);
  const auto has = [&](char c) { return text.find(c) != std::string_view::npos; };
  if (has('%')) look(percent_decoded(text));
  if (has('\\')) look(backslash_decoded(text));
  if (has('\n')) look(without(text, "\r\n"));
  if (has('\0')) look(without(text, std::string_view("\0", 1)));  // UTF-16 of either order
}

}  // namespace

std::string canary_value(Random& random, std::string_view prefix) {
  return std::string(prefix) + random.alphanumeric(40);
}

CanarySearch::CanarySearch(const std::vector<Canary>& canaries) {
  for (const Canary& canary : canaries) {
    if (canary.value.size() < kShortest) continue;
    for (auto& form : forms_of(canary.value)) needles_.add(std::move(form), secrets_.size());
    secrets_.push_back({canary.name, canary.sinks});
  }
}

template <typename Allowed>
void CanarySearch::look(std::string_view where, std::string_view place, std::string_view text,
                        Allowed allowed) {
  std::set<std::size_t> there;
  for_each_view(text, [&](std::string_view view) {
    needles_.find(view, [&](std::size_t secret) { there.insert(secret); });
  });
  for (const std::size_t secret : there) {
    if (allowed(secrets_[secret])) continue;
    Leak leak{secrets_[secret].name, std::string(where), std::string(place)};
    if (std::find(leaks_.begin(), leaks_.end(), leak) == leaks_.end()) leaks_.push_back(std::move(leak));
  }
}

void CanarySearch::in_text(std::string_view where, std::string_view place, std::string_view text) {
  look(where, place, text, [](const Secret&) { return false; });
}

void CanarySearch::in_body(std::string_view actor, std::string_view place, std::string_view body) {
  look("requests", place, body, [&](const Secret& secret) {
    return std::find(secret.sinks.begin(), secret.sinks.end(), actor) != secret.sinks.end();
  });
}

void CanarySearch::in_processes(const std::vector<Sighting>& sightings, pid_t client) {
  for (const Sighting& seen : sightings) {
    const std::string place = fmt::format("pid {} {}", seen.process.pid, seen.process.name);
    for (const auto& argument : seen.process.argv) in_text("argv", place, argument);
    if (seen.process.pid == client) continue;
    for (const auto& variable : seen.environment) {
      in_text("environment", place + " " + variable.substr(0, variable.find('=')), variable);
    }
  }
}

void CanarySearch::in_journal(const std::vector<std::shared_ptr<const JournalEntry>>& entries) {
  for (const auto& entry : entries) {
    if (!entry->request || entry->actor == "browser") continue;
    const Request& request = *entry->request;
    const std::string place = request.method + " " + std::string(target_path(request.target));
    const auto sink = [&](const Secret& needle) {
      return std::find(needle.sinks.begin(), needle.sinks.end(), entry->actor) != needle.sinks.end();
    };
    in_text("urls", entry->actor + " " + place, request.target);
    for (const Header& header : request.headers) {
      const bool url = iequals(header.name, "referer");
      const std::string field = entry->actor + " " + place + " header " + to_lower(header.name);
      look(url ? "urls" : "requests", field, header.value, [&](const Secret& n) { return !url && sink(n); });
    }
    look("requests", entry->actor + " " + place + " body", request.body, sink);
  }
}

}  // namespace assay::process
