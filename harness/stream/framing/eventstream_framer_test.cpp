// Messages of AWS event streams: borders, limits and CRCs, at every cut.
#include <gmock/gmock.h>

#include <string>
#include <vector>

#include "harness/stream/framing/eventstream.h"

namespace assay::stream {
namespace {

using ::testing::HasSubstr;

struct Messages {
  std::vector<std::string> told;  // type|payload
  std::string error;
  bool at_rest = true;
  bool operator==(const Messages&) const = default;
};

std::ostream& operator<<(std::ostream& out, const Messages& messages) {
  for (const std::string& message : messages.told) out << message << "; ";
  return out << messages.error << (messages.at_rest ? "" : " (open)");
}

Messages messages_in_reads(const std::string& bytes, std::size_t read, std::size_t limit) {
  EventstreamFramer framer(limit);
  Messages messages;
  for (std::size_t at = 0; at < bytes.size(); at += read) {
    framer.append(std::string_view(bytes).substr(at, read));
    for (EventstreamMessage message; framer.next(message);)
      messages.told.push_back(std::string(message.event_type) + "|" + std::string(message.payload));
  }
  if (framer.error()) messages.error = framer.error()->message;
  messages.at_rest = framer.at_rest();
  return messages;
}

Messages messages_of(const std::string& bytes, std::size_t limit = 1000) {
  Messages whole = messages_in_reads(bytes, bytes.size() + 1, limit);
  for (std::size_t read = 1; read <= bytes.size(); ++read)
    EXPECT_EQ(messages_in_reads(bytes, read, limit), whole) << "reads of " << read;
  return whole;
}

const std::string& first_message() {
  static const std::string message = eventstream_message({{":event-type", "a"}}, "{\"x\":1}");
  return message;
}
const std::string& second_message() {
  static const std::string message =
      eventstream_message({{":event-type", "b"}, {":message-type", "event"}}, "");
  return message;
}

TEST(EventstreamFramer, GivesMessagesAtEveryCut) {
  EXPECT_EQ(messages_of(first_message() + second_message() + first_message()),
            (Messages{{"a|{\"x\":1}", "b|", "a|{\"x\":1}"}, "", true}));
  EXPECT_EQ(messages_of(""), Messages{});
}

TEST(EventstreamFramer, SaysThatAMessageIsNotWhole) {
  for (std::size_t size = 1; size < second_message().size(); ++size) {
    const Messages cut = messages_of(first_message() + second_message().substr(0, size));
    EXPECT_EQ(cut.told.size(), 1U);
    EXPECT_EQ(cut.error, "");
    EXPECT_FALSE(cut.at_rest) << size;
  }
}

TEST(EventstreamFramer, KeepsItsLimit) {
  EXPECT_EQ(messages_of(first_message(), first_message().size()).told.size(), 1U);
  const Messages refused = messages_of(second_message() + first_message(), first_message().size() - 1);
  if (second_message().size() < first_message().size()) {
    EXPECT_EQ(refused.told.size(), 1U);
  }
  EXPECT_THAT(refused.error,
              HasSubstr("longer than " + std::to_string(first_message().size() - 1) + " bytes"));
}

TEST(EventstreamFramer, RefusesAnyChangedBit) {
  const std::string all = first_message() + first_message();
  for (std::size_t at = first_message().size(); at < all.size(); ++at) {
    std::string changed = all;
    changed[at] = static_cast<char>(changed[at] ^ 1);
    const Messages refused = messages_in_reads(changed, changed.size(), 1000);
    EXPECT_EQ(refused.told.size(), 1U) << at;
    EXPECT_THAT(refused.error, HasSubstr("message 2: ")) << at;
  }
}

}  // namespace
}  // namespace assay::stream
