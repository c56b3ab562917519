// Which client, which cases and in which way: what a command line means, and that the line a report gives for
// a repetition means the same.
#include <gmock/gmock.h>
#include <sys/file.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "cli/cli_fixture.h"
#include "harness/base/unique_fd.h"
#include "reports/record/reader.h"

namespace assay {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::SizeIs;

// Answers `models`; what it answers stands in a file beside it, whose path is relative.
constexpr const char* kAdapter = R"(#!/usr/bin/python3
import json, os, sys, urllib.error, urllib.request
answer = json.load(open(sys.argv[1] if len(sys.argv) > 1 else "./answer.json"))
assert len(sys.argv) > 1 or os.environ["HOME"] != os.getcwd()
print(json.dumps({"hello": {"protocol": [1], "client": "x", "version": "1", "role": "provider",
                            "capabilities": ["models"]}}), flush=True)
for line in sys.stdin:
    request = json.loads(line)
    if request["op"] == "models":
        try:
            urllib.request.urlopen(request["urls"]["inference"] + "/v1/models").read()
        except urllib.error.URLError:
            pass
    print(json.dumps({"seq": request["seq"], "result": answer}), flush=True)
)";

constexpr const char* kTwo = R"(suite: demo/models
cases:
  - id: live
    title: The list is complete
    requires: [models]
    do: [models: {as: M}]
    expect: {listed: {M: {ok: true}}}
  - id: again
    title: The list is complete again
    level: should
    requires: [models]
    do: [models: {as: M}]
    expect: {listed: {M: {ok: true}}}
)";

// The program of the client starts, and prints.
constexpr const char* kStarts = R"(suite: demo/chat
cases:
  - id: answers
    title: The program starts
    requires: [process]
    met: {result: C}
    do: [chat: {as: C, credential: {kind: api_key, key: sk-worldrouter-canary-0123456789abcdef}}]
    expect: {started: {C: {exit: 0, text: {contains: pong}}}}
)";

class Choose : public Cli {
 protected:
  void SetUp() override {
    Cli::SetUp();
    program("my-adapter", kAdapter);
    write("answer.json", R"({"ok": true, "models": []})");
    write("wrong.json", R"({"ok": false, "models": []})");
  }
  void write(const std::string& name, const std::string& text) const {
    fs::create_directories(fs::path(folder_ + "/" + name).parent_path());
    ASSERT_TRUE(write_file_atomically(folder_ + "/" + name, text));
  }
  RunRecord record(const std::string& out = "out") const {
    return read_record(folder_ + "/" + out + "/run.jsonl").value();
  }
  // `line` as a person pastes it into a shell that stands in the folder.
  process::Completed in_shell(const std::string& line) const {
    process::ChildOptions options;
    options.argv = {"/bin/sh", "-c", line};
    options.environment = {"PATH=" + fs::path(ASSAY_PROGRAM).parent_path().string() + ":/usr/bin:/bin",
                           "ASSAY_DATA=" + (data_.empty() ? folder_ : data_), "HOME=" + folder_};
    options.directory = folder_;
    return process::run_program(std::move(options), std::chrono::seconds(300)).value();
  }
};

TEST_F(Choose, AnAdapterStartsWhereTheCallerStands) {
  const struct {
    std::vector<std::string> arguments;
    const char* client;
  } table[] = {
      {{"--adapter", "./my-adapter"}, "my-adapter"},
      {{"--adapter", "python3 ./my-adapter ./answer.json"}, "my-adapter"},
      {{"--no-cells", "--adapter", "python3", "./my-adapter"}, "my-adapter"},
      {{"--adapter", "./my-adapter", "demo/models/live"}, "my-adapter"},
      {{"--adapter", "./my-adapter ./answer.json", "live", "--no-cells"}, "my-adapter"},
      {{"demo/models", "--adapter", folder_ + "/my-adapter"}, "my-adapter"},
  };
  for (const auto& row : table) {
    std::vector<std::string> arguments = {"run", "--out", "out"};
    arguments.insert(arguments.end(), row.arguments.begin(), row.arguments.end());
    const auto done = assay(arguments);
    EXPECT_EQ(done.status.code, 0) << testing::PrintToString(row.arguments) << done.out << done.err;
    ASSERT_THAT(record().cases, SizeIs(1)) << done.out;
    EXPECT_EQ(record().cases[0].client, row.client);
  }
}

TEST_F(Choose, WhatIsNoAdapterAndNoCaseIsToldBeforeAnythingRuns) {
  expect_refused({"run", "--adapter", "./no-such-adapter"}, 2, "no-such-adapter: there is no such program");
  expect_refused({"run", "--adapter", "./answer.json"}, 2, "answer.json: is not an executable file");
  expect_refused({"run", "--adapter", "no-such-adapter"}, 2, "there is no program no-such-adapter in PATH");
  expect_refused({"run", "--adapter", "./my-adapter", "demo/models/life"}, 2,
                 "no case matches \"demo/models/life\" (did you mean demo/models/live?); `assay list` shows "
                 "them all; an adapter with its arguments is one value: --adapter "
                 "'./my-adapter demo/models/life'");
  write("mine.yaml", "name: mine\ntitle: Mine\ncapabilities: [chat]\nargv: [no-such-program]\n");
  expect_refused({"run", "--client", "./mine.yaml"}, 2, "there is no program no-such-program in PATH");
  EXPECT_FALSE(fs::exists(folder_ + "/out"));
}

// node stands beside npx and is asked for by `env`: no program of the machine's own folders.
TEST_F(Choose, TheProgramOfAClientFileIsFoundAsTheShellOfTheCallerFindsIt) {
  fs::create_directories(folder_ + "/bin");
  program("bin/interpreter-of-mine", "#!/bin/sh\n. \"$1\"\n");
  program("bin/client-of-mine", "#!/usr/bin/env interpreter-of-mine\necho pong\n");
  write_case(kStarts);
  write("mine.yaml", "name: mine\ntitle: Mine\ncapabilities: [chat]\nargv: [client-of-mine]\n");
  const auto done =
      in_shell("PATH=\"$PWD/bin:$PATH\" assay run --no-start-check --client ./mine.yaml --out out");
  EXPECT_EQ(record().cases[0].verdict, Verdict::pass) << done.out << done.err << record().cases[0].reason;
  write("mine.yaml",
        "name: mine\ntitle: Mine\ncapabilities: [chat]\nargv: [./bin/client-of-mine]\n"
        "path: [\"${here}/bin\"]\n");
  (void)in_shell("cd / && assay run --no-start-check --client \"$HOME/mine.yaml\" --out \"$HOME/out\"");
  EXPECT_EQ(record().cases[0].verdict, Verdict::pass) << record().cases[0].reason;
}

// An active virtual environment: its python3 comes before the machine's.
TEST_F(Choose, AProgramThatTheMachineHasTooIsTheOneOfTheCallersPath) {
  fs::create_directories(folder_ + "/bin");
  program("bin/sh", "#!/bin/bash\necho pong\n");
  write_case(kStarts);
  write("mine.yaml", "name: mine\ntitle: Mine\ncapabilities: [chat]\nargv: [sh, -c, \"exit 3\"]\n");
  (void)in_shell("PATH=\"$PWD/bin:$PATH\" assay run --no-start-check --client ./mine.yaml --out out");
  EXPECT_EQ(record().cases[0].verdict, Verdict::pass) << record().cases[0].reason;
}

TEST_F(Choose, AClientGoesByTheNameOfItsFile) {
  write("some where/file.yaml",
        "name: tiny\ntitle: Tiny\nadapter: [\"${here}/../my-adapter\", \"${here}/../wrong.json\"]\n");
  write("known.yaml", R"(known:
  - {case: demo/models/live, client: tiny, state: fail, reason: upstream 12}
  - {case: demo/models/live, client: tinny, state: fail, reason: upstream 13}
  - {case: "demo/*", client: tinny, state: fail, reason: upstream 14}
)");
  const auto done = assay(
      {"run", "--client", "./some where/file.yaml", "demo/models", "--known", "known.yaml", "--out", "out"});
  EXPECT_EQ(done.status.code, 0) << done.out << done.err;
  ASSERT_THAT(record().cases, SizeIs(1));
  EXPECT_EQ(record().cases[0].client, "tiny");
  EXPECT_EQ(record().cases[0].verdict, Verdict::xfail);
  EXPECT_EQ(record().cases[0].command,
            "assay run demo/models/live --client './some where/file.yaml' --seed 1");
  EXPECT_THAT(done.out,
              HasSubstr("known.yaml:3: 2 entries are for the client \"tinny\", which is not in this "
                        "run (tiny); did you mean tiny?"));
  EXPECT_THAT(read_file(folder_ + "/out/junit.xml").value(), HasSubstr("classname=\"tiny."));
  expect_refused({"run", "--client", "./some where/file.yaml", "--client", "./some where/file.yaml"}, 2,
                 "two clients of this run have the name tiny");
}

TEST_F(Choose, TheRepeatLinePlaysTheSameCaseInTheSameWay) {
  write("it's mine/answer wrong.json", R"({"ok": false, "models": []})");
  write("own/mine.yaml", std::string(kTwo).replace(7, 11, "mine/models"));
  const std::vector<std::string> ways[] = {
      {"--adapter", "./my-adapter \"it's mine/answer wrong.json\"", "--seed", "7"},
      {"--adapter", "python3 ./my-adapter ./wrong.json", "--no-cells"},
      {"./own/", "--adapter", "./my-adapter ./wrong.json", "--exclude", "*/again"},
  };
  for (const auto& way : ways) {
    std::vector<std::string> arguments = {"run", "--out", "out/run"};
    arguments.insert(arguments.end(), way.begin(), way.end());
    EXPECT_EQ(assay(arguments).status.code, 1);
    const RunRecord before = record("out/run");
    ASSERT_THAT(before.cases, SizeIs(1));
    const auto again = in_shell(before.cases[0].command);
    EXPECT_EQ(again.status.code, 1) << before.cases[0].command << again.out << again.err;
    const RunRecord after = record("out/run");
    ASSERT_THAT(after.cases, SizeIs(1));
    EXPECT_EQ(after.cases[0].name, before.cases[0].name);
    EXPECT_EQ(after.cases[0].client, before.cases[0].client);
    EXPECT_EQ(after.cases[0].reason, before.cases[0].reason);
    EXPECT_EQ(after.cases[0].command, before.cases[0].command);
    EXPECT_EQ(after.header.seed, before.header.seed);
    EXPECT_EQ(after.header.cells, before.header.cells);
  }
}

TEST_F(Choose, CasesAreLeftOutShownAndShuffled) {
  write_case(kTwo);
  EXPECT_EQ(assay({"run", "--adapter", "./my-adapter", "--exclude", "*/again", "--out", "out"}).status.code,
            0);
  ASSERT_THAT(record().cases, SizeIs(1));
  EXPECT_EQ(record().cases[0].name, "demo/models/live");
  expect_refused({"run", "--exclude", "*/agian"}, 2, "no case matches \"*/agian\"");
  expect_refused({"run", "--exclude", "demo"}, 2, "the filter leaves no case to run");

  const auto dry = assay({"run", "--adapter", "./my-adapter", "--dry-run", "--out", "dry"});
  EXPECT_EQ(dry.status.code, 0) << dry.err;
  EXPECT_THAT(dry.out, AllOf(HasSubstr("demo/models/live   must"), HasSubstr("demo/models/again  should"),
                             HasSubstr("2 cases would be played")));
  EXPECT_FALSE(fs::exists(folder_ + "/dry"));

  const auto order = [&](const std::string& seed) {
    (void)assay(
        {"run", "--adapter", "./my-adapter", "--order", "random", "--seed", seed, "-j", "1", "--out", "out"});
    return record().cases.front().index;
  };
  std::vector<std::uint64_t> firsts;
  for (const char* seed : {"1", "2", "3", "4", "5", "6"}) firsts.push_back(order(seed));
  EXPECT_THAT(firsts, AllOf(Contains(0), Contains(1)));
  EXPECT_EQ(order("3"), firsts[2]);
}

TEST_F(Choose, ListSaysWhichCasesApplyToAClientAndWhyOthersDoNot) {
  write_case(std::string(kTwo) + R"(  - id: chats
    title: A chat after the list
    requires: [models, chat]
    do: [models: {as: M}]
    expect: {listed: {M: {ok: true}}}
  - id: signs-in
    title: A chat after a login
    requires: [login, chat]
    do: [login: {as: L}]
    expect: {listed: {L: {ok: true}}}
)");
  const auto done = assay({"list", "cases", "--adapter", "./my-adapter"});
  EXPECT_EQ(done.status.code, 0) << done.err;
  EXPECT_THAT(done.out, AllOf(HasSubstr("2 of 4 questions apply to my-adapter (2 of 4 cases; models)"),
                              HasSubstr("     1  needs chat\n"), HasSubstr("     1  needs login and chat\n"),
                              HasSubstr("One more capability would add:\n     1  chat\n"),
                              Not(HasSubstr("  demo/models/chats"))));
  EXPECT_THAT(assay({"list", "cases", "demo/models/live"}).out, HasSubstr("\n1 cases\n"));
  EXPECT_THAT(assay({"list", "*/again"}).out, HasSubstr("\n1 cases\n"));
  expect_refused({"list", "fautls"}, 2, "unknown list 'fautls', did you mean 'faults'?");
}

TEST_F(Choose, WhetherACaseAppliesIsAskedBeforeWhatTheMachineLacks) {
  write_case(R"(suite: demo/cell
cases:
  - id: chats
    title: Only in a cell, and for a client that chats
    requires: [chat]
    world: {cell: required}
    do: [chat: {as: C}]
    expect: {done: {C: {ok: true}}}
  - id: lists
    title: Only in a cell, and below the level
    level: should
    requires: [models]
    world: {cell: required}
    do: [models: {as: M}]
    expect: {done: {M: {ok: true}}}
  - id: plain
    title: Anywhere
    requires: [models]
    do: [models: {as: M}]
    expect: {done: {M: {ok: true}}}
)");
  const auto run = [&](const std::string& level) {
    return assay({"run", "--adapter", "./my-adapter", "--no-cells", "--level", level, "--out", "out"});
  };
  const auto done = run("must");
  EXPECT_EQ(done.status.code, 0) << done.out << done.err;
  ASSERT_THAT(record().cases, SizeIs(3));
  EXPECT_EQ(record().cases[0].verdict, Verdict::not_applicable) << record().cases[0].reason;
  EXPECT_THAT(record().cases[0].reason, HasSubstr("chat"));
  EXPECT_EQ(record().cases[1].verdict, Verdict::could_not_run);
  EXPECT_EQ(record().cases[2].verdict, Verdict::pass);
  EXPECT_EQ(run("should").status.code, 3);
}

// Every check held, and what the case is about had not begun.
TEST_F(Choose, WhatAStepAwaitsInVainLetsNoCasePass) {
  write_case(R"(suite: demo/twice
cases:
  - id: asks-again
    title: The client asks again
    requires: [models]
    do:
      - models: {as: M}
      - await: {journal: "inference GET /v1/models #2", deadline: 100ms}
    expect: {done: {M: {ok: true}}}
)");
  const auto done = assay({"run", "--adapter", "./my-adapter", "--no-cells", "--out", "out"});
  EXPECT_EQ(done.status.code, 1) << done.out << done.err;
  ASSERT_THAT(record().cases, SizeIs(1));
  EXPECT_EQ(record().cases[0].verdict, Verdict::not_met);
  EXPECT_THAT(record().cases[0].reason,
              AllOf(HasSubstr("Awaited in vain: "), HasSubstr("inference GET /v1/models #2")));
}

TEST_F(Choose, AFaultThatTheWayOfConnectingRulesOutDoesNotApply) {
  write_case(R"(suite: demo/connection
cases:
  - id: ends-at-reuse
    title: The connection ends as the next request comes
    requires: [chat]
    world: {inference: {auth: {keys: [sk-worldrouter-canary-0123456789abcdef]}, faults: [close-on-next-request]}}
    do: [chat: {as: C, credential: {kind: api_key, key: sk-worldrouter-canary-0123456789abcdef}}]
    expect: {done: {C: {ok: true}}}
  - id: mistaken
    title: A fault that no answer of this kind can have
    requires: [chat]
    world: {inference: {auth: {keys: [sk-worldrouter-canary-0123456789abcdef]}, faults: [{rst: {event: 999}}]}}
    do: [chat: {as: C, credential: {kind: api_key, key: sk-worldrouter-canary-0123456789abcdef}}]
    expect: {done: {C: {ok: true}}}
)");
  const auto client = [&](const std::string& header, const std::string& stream) {
    write(
        "mine.yaml",
        R"(name: mine
title: Mine
capabilities: [chat]
argv: [curl, -s, -H, ")" +
            header + R"(", -H, "Authorization: Bearer ${key}", -d, '{"model": "kimi-k2.6", "stream": )" +
            stream +
            R"(, "messages": [{"role": "user", "content": "ping"}]}', "${inference.url}/v1/chat/completions"]
)");
    (void)assay({"run", "--client", "./mine.yaml", "--out", "out", "-j", "1"});
  };
  client("Connection: close", "true");
  EXPECT_EQ(record().cases[0].verdict, Verdict::not_applicable);
  EXPECT_THAT(record().cases[0].reason, HasSubstr("the client keeps no connection alive"));
  EXPECT_EQ(record().cases[1].verdict, Verdict::error) << record().cases[1].reason;
  client("Connection: keep-alive", "true");
  EXPECT_EQ(record().cases[0].verdict, Verdict::pass) << record().cases[0].reason;
  client("Connection: keep-alive", "false");
  EXPECT_EQ(record().cases[1].verdict, Verdict::not_applicable);
  EXPECT_THAT(record().cases[1].reason, HasSubstr("without a stream"));
}

// The recipes of ci/ run without cells. What they leave out is all that would make such a run incomplete.
TEST_F(Choose, TheRecipesForCiCanBeGreenWithoutCells) {
  data_ = ASSAY_SOURCE_DIR;
  for (const char* file :
       {"ci/github/run.sh", "ci/gitlab/assay.gitlab-ci.yml", "ci/kubernetes/assay.yaml", "docs/ci.md"}) {
    const std::string text = read_file(std::string(ASSAY_SOURCE_DIR "/") + file).value();
    EXPECT_THAT(text, HasSubstr("--no-cells --exclude any/login --exclude '*/disk-full'")) << file;
  }
  // Every case that needs a cell, and one that does not.
  const auto done =
      assay({"run", "any/login", "*/disk-full", "any/process/nobody-else", "any/chat/answers", "--no-cells",
             "--exclude", "any/login", "--exclude", "*/disk-full", "--out", "out"});
  EXPECT_EQ(done.status.code, 0) << done.out << done.err;
  EXPECT_THAT(done.out, HasSubstr("1 pass, 1 could-not-run"));
}

TEST_F(Choose, OwnCasesBringTheirRecordingsAndTheirProvider) {
  const std::string fixtures = ASSAY_SOURCE_DIR "/fixtures/worldrouter/inference-api/chat-pong.json";
  fs::create_directories(folder_ + "/mine/recordings");
  fs::copy_file(fixtures, folder_ + "/mine/recordings/pong.json");
  std::string provider = read_file(ASSAY_SOURCE_DIR "/conformance/providers/worldrouter.yaml").value();
  provider.replace(provider.find("id: worldrouter"), 15, "id: house-router");
  write("mine/house.yaml", provider);
  write("mine/cases/chat.yaml", R"(suite: mine/chat
cases:
  - id: recorded
    title: Our own recording
    requires: [chat]
    world:
      provider: ../house.yaml
      inference: {fixture: ../recordings/pong.json, auth: {keys: [sk-mine-0123456789abcdef]}}
    do: [chat: {as: C, credential: {kind: api_key, key: sk-mine-0123456789abcdef}}]
    expect: {done: {C: {ok: true}}}
)");
  for (const std::string path : {"./mine/cases/", "mine/cases/chat.yaml"}) {
    const auto done = assay({"run", path, "--out", "out"});
    EXPECT_EQ(done.status.code, 0) << done.out << done.err;
    ASSERT_THAT(record().cases, SizeIs(1));
    EXPECT_EQ(record().cases[0].name, "mine/chat/recorded");
    EXPECT_EQ(record().cases[0].provider, "house-router");
  }
  EXPECT_EQ(record().cases[0].command,
            "assay run mine/chat/recorded --cases mine/cases/chat.yaml --client reference --seed 1");
  EXPECT_EQ(assay({"run", "demo/models", "./mine/cases/", "--dry-run"}).out.find("2 cases would") ==
                std::string::npos,
            false);
  fs::remove(folder_ + "/mine/recordings/pong.json");
  expect_refused({"run", "./mine/cases/"}, 2, folder_ + "/mine/recordings/pong.json: cannot read");
  expect_refused({"run", "./none/"}, 2, "./none/: there is no such file or folder");
  write("mine/cases/chat.yaml", kCase);
  expect_refused({"run", "./mine/cases/"}, 2, "the id demo/models/live is taken by another case");
}

TEST_F(Choose, ReportsOfAnOlderRunAreGoneAndASecondRunIsRefused) {
  write("out/report.html", "of an older run");
  write("out/junit.xml", "of an older run");
  const std::string waits = program(
      "waits", R"(#!/bin/sh
echo '{"hello":{"protocol":[1],"client":"x","version":"1","role":"provider","capabilities":["models"]}}'
read line
[ -e )" + folder_ + R"(/first ] || { : > )" +
                   folder_ + R"(/first; echo '{"seq":1,"result":{"ok":true,"models":[]}}'; read line; exit; }
echo asked >> )" + folder_ +
                   R"(/asked
while read line; do :; done
)");
  write_case(kTwo);
  ASSERT_EQ(mkfifo((folder_ + "/asked").c_str(), 0600), 0);
  process::ChildOptions options;
  options.argv = {ASSAY_PROGRAM, "run", "--no-cells", "--no-start-check", "--out", "out", "--adapter", waits};
  options.environment = {"PATH=/usr/bin:/bin", "ASSAY_DATA=" + folder_, "HOME=" + folder_};
  options.directory = folder_;
  auto child = process::Child::start(std::move(options));
  ASSERT_TRUE(child) << child.error().text();
  EXPECT_EQ(read_file(folder_ + "/asked").value(), "asked\n");  // the second case is being played
  EXPECT_FALSE(fs::exists(folder_ + "/out/report.html"));
  EXPECT_FALSE(fs::exists(folder_ + "/out/junit.xml"));
  expect_refused({"run", "--no-cells", "--out", "out", "--adapter", "./my-adapter"}, 2,
                 "out: another run writes into this folder");
  ASSERT_TRUE(child->signal(SIGINT));
  const auto status = child->wait(std::chrono::seconds(60));
  ASSERT_TRUE(status) << status.error().text();
  EXPECT_EQ(status->code, 130) << child->text(process::Stream::err);
  EXPECT_FALSE(record().complete());
  EXPECT_THAT(read_file(folder_ + "/out/junit.xml").value(),
              AllOf(HasSubstr("demo/models"), HasSubstr("interrupted; ")));
  EXPECT_THAT(read_file(folder_ + "/out/report.html").value(), HasSubstr("<title>assay report"));
  EXPECT_THAT(child->text(process::Stream::out), HasSubstr("report  out/report.html"));
}

TEST_F(Choose, WhatADiskDoesNotTakeIsShownAllTheSame) {
  write_case(kTwo);
  const auto done =
      in_shell("trap '' XFSZ; ulimit -f 2; assay run --adapter ./my-adapter --no-cells --out out");
  EXPECT_EQ(done.status.code, 3) << done.out << done.err;
  EXPECT_THAT(done.err, HasSubstr("out/run.jsonl: cannot write"));
  EXPECT_THAT(done.out, AllOf(HasSubstr("1 pass"), HasSubstr("stopped, 1 of 2 cases ran")));
}

TEST_F(Choose, UnknownWordsAreToldWithTheNearest) {
  const struct {
    std::vector<std::string> arguments;
    const char* why;
  } table[] = {
      {{"rnu"}, "assay: unknown command 'rnu', did you mean 'run'?"},
      {{"report", "rendr"}, "assay report: unknown command 'rendr', did you mean 'render'?"},
      {{"run", "--clinet", "x"}, "assay run: unknown option '--clinet', did you mean '--client'?"},
      {{"run", "--level", "mst"}, "unknown value 'mst', did you mean 'must'?"},
      {{"fixture", "lint"}, "assay fixture lint: files is required"},
  };
  for (const auto& row : table) expect_refused(row.arguments, 2, row.why);
  write("mine.yaml", "name: mine\ntitle: Mine\ncapabilites: [chat]\nargv: [\"true\"]\n");
  expect_refused({"run", "--client", "./mine.yaml"}, 2,
                 "mine.yaml:3: unknown key 'capabilites', did you mean 'capabilities'?");
  write_case(std::string(kCase).replace(std::string(kCase).find("requires: [models]"), 18,
                                        "world: {inference: {trun: pong}}"));
  expect_refused({"run"}, 2, "unknown key 'trun', did you mean 'turn'?");
}

TEST_F(Choose, EveryVerbShowsAnExample) {
  const auto verbs_of = [&](const std::string& help) {
    std::vector<std::string> out;
    const std::string list = help.substr(std::min(help.find("Subcommands:"), help.size()));
    for (const std::string_view line : split(list, '\n')) {
      if (line.size() > 3 && line.starts_with("  ") && line[2] != ' ')
        out.emplace_back(line.substr(2, line.find(' ', 2) - 2));
    }
    return out;
  };
  std::size_t seen = 0;
  for (const std::string& verb : verbs_of(assay({"--help"}).out)) {
    const std::string help = assay({verb, "--help"}).out;
    EXPECT_THAT(help, HasSubstr("Example:\n  ")) << verb;
    ++seen;
    const auto below = help.substr(0, help.find("Example:"));
    for (const std::string& one : verbs_of(below)) {
      EXPECT_THAT(assay({verb, one, "--help"}).out, HasSubstr("Example:\n  ")) << verb << " " << one;
      ++seen;
    }
  }
  EXPECT_GT(seen, 30U);
}

}  // namespace
}  // namespace assay
