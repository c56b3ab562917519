// Each fault shows its bytes. shown_faults.txt has an entry for each use: a line `== SAMPLE FAULT PARAMS`,
// then the script that comes of it, or why it is refused. After a change on purpose, run with
// ASSAY_WRITE_SHOWN=1 (it writes docs/faults.md too) and read the difference.
#include <gtest/gtest.h>

#include <cstdlib>
#include <set>

#include "harness/base/text.h"
#include "harness/wire/fault.h"
#include "harness/wire/fault_docs.h"
#include "harness/wire/fault_samples.h"
#include "harness/wire/show.h"

namespace assay::wire {
namespace {

const std::string kFile = ASSAY_SOURCE_DIR "/harness/wire/shown_faults.txt";

std::string replace_all(std::string text, const std::string& from, const std::string& to) {
  for (std::size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size()) {
    text.replace(at, from.size(), to);
  }
  return text;
}

std::string show_listener(const ListenerMode& mode) {
  static constexpr std::array kNames{"normal",     "refuse",     "accept then close", "accept then reset",
                                     "never read", "TLS failure"};
  return std::string(kNames.at(static_cast<std::size_t>(mode.kind))) +
         (mode.tls_failure.empty() ? "" : " " + mode.tls_failure) +
         (mode.lasting == Micros(0) ? " for ever\n" : " for " + format_duration(mode.lasting) + "\n");
}

Response sample(std::string_view name) {
  if (name == "stream") return short_stream();
  if (name == "chat") return streamed_chat();
  if (name == "ndjson") {
    Response r = make_response(200, "application/x-ndjson", "{\"a\":1}\n");
    r.body.push_back({"{\"done\":true}\n", Micros(0)});
    r.framing = BodyFraming::close_delimited;
    return r;
  }
  if (name == "anthropic") {
    Response r = short_stream();
    r.body = {{"event: ping\ndata: {\"type\":\"ping\"}\n\nevent: message_stop\ndata: {}\n\n", Micros(0)}};
    return r;
  }
  return make_response(200, "text/plain", "abcdef");
}

std::string shown(const std::string& heading) {
  const auto words = split(heading, ' ');
  if (words.size() < 4) return "expected == SAMPLE FAULT PARAMS\n";
  const std::string fault(words[2]);
  const std::string text = heading.substr(words[0].size() + words[1].size() + fault.size() + 3);
  const auto params = nlohmann::json::parse(text, nullptr, false);
  if (params.is_discarded()) return "not JSON: " + text + "\n";
  std::vector<FaultUse> uses{{fault, params}};
  const auto mode = take_listener_mode(uses);
  if (!mode) return "refused: " + mode.error().text() + "\n";
  if (uses.empty()) return show_listener(*mode);
  Random random(7);
  Request request;
  request.target = "/v1/chat/completions?a=b";
  const auto script = apply_faults(sample(words[1]), uses, {}, {random, &request, 1'790'000'000});
  if (!script) return "refused: " + script.error().text() + "\n";
  std::string out = replace_all(
      show(*script),
      R"(HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n)", "HEAD ");
  out = replace_all(out, R"(HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 6\r\n\r\n)",
                    "HEAD ");
  // Long runs of one character would hide the rest.
  for (const char c : {'x', ' ', 'A'}) {
    for (std::size_t at = 0; (at = out.find(std::string(40, c), at)) != std::string::npos;) {
      const std::size_t end = std::min(out.find_first_not_of(c, at), out.size());
      out.replace(at, end - at, "<" + std::to_string(end - at) + " times " + c + ">");
    }
  }
  return out;
}

TEST(Faults, ShowTheirBytes) {
  const auto file = read_file(kFile);
  ASSERT_TRUE(file) << file.error().text();
  std::set<std::string> seen;
  std::string rewritten;
  std::size_t line_number = 0;
  std::string heading;
  std::string expected;
  const auto compare = [&] {
    if (heading.empty()) return;
    const std::string actual = shown(heading);
    EXPECT_EQ(actual, expected) << "under line " << line_number << ": " << heading;
    seen.emplace(split(heading, ' ')[2]);
    rewritten += heading + "\n" + actual + "\n";
  };
  std::size_t number = 0;
  for (const std::string_view line : split(*file, '\n')) {
    ++number;
    if (line.starts_with("== ")) {
      compare();
      heading = line;
      line_number = number;
      expected.clear();
    } else if (!line.empty()) {
      expected += std::string(line) + "\n";
    }
  }
  compare();
  // What these make depends on the version of the library; coding_faults_test.cpp decodes it.
  seen.insert({"gzip", "deflate", "br"});
  for (const Fault& fault : all_faults()) {
    EXPECT_TRUE(seen.contains(std::string(fault.name))) << fault.name << " is not shown in " << kFile;
  }
  if (std::getenv("ASSAY_WRITE_SHOWN") == nullptr) return;
  ASSERT_TRUE(write_file_atomically(kFile, rewritten));
}

// composed_faults.txt: what has been seen in the wild, said with faults; a line is "what it is: [faults]".
TEST(Faults, SayWhatWasSeenInTheWild) {
  const auto file = read_file(ASSAY_SOURCE_DIR "/harness/wire/composed_faults.txt");
  ASSERT_TRUE(file) << file.error().text();
  int count = 0;
  for (const std::string_view line : split(*file, '\n')) {
    if (line.empty()) continue;
    SCOPED_TRACE(line);
    auto uses = parse_faults(nlohmann::json::parse(line.substr(line.find(": ") + 2)));
    ASSERT_TRUE(uses) << uses.error().text();
    const auto mode = take_listener_mode(*uses);
    ASSERT_TRUE(mode) << mode.error().text();
    Random random(1);
    const Request request;
    const auto script = apply_faults(streamed_chat(), *uses, {}, {random, &request, 1'790'000'000});
    EXPECT_TRUE(script) << script.error().text();
    ++count;
  }
  EXPECT_GT(count, 80);
}

TEST(Faults, ThePageIsUpToDate) {
  const std::string path = ASSAY_SOURCE_DIR "/docs/faults.md";
  if (std::getenv("ASSAY_WRITE_SHOWN") != nullptr) {
    ASSERT_TRUE(write_file_atomically(path, faults_page()));
  }
  const auto page = read_file(path);
  ASSERT_TRUE(page) << page.error().text();
  EXPECT_TRUE(*page == faults_page()) << path << " is not what faults_page() says; see the top of this file";
}

}  // namespace
}  // namespace assay::wire
