// assay.yaml, and `assay run --watch`.
#include <csignal>

#include "cli/cli_fixture.h"

namespace assay {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

class RunDefaults : public Cli {
 protected:
  RunDefaults() { data_ = ASSAY_SOURCE_DIR; }
  void write(const std::string& name, const std::string& text) const {
    std::filesystem::create_directories(std::filesystem::path(folder_ + "/" + name).parent_path());
    std::ofstream(folder_ + "/" + name) << text;
  }
};

const std::string kClient = "name: mine\ntitle: Mine\nadapter: [" ASSAY_PROGRAM ", client, adapter]\n";

TEST_F(RunDefaults, FillInWhatTheCommandLineLeavesOpen) {
  write("tests/mine.yaml", kClient);
  write("assay.yaml", "client: ./tests/mine.yaml\ncases: [any/chat/answers]\nlevel: should\n");
  const auto done = assay({"run", "--dry-run"});
  EXPECT_EQ(done.status.code, 0) << done.err;
  EXPECT_THAT(done.out, HasSubstr("any/chat/answers"));
  EXPECT_THAT(done.out, Not(HasSubstr("any/chat/unauthorized")));
  EXPECT_THAT(done.err, HasSubstr("defaults from " + folder_ + "/assay.yaml"));
  const auto played = assay({"run", "--no-cells"});
  EXPECT_EQ(played.status.code, 0) << played.err;
  EXPECT_THAT(played.out, HasSubstr("1 cases, mine"));
}

TEST_F(RunDefaults, TheCommandLineWins) {
  write("assay.yaml", "client: no-such-client\ncases: [any/chat/answers]\n");
  const auto done = assay({"run", "any/chat/unauthorized", "--client", "reference", "--dry-run"});
  EXPECT_EQ(done.status.code, 0) << done.err;
  EXPECT_THAT(done.out, AllOf(HasSubstr("any/chat/unauthorized"), Not(HasSubstr("any/chat/answers"))));
  const auto without = assay({"run", "any/chat/answers", "--dry-run", "--no-defaults"});
  EXPECT_EQ(without.status.code, 0) << "the reference client: " << without.err;
}

TEST_F(RunDefaults, AreFoundUpToTheRepositoryAndNoFurther) {
  write("assay.yaml", "client: no-such-client\n");
  write("repository/.git/HEAD", "");
  EXPECT_EQ(assay({"run", "any/chat/answers", "--dry-run"}).status.code, 2);
  through_ = {"env", "-C", folder_ + "/repository"};
  EXPECT_EQ(assay({"run", "any/chat/answers", "--dry-run"}).status.code, 0);
}

TEST_F(RunDefaults, AMistakeIsOneLineWithItsPlace) {
  write("assay.yaml", "client: reference\nlevle: must\n");
  expect_refused({"run", "any/chat/answers", "--dry-run"}, 2, "assay.yaml:2: unknown key 'levle'");
  write("assay.yaml", "client: reference\nadapter: ./x\n");
  expect_refused({"run", "any/chat/answers", "--dry-run"}, 2, "expected either client or adapter");
}

// The client is a script that is mended between two runs.
TEST_F(RunDefaults, WatchPlaysAgainWhatFailedWhenTheClientChanges) {
  write("mine.yaml", "name: mine\ntitle: Mine\nadapter: [./mine]\n");
  std::filesystem::create_directory(folder_ + "/.git");
  process::ChildOptions options;
  options.argv = {ASSAY_PROGRAM, "run",     "any/chat/answers", "--client",
                  "./mine.yaml", "--watch", "--no-start-check", "--no-cells"};
  options.environment = {"PATH=/usr/bin:/bin", "ASSAY_DATA=" + data_, "HOME=" + folder_};
  options.directory = folder_;
  options.lines = true;
  (void)program("mine", "#!/bin/sh\nexit 9\n");
  auto child = process::Child::start(std::move(options));
  ASSERT_TRUE(child) << child.error().text();
  const auto read_until = [&](const std::string& end) {
    for (;;) {
      const auto line = child->read_line(std::chrono::seconds(150));
      if (!line || !*line) return false;
      if ((*line)->find(end) != std::string::npos) return true;
    }
  };
  ASSERT_TRUE(read_until("report  ")) << child->text(process::Stream::err);
  (void)program("mine", "#!/bin/sh\nexec " ASSAY_PROGRAM " client adapter\n");
  EXPECT_TRUE(read_until("OK  1 pass")) << child->text(process::Stream::err);
  ASSERT_TRUE(child->signal(SIGINT));
  const auto ended = child->wait(std::chrono::seconds(30));
  ASSERT_TRUE(ended);
  EXPECT_EQ(ended->code, 130) << child->text(process::Stream::err);
  EXPECT_THAT(child->text(process::Stream::err),
              AllOf(HasSubstr("mine changed"), HasSubstr("assay: watching")));
}

TEST_F(RunDefaults, WatchNeedsSomethingToWatch) {
  expect_refused({"run", "any/chat/answers", "--watch"}, 2, "nothing to watch");
}

}  // namespace
}  // namespace assay
