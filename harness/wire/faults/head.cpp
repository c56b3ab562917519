#include "harness/wire/faults/head.h"

#include <array>
#include <charconv>

namespace assay::wire {

std::optional<Range> header_line(const Script& script, const Layout& where, std::string_view name) {
  const std::string bytes = top_level_bytes(script);
  for (const std::size_t at : where.headers) {
    const std::size_t colon = bytes.find(':', at);
    const std::size_t end = bytes.find("\r\n", at);
    if (colon == std::string::npos || end == std::string::npos) continue;
    if (iequals(std::string_view(bytes).substr(at, colon - at), name)) return Range{at, end + 2};
  }
  return std::nullopt;
}

std::string why_no_comment(std::string_view content_type) {
  for (const std::string_view type : {"application/x-ndjson", "application/vnd.amazon.eventstream"})
    if (content_type.find(type) != std::string_view::npos)
      return std::string(type) + " knows no comments; they are of event streams (WHATWG HTML 9.2)";
  return {};
}

Result<Script> set_header_line(Script script, std::string_view name, std::string_view value) {
  const Layout where = layout(script);
  const std::string line = std::string(name) + ": " + std::string(value) + "\r\n";
  if (const auto old = header_line(script, where, name))
    return replace_bytes(std::move(script), *old, {line, {}});
  const auto at = place_at_end(where, PlaceUnit::header);
  if (!at) return tl::unexpected(at.error());
  return replace_bytes(std::move(script), {*at, *at}, {line, {{0, MarkKind::header}}});
}

Write http_chunk(std::string_view data) {
  Write out;
  std::array<char, 16> size{};
  out.bytes.assign(size.data(), std::to_chars(size.data(), size.data() + size.size(), data.size(), 16).ptr);
  out.bytes += "\r\n";
  out.marks = {{0, MarkKind::chunk},
               {out.bytes.size(), MarkKind::data},
               {out.bytes.size() + data.size(), MarkKind::data_end}};
  out.bytes += data;
  out.bytes += "\r\n";
  return out;
}

Write body_piece(std::string_view data, bool chunked) {
  if (chunked) return http_chunk(data);
  return {std::string(data), {{0, MarkKind::data}, {data.size(), MarkKind::data_end}}};
}

Headers read_headers(Params& params, std::string_view key) {
  Headers out;
  const nlohmann::json* value = params.value(key);
  if (value == nullptr) return out;
  if (!value->is_object())
    params.wrong(std::string(key) + ": expected {NAME: VALUE}, found " + as_text(*value));
  if (!value->is_object()) return out;
  for (const auto& [name, text] : value->items()) {
    if (text.is_string()) {
      out.push_back({name, text.get<std::string>()});
    } else if (text.is_number()) {
      out.push_back({name, as_text(text)});
    } else {
      params.wrong(std::string(key) + "." + name + ": expected a text, found " + as_text(text));
    }
  }
  return out;
}

}  // namespace assay::wire
