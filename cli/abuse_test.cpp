// Hostile clients, and the harness that judges them: each is judged or refused in seconds, and the run goes
// on.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/file.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "cli/cli_fixture.h"
#include "harness/process/cell.h"

namespace assay {
namespace {

using nlohmann::json;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

constexpr const char* kPlainChat = R"(suite: demo/chat
cases:
  - id: refused
    title: The server answers 500 every time
    requires: [chat]
    world: {inference: {error: {status: 500}}}
    do:
      - chat: {as: C, credential: {kind: api_key, key: sk-worldrouter-canary-0123456789abcdef}, messages: [{role: user, content: ping}]}
    expect:
      bounded: {journal: {"POST chat": {count: "<=20"}}}
      quiet: {never: {secret: any, in: [stdout, stderr, files]}}
    proven_by: {retry-forever: bounded}
)";

class AbuseTest : public Cli {
 protected:
  void SetUp() override {
    Cli::SetUp();
    write_case(kPlainChat);
  }

  // Runs the case with a client that is this Python program; the case's line of the record.
  json run(const std::string& script, const std::string& more = {}, const std::string& how = "exec") {
    program("client.py", script);
    std::ofstream(folder_ + "/mine.yaml")
        << "name: mine\ntitle: Mine\n"
        << (how == "exec" ? "capabilities: [chat]\nargv: [/usr/bin/python3, \"${here}/client.py\"]\n"
                            "environment: {BASE_URL: \"${inference.url}\", API_KEY: \"${key}\"}\n"
                          : "adapter: [/usr/bin/python3, \"${here}/client.py\"]\n")
        << more;
    const auto begun = std::chrono::steady_clock::now();
    done_ = assay({"run", "--client", "./mine.yaml", "--out", "out", "--no-start-check"});
    took_ = std::chrono::steady_clock::now() - begun;
    return line_of(folder_ + "/out/run.jsonl", "case");
  }
  static json line_of(const std::string& file, const std::string& type) {
    const std::string record = read_file(file).value_or("");
    for (const auto line : split(record, '\n')) {
      json value = json::parse(line, nullptr, false);
      if (value.is_object() && value.value("type", "") == type) return value;
    }
    ADD_FAILURE() << "no " << type << " in " << record.substr(0, 1000);
    return json::object();
  }

  process::Completed done_;
  std::chrono::steady_clock::duration took_{};
};

constexpr const char* kLoop = R"(
import http.client, json, os, sys, time, urllib.parse
url = urllib.parse.urlparse(os.environ["BASE_URL"])
body = json.dumps({"model": "m", "messages": [{"role": "user", "content": "ping"}]})
head = {"Authorization": "Bearer " + os.environ["API_KEY"], "Content-Type": "application/json"}
end = time.time() + 60
while time.time() < end:
    try:
        connection = http.client.HTTPConnection(url.hostname, url.port, timeout=5)
        while time.time() < end:
            connection.request("POST", "/v1/chat/completions", body, head)
            connection.getresponse().read()
    except OSError:
        pass
sys.exit(1)
)";

// It was played to its end (60 s), cost a second for each 1,000 requests afterwards, and ended as `error`.
TEST_F(AbuseTest, ARetryLoopWithoutAPauseIsStoppedAndFails) {
  const json line = run(kLoop);
  EXPECT_EQ(line["verdict"], "fail") << line["reason"];
  EXPECT_EQ(line["reason"], "the client sent more than 10,000 requests in one case and was stopped");
  EXPECT_EQ(line["checks"][0]["ok"], false);
  EXPECT_LT(line["journal"].size(), 4001U);
  EXPECT_LT(took_, std::chrono::seconds(45)) << "60 s of it would have been played";
  EXPECT_EQ(done_.status.code, 1);
}

constexpr const char* kHostileAdapter = R"(
import json, sys
def out(line):
    sys.stdout.write(line + "\n")
    sys.stdout.flush()
out('{"hello": {"protocol": [1], "client": "evil", "version": "1", "role": "provider", "capabilities": ["chat"]}}')
for line in sys.stdin:
    request = json.loads(line)
    if request["op"] == "shutdown": break
    out(answer(request["seq"]))
)";

TEST_F(AbuseTest, AnAnswerThatIsNestedAMillionTimesIsAnErrorOfTheAdapter) {
  for (const char* flag : {"", "--no-cells"}) {
    std::string source =
        "answer = lambda seq: '{\"seq\": %d, \"result\": {\"ok\": true, \"text\": ' % seq + "
        "'[' * 1500000 + ']' * 1500000 + '}}'\n";
    source += kHostileAdapter;
    program("client.py", source);
    std::vector<std::string> arguments = {"run", "--out", "out", "--no-start-check"};
    if (*flag != '\0') arguments.emplace_back(flag);
    for (const char* word : {"--adapter", "/usr/bin/python3", "client.py"}) arguments.emplace_back(word);
    const auto done = assay(arguments);
    const json line = line_of(folder_ + "/out/run.jsonl", "case");
    EXPECT_EQ(line["verdict"], "error") << done.err;
    EXPECT_THAT(line["reason"].get<std::string>(), HasSubstr("expected JSON of at most 200 levels"));
    EXPECT_EQ(done.status.code, 3);
  }
}

TEST_F(AbuseTest, AnAnswerThatSaysTwoThingsIsAnErrorOfTheAdapter) {
  const json line = run(
      std::string("answer = lambda seq: '{\"seq\": %d, \"result\": {\"ok\": false, \"ok\": true}}' % seq\n") +
          kHostileAdapter,
      "", "adapter");
  EXPECT_EQ(line["verdict"], "error");
  EXPECT_THAT(line["reason"].get<std::string>(), HasSubstr("an object has a key twice"));
}

TEST_F(AbuseTest, ASecretIsFoundWhereverTheClientWroteIt) {
  const auto cells = process::cells_available();
  if (cells.kind == process::CellsAnswer::forbidden) GTEST_SKIP() << cells.reason;
  struct Row {
    const char* script;
    const char* place;
  };
  const Row rows[] = {
      {"open('/tmp/a', 'w').write(key)", "(a)"},
      {"open('/var/tmp/b', 'w').write(key)", "(b)"},
      {"open('/dev/shm/c', 'w').write(key)", "(c)"},
      {"open(key, 'w')", "a name in client"},
      {"os.symlink(key, 'link')", "client/link"},
      {"import gzip; gzip.open('log.gz', 'w').write(key.encode())", "client/log.gz (compressed)"},
      {"open('big', 'w').write('x' * 3000000 + key)", "client/big"},
      {"open('u16', 'wb').write(key.encode('utf-16'))", "client/u16"},
  };
  for (const Row& row : rows) {
    const json line =
        run(std::string("import os, sys\nkey = os.environ['API_KEY']\n") + row.script + "\nsys.exit(1)\n");
    EXPECT_EQ(line["verdict"], "fail") << row.script;
    EXPECT_THAT(line["reason"].get<std::string>(),
                AllOf(HasSubstr("\"key\" appears in files"), HasSubstr(row.place)))
        << row.script;
  }
}

TEST_F(AbuseTest, AFileThatTheClientFileWroteIsNoLeak) {
  const json line = run("import sys; sys.exit(1)",
                        "files: {config/auth.json: '{\"key\": \"${key}\"}', app.toml: 'key = \"${key}\"'}\n");
  EXPECT_EQ(line["verdict"], "not-met") << "it asked nothing, and leaked nothing: " << line["reason"];
  const json copied = run("import shutil, sys; shutil.copy('app.toml', 'app.toml.bak'); sys.exit(1)",
                          "files: {app.toml: 'key = \"${key}\"'}\n");
  EXPECT_EQ(copied["verdict"], "fail");
  EXPECT_THAT(copied["reason"].get<std::string>(), HasSubstr("client/app.toml.bak"));
}

TEST_F(AbuseTest, TheCommandLineOfTheRecordHasNoSecrets) {
  program("client.py", "answer = lambda seq: '{\"seq\": %d, \"result\": {\"ok\": true}}' % seq\n" +
                           std::string(kHostileAdapter));
  const std::string adapter =
      "/usr/bin/python3 client.py api_key=sk-proj-Zq7xW2mT9vLbR4cK8vHd password=hunter2hunter2x "
      "Rk9vW2x8Tn3Bw5Yp0Jd6qL1f --token correct-horse";
  (void)assay({"run", "--out", "out", "--no-start-check", "--adapter", adapter});
  const json command = line_of(folder_ + "/out/run.jsonl", "header")["command"];
  EXPECT_EQ(command[1], "run");
  EXPECT_THAT(command[6].get<std::string>(), HasSubstr("/usr/bin/python3 client.py redacted-"));
  for (const char* file : {"/out/run.jsonl", "/out/report.html"}) {
    const std::string text = read_file(folder_ + file).value_or("");
    EXPECT_THAT(text, AllOf(Not(HasSubstr("Zq7xW2mT9v")), Not(HasSubstr("hunter2")),
                            Not(HasSubstr("Rk9vW2x8Tn3")), Not(HasSubstr("correct-horse"))))
        << file;
  }
}

TEST_F(AbuseTest, TwoRunsDoNotWriteOneRecord) {
  std::filesystem::create_directories(folder_ + "/out");
  const int other = ::open((folder_ + "/out").c_str(), O_RDONLY | O_DIRECTORY);
  ASSERT_EQ(::flock(other, LOCK_EX), 0);
  std::ofstream(folder_ + "/out/run.jsonl") << "theirs\n";
  expect_refused({"run", "--out", "out"}, 2, "another run writes into this folder");
  EXPECT_EQ(read_file(folder_ + "/out/run.jsonl").value(), "theirs\n");
  ::close(other);
}

TEST_F(AbuseTest, AFolderForTheHomesThatIsNotThereIsAUsageError) {
  process::ChildOptions options;
  options.argv = {ASSAY_PROGRAM, "run", "--no-cells", "--out", "out"};
  options.environment = {"PATH=/usr/bin:/bin", "ASSAY_DATA=" + folder_, "TMPDIR=/nowhere"};
  options.directory = folder_;
  const auto done = process::run_program(std::move(options), std::chrono::seconds(60)).value();
  EXPECT_EQ(done.status.code, 2);
  EXPECT_EQ(done.err, "assay: TMPDIR: expected a folder, found \"/nowhere\"\n");
}

TEST_F(AbuseTest, ARecordWithoutItsEndIsNotTakenForOneWithoutFailures) {
  EXPECT_EQ(assay({"run", "--out", "out"}).status.code, 0);
  const std::string text = read_file(folder_ + "/out/run.jsonl").value();
  std::ofstream(folder_ + "/torn.jsonl") << text.substr(0, text.find("{\"type\":\"footer\""));
  const auto done = assay({"accept", "torn.jsonl"});
  EXPECT_EQ(done.status.code, 3) << done.out << done.err;
  EXPECT_THAT(done.err, HasSubstr("incomplete"));
  EXPECT_EQ(assay({"accept", "out/run.jsonl"}).status.code, 0);
}

TEST_F(AbuseTest, NamesOfFilesCannotSteerTheTerminal) {
  const auto done = assay({"fixture", "lint", "no\x1b]0;x\x07such\u202e.json"});
  EXPECT_NE(done.status.code, 0);
  EXPECT_THAT(done.err + done.out, AllOf(Not(HasSubstr("\x1b")), Not(HasSubstr("\u202e")),
                                         HasSubstr("\\x1b]0;x\\x07such\\u202e")));
}

}  // namespace
}  // namespace assay
