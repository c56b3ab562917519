#include "harness/wire/faults/place.h"

#include <algorithm>
#include <array>

namespace assay::wire {
namespace {

constexpr std::array<std::string_view, 5> kUnitNames{"wire", "header", "byte", "chunk", "event"};

std::string_view name_of(PlaceUnit unit) {
  return kUnitNames.at(static_cast<std::size_t>(unit));
}

// After `n` bytes of payload: the earliest such offset, so that what frames the next byte comes later.
std::size_t after_payload(const Layout& where, std::size_t n) {
  if (n == 0) return where.body;
  for (const Range& piece : where.data) {
    const std::size_t size = piece.end - piece.begin;
    if (n <= size) return piece.begin + n;
    n -= size;
  }
  return where.total;
}

std::size_t before_event(const Layout& where, std::size_t at) {
  for (std::size_t i = 0; i < where.data.size() && where.chunked(); ++i) {
    if (where.data[i].begin == at) return where.chunks[i];
  }
  return at;
}

bool is_end_mark(MarkKind kind) {
  return kind == MarkKind::data_end || kind == MarkKind::end;
}

// Moves what lies from `at` on into a write of its own. A mark that ends something stays with it.
Write split_tail(Write& write, std::size_t at) {
  Write tail;
  tail.bytes = write.bytes.substr(at);
  write.bytes.resize(at);
  std::vector<Mark> kept;
  for (const Mark& m : write.marks) {
    if (m.at < at || (m.at == at && is_end_mark(m.kind))) {
      kept.push_back(m);
    } else {
      tail.marks.push_back({m.at - at, m.kind});
    }
  }
  write.marks = std::move(kept);
  return tail;
}

}  // namespace

std::string top_level_bytes(const Script& script) {
  std::string out;
  for (const Step& step : script.steps) {
    if (const auto* write = std::get_if<Write>(&step.op)) out += write->bytes;
  }
  return out;
}

Layout layout(const Script& script) {
  Layout out;
  for (const Step& step : script.steps) {
    const auto* write = std::get_if<Write>(&step.op);
    if (write == nullptr) continue;
    for (const Mark& m : write->marks) {
      const std::size_t at = out.total + m.at;
      switch (m.kind) {
        case MarkKind::head:  // what was before it was an interim response
          out = Layout{.total = out.total, .head = at};
          break;
        case MarkKind::header:
          out.headers.push_back(at);
          break;
        case MarkKind::body:
          out.body = at;
          break;
        case MarkKind::chunk:
          out.chunks.push_back(at);
          break;
        case MarkKind::data:
          out.data.push_back({at, at});
          break;
        case MarkKind::data_end:
          if (!out.data.empty()) out.data.back().end = at;
          break;
        case MarkKind::event:
          out.events.push_back(at);
          break;
        case MarkKind::end:
          break;
      }
    }
    out.total += write->bytes.size();
  }
  for (const Range& piece : out.data) out.payload += piece.end - piece.begin;
  return out;
}

std::size_t count_of(const Layout& where, PlaceUnit unit) {
  switch (unit) {
    case PlaceUnit::wire:
      return where.total;
    case PlaceUnit::header:
      return where.headers.size();
    case PlaceUnit::byte:
      return where.payload;
    case PlaceUnit::chunk:
      return where.data.size();
    case PlaceUnit::event:
      return where.events.size();
  }
  return 0;
}

Result<std::size_t> place_at_end(const Layout& where, PlaceUnit unit) {
  switch (unit) {
    case PlaceUnit::wire:
      return where.total;
    case PlaceUnit::header:
      return where.body - std::min<std::size_t>(where.body, 2);
    case PlaceUnit::chunk:
      if (where.chunked()) return where.chunks.back();
      [[fallthrough]];
    case PlaceUnit::byte:
      return where.data.empty() ? where.body : where.data.back().end;
    case PlaceUnit::event:
      if (where.events.empty()) return fail("event: there are no events in this body");
      return where.data.empty() ? where.body : where.data.back().end;
  }
  return where.total;
}

Result<std::size_t> place_of(const Layout& where, PlaceUnit unit, std::int64_t index) {
  const auto count = static_cast<std::int64_t>(count_of(where, unit));
  const std::int64_t from_start = index < 0 ? count + index : index;
  if (from_start < 0 || from_start > count) {
    std::string units(name_of(unit));
    if (unit == PlaceUnit::wire || unit == PlaceUnit::byte) {
      units = unit == PlaceUnit::wire ? "byte of message" : "byte of body";
    } else if (count != 1) {
      units += "s";
    }
    return fail(std::string(name_of(unit)) + " " + std::to_string(index) + ": there " +
                (count == 1 ? "is 1 " : "are " + std::to_string(count) + " ") + units);
  }
  if (from_start == count) return place_at_end(where, unit);
  const auto i = static_cast<std::size_t>(from_start);
  switch (unit) {
    case PlaceUnit::wire:
      return i;
    case PlaceUnit::header:
      return where.headers[i];
    case PlaceUnit::byte:
      return after_payload(where, i);
    case PlaceUnit::chunk:
      return where.chunked() && i < where.chunks.size() ? where.chunks[i] : where.data[i].begin;
    case PlaceUnit::event:
      return before_event(where, where.events[i]);
  }
  return where.total;
}

std::optional<PlaceParam> read_place(Params& params, bool many) {
  std::optional<PlaceParam> out;
  for (std::size_t u = 0; u < kUnitNames.size(); ++u) {
    const std::string name(kUnitNames.at(u));
    const nlohmann::json* value = params.value(name);
    if (value == nullptr) continue;
    if (out) {
      params.wrong("expected one place, found " + std::string(name_of(out->unit)) + " and " + name);
      return out;
    }
    out = PlaceParam{.unit = static_cast<PlaceUnit>(u)};
    const auto wanted = [&] {
      params.wrong(name + ": expected an index" + (many ? ", a list of them, \"every\"" : "") +
                   " or \"end\", found " + as_text(*value));
    };
    if (value->is_number_integer()) {
      out->indices.push_back(value->get<std::int64_t>());
    } else if (*value == "end") {
      out->end = true;
    } else if (many && *value == "every") {
      out->every = true;
    } else if (many && value->is_array() && !value->empty()) {
      for (const nlohmann::json& item : *value) {
        if (!item.is_number_integer()) wanted();
        if (item.is_number_integer()) out->indices.push_back(item.get<std::int64_t>());
      }
    } else {
      wanted();
    }
  }
  return out;
}

Result<std::vector<std::size_t>> resolve(const Layout& where, const PlaceParam& place) {
  std::vector<std::size_t> out;
  if (place.end) {
    auto at = place_at_end(where, place.unit);
    if (!at) return tl::unexpected(at.error());
    out.push_back(*at);
  }
  std::vector<std::int64_t> indices = place.indices;
  if (place.every) {
    const std::size_t count = count_of(where, place.unit);
    if (count == 0) return fail(std::string(name_of(place.unit)) + ": there are none in this message");
    for (std::size_t i = 0; i < count; ++i) indices.push_back(static_cast<std::int64_t>(i));
  }
  for (const std::int64_t index : indices) {
    auto at = place_of(where, place.unit, index);
    if (!at) return tl::unexpected(at.error());
    out.push_back(*at);
  }
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

Result<std::size_t> resolve_one(const Layout& where, const std::optional<PlaceParam>& place,
                                std::size_t otherwise) {
  if (!place) return otherwise;
  auto places = resolve(where, *place);
  if (!places) return tl::unexpected(places.error());
  return places->front();
}

const std::vector<std::string_view>& place_set_names() {
  static const std::vector<std::string_view> names{"every-offset", "inside-code-points", "between-cr-lf",
                                                   "inside-chunk-size"};
  return names;
}

Result<std::vector<std::size_t>> place_set(const Script& script, std::string_view name) {
  const Layout where = layout(script);
  const std::string bytes = top_level_bytes(script);
  std::vector<std::size_t> out;
  if (name == "every-offset") {
    for (std::size_t at = 1; at < bytes.size(); ++at) out.push_back(at);
    return out;
  }
  if (name == "inside-code-points") {
    for (const Range& piece : where.data) {
      for (std::size_t at = piece.begin; at < piece.end; ++at) {
        if ((static_cast<unsigned char>(bytes[at]) & 0xC0U) == 0x80U) out.push_back(at);
      }
    }
    if (out.empty()) return fail("inside-code-points: the body has no character of more than one byte");
    return out;
  }
  if (name == "between-cr-lf") {
    for (std::size_t at = 1; at < bytes.size(); ++at) {
      if (bytes[at - 1] == '\r' && bytes[at] == '\n') out.push_back(at);
    }
    return out;
  }
  if (name == "inside-chunk-size") {
    for (const std::size_t chunk : where.chunks) {
      for (std::size_t at = chunk + 1; at < bytes.size() && bytes[at - 1] != '\n'; ++at) out.push_back(at);
    }
    if (out.empty()) return fail("inside-chunk-size: the body is not chunked");
    return out;
  }
  return fail("there is no set of places named " + std::string(name));
}

Script insert_steps(Script script, const std::vector<std::size_t>& places, const Steps& steps) {
  Steps out;
  out.reserve(script.steps.size() + places.size() * (1 + steps.size()));
  const auto insert = [&] { out.insert(out.end(), steps.begin(), steps.end()); };
  auto place = places.begin();
  std::size_t base = 0;
  for (Step& step : script.steps) {
    auto* write = std::get_if<Write>(&step.op);
    if (write == nullptr) {
      out.push_back(std::move(step));
      continue;
    }
    // Divided front to back: each piece is copied once and each mark looked at once.
    const std::size_t size = write->bytes.size();
    std::size_t begin = 0;
    auto mark = write->marks.begin();
    const auto piece_until = [&](std::size_t end) {
      Write piece{write->bytes.substr(begin, end - begin), {}};
      for (; mark != write->marks.end() && (mark->at < end || end == size || is_end_mark(mark->kind)) &&
             mark->at <= end;
           ++mark) {
        piece.marks.push_back({mark->at - begin, mark->kind});
      }
      begin = end;
      if (!piece.bytes.empty() || !piece.marks.empty()) out.push_back({std::move(piece)});
    };
    for (; place != places.end() && *place < base + size; ++place) {
      if (*place - base > begin) piece_until(*place - base);
      insert();
    }
    piece_until(size);
    base += size;
  }
  for (; place != places.end(); ++place) insert();
  script.steps = std::move(out);
  return script;
}

Script end_at(Script script, std::size_t place, Steps last) {
  std::size_t base = 0;
  auto step = script.steps.begin();
  for (; step != script.steps.end(); ++step) {
    auto* write = std::get_if<Write>(&step->op);
    if (write == nullptr) continue;
    if (place < base + write->bytes.size()) {
      split_tail(*write, place - base);
      if (place > base) ++step;
      break;
    }
    base += write->bytes.size();
  }
  script.steps.erase(step, script.steps.end());
  script.steps.insert(script.steps.end(), std::make_move_iterator(last.begin()),
                      std::make_move_iterator(last.end()));
  script.keep_alive = false;
  return script;
}

Script replace_bytes(Script script, Range range, const Write& replacement, bool keep_first_marks) {
  std::size_t base = 0;
  bool written = false;
  Write* last = nullptr;
  for (Step& step : script.steps) {
    auto* write = std::get_if<Write>(&step.op);
    if (write == nullptr) continue;
    last = write;
    const std::size_t size = write->bytes.size();
    const std::size_t begin = std::clamp(range.begin, base, base + size) - base;
    const std::size_t end = std::clamp(range.end, base, base + size) - base;
    const bool here = !written && range.begin < base + size;
    if (!here && begin == end) {
      base += size;
      continue;
    }
    Write tail = split_tail(*write, begin);
    if (here) {
      for (const Mark& m : replacement.marks) write->marks.push_back({begin + m.at, m.kind});
      write->bytes += replacement.bytes;
      written = true;
    }
    for (const Mark& m : tail.marks) {
      const std::size_t removed = end - begin;
      if (m.at >= removed) {
        write->marks.push_back({write->bytes.size() + m.at - removed, m.kind});
      } else if (m.at == 0 && here && keep_first_marks) {
        write->marks.push_back({begin, m.kind});
      }
    }
    write->bytes += tail.bytes.substr(end - begin);
    std::stable_sort(write->marks.begin(), write->marks.end(),
                     [](const Mark& a, const Mark& b) { return a.at < b.at; });
    base += size;
  }
  if (!written && last != nullptr) {
    for (const Mark& m : replacement.marks) last->marks.push_back({last->bytes.size() + m.at, m.kind});
    last->bytes += replacement.bytes;
  }
  return script;
}

}  // namespace assay::wire
