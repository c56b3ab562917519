#include <algorithm>
#include <array>
#include <cctype>

#include "conformance/reference/errors.h"
#include "harness/stream/framing/sse.h"

namespace assay::reference {

namespace {

constexpr std::size_t most_bytes = std::size_t{64} * 1024;  // of a text that is looked at

// Removes ANSI sequences (ECMA-48 CSI and OSC), C0, DEL, C1 and bidirectional controls; white space is a
// blank.
std::string without_controls(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    const auto byte = static_cast<unsigned char>(text[at]);
    if (byte == 0x1B) {
      ++at;
      if (at < text.size() && text[at] == '[') {
        ++at;
        while (at < text.size() && (text[at] < 0x40 || text[at] > 0x7E)) ++at;
        ++at;
      } else if (at < text.size() && text[at] == ']') {
        while (at < text.size() && text[at] != '\a' && text[at] != 0x1B) ++at;
        if (at < text.size() && text[at] == 0x1B) ++at;
        ++at;
      }
      continue;
    }
    if (byte < 0x20 || byte == 0x7F) {
      out += ' ';
      ++at;
      continue;
    }
    if (byte == 0xC2 && at + 1 < text.size() && static_cast<unsigned char>(text[at + 1]) < 0xA0) {
      at += 2;  // C1
      continue;
    }
    if (byte == 0xE2 && at + 2 < text.size()) {
      const auto second = static_cast<unsigned char>(text[at + 1]);
      const auto third = static_cast<unsigned char>(text[at + 2]);
      const bool bidi =
          (second == 0x80 && (third == 0x8E || third == 0x8F || (third >= 0xA8 && third <= 0xAE))) ||
          (second == 0x81 && third >= 0xA6 && third <= 0xA9);
      if (bidi) {
        at += 3;
        continue;
      }
    }
    out += text[at++];
  }
  return out;
}

std::string without_tags(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const bool opens = text[at] == '<' && at + 1 < text.size() &&
                       (std::isalpha(static_cast<unsigned char>(text[at + 1])) != 0 || text[at + 1] == '/' ||
                        text[at + 1] == '!' || text[at + 1] == '?');
    if (!opens) {
      out += text[at];
      continue;
    }
    const std::size_t end = text.find('>', at);
    out += ' ';
    if (end == std::string_view::npos) break;
    at = end;
  }
  return out;
}

bool word_char(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' || c == '_' || c == '.';
}

bool all_hex(std::string_view word) {
  return std::all_of(word.begin(), word.end(), [](unsigned char c) { return std::isxdigit(c) != 0; });
}

// A word that can only be a secret, whoever's it is.
bool looks_secret(std::string_view word) {
  static constexpr std::array<std::string_view, 6> prefixes = {"sk-", "eyJ", "AIza", "gsk_", "xai-", "rt_"};
  const bool masked = word.find("..") != std::string_view::npos;  // a server's own "sk-...cdef"
  const bool digits =
      std::any_of(word.begin(), word.end(), [](unsigned char c) { return std::isdigit(c) != 0; });
  for (const auto prefix : prefixes)
    if (word.starts_with(prefix) && word.size() >= prefix.size() + 8 && digits) return !masked;
  return word.size() >= 40 && all_hex(word);
}

std::string mask(std::string_view secret) {
  return secret.size() < 12 ? "***" : "***" + std::string(secret.substr(secret.size() - 4));
}

std::string without_secrets(std::string text, const std::vector<std::string>& secrets) {
  for (const std::string& secret : secrets) {
    if (secret.size() < 4) continue;
    for (std::size_t at = text.find(secret); at != std::string::npos; at = text.find(secret, at)) {
      const std::string masked = mask(secret);
      text.replace(at, secret.size(), masked);
      at += masked.size();
    }
  }
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    if (!word_char(text[at])) {
      out += text[at++];
      continue;
    }
    std::size_t end = at;
    while (end < text.size() && word_char(text[end])) ++end;
    std::string_view word = std::string_view(text).substr(at, end - at);
    std::string_view tail;  // a full stop ends the sentence, not the key
    while (word.ends_with('.')) {
      word.remove_suffix(1);
      tail = std::string_view(text).substr(at + word.size(), end - at - word.size());
    }
    out += looks_secret(word) ? "***" : std::string(word);
    out += tail;
    at = end;
  }
  return out;
}

}  // namespace

std::string sanitize(std::string_view text, const std::vector<std::string>& secrets, std::size_t limit) {
  // Secrets go before anything is cut or removed, so that no half of one stays.
  std::string clean = without_tags(without_controls(stream::repair_utf8(text.substr(0, most_bytes))));
  clean = without_secrets(std::move(clean), secrets);
  std::string line;
  for (const char c : clean) {
    if (c == ' ' && (line.empty() || line.back() == ' ')) continue;
    line += c;
  }
  while (line.ends_with(' ')) line.pop_back();
  if (line.size() <= limit) return line;
  std::size_t cut = limit;
  while (cut > 0 && (static_cast<unsigned char>(line[cut]) & 0xC0U) == 0x80U) --cut;
  return line.substr(0, cut) + "...";
}

}  // namespace assay::reference
