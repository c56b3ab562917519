// Completion scripts: each shell that is there takes its own, and bash completes with it.
#include "cli/cli_fixture.h"

namespace assay {
namespace {

using testing::HasSubstr;

class Completion : public Cli {
 protected:
  process::Completed shell(const std::vector<std::string>& argv) const {
    process::ChildOptions options;
    options.argv = argv;
    options.environment = {"PATH=/usr/bin:/bin", "HOME=" + folder_};
    options.directory = folder_;
    auto done = process::run_program(std::move(options), std::chrono::seconds(30));
    EXPECT_TRUE(done) << done.error().text();
    return done ? *done : process::Completed{};
  }
  void write(const std::string& form, const std::string& file) {
    const auto done = assay({"completion", form});
    ASSERT_EQ(done.status.code, 0) << done.err;
    std::ofstream(folder_ + "/" + file) << done.out;
  }
  // What bash offers for the last of `words`.
  std::string offered(const std::string& words, int last) const {
    return shell({"bash", "-c",
                  "source ./assay.bash; COMP_WORDS=(" + words + "); COMP_CWORD=" + std::to_string(last) +
                      "; _assay; printf '%s\\n' \"${COMPREPLY[@]}\""})
        .out;
  }
};

TEST_F(Completion, BashCompletesCommandsOptionsAndValues) {
  write("bash", "assay.bash");
  EXPECT_EQ(offered("assay report me", 2), "merge\n");
  EXPECT_EQ(offered("assay run --lev", 2), "--level\n");
  EXPECT_EQ(offered("assay run --level sh", 3), "should\n");
  EXPECT_EQ(offered("assay run --out re", 3), "\n") << "a value of any kind is a file name: bash's own work";
  EXPECT_EQ(offered("assay serve -- re", 3), "\n") << "what stands after -- is another program's";
}

TEST_F(Completion, ZshAndFishAcceptTheirScripts) {
  bool one = false;
  for (const auto& [name, file] :
       std::map<std::string, std::string>{{"zsh", "_assay"}, {"fish", "assay.fish"}}) {
    if (access(("/usr/bin/" + name).c_str(), X_OK) != 0) continue;
    one = true;
    write(name, file);
    const auto done = shell({name, "-n", file});
    EXPECT_TRUE(done.status.ok()) << done.err;
  }
  if (!one) GTEST_SKIP() << "neither zsh nor fish is installed";
}

TEST_F(Completion, TheManualNamesEveryCommand) {
  const auto page = assay({"completion", "man"}).out;
  for (const char* command : {"assay run", "assay serve", "assay report merge", "assay doctor"})
    EXPECT_THAT(page, HasSubstr(std::string(".SS \"") + command + "\"\n"));
  EXPECT_THAT(page, HasSubstr("\\fB\\-\\-level\\fR \\fITEXT\\fR\n"));
}

}  // namespace
}  // namespace assay
