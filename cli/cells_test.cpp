// Clients in the cells of a run: what they try to reach beside the fakes, and https:// hosts that they know
// by heart.
#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "cli/cli_fixture.h"
#include "harness/process/cell.h"

namespace assay {
namespace {

using nlohmann::json;
using testing::AllOf;
using testing::Contains;
using testing::HasSubstr;

constexpr const char* kChat = R"(suite: demo/chat
cases:
  - id: answers
    title: A plain answer
    requires: [chat]
    world: {inference: {auth: {keys: [sk-worldrouter-canary-0123456789abcdef]}}}
    do:
      - chat: {as: C, credential: {kind: api_key, key: sk-worldrouter-canary-0123456789abcdef}, messages: [{role: user, content: ping}]}
    expect:
      text: {C: {ok: true}}
    proven_by: {drops-first-delta: text}
)";

class CellsTest : public Cli {
 protected:
  void SetUp() override {
    const auto cells = process::cells_available();
    if (cells.kind == process::CellsAnswer::forbidden) GTEST_SKIP() << cells.reason;
    ASSERT_EQ(cells.kind, process::CellsAnswer::possible) << cells.reason;
    Cli::SetUp();
    write_case(kChat);
  }

  // Runs the case twice in one cell with a client file. The journal is that of the second time, one text an
  // entry: "cell unclaimed tcp 192.0.2.1:443".
  json run(const std::string& client) {
    std::ofstream(folder_ + "/mine.yaml") << client;
    const auto done = assay({"run", "--no-start-check", "--client", "./mine.yaml", "--out", "out",
                             "--require-cells", "--repeat", "2", "-j", "1"});
    const std::string record = read_file(folder_ + "/out/run.jsonl").value_or("");
    json found;
    for (const auto line : split(record, '\n')) {
      const json value = json::parse(line, nullptr, false);
      if (value.is_object() && value.value("type", "") == "case") found = value;
    }
    EXPECT_TRUE(found.is_object()) << done.out << done.err;
    journal_.clear();
    for (const json& entry : found.value("journal", json::array())) {
      journal_.push_back(entry.value("actor", "") + " " + entry.value("kind", "") + " " +
                         entry.value("text", ""));
    }
    return found;
  }

  std::vector<std::string> journal_;
};

TEST_F(CellsTest, AClientReachesNothingButTheFakesAndEveryAttemptIsInTheJournal) {
  program("nosy.sh", R"(#!/bin/bash
tried() { if "$@" 2>/dev/null; then echo "reached: $*"; fi; }
tcp() { (exec 3<>"/dev/tcp/$1/$2"); }
tried tcp 192.0.2.1 443
tried tcp 2001:db8::1 8443
tried tcp telemetry.example 80
tried tcp 127.0.0.1 11434
tried tcp 169.254.169.254 80
echo hello 2>/dev/null >/dev/udp/198.51.100.7/123
echo done
)");
  const json result = run("name: nosy\ntitle: Nosy\ncapabilities: [chat]\nargv: [\"${here}/nosy.sh\"]\n");
  // It says done and exits 0, and sent no chat.
  EXPECT_EQ(result["verdict"], "not-met") << result.dump(1);
  EXPECT_EQ(result["output"]["stdout"], "done\n");
  EXPECT_THAT(journal_, AllOf(Contains("cell unclaimed tcp 192.0.2.1:443 refused"),
                              Contains("dns lookup telemetry.example"),
                              Contains("cell unclaimed tcp 127.0.0.1:80 refused"),
                              Contains("cell unclaimed tcp 127.0.0.1:11434 refused"),
                              Contains("cell unclaimed tcp 169.254.169.254:80 refused"),
                              Contains("cell unclaimed udp 198.51.100.7:123")));
  if (std::filesystem::exists("/proc/net/if_inet6")) {
    EXPECT_THAT(journal_, Contains("cell unclaimed tcp [2001:db8::1]:8443 refused"));
  }
}

TEST_F(CellsTest, AHostThatAClientKnowsByHeartIsAFakeOverTls) {
  const std::string argv = "argv: [\"" ASSAY_PROGRAM
                           "\", client, chat, --url, \"inference=https://api.example.com\", --home, "
                           "\"${home}/state\", \"${prompt}\"]\n"
                           "environment: {ASSAY_DATA: \"" +
                           folder_ + "\"}\n" +
                           "files: {state/auth.json: '{\"worldrouter\": {\"kind\": \"api_key\", \"key\": "
                           "\"${key}\"}}'}\n";
  const std::string head = "name: hard\ntitle: Hard-coded host\ncapabilities: [chat]\n";
  const json answered = run(head + argv + "hosts: {inference: [api.example.com]}\n");
  EXPECT_EQ(answered["verdict"], "pass") << answered.dump(1);
  EXPECT_THAT(journal_, Contains(HasSubstr("inference request POST /v1/chat/completions")));
  // Nobody else has that name: the connection goes nowhere, and the journal says where it went.
  const json refused = run(head + argv);
  EXPECT_EQ(refused["verdict"], "fail") << refused.dump(1);
  EXPECT_THAT(journal_, AllOf(Contains("dns lookup api.example.com"),
                              Contains("cell unclaimed tcp 127.0.0.1:443 refused")));
}

// In a user namespace whose owner allows no further ones, as some containers are.
TEST_F(CellsTest, WhyThereAreNoCellsIsPrintedAndKept) {
  process::ChildOptions options;
  const auto limited = [&](const std::string& more) {
    options.argv = {
        "/bin/sh", "-c",
        "exec unshare --user --map-root-user sh -c 'echo 0 >/proc/sys/user/max_user_namespaces && "
        "exec " ASSAY_PROGRAM " run --out out " +
            more + "'"};
    options.environment = {"PATH=/usr/bin:/bin", "ASSAY_DATA=" + folder_, "HOME=" + folder_};
    options.directory = folder_;
    return process::run_program(options, std::chrono::seconds(300)).value();
  };
  const std::string why =
      "no cell: cannot make namespaces: No space left on device (user.max_user_namespaces is 0)";
  const auto done = limited("");
  EXPECT_EQ(done.status.code, 0) << done.out << done.err;
  EXPECT_THAT(done.err, HasSubstr("assay: " + why + "; running without cells, one case at a time"));
  EXPECT_THAT(done.out, HasSubstr("note: without cells: " + why));
  const json header = json::parse(split(read_file(folder_ + "/out/run.jsonl").value(), '\n')[0]);
  EXPECT_EQ(header["cells"], false);
  EXPECT_EQ(header["without_cells"], why);
  const auto refused = limited("--require-cells");
  EXPECT_EQ(refused.status.code, 3) << refused.out << refused.err;
  EXPECT_EQ(refused.err, "assay: " + why + "\n");
}

TEST_F(CellsTest, WithoutACellAHostKnownByHeartCouldNotRun) {
  std::ofstream(folder_ + "/mine.yaml") << "name: hard\ntitle: Hard\ncapabilities: [chat]\nargv: [\"true\"]\n"
                                           "hosts: {inference: [api.example.com]}\n";
  const auto done = assay({"run", "--client", "./mine.yaml", "--out", "out", "--no-cells"});
  EXPECT_EQ(done.status.code, 3) << done.out << done.err;
  EXPECT_THAT(read_file(folder_ + "/out/run.jsonl").value(),
              HasSubstr("only in a cell can api.example.com be answered for over TLS"));
}

}  // namespace
}  // namespace assay
