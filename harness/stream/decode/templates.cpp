#include "harness/stream/decode/templates.h"

#include <algorithm>
#include <cstring>

#include "harness/stream/decode/json_string.h"
#include "harness/stream/framing/buffer.h"

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

const char* read_difficult_fragment(const char* at, const char* end, Fragment& fragment) {
  const JsonString string = read_json_string(at, end, *fragment.scratch);
  if (!string.close || string.close == at) return nullptr;
  fragment.raw = at;
  fragment.raw_size = static_cast<std::size_t>(string.close - at);
  fragment.text = string.text.data();
  fragment.text_size = string.text.size();
  return string.close;
}

void Templates::to_front(std::size_t place) {
  const std::uint8_t first = order_[place];
  for (; place != 0; --place) order_[place] = order_[place - 1];
  order_[0] = first;
}

void Templates::reward(std::size_t place) {
  unrewarded_ = pass_over_ = misses_ = 0;
  if (place != 0) to_front(place);
}

// Whole: a payload of an event of `type`, which must fit as a whole; else an event with its framing at the
// front of `bytes`.
template <bool Whole>
Templates::Hit Templates::find(std::string_view type, std::string_view bytes, std::uint64_t epoch) {
  if (rest_ != 0) {
    --rest_;
    return {};
  }
  const char* const begin = bytes.data();
  const char* const end = begin + bytes.size();
  for (std::size_t i = 0; i < most_templates; ++i) {
    Template& known = templates_[order_[i]];
    if (known.epoch != epoch) continue;
    const char* close = nullptr;
    if constexpr (Whole) {
      if (known.type != type) continue;
      close = kernel_.fit(known.payload, begin, end, fragment_);
      if (close != end) continue;
    } else {
      close = kernel_.fit(known.event, begin, end, fragment_);
      if (!close) continue;
    }
    known.delta.text = {fragment_.text, fragment_.text_size};
    reward(i);
    return {static_cast<std::size_t>(close - begin), &known.delta};
  }
  // Streams in which nothing comes again: try ever more rarely, too.
  if (++misses_ > 2 * most_templates) rest_ = std::min<std::uint32_t>(misses_ * 4, 256);
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
    if (known.type != type || known.delta.kind != delta.kind) continue;
    const char* end = payload.data() + payload.size();
    if (kernel_.fit(known.payload, payload.data(), end, fragment_) != end) continue;
    known.epoch = epoch;
    known.delta = delta;
    misses_ = rest_ = 0;
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
    fresh.epoch = ~std::uint64_t{0};
    fresh.type.assign(1, '\0');  // serves nobody
    return;
  }
  fresh.bytes += wire_eol;
  fresh.bytes += wire_eol;
  const auto size = static_cast<std::uint32_t>(fresh.bytes.size());
  fresh.bytes.append(Buffer::padding, '\0');
  fresh.payload.bytes = fresh.bytes.data();
  fresh.payload.holes = fresh.holes.data();
  fresh.event = fresh.payload;
  fresh.event.from = 0;
  fresh.event.to = size;
  fresh.type = type;
  fresh.epoch = epoch;
  fresh.delta = kept;
  misses_ = rest_ = 0;
  to_front(most_templates - 1);
}

bool Templates::find_holes(std::string_view payload, const Delta& delta, Template& fresh) const {
  fresh.payload.hole_count = 0;
  fresh.payload.from = static_cast<std::uint32_t>(fresh.bytes.size());
  std::size_t done = 0;  // bytes of the payload that are in the template or were left out of it
  bool has_fragment = false;
  std::string scratch;
  std::string_view raw;
  const auto cut = [&](std::size_t from, std::size_t to, HoleKind kind) {
    if (fresh.payload.hole_count == most_holes) return false;
    fresh.bytes += payload.substr(done, from - done);
    fresh.holes[fresh.payload.hole_count++] = {static_cast<std::uint32_t>(fresh.bytes.size()), kind};
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
  fresh.payload.to = static_cast<std::uint32_t>(fresh.bytes.size());
  return true;
}

}  // namespace assay::stream::decoding
