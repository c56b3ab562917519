// The framer against the standard's algorithm in its plainest form, on streams that were put together from
// all that an event stream is made of, in any order, in any reads, with and without limits.
#include <gmock/gmock.h>

#include <string>
#include <vector>

#include "harness/base/random.h"
#include "harness/stream/framing/sse.h"

namespace assay::stream {
namespace {

struct Read {
  std::vector<std::string> events;  // type|data|id
  bool refused = false;
  bool operator==(const Read&) const = default;
};

std::ostream& operator<<(std::ostream& out, const Read& read) {
  for (const std::string& event : read.events) out << "[" << event << "]";
  return out << (read.refused ? " refused" : "");
}

// Everything in one string, line by line.
class Plain {
 public:
  Read read(std::string bytes, FrameLimits limits, AtEnd policy) {
    event_limit_ = limits.event;
    if (bytes.rfind("\xEF\xBB\xBF", 0) == 0) bytes.erase(0, 3);
    while (!bytes.empty()) {
      const std::size_t end = bytes.find_first_of("\r\n");
      if (std::min(end, bytes.size()) > limits.line) {
        read_.refused = true;
        return read_;
      }
      if (end == std::string::npos) break;
      line(bytes.substr(0, end));
      if (read_.refused) return read_;
      bytes.erase(0, end + (bytes.compare(end, 2, "\r\n") == 0 ? 2 : 1));
    }
    if (policy == AtEnd::flush) {
      if (!bytes.empty()) line(bytes);
      if (!read_.refused) line("");
    }
    return read_;
  }

 private:
  void line(const std::string& bytes) {
    if (bytes.empty()) {
      if (pending_) id_ = *pending_;
      if (any_)
        read_.events.push_back((type_.empty() ? "message" : repair_utf8(type_)) + "|" +
                               repair_utf8(data_.substr(0, data_.size() - 1)) + "|" + id_);
      any_ = false;
      type_.clear();
      data_.clear();
      return;
    }
    const std::size_t colon = bytes.find(':');
    const std::string name = bytes.substr(0, colon);
    std::string value = colon == std::string::npos ? "" : bytes.substr(colon + 1);
    if (!value.empty() && value[0] == ' ') value.erase(0, 1);
    if (name == "data") {
      data_ += value + "\n";
      any_ = true;
      read_.refused = data_.size() - 1 > event_limit_;
    } else if (name == "event") {
      type_ = value;
    } else if (name == "id" && value.find('\0') == std::string::npos) {
      pending_ = repair_utf8(value);
    }
  }

  Read read_;
  std::size_t event_limit_ = 0;
  std::string type_;
  std::string data_;
  std::string id_;
  std::optional<std::string> pending_;
  bool any_ = false;
};

std::string soup(Random& random) {
  static const std::string parts[] = {"data: ",
                                      "data: ",
                                      "event: ",
                                      "data:",
                                      "data",
                                      "event",
                                      "id: ",
                                      "id",
                                      "\n",
                                      "\n\n",
                                      "\n\n",
                                      "\r",
                                      "\r\n",
                                      "\r\n\r\n",
                                      ":",
                                      " ",
                                      "x",
                                      "{\"a\": \"b\"}",
                                      "\u00e9",
                                      "\xFF",
                                      "\xE2\x82",
                                      "da",
                                      "ev",
                                      ": ping\n\n",
                                      std::string(1, '\0'),
                                      "\xEF\xBB\xBF",
                                      "data: x\n\n",
                                      "event: e\ndata: y\n\n",
                                      std::string(70, 'z')};
  std::string bytes;
  for (std::size_t i = random.below(24); i != 0; --i) bytes += parts[random.below(std::size(parts))];
  return bytes;
}

Read framed(const std::string& bytes, FrameLimits limits, AtEnd policy, Random& random) {
  SseFramer framer(limits);
  Read read;
  SseEvent event;
  const auto keep = [&] {
    read.events.push_back(std::string(event.type) + "|" + std::string(event.data) + "|" +
                          std::string(event.id));
  };
  const std::size_t most = random.below(2) == 0 ? 3 : 80;
  for (std::size_t at = 0; at < bytes.size();) {
    const std::string piece = bytes.substr(at, 1 + random.below(most));
    at += piece.size();
    framer.append(piece);
    while (framer.next(event)) keep();
  }
  if (framer.finish(policy, event)) keep();
  read.refused = framer.error().has_value();
  return read;
}

TEST(SseFramer, ReadsAnySoupAsTheStandardSays) {
  for (std::uint64_t seed = 1; seed <= 40000; ++seed) {
    Random random(seed);
    const std::string bytes = soup(random);
    const AtEnd policy = random.below(2) == 0 ? AtEnd::flush : AtEnd::discard;
    const auto limit = [&] { return random.below(3) == 0 ? 12 + random.below(80) : 4096; };
    const FrameLimits limits{.line = limit(), .event = limit()};
    ASSERT_EQ(framed(bytes, limits, policy, random), Plain().read(bytes, limits, policy))
        << "seed " << seed << " limits " << limits.line << " and " << limits.event << "\n"
        << ::testing::PrintToString(bytes);
  }
}

}  // namespace
}  // namespace assay::stream
