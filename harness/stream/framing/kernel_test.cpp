// Every kernel that this CPU can run does what the plainest loops do, whatever stands behind the end.
#include "harness/stream/framing/kernel.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "harness/base/random.h"
#include "harness/stream/decode/json_string.h"
#include "harness/stream/framing/buffer.h"

namespace assay::stream::decoding {
namespace {

// Few different bytes, so that all meetings happen.
std::string some_bytes(Random& random, std::string_view alphabet, std::size_t most) {
  std::string bytes(random.below(most + 1), ' ');
  for (char& byte : bytes)
    byte = random.below(24) == 0 ? alphabet[random.below(alphabet.size())]
                                 : static_cast<char>('a' + random.below(2));
  return bytes;
}

// The bytes, then others that must not matter.
std::string padded(std::string bytes, Random& random) {
  for (std::size_t i = 0; i < Buffer::padding; ++i) bytes += "\n\r\"\\\x80 a0"[random.below(8)];
  return bytes;
}

std::size_t plain_copy_event(std::string_view bytes, bool after_lf) {
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (bytes[i] == '\r') return i;
    if (bytes[i] == '\n' && after_lf) return i + 1;
    after_lf = bytes[i] == '\n';
  }
  return bytes.size() + 1;
}

TEST(Kernels, FindLineEndsAndCopyEvents) {
  const Kernels all = kernels();
  ASSERT_GE(all.count, 1U);
  for (std::uint64_t seed = 1; seed <= 20000; ++seed) {
    Random random(seed);
    const std::string bytes = some_bytes(random, "\n\n\n\n\r\x80\xFF", 300);
    const std::string memory = padded(bytes, random);
    const std::string_view view(memory.data(), bytes.size());
    const std::size_t line = std::min(view.find_first_of("\r\n"), view.size());
    const bool ascii_line =
        std::none_of(view.begin(), view.begin() + static_cast<std::ptrdiff_t>(line),
                     [](char byte) { return (static_cast<unsigned char>(byte) & 0x80U) != 0; });
    const bool after_lf = random.below(2) == 0;
    for (std::size_t i = 0; i < all.count; ++i) {
      bool ascii = true;
      ASSERT_EQ(all.all[i]->line_end(view.data(), view.data() + view.size(), ascii), view.data() + line)
          << all.all[i]->name << " seed " << seed;
      if (!ascii_line) {
        ASSERT_FALSE(ascii) << all.all[i]->name << " seed " << seed;
      }
      // Copied from memory that ends with the bytes, to memory that ends there too: sanitizers see more.
      const std::vector<char> from(bytes.begin(), bytes.end());
      std::vector<char> to(bytes.size());
      const std::size_t size = all.all[i]->copy_event(from.data(), from.size(), after_lf, to.data());
      ASSERT_EQ(size, plain_copy_event(view, after_lf)) << all.all[i]->name << " seed " << seed;
      const std::size_t copied = std::min(size, bytes.size());
      ASSERT_EQ(std::string_view(to.data(), copied), view.substr(0, copied))
          << all.all[i]->name << " seed " << seed;
    }
  }
}

// A skeleton and bytes made after it, or nearly so; what fits is said by reading it byte by byte.
struct Made {
  std::string skeleton;
  std::vector<Hole> holes;
  std::string wire;
};

Made make(Random& random) {
  static constexpr std::string_view fragments[] = {
      "x",
      " the",
      R"(\n)",
      R"(\u00e9)",
      R"(\ud83d\ude42)",
      R"(\ud83d)",
      R"(\udc00\ud800)",
      "é東🙂",
      "\xC3",
      "",
      R"(\)",
      "a\nb",
      R"(\x)",
      R"(\u12)",
      "\x01",
      R"(q\"uo)",
      "\xF0\x9F",
      "1234567890123",
      " long one of many words, longer than a block is wide, \\u0041"};
  static constexpr std::string_view pads[] = {"",  "x",    "abcdefghijklmnop",
                                              "é", "a\\n", "0123456789012345678901234567890123456789"};
  static constexpr std::string_view counts[] = {"0", "7", "12345", "01", "", "1234567890123456", "-1", "1.5"};
  Made made;
  std::string copy;
  const std::size_t holes = random.below(most_holes + 1);
  for (std::size_t i = 0; i <= holes; ++i) {
    const std::string piece = some_bytes(random, "{}:,\"", random.below(4) == 0 ? 200 : 40);
    made.skeleton += piece;
    made.wire += piece;
    if (i == holes) break;
    auto kind = static_cast<HoleKind>(random.below(5));
    // A copy is of something; a string ends with its quote.
    if (kind == HoleKind::copy && copy.empty()) kind = HoleKind::fragment;
    made.holes.push_back({static_cast<std::uint32_t>(made.skeleton.size()), kind});
    switch (kind) {
      case HoleKind::fragment:
        copy = fragments[random.below(std::size(fragments))];
        made.wire += copy;
        break;
      case HoleKind::copy:
        made.wire += random.below(4) == 0 ? "other" : copy;
        break;
      case HoleKind::padding:
        made.wire += pads[random.below(std::size(pads))];
        break;
      case HoleKind::counter:
        made.wire += counts[random.below(std::size(counts))];
        break;
      case HoleKind::spaces:
        made.wire += std::string(random.below(40), ' ');
        break;
    }
    if (kind != HoleKind::counter && kind != HoleKind::spaces) {
      made.skeleton += '"';
      made.wire += '"';
    }
  }
  made.skeleton += "}\n\n";
  made.wire += "}\n\n";
  if (random.below(3) == 0) made.wire[random.below(made.wire.size())] = "\"\n \\a0\x80}"[random.below(8)];
  if (random.below(4) == 0) made.wire.resize(random.below(made.wire.size()));
  if (random.below(4) == 0) made.wire += "data: next\n\n";
  return made;
}

struct PlainFit {
  std::size_t end = std::string_view::npos;  // npos: does not fit
  std::string text;
};

PlainFit plain_fit(const Made& made, std::string memory) {
  const std::string_view wire(memory.data(), made.wire.size());
  PlainFit fit;
  std::size_t at = 0;
  std::size_t from = 0;
  std::string raw;
  std::string scratch;
  const auto piece = [&](std::size_t to) {
    const std::string_view wanted = std::string_view(made.skeleton).substr(from, to - from);
    if (wire.substr(std::min(at, wire.size()), wanted.size()) != wanted) return false;
    at += wanted.size();
    from = to;
    return true;
  };
  for (const Hole& hole : made.holes) {
    if (!piece(hole.at)) return fit;
    const std::size_t begin = at;
    const auto byte = [&] { return at < wire.size() ? wire[at] : '\0'; };
    switch (hole.kind) {
      case HoleKind::fragment: {
        const JsonString string = read_json_string(wire.data() + at, wire.data() + wire.size(), scratch);
        if (!string.close || string.close == wire.data() + at) return fit;
        fit.text = string.text;
        at = static_cast<std::size_t>(string.close - wire.data());
        raw = wire.substr(begin, at - begin);
        break;
      }
      case HoleKind::copy:
        if (wire.substr(at, raw.size() + 1) != raw + '"') return fit;
        at += raw.size();
        break;
      case HoleKind::padding:
        while (byte() >= ' ' && byte() != '"' && byte() != '\\') ++at;
        if (byte() != '"') return fit;
        break;
      case HoleKind::counter:
        while (byte() >= '0' && byte() <= '9') ++at;
        if (at == begin || at - begin > 15 || (at - begin > 1 && wire[begin] == '0')) return fit;
        break;
      case HoleKind::spaces:
        while (byte() == ' ') ++at;
        break;
    }
  }
  if (!piece(made.skeleton.size())) return fit;
  fit.end = at;
  return fit;
}

TEST(Kernels, FitWhatFitsByteByByte) {
  const Kernels all = kernels();
  std::size_t fitting = 0;
  for (std::uint64_t seed = 1; seed <= 60000; ++seed) {
    Random random(seed);
    const Made made = make(random);
    const std::string memory = padded(made.wire, random);
    const std::string bytes = made.skeleton + std::string(Buffer::padding, '\0');
    const PlainFit plain = plain_fit(made, memory);
    fitting += plain.end != std::string_view::npos;
    for (std::size_t i = 0; i < all.count; ++i) {
      std::string scratch;
      Fragment fragment;
      fragment.scratch = &scratch;
      const Skeleton skeleton = {bytes.data(), made.holes.data(),
                                 static_cast<std::uint32_t>(made.holes.size()), 0,
                                 static_cast<std::uint32_t>(made.skeleton.size())};
      const char* end = all.all[i]->fit(skeleton, memory.data(), memory.data() + made.wire.size(), fragment);
      const std::string where = std::string(all.all[i]->name) + " seed " + std::to_string(seed);
      ASSERT_EQ(end, plain.end == std::string_view::npos ? nullptr : memory.data() + plain.end) << where;
      if (end && !plain.text.empty()) {
        ASSERT_EQ(std::string_view(fragment.text, fragment.text_size), plain.text) << where;
      }
    }
  }
  EXPECT_GT(fitting, 10000U);
}

}  // namespace
}  // namespace assay::stream::decoding
