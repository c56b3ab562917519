#include "harness/world/sent.h"

#include <gtest/gtest.h>

namespace assay {
namespace {

using nlohmann::json;

wire::Script script(wire::Steps steps) {
  wire::Script out;
  out.steps = std::move(steps);
  return out;
}

TEST(Sent, HasBytesAndMarksInOrder) {
  const auto sent = sent_json(
      script({wire::Step{wire::Write{"abc", {}}}, wire::Step{wire::Flush{}}, wire::Step{wire::Cut{}},
              wire::Step{wire::Write{"de", {}}}, wire::Step{wire::Reset{}}}));
  EXPECT_EQ(sent["sent"], "abcde");
  EXPECT_EQ(sent["bytes"], 5);
  EXPECT_EQ(sent["marks"], json::parse(R"j([[3, "read boundary"], [5, "connection reset (RST)"]])j"));
}

TEST(Sent, EnclosesWhatAFaultChanged) {
  const std::string plain = "data: a\n\ndata: b\n\n";
  const auto sent = sent_json(script({wire::Step{wire::Write{"data: a\n\ndata:b\n\n", {}}}}), &plain);
  EXPECT_EQ(sent["marks"], json::parse(R"j([[14, "changed by the fault from here"], [14, "to here"]])j"));
  const std::string longer = "abcdef";
  wire::Script cut = script({wire::Step{wire::Write{"abc", {}}}});
  cut.keep_alive = false;
  EXPECT_EQ(sent_json(cut, &longer)["marks"],
            json::parse(R"j([[3, "cut off: 3 bytes are missing"], [3, "connection closed (FIN)"]])j"));
}

TEST(Sent, IsBounded) {
  wire::Steps steps;
  for (int i = 0; i < 1000; ++i) {
    steps.push_back({wire::Write{"\xff", {}}});
    steps.push_back({wire::Cut{}});
  }
  steps.push_back({wire::Stall{}});
  const auto sent = sent_json(script(std::move(steps)), nullptr, 100);
  EXPECT_EQ(sent["bytes"], 1000);
  EXPECT_EQ(sent["sent"]["base64"].get<std::string>().size(), 136u);
  EXPECT_EQ(sent["marks"].size(), kMostMarks);
  EXPECT_EQ(sent["marks"].back()[1], "no more bytes, connection stays open");
  EXPECT_EQ(sent["marks_left_out"], 1001 - kMostMarks);
}

}  // namespace
}  // namespace assay
