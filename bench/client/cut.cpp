#include "bench/client/cut.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include "bench/client/tokens.h"

namespace assay::bench {
namespace {

using wire::MarkKind;

constexpr std::size_t kMostCutBytes = std::size_t{1} << 24U;

struct Piece {
  std::size_t begin, end;  // of payload, in the bytes of the answer
};

struct Flat {
  std::string bytes;
  std::vector<Piece> pieces;
  wire::Steps others;  // what the script does beside writing, at its end
};

Flat flatten(const wire::Script& script) {
  Flat out;
  for (const wire::Step& step : script.steps) {
    if (const auto* write = std::get_if<wire::Write>(&step.op)) {
      for (const wire::Mark& mark : write->marks) {
        if (mark.kind == MarkKind::data) out.pieces.push_back({out.bytes.size() + mark.at, 0});
        if (mark.kind == MarkKind::data_end && !out.pieces.empty())
          out.pieces.back().end = out.bytes.size() + mark.at;
      }
      out.bytes += write->bytes;
    } else if (!std::holds_alternative<wire::Flush>(step.op)) {
      out.others.push_back(step);
    }
  }
  return out;
}

std::optional<std::size_t> stream_in(std::string_view payload) {
  for (std::size_t stream = 0; stream < kStreams; ++stream) {
    if (payload.find(token(stream, 0)) != std::string_view::npos) return stream;
  }
  return std::nullopt;
}

// One past the line end of its HTTP chunk, where it has one.
std::size_t end_of(const Flat& flat, const Piece& piece) {
  return piece.end + (flat.bytes.compare(piece.end, 2, "\r\n") == 0 ? 2 : 0);
}

// Where each event with text ends, the line end of its HTTP chunk included, and which stream it is.
void find_events(const Flat& flat, CutStream& out) {
  std::optional<std::size_t> stream;
  for (const Piece& piece : flat.pieces) {
    const std::string_view payload =
        std::string_view(flat.bytes).substr(piece.begin, piece.end - piece.begin);
    if (!stream) stream = stream_in(payload);
    if (!stream) continue;
    const std::size_t before = out.ends.size();
    for (std::size_t at = 0;
         (at = payload.find(token(*stream, out.ends.size()), at)) != std::string_view::npos;)
      out.ends.push_back(end_of(flat, piece));
    if (out.ends.size() > before) ++out.pieces;
  }
  out.stream = stream.value_or(0);
}

// Where writes end. `begin` is where cutting begins.
std::vector<std::size_t> borders(const Cut& cut, const Flat& flat, const CutStream& stream, std::size_t begin,
                                 bool paced) {
  std::vector<std::size_t> out;
  if (cut.kind == Cut::Kind::bytes) {
    for (std::size_t at = begin + cut.bytes; at < flat.bytes.size(); at += cut.bytes) out.push_back(at);
  } else if (cut.kind == Cut::Kind::event && paced) {
    for (const std::size_t end : stream.ends) {
      if (out.empty() || end > out.back()) out.push_back(end);
    }
  } else if (cut.kind == Cut::Kind::event) {
    for (const Piece& piece : flat.pieces) out.push_back(end_of(flat, piece));
  }
  if (out.empty() || out.back() != flat.bytes.size()) {
    // What comes after the last text goes with it.
    if (cut.kind == Cut::Kind::event && paced && !out.empty()) out.pop_back();
    out.push_back(flat.bytes.size());
  }
  return out;
}

}  // namespace

Result<Cut> parse_cut(std::string_view text) {
  if (text == "whole") return Cut{Cut::Kind::whole, 0};
  if (text == "event") return Cut{Cut::Kind::event, 0};
  Cut cut{Cut::Kind::bytes, 0};
  const auto read = std::from_chars(text.data(), text.data() + text.size(), cut.bytes);
  if (read.ec != std::errc() || read.ptr != text.data() + text.size() || cut.bytes == 0 ||
      cut.bytes > kMostCutBytes)
    return fail("expected whole, event, or a number of bytes up to 16777216, found \"" + std::string(text) +
                "\"");
  return cut;
}

std::string to_string(const Cut& cut) {
  if (cut.kind == Cut::Kind::whole) return "whole";
  return cut.kind == Cut::Kind::event ? "event" : std::to_string(cut.bytes);
}

CutStream cut_stream(const wire::Script& answer, const Cut& cut, bool paced, const std::string& hold) {
  CutStream out;
  const Flat flat = flatten(answer);
  out.bytes = flat.bytes.size();
  find_events(flat, out);
  if (out.ends.empty()) {
    out.script = answer;
    return out;
  }
  std::size_t begin = 0;
  if (paced && cut.kind != Cut::Kind::whole && out.pieces > 1) {
    for (const Piece& piece : flat.pieces) {
      if (end_of(flat, piece) == out.ends.front()) break;
      begin = end_of(flat, piece);
    }
    out.script.steps.push_back({wire::Write{flat.bytes.substr(0, begin), {}}});
    out.script.steps.push_back({wire::Flush{}});
  }
  std::size_t at = begin;
  std::size_t done = 0;  // events that a part was found for
  for (const std::size_t end : borders(cut, flat, out, begin, paced)) {
    if (paced) {
      const std::size_t part = out.event_of.size();
      for (; done < out.ends.size() && out.ends[done] < end; ++done) out.part_of.push_back(part);
      out.event_of.push_back(std::min(done, out.ends.size() - 1));
      for (; done < out.ends.size() && out.ends[done] == end; ++done) out.part_of.push_back(part);
      out.script.steps.push_back({wire::Hold{hold + std::to_string(part)}});
    }
    out.script.steps.push_back({wire::Write{flat.bytes.substr(at, end - at), {}}});
    out.script.steps.push_back({wire::Flush{}});
    at = end;
  }
  out.script.steps.insert(out.script.steps.end(), flat.others.begin(), flat.others.end());
  out.script.keep_alive = answer.keep_alive;
  return out;
}

}  // namespace assay::bench
