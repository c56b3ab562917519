#include "harness/process/idle.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <thread>

#include "harness/process/child.h"

namespace assay::process {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// Whether it comes to be so within a time that even a busy machine keeps.
bool comes_to_be(bool idle) {
  const auto until = std::chrono::steady_clock::now() + seconds(20);
  while (std::chrono::steady_clock::now() < until) {
    if (others_are_idle() == idle) return true;
    std::this_thread::yield();
  }
  return false;
}

TEST(Idle, ABusyThreadIsSeen) {
  ASSERT_TRUE(comes_to_be(true));
  std::atomic<bool> stop{false};
  std::thread busy([&] {
    while (!stop) {
    }
  });
  for (int i = 0; i < 20; ++i) EXPECT_TRUE(comes_to_be(false));
  stop = true;
  busy.join();
  EXPECT_TRUE(comes_to_be(true));
}

TEST(Idle, ABusyGrandchildIsSeenAndOneThatWaitsIsNot) {
  ChildOptions options;
  options.argv = {"/bin/sh", "-c", "sh -c 'read go; while :; do :; done'; true"};
  options.environment = {"PATH=/usr/bin:/bin"};
  options.stdin_mode = StdinMode::pipe;
  auto child = Child::start(std::move(options));
  ASSERT_TRUE(child) << child.error().text();
  EXPECT_TRUE(comes_to_be(true));
  ASSERT_TRUE(child->write("go\n", seconds(5)));
  EXPECT_TRUE(comes_to_be(false));
  ASSERT_TRUE(child->stop(milliseconds(0)));
  EXPECT_TRUE(comes_to_be(true));
}

}  // namespace
}  // namespace assay::process
