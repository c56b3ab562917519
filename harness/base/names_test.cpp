#include "harness/base/names.h"

#include <gtest/gtest.h>

#include <string>

namespace assay {
namespace {

TEST(Names, APathStaysBelowItsFolderOrNot) {
  for (const char* path : {"a", "a/b", "./a", "a/../b", "a/./b/", ".config/x", "..a", "a/.."})
    EXPECT_EQ(stays_below(path), std::string(path) != "a/..") << path;
  for (const char* path : {"", ".", "..", "/", "/a", "../a", "a/../../b", "a/../..", "./..", "//a"})
    EXPECT_FALSE(stays_below(path)) << path;
  EXPECT_FALSE(stays_below(std::string("a\0b", 3)));
}

TEST(Names, OfEnvironmentVariables) {
  EXPECT_TRUE(is_variable_name("PATH"));
  EXPECT_TRUE(is_variable_name("a.b-c"));
  EXPECT_FALSE(is_variable_name(""));
  EXPECT_FALSE(is_variable_name("A=B"));
  EXPECT_FALSE(is_variable_name(std::string("A\0", 2)));
}

}  // namespace
}  // namespace assay
