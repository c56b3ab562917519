#include "harness/wire/faults/place.h"

#include <algorithm>
#include <array>

namespace assay::wire {
namespace {

constexpr const char* kTooLong = "are a repetition that has no end, or is too long to be divided";
constexpr const char* kNoHead = "an earlier fault left no whole head";
constexpr std::array<std::string_view, 5> kUnitNames{"wire", "header", "byte", "chunk", "event"};

std::string_view name_of(PlaceUnit unit) {
  return kUnitNames.at(static_cast<std::size_t>(unit));
}

// What is repeated is too long to be looked into (unroll() played the rest): a place inside it, or found by
// counting what is in it, cannot be named.
Result<std::size_t> outside_repeats(const Layout& where, PlaceUnit unit, std::size_t at, bool from_end) {
  const bool counts = unit == PlaceUnit::byte || unit == PlaceUnit::chunk;
  for (const Range& repeat : where.repeats) {
    if (at <= repeat.begin && !(from_end && (counts || where.endless))) continue;
    if (at >= repeat.end && !counts && !where.endless) continue;
    return fail(std::string(name_of(unit)) + ": the bytes up to that place " + kTooLong);
  }
  return at;
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

}  // namespace

std::string top_level_bytes(const Script& script) {
  std::string out;
  for (const Step& step : script.steps) {
    if (std::holds_alternative<Repeat>(step.op)) break;
    if (const auto* write = std::get_if<Write>(&step.op)) out += write->bytes;
  }
  return out;
}

std::uint64_t width_of(const Step& step) {
  if (const auto* write = std::get_if<Write>(&step.op)) return write->bytes.size();
  const auto* repeat = std::get_if<Repeat>(&step.op);
  if (repeat == nullptr) return 0;
  std::uint64_t once = 0;
  for (const Step& s : repeat->steps) once += width_of(s);
  return once * std::max<std::uint64_t>(1, repeat->times);
}

Layout layout(const Script& script) {
  Layout out;
  for (const Step& step : script.steps) {
    if (const auto* repeat = std::get_if<Repeat>(&step.op)) {
      out.repeats.push_back({out.total, out.total + width_of(step)});
      out.endless = out.endless || repeat->times == 0;
      out.payload += repeat->times * layout({repeat->steps}).payload;
      out.total += width_of(step);
    }
    const auto* write = std::get_if<Write>(&step.op);
    if (write == nullptr) continue;
    for (const Mark& m : write->marks) {
      const std::size_t at = out.total + m.at;
      switch (m.kind) {
        case MarkKind::head:  // what was before it was an interim response
          out = Layout{.total = out.total, .head = at, .repeats = std::move(out.repeats)};
          break;
        case MarkKind::header:
          out.headers.push_back(at);
          break;
        case MarkKind::body:
          out.body = at;
          out.whole_head = true;
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

Result<void> nothing_hidden(const Layout& where) {
  if (!where.repeats.empty()) return fail("its bytes " + std::string(kTooLong));
  return {};
}

Result<void> few_enough(const std::vector<std::size_t>& places) {
  constexpr std::size_t kMost = 2'000'000;
  if (places.size() <= kMost) return {};
  return fail("it would divide the message at " + std::to_string(places.size()) + " places, " +
              std::to_string(kMost) + " at most");
}

Result<std::size_t> body_place(const Layout& where) {
  if (!where.whole_head) return fail(kNoHead);
  return where.body;
}

Result<std::size_t> place_at_end(const Layout& where, PlaceUnit unit) {
  if (unit == PlaceUnit::header) {
    if (!where.whole_head || where.body < 2) return fail(kNoHead);
    return where.body - 2;
  }
  if (unit == PlaceUnit::wire) return outside_repeats(where, unit, where.total, true);
  if (!where.whole_head) return fail(kNoHead);
  if (unit == PlaceUnit::event && where.events.empty())
    return fail("event: there are no events in this body");
  const bool last_chunk = unit == PlaceUnit::chunk && where.chunked();
  const std::size_t at = last_chunk           ? where.chunks.back()
                         : where.data.empty() ? where.body
                                              : where.data.back().end;
  return outside_repeats(where, unit, at, true);
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
  if (unit == PlaceUnit::byte && index == 0) return body_place(where);
  if (from_start == count) return place_at_end(where, unit);
  const auto i = static_cast<std::size_t>(from_start);
  std::size_t at = i;
  if (unit == PlaceUnit::header) return where.headers[i];
  if (unit == PlaceUnit::byte) {
    if (!where.whole_head) return fail(kNoHead);
    at = after_payload(where, i);
  }
  if (unit == PlaceUnit::chunk)
    at = where.chunked() && i < where.chunks.size() ? where.chunks[i] : where.data[i].begin;
  if (unit == PlaceUnit::event) at = before_event(where, where.events[i]);
  return outside_repeats(where, unit, at, index < 0);
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
  if (auto ok = nothing_hidden(where); !ok) return tl::unexpected(ok.error());
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

}  // namespace assay::wire
