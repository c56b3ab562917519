#include "harness/base/journal_stream.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <thread>

namespace assay {
namespace {

using testing::HasSubstr;
using testing::Not;

struct Pipe {
  std::array<int, 2> ends{};
  Pipe() { EXPECT_EQ(::pipe2(ends.data(), O_CLOEXEC), 0); }
  ~Pipe() {
    ::close(ends[0]);
    if (ends[1] >= 0) ::close(ends[1]);
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;
  // What was written, once the writing end is closed.
  std::string read_all() {
    ::close(ends[1]);
    ends[1] = -1;
    std::string out;
    std::array<char, 65536> buffer{};
    for (ssize_t got = 0; (got = ::read(ends[0], buffer.data(), buffer.size())) > 0;)
      out.append(buffer.data(), static_cast<std::size_t>(got));
    return out;
  }
};

JournalEntry entry_of(JournalKind kind, std::string text) {
  JournalEntry entry;
  entry.at = Micros(1'234'567);
  entry.actor = "inference";
  entry.kind = kind;
  entry.text = std::move(text);
  return entry;
}

std::string shown(const JournalEntry& entry, bool color, bool everything) {
  Pipe pipe;
  { JournalStream({pipe.ends[1], color, everything}).show(entry); }
  return pipe.read_all();
}

TEST(JournalStream, ShowsALineForWhatMatters) {
  EXPECT_EQ(shown(entry_of(JournalKind::request, "GET /v1/models"), false, false),
            "     1.235 s  inference     request     GET /v1/models\n");
  JournalEntry answered = entry_of(JournalKind::response, "");
  answered.status = 401;
  EXPECT_EQ(shown(answered, true, false), "\033[33m     1.235 s  inference     response    401\033[0m\n");
  EXPECT_EQ(shown(entry_of(JournalKind::done, ""), false, false), "");
}

TEST(JournalStream, WhatAPeerSentCannotSteerTheTerminal) {
  EXPECT_EQ(shown(entry_of(JournalKind::request, "GET /\x1b[2J\u009b\u202e"), false, false),
            "     1.235 s  inference     request     GET /\\x1b[2J\\x9b\\u202e\n");
}

TEST(JournalStream, ShowsEverythingWhenAsked) {
  EXPECT_THAT(shown(entry_of(JournalKind::done, ""), false, true), HasSubstr("done"));
  JournalEntry entry = entry_of(JournalKind::request, "POST /x");
  entry.request = std::make_shared<const Request>(
      Request{"POST", "/x", "HTTP/1.1", {{"X-A", "1"}}, std::string(5000, 'b')});
  EXPECT_THAT(shown(entry, false, false), Not(HasSubstr("X-A")));
  EXPECT_THAT(shown(entry, false, true),
              HasSubstr("| X-A: 1\n              | " + std::string(2000, 'b') + "\n"));
}

TEST(JournalStream, WritesEveryLineInOrderFromManyThreads) {
  Pipe pipe;
  constexpr int kLines = 2000;
  std::string text;
  std::thread reader;
  {
    JournalStream stream({pipe.ends[1], false, false});
    reader = std::thread([&] {  // a pipe holds 64 KiB: without a reader the writer would wait for ever
      std::array<char, 4096> buffer{};
      while (std::count(text.begin(), text.end(), '\n') < 2L * kLines) {
        const ssize_t got = ::read(pipe.ends[0], buffer.data(), buffer.size());
        if (got <= 0) break;
        text.append(buffer.data(), static_cast<std::size_t>(got));
      }
    });
    std::vector<std::thread> writers;
    for (const char* name : {"a", "b"})
      writers.emplace_back([&stream, name] {
        for (int i = 0; i < kLines; ++i)
          stream.show(entry_of(JournalKind::note, name + std::to_string(i) + "."));
      });
    for (std::thread& writer : writers) writer.join();
  }
  reader.join();
  for (const char* name : {"a", "b"}) {
    std::size_t at = 0;
    for (int i = 0; i < kLines && at != std::string::npos; ++i)
      at = text.find(name + std::to_string(i) + ".", at);
    EXPECT_NE(at, std::string::npos) << name;
  }
}

TEST(JournalStream, GoesOnWhenNobodyReadsAnyMore) {
  Pipe pipe;
  ::close(pipe.ends[0]);
  pipe.ends[0] = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  std::signal(SIGPIPE, SIG_IGN);
  { JournalStream({pipe.ends[1], false, false}).show(entry_of(JournalKind::note, "x")); }
  std::signal(SIGPIPE, SIG_DFL);
}

}  // namespace
}  // namespace assay
