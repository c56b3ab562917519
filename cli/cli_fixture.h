// What the tests of the program share: a data folder of their own and a way to run it there.
#pragma once

#include <gmock/gmock.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "harness/base/text.h"
#include "harness/process/child.h"

namespace assay {

inline constexpr const char* kCase = R"(suite: demo/models
cases:
  - id: live
    title: The live list wins
    requires: [models]
    do:
      - models: {as: M}
    met: {result: M}
    expect:
      listed: {M: {ok: true}}
    proven_by: {seeds-hide-live: listed}
)";

// A data folder of its own, with the providers and turns of the checkout and the case files of the test.
class Cli : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = testing::TempDir() + "assay-cli-XXXXXX";
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    folder_ = name;
    std::filesystem::create_directories(folder_ + "/conformance/cases");
    std::filesystem::create_directory_symlink(ASSAY_SOURCE_DIR "/conformance/providers",
                                              folder_ + "/conformance/providers");
    std::filesystem::create_directory_symlink(ASSAY_SOURCE_DIR "/fixtures", folder_ + "/fixtures");
    write_case(kCase);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  void write_case(const std::string& text) const {
    std::ofstream(folder_ + "/conformance/cases/demo.yaml") << text;
  }
  std::string with(const std::string& from, const std::string& to) const {
    std::string text = kCase;
    return text.replace(text.find(from), from.size(), to);
  }
  std::string program(const std::string& name, const std::string& text) const {
    std::string path = folder_ + "/" + name;
    std::ofstream(path) << text;
    std::filesystem::permissions(path, std::filesystem::perms::owner_all);
    return path;
  }

  process::Completed assay(std::vector<std::string> arguments,
                           Micros deadline = std::chrono::seconds(300)) const {
    process::ChildOptions options;
    options.argv = through_;
    options.argv.emplace_back(ASSAY_PROGRAM);
    options.argv.insert(options.argv.end(), arguments.begin(), arguments.end());
    options.environment = {"PATH=/usr/bin:/bin", "ASSAY_DATA=" + (data_.empty() ? folder_ : data_),
                           "HOME=" + folder_};
    options.directory = folder_;
    // Long, for programs under a sanitizer on a busy machine.
    auto done = process::run_program(std::move(options), deadline);
    EXPECT_TRUE(done) << done.error().text();
    EXPECT_FALSE(done->timed_out) << done->out << done->err;
    return *done;
  }

  // The run is wrong: this status, and one line on stderr that says why.
  void expect_refused(const std::vector<std::string>& arguments, int status, const std::string& why) const {
    const auto done = assay(arguments);
    EXPECT_EQ(done.status.code, status) << done.out << done.err;
    EXPECT_THAT(done.err, testing::HasSubstr(why));
    EXPECT_EQ(std::count(done.err.begin(), done.err.end(), '\n'), 1) << done.err;
  }

  std::string folder_;
  std::vector<std::string> through_;  // a program and its arguments that run `assay`
  std::string data_;                  // another data folder, such as the checkout itself
};

}  // namespace assay
