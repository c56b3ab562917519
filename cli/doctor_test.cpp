// assay doctor: what it says of this machine is what the rest of the program finds there.
#include "cli/cli_fixture.h"
#include "harness/process/cell.h"

namespace assay {
namespace {

using testing::AllOf;
using testing::ContainsRegex;
using testing::HasSubstr;

class Doctor : public Cli {};

TEST_F(Doctor, SaysOfCellsWhatARunWouldFind) {
  const auto done = assay({"doctor"});
  const bool cells = process::cells_available().kind == process::CellsAnswer::possible;
  EXPECT_THAT(done.out, ContainsRegex(cells ? "ok +cells" : "missing +cells")) << done.out;
  EXPECT_THAT(done.out,
              AllOf(HasSubstr("ok        data          " + folder_),
                    ContainsRegex("ok +shims +[0-9]+ libraries"), ContainsRegex("ok +TLS +OpenSSL")));
  // All that a run needs is there, or it is exit 3 and each gap says how to close it.
  const bool gap = done.out.find("missing ") != std::string::npos;
  EXPECT_EQ(done.status.code, gap ? 3 : 0) << done.out;
  if (gap) {
    EXPECT_THAT(done.out, HasSubstr("to get it: "));
  }
}

TEST_F(Doctor, WithoutDataIsIncompleteAndSaysHowToGetIt) {
  data_ = folder_ + "/nowhere";
  const auto done = assay({"doctor"});
  EXPECT_EQ(done.status.code, 3) << done.out;
  EXPECT_THAT(done.out,
              AllOf(ContainsRegex("missing +data"), HasSubstr("to get it: install the whole package")));
}

TEST_F(Doctor, WithoutPtraceCaseTimeIsMissing) {
  through_ = {WITHOUT_PTRACE};
  const auto done = assay({"doctor"});
  EXPECT_EQ(done.status.code, 3) << done.out;
  EXPECT_THAT(done.out, AllOf(ContainsRegex("missing +time"), ContainsRegex("to get it: .*ptrace")));
}

}  // namespace
}  // namespace assay
