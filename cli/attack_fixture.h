// A hostile client and the user who runs it: this one and, when that is root, nobody too. For the attack
// suite's tests.
#pragma once

#include <gmock/gmock.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "harness/base/text.h"
#include "harness/process/cell.h"
#include "harness/process/child.h"

namespace assay::attack {

namespace fs = std::filesystem;
using nlohmann::json;

// A program that asks once and then does what its argument says.
inline constexpr const char* kAsks = R"(import os, socket, subprocess, sys, time, urllib.request
def ask():
    url = os.environ["URL"] + "/v1/chat/completions"
    body = b'{"model": "m", "stream": true, "messages": [{"role": "user", "content": "ping"}]}'
    head = {"Authorization": "Bearer " + os.environ["KEY"], "Content-Type": "application/json"}
    import json
    for line in urllib.request.urlopen(urllib.request.Request(url, body, head), timeout=20):
        if line.startswith(b"data: {"):
            for choice in json.loads(line[6:])["choices"]:
                print(choice.get("delta", {}).get("content") or "", end="", flush=True)
def seen():
    return [p for p in os.listdir("/proc") if p.isdigit() and p not in ("1", str(os.getpid()))]
)";

struct Attacker {
  const char* name;
  bool nobody;
};

class AttackTest : public testing::TestWithParam<Attacker> {
 protected:
  void SetUp() override {
    const auto cells = process::cells_available();
    if (cells.kind == process::CellsAnswer::forbidden) GTEST_SKIP() << cells.reason;
    ASSERT_EQ(cells.kind, process::CellsAnswer::possible) << cells.reason;
    if (GetParam().nobody && ::geteuid() != 0) GTEST_SKIP() << "only root can become nobody";
    std::string name = testing::TempDir() + "assay-attack-XXXXXX";
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    folder_ = name;
    fs::permissions(folder_, fs::perms(0755));
    for (const char* part : {"/home", "/client", "/out"}) fs::create_directories(folder_ + part);
    if (GetParam().nobody) {
      for (const char* part : {"", "/home", "/client", "/out"})
        ASSERT_EQ(::chown((folder_ + part).c_str(), 65534, 65534), 0);
      const std::string readme = ASSAY_SOURCE_DIR "/README.md";
      const auto reached = as_user({"test", "-x", ASSAY_PROGRAM, "-a", "-r", readme}, {});
      if (!reached.status.ok()) GTEST_SKIP() << "nobody cannot reach " ASSAY_PROGRAM;
    }
  }
  void TearDown() override {
    if (!folder_.empty()) fs::remove_all(folder_);
  }

  process::Completed as_user(std::vector<std::string> argv, const std::vector<std::string>& before) const {
    process::ChildOptions options;
    options.argv = before;
    if (GetParam().nobody)
      options.argv.insert(options.argv.end(),
                          {"setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"});
    options.argv.insert(options.argv.end(), argv.begin(), argv.end());
    options.environment = {"PATH=/usr/bin:/bin", "HOME=" + folder_ + "/home", "ASSAY_DATA=" ASSAY_SOURCE_DIR};
    options.directory = folder_ + "/client";
    auto done = process::run_program(std::move(options), std::chrono::seconds(120));
    EXPECT_TRUE(done) << done.error().text();
    EXPECT_FALSE(done->timed_out) << done->out << done->err;
    return *done;
  }

  // Plays cases that must be recorded.
  std::vector<json> play(const std::string& program, const std::string& one,
                         std::vector<std::string> more = {}, const std::string& yaml = {},
                         const std::vector<std::string>& before = {}) {
    auto cases = attempt(program, one, std::move(more), yaml, before);
    if (cases.empty()) {
      ADD_FAILURE() << done_.out << done_.err;
      cases.push_back(json::object({{"output", json::object()}}));
    }
    return cases;
  }

  // Writes a client that runs `program` and plays cases against it; what came to be recorded.
  std::vector<json> attempt(const std::string& program, const std::string& one,
                            std::vector<std::string> more = {}, const std::string& yaml = {},
                            const std::vector<std::string>& before = {}) {
    std::ofstream(folder_ + "/client/program.py") << program;
    std::ofstream(folder_ + "/client/mine.yaml")
        << "name: mine\ntitle: Mine\ncapabilities: [chat, stream]\n"
           "argv: [python3, \"${here}/program.py\"]\n"
           "environment: {URL: \"${inference.url}\", KEY: \"${key}\"" +
               environment_ + "}\n" + yaml;
    std::vector<std::string> argv = {ASSAY_PROGRAM, "run", one, "--client",        "./mine.yaml",     "--out",
                                     "../out",      "-j",  "1", "--require-cells", "--no-start-check"};
    argv.insert(argv.end(), more.begin(), more.end());
    done_ = as_user(argv, before);
    return recorded();
  }

  std::vector<json> recorded() const {
    std::vector<json> out;
    const std::string record = read_file(folder_ + "/out/run.jsonl").value_or("");
    for (const auto line : split(record, '\n')) {
      const json value = json::parse(line, nullptr, false);
      if (value.is_object() && value.value("type", "") == "case") out.push_back(value);
    }
    return out;
  }

  static std::vector<std::string> verdicts(const std::vector<json>& cases) {
    std::vector<std::string> out;
    for (const json& one : cases) out.push_back(one.value("verdict", ""));
    return out;
  }

  std::string folder_;
  std::string environment_;  // more of the client's, ", NAME: value"
  process::Completed done_;
};

inline constexpr const char* kAnswers = "any/chat/answers";

}  // namespace assay::attack
