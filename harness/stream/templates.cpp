#include "harness/stream/templates.h"

#include <algorithm>
#include <cstring>

#include "harness/stream/json_string.h"

namespace assay::stream::decoding {

namespace {

// The keys under which a protocol sends the fragment of a block.
bool is_fragment_key(Protocol protocol, Delta::Kind kind, std::string_view key) {
  if (protocol == Protocol::openai_responses) return key == "delta";
  if (protocol == Protocol::anthropic) {
    if (kind == Delta::Kind::text) return key == "text";
    if (kind == Delta::Kind::reasoning) return key == "thinking";
    return kind == Delta::Kind::tool_call && key == "partial_json";
  }
  if (protocol != Protocol::openai_chat) return false;
  if (kind == Delta::Kind::text) return key == "content";
  if (kind == Delta::Kind::refusal) return key == "refusal";
  if (kind == Delta::Kind::reasoning) return key == "reasoning_content" || key == "reasoning";
  return kind == Delta::Kind::tool_call && key == "arguments";
}

// Strings at the top level that no interpreter looks at.
bool is_padding_key(Protocol protocol, std::string_view key) {
  if (protocol == Protocol::openai_responses) return key == "obfuscation";
  return key == "p" || (protocol == Protocol::openai_chat && key == "obfuscation");
}

bool is_counter_key(Protocol protocol, std::string_view key) {
  return protocol == Protocol::openai_responses && key == "sequence_number";
}

bool learns(Protocol protocol) {
  return protocol == Protocol::openai_chat || protocol == Protocol::openai_responses ||
         protocol == Protocol::anthropic;
}

// memcmp(a, b, size) == 0 without a call: the pieces of a template are short.
inline bool same_bytes(const char* a, const char* b, std::size_t size) {
#if defined(__SSE2__)
  const auto differ = [](const char* x, const char* y) {
    return _mm_xor_si128(_mm_loadu_si128(reinterpret_cast<const __m128i*>(x)),
                         _mm_loadu_si128(reinterpret_cast<const __m128i*>(y)));
  };
  if (size >= 16) {
    __m128i any = differ(a + size - 16, b + size - 16);
    for (; size >= 64; size -= 64, a += 64, b += 64) {
      any = _mm_or_si128(any, _mm_or_si128(_mm_or_si128(differ(a, b), differ(a + 16, b + 16)),
                                           _mm_or_si128(differ(a + 32, b + 32), differ(a + 48, b + 48))));
    }
    for (; size >= 16; size -= 16, a += 16, b += 16) any = _mm_or_si128(any, differ(a, b));
    return _mm_movemask_epi8(_mm_cmpeq_epi8(any, _mm_setzero_si128())) == 0xFFFF;
  }
#endif
  return std::memcmp(a, b, size) == 0;
}

// The end of a JSON number without sign, fraction and exponent, or `at`.
const char* end_of_count(const char* at, const char* end) {
  const char* digit = at;
  while (digit != end && *digit >= '0' && *digit <= '9') ++digit;
  if (digit - at > 15 || (digit - at > 1 && *at == '0')) return at;
  return digit;
}

// Reads JSON that is known to be valid, key by key.
class Keys {
 public:
  explicit Keys(std::string_view json) : json_(json) {}
  std::string_view key;
  std::size_t value = 0;  // offset of the value's first byte
  std::size_t depth = 0;  // 1 = a key of the outermost object

  bool next() {
    while (at_ < json_.size()) {
      const char byte = json_[at_];
      if (byte == '"') {
        const std::size_t begin = at_ + 1;
        skip_string();
        const std::size_t end = at_ - 1;
        skip_spaces();
        if (at_ >= json_.size() || json_[at_] != ':') continue;
        ++at_;
        skip_spaces();
        key = json_.substr(begin, end - begin);
        value = at_;
        return true;
      }
      if (byte == '{' || byte == '[') ++depth;
      if (byte == '}' || byte == ']') --depth;
      ++at_;
    }
    return false;
  }

 private:
  void skip_string() {
    for (++at_; at_ < json_.size() && json_[at_] != '"'; ++at_)
      if (json_[at_] == '\\') ++at_;
    ++at_;
  }
  void skip_spaces() {
    while (at_ < json_.size() &&
           (json_[at_] == ' ' || json_[at_] == '\n' || json_[at_] == '\r' || json_[at_] == '\t'))
      ++at_;
  }

  std::string_view json_;
  std::size_t at_ = 0;
};

}  // namespace

inline const char* Templates::fill(const Hole& hole, const char* at, const char* end,
                                   std::string_view& text) {
  switch (hole.kind) {
    case HoleKind::fragment: {
      if (const char* close = find_json_special(at, end); close != end && *close == '"' && close != at) {
        text = raw_fragment_ = {at, static_cast<std::size_t>(close - at)};
        return close;
      }
      const JsonString string = read_json_string(at, end, scratch_);
      if (!string.close || string.close == at) return nullptr;
      raw_fragment_ = {at, static_cast<std::size_t>(string.close - at)};
      text = string.text;
      return string.close;
    }
    case HoleKind::copy:
      if (static_cast<std::size_t>(end - at) <= raw_fragment_.size() ||
          std::memcmp(at, raw_fragment_.data(), raw_fragment_.size()) != 0 || at[raw_fragment_.size()] != '"')
        return nullptr;
      return at + raw_fragment_.size();
    case HoleKind::padding: {
      const char* close = find_json_special(at, end);
      return close != end && *close == '"' ? close : nullptr;
    }
    case HoleKind::counter: {
      const char* close = end_of_count(at, end);
      return close != at ? close : nullptr;
    }
    case HoleKind::spaces:
      while (at != end && *at == ' ') ++at;
      return at;
  }
  return nullptr;
}

// Where the bytes from `at` stop fitting the part [from, to) of a template; null when they do not fit.
const char* Templates::match(const Template& known, const char* at, const char* end, std::uint32_t from,
                             std::uint32_t to, std::string_view& text) {
  if (static_cast<std::size_t>(end - at) < to - from) return nullptr;
  const char* bytes = known.bytes.data();
  for (std::uint32_t i = 0; i < known.hole_count; ++i) {
    const Hole& hole = known.holes[i];
    const std::size_t size = hole.at - from;
    if (static_cast<std::size_t>(end - at) < size || !same_bytes(at, bytes + from, size)) return nullptr;
    at = fill(hole, at + size, end, text);
    if (!at) return nullptr;
    from = hole.at;
  }
  const std::size_t size = to - from;
  if (static_cast<std::size_t>(end - at) < size || !same_bytes(at, bytes + from, size)) return nullptr;
  return at + size;
}

void Templates::to_front(std::size_t place) {
  const std::uint8_t first = order_[place];
  for (; place != 0; --place) order_[place] = order_[place - 1];
  order_[0] = first;
}

void Templates::reward(std::size_t place) {
  unrewarded_ = 0;
  pass_over_ = 0;
  if (place != 0) to_front(place);
}

// Whole: a payload of an event of `type`, which must fit as a whole; else an event with its framing at the
// front of `bytes`.
template <bool Whole>
Templates::Hit Templates::find(std::string_view type, std::string_view bytes, std::uint64_t epoch) {
  const char* const begin = bytes.data();
  const char* const end = begin + bytes.size();
  for (std::size_t i = 0; i < most_templates; ++i) {
    Template& known = templates_[order_[i]];
    if (known.epoch != epoch) continue;
    const char* close = nullptr;
    if constexpr (Whole) {
      if (known.type != type) continue;
      close = match(known, begin, end, known.payload_begin, known.payload_end, known.delta.text);
      if (close != end) continue;
    } else {
      close = match(known, begin, end, 0, known.size, known.delta.text);
      if (!close) continue;
    }
    reward(i);
    return {static_cast<std::size_t>(close - begin), &known.delta};
  }
  return {};
}

Templates::Hit Templates::match_event(std::string_view wire, std::uint64_t epoch) {
  return find<false>({}, wire, epoch);
}

Templates::Hit Templates::match_payload(std::string_view type, std::string_view payload,
                                        std::uint64_t epoch) {
  return find<true>(type, payload, epoch);
}

bool Templates::refresh(std::string_view type, std::string_view payload, const Delta& delta,
                        std::uint64_t epoch) {
  for (std::size_t i = 0; i < most_templates; ++i) {
    Template& known = templates_[order_[i]];
    std::string_view text;
    if (known.type != type || known.delta.kind != delta.kind) continue;
    const char* end = payload.data() + payload.size();
    if (match(known, payload.data(), end, known.payload_begin, known.payload_end, text) != end) continue;
    known.epoch = epoch;
    known.delta = delta;
    return true;
  }
  return false;
}

void Templates::learn(std::string_view type, std::string_view payload, std::string_view wire_eol,
                      const Delta& delta, std::uint64_t epoch) {
  if (!learns(protocol_) || delta.text.empty()) return;
  if (pass_over_ != 0) {
    --pass_over_;
    return;
  }
  // On the wire a line end would divide it.
  if (payload.find('\n') != std::string_view::npos || payload.find('\r') != std::string_view::npos) return;
  Delta kept = delta;
  kept.id = kept.name = kept.text = {};
  if (refresh(type, payload, kept, epoch)) return;
  // Streams without two events alike: learn ever more rarely.
  if (++unrewarded_ > 2 * most_templates) pass_over_ = std::min<std::uint32_t>(unrewarded_ * 4, 256);

  // The template that was not used for longest makes room; unused ones stand at the end.
  Template& fresh = templates_[order_.back()];
  fresh.bytes.clear();
  if (type != "message") ((fresh.bytes += "event: ") += type) += wire_eol;
  fresh.bytes += "data: ";
  if (!find_holes(payload, delta, fresh)) {
    fresh.hole_count = 0;
    fresh.epoch = ~std::uint64_t{0};
    fresh.type.assign(1, '\0');  // serves nobody
    return;
  }
  fresh.bytes += wire_eol;
  fresh.bytes += wire_eol;
  fresh.size = static_cast<std::uint32_t>(fresh.bytes.size());
  fresh.type = type;
  fresh.epoch = epoch;
  fresh.delta = kept;
  to_front(most_templates - 1);
}

bool Templates::find_holes(std::string_view payload, const Delta& delta, Template& fresh) const {
  fresh.hole_count = 0;
  fresh.payload_begin = static_cast<std::uint32_t>(fresh.bytes.size());
  std::size_t done = 0;  // bytes of the payload that are in the template or were left out of it
  bool has_fragment = false;
  std::string scratch;
  std::string_view raw;
  const auto cut = [&](std::size_t from, std::size_t to, HoleKind kind) {
    if (fresh.hole_count == most_holes) return false;
    fresh.bytes += payload.substr(done, from - done);
    fresh.holes[fresh.hole_count++] = {static_cast<std::uint32_t>(fresh.bytes.size()), kind};
    done = to;
    return true;
  };
  const char* const begin = payload.data();
  const char* const end = begin + payload.size();
  for (Keys keys(payload); keys.next();) {
    if (keys.key.find('\\') != std::string_view::npos) return false;
    const bool is_string = begin[keys.value] == '"';
    const std::size_t inside = keys.value + 1;
    if (is_string && is_fragment_key(protocol_, delta.kind, keys.key)) {
      const JsonString string = read_json_string(begin + inside, end, scratch);
      if (!string.close) return false;
      const std::size_t close = static_cast<std::size_t>(string.close - begin);
      if (has_fragment || string.text != delta.text) return false;
      has_fragment = true;
      raw = payload.substr(inside, close - inside);
      if (!cut(inside, close, HoleKind::fragment)) return false;
    } else if (is_string && has_fragment && keys.key == "text" && delta.kind == Delta::Kind::reasoning &&
               protocol_ == Protocol::openai_chat && payload.substr(inside, raw.size()) == raw &&
               begin[inside + raw.size()] == '"') {
      if (!cut(inside, inside + raw.size(), HoleKind::copy)) return false;
    } else if (is_string && keys.depth == 1 && is_padding_key(protocol_, keys.key)) {
      const char* close = find_json_special(begin + inside, end);
      if (close == end || *close != '"') return false;
      if (!cut(inside, static_cast<std::size_t>(close - begin), HoleKind::padding)) return false;
    } else if (!is_string && keys.depth == 1 && is_counter_key(protocol_, keys.key)) {
      const char* close = end_of_count(begin + keys.value, end);
      if (close == begin + keys.value) return false;
      if (!cut(keys.value, static_cast<std::size_t>(close - begin), HoleKind::counter)) return false;
    }
  }
  if (!has_fragment) return false;
  if (protocol_ == Protocol::anthropic) {
    const std::size_t brace = payload.rfind('}');
    std::size_t spaces = brace;
    while (spaces > done && payload[spaces - 1] == ' ') --spaces;
    if (!cut(spaces, brace, HoleKind::spaces)) return false;
  }
  fresh.bytes += payload.substr(done);
  fresh.payload_end = static_cast<std::uint32_t>(fresh.bytes.size());
  return true;
}

}  // namespace assay::stream::decoding
