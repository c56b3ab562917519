#include "harness/stream/framing/framing.h"

#include <algorithm>
#include <array>

#include "harness/stream/framing/sse.h"

namespace assay::stream {

namespace {

constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
constexpr std::string_view white_space = " \t\r\n";

}  // namespace

std::optional<ToldFraming> tell_framing(std::string_view bytes) {
  if (bytes.size() < byte_order_mark.size() && byte_order_mark.starts_with(bytes)) return std::nullopt;
  const std::size_t mark = bytes.starts_with(byte_order_mark) ? byte_order_mark.size() : 0;
  const std::size_t at = bytes.find_first_not_of(white_space, mark);
  if (at == std::string_view::npos) return std::nullopt;
  const auto first = static_cast<unsigned char>(bytes[at]);
  if (first == '{' || first == '[') return ToldFraming{Framing::json, at};
  return ToldFraming{first < '\t' ? Framing::eventstream : Framing::sse, 0};
}

bool opens_sse(std::string_view opening) {
  if (opening.starts_with(byte_order_mark)) opening.remove_prefix(byte_order_mark.size());
  opening.remove_prefix(std::min(opening.find_first_not_of("\r\n"), opening.size()));
  if (opening.empty() || opening.front() == ':') return true;
  static constexpr std::array<std::string_view, 4> fields = {"data", "event", "id", "retry"};
  const std::string_view name = opening.substr(0, opening.find_first_of(":\r\n"));
  const bool ended = name.size() != opening.size();
  return std::any_of(fields.begin(), fields.end(),
                     [&](std::string_view field) { return ended ? field == name : field.starts_with(name); });
}

std::string shown(std::string_view bytes, std::size_t most) {
  std::string text;
  std::size_t end = std::min(bytes.size(), most);
  // Not in the middle of a character.
  for (int i = 0; i < 3 && end < bytes.size() && end != 0 && (bytes[end] & '\xC0') == '\x80'; ++i) --end;
  for (const char byte : repair_utf8(bytes.substr(0, end))) {
    const bool control = static_cast<unsigned char>(byte) < 0x20 || byte == '\x7F';
    text += byte == '\n' || byte == '\r' || byte == '\t' ? ' ' : control ? '?' : byte;
  }
  // C1 controls, which terminals obey too: U+0080 to U+009F are C2 80 to C2 9F.
  for (std::size_t at = 0; (at = text.find('\xC2', at)) != std::string::npos; ++at)
    if (static_cast<unsigned char>(text[at + 1]) < 0xA0) text.replace(at, 2, "?");
  return end < bytes.size() ? text + "..." : text;
}

}  // namespace assay::stream
