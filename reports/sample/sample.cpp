#include "reports/sample/sample.h"

#include <fmt/format.h>

#include <array>
#include <nlohmann/json.hpp>

#include "harness/base/random.h"

namespace assay::reports {
namespace {

struct SuiteShape {
  const char* name;
  const char* protocol;
  std::vector<std::string> features;
  const char* subject;
  const char* topic;
};

const std::vector<SuiteShape>& suites() {
  static const std::vector<SuiteShape> all = {
      {"worldrouter/login", "oauth-loopback", {"login"}, "the callback", "login"},
      {"worldrouter/exchange", "control-api", {"login"}, "the key exchange", "token"},
      {"worldrouter/discovery", "control-api", {"models"}, "the model list", "models"},
      {"chat/stream", "openai-chat", {"stream"}, "the stream", "framing"},
      {"chat/tools", "openai-chat", {"stream", "tools"}, "a tool call", "tools"},
      {"chat/parallel-tools", "anthropic", {"stream", "tools", "parallel-tools"}, "two tool calls", "tools"},
      {"chat/reasoning", "openai-responses", {"stream", "reasoning"}, "the reasoning", "reasoning"},
      {"chat/usage", "gemini", {"stream", "usage"}, "the usage", "usage"},
      {"limits/rate", "openai-chat", {"chat"}, "a rate limit", "retry"},
      {"limits/size", "anthropic", {"vision"}, "a large body", "parameters"}};
  return all;
}

struct Model {
  const char* provider;
  const char* name;
};
constexpr std::array<Model, 6> kModels = {{{"worldrouter", "aurora-large"},
                                           {"worldrouter", "aurora-small"},
                                           {"northwind", "gale-3"},
                                           {"northwind", "gale-3-mini"},
                                           {"harbor", "pilot-1"},
                                           {"harbor", "pilot-vision"}}};
constexpr std::array<const char*, 8> kFaults = {
    "cut at byte 117", "reset in event 4", "split inside a code point", "300 ms before event 2",
    "status 429",      "no final chunk",   "CR and LF apart",           "duplicate header"};
constexpr std::array<const char*, 4> kReads = {"whole", "1-byte", "7-byte", "event"};

// One conversation: a request, its answer, perhaps a fault, the end.
std::string journal(const CaseRecord& c, Random& random, bool faulted, const char* fault) {
  nlohmann::json out = nlohmann::json::array();
  std::int64_t t = 900;
  const auto add = [&](const char* actor, const char* kind, const std::string& text) -> nlohmann::json& {
    t += static_cast<std::int64_t>(random.below(40'000)) + 50;
    out.push_back({{"seq", out.size() + 1},
                   {"t_us", t},
                   {"actor", actor},
                   {"kind", kind},
                   {"text", text},
                   {"connection", 1},
                   {"exchange", out.size() / 5 + 1}});
    return out.back();
  };
  add("client", "action", "op chat");
  add("inference", "connect", "127.0.0.1");
  nlohmann::json& request = add("inference", "request", "POST /v1/chat/completions");
  request["bytes"] = 300 + random.below(200);
  nlohmann::json headers = nlohmann::json::array();
  const auto header = [&](const char* name, const std::string& value) {
    headers.push_back(nlohmann::json::array({name, value}));
  };
  header("Host", "127.0.0.1:41234");
  header("Authorization", "Bearer [redacted]");
  header("Content-Type", "application/json");
  header("User-Agent", c.client + "/1.2");
  request["request"] = {
      {"method", "POST"},
      {"target", "/v1/chat/completions"},
      {"headers", std::move(headers)},
      {"body",
       nlohmann::json{{"model", c.model},
                      {"stream", true},
                      {"messages",
                       {{{"role", "user"}, {"content", "What is the weather in Tromsø? " + random.hex(24)}}}}}
           .dump()}};
  add("inference", "response", "200 text/event-stream")["status"] = 200;
  const nlohmann::json exchange = out.back()["exchange"];
  if (faulted) add("inference", "fault", fault)["detail"] = {{"fault", fault}, {"seed", random.below(1000)}};
  add("inference", faulted ? "peer-closed" : "done",
      faulted ? "peer reset" : "chat.completion.chunk x 42")["bytes"] = 4096 + random.below(3000);
  if (faulted) {
    add("client", "note", "error category=protocol: unexpected end of stream");
    const std::string head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n";
    const std::string sent = head + R"(data: {"choices":[{"delta":{"content":"It is snow)";
    nlohmann::json& kept = add("inference", "note", "answer");
    kept["exchange"] = exchange;
    kept["detail"] = {{"sent", sent},
                      {"bytes", sent.size()},
                      {"marks", {{head.size(), "read boundary"}, {sent.size(), "connection reset (RST)"}}}};
  }
  return out.dump();
}

Verdict pick(std::uint64_t red_per_thousand, Random& random) {
  const std::uint64_t n = random.below(1000);
  if (n < red_per_thousand) {
    constexpr std::array<Verdict, 9> kRed = {Verdict::fail,  Verdict::fail,  Verdict::fail,
                                             Verdict::crash, Verdict::error, Verdict::timeout,
                                             Verdict::xpass, Verdict::flaky, Verdict::not_met};
    return kRed.at(random.below(kRed.size()));
  }
  if (n < red_per_thousand + 60) return Verdict::not_applicable;
  if (n < red_per_thousand + 75) return Verdict::xfail;
  if (n < red_per_thousand + 85) return Verdict::could_not_run;
  return Verdict::pass;
}

void judge(CaseRecord& c, Random& random, const std::string& fault) {
  const std::string subject = suites()[c.index % suites().size()].subject;
  c.checks = {{"done", true, "the operation ends with a result", "a result", {}},
              {"text", true, "the text of the fixture", "the same 312 characters", {}}};
  Check& check = c.checks.at(random.below(2));
  c.met = {{"the chat request arrived", c.verdict != Verdict::not_met, {}}};
  switch (c.verdict) {
    case Verdict::not_met:
      c.reason = "the chat request did not arrive";
      break;
    case Verdict::fail:
    case Verdict::xfail:
    case Verdict::flaky:
    case Verdict::timeout:
    case Verdict::crash:
      check.ok = false;
      check.observed =
          fmt::format("error category=protocol: unexpected end of stream after {} events", random.below(40));
      check.evidence = {5, 6};
      c.reason = fmt::format("{} does not survive {}", subject, fault);
      break;
    case Verdict::error:
      c.checks.clear();
      c.reason = "the adapter ended before it answered (exit 70)";
      break;
    case Verdict::could_not_run:
      c.checks.clear();
      c.reason = "this machine has no user namespaces";
      break;
    case Verdict::not_applicable:
      c.checks.clear();
      c.reason = "the client lacks: " + c.features.back();
      break;
    default:
      break;
  }
  if (c.verdict == Verdict::timeout) c.reason = "timed out after 5 s waiting for the result of chat";
  if (c.verdict == Verdict::crash) c.reason = "ended by SIGSEGV";
  if (c.verdict == Verdict::flaky)
    c.attempts = {{Verdict::fail, c.reason, 41'000}, {Verdict::pass, "", 38'000}};
  if (c.verdict == Verdict::xfail || c.verdict == Verdict::xpass)
    c.known =
        KnownFailure{"fail", "waits for the next release", "https://example.test/issues/12", "2027-01-31"};
}

}  // namespace

RunRecord sample_record(const SampleSize& size) {
  const Random root(size.seed);
  RunRecord record;
  record.header.assay = "0.1.0";
  record.header.started = "2026-11-20T07:20:14Z";
  record.header.seed = size.seed;
  record.header.host = {"Linux", "6.1.0-18-amd64", 2};
  record.header.command = {"assay", "run", "--seed", std::to_string(size.seed)};
  record.header.planned = size.cases * size.clients;
  record.header.cells = true;
  for (std::uint64_t n = 0; n < size.clients; ++n) {
    record.header.clients.push_back({n == 0 ? "reference" : fmt::format("client-{}", n),
                                     fmt::format("1.{}.0", n),
                                     "provider",
                                     {"login", "models", "chat", "tools"}});
  }
  RunFooter footer;
  for (std::uint64_t i = 0; i < size.cases * size.clients; ++i) {
    const std::uint64_t number = i / size.clients;
    const SuiteShape& suite = suites()[number % suites().size()];
    Random shape = root.fork(fmt::format("case {}", number));
    const Model& model = kModels.at(shape.below(kModels.size()));
    const std::string fault = kFaults.at(shape.below(kFaults.size()));
    CaseRecord c;
    c.index = number;
    c.client = record.header.clients[i % size.clients].name;
    Random random = root.fork(fmt::format("run {}", i));
    c.suite = suite.name;
    c.axes = {{"reads", kReads.at(shape.below(kReads.size()))}};
    c.name = fmt::format("{}/reads:{}/case-{:04}", suite.name, c.axes["reads"], number);
    c.title = fmt::format("{} arrives with {}", suite.subject, fault);
    c.title.front() = static_cast<char>(c.title.front() - 'a' + 'A');
    // Records hold what clients and servers say; no report may take it for markup.
    if (number == 1) c.title = "</script><img src=x onerror=alert(1)> & \"quoted\" | `code`";
    c.requirement =
        fmt::format("A client keeps all of {} and reports what it lost, once, in words.", suite.subject);
    constexpr std::array<const char*, 3> kLevels = {"must", "should", "may"};
    c.level = kLevels.at(shape.below(10) < 7 ? 0 : 1 + shape.below(2));
    c.provider = model.provider;
    c.model = model.name;
    c.protocol = suite.protocol;
    c.features = suite.features;
    c.topic = suite.topic;
    if (shape.below(3) == 0)
      c.seen_in = {fmt::format("https://example.test/repo/issues/{}", shape.below(900))};
    c.seed = size.seed;
    c.verdict = pick(size.red_per_thousand, random);
    c.journal = journal(c, random, true, fault.c_str());
    judge(c, random, fault);
    c.started_us = static_cast<std::int64_t>(i) * 1500;
    c.duration_us = 2000 + static_cast<std::int64_t>(random.below(300'000));
    c.timings = {{"setup", 900}, {"client", c.duration_us - 900}};
    c.output = {"", c.verdict == Verdict::crash ? "Segmentation fault" : "", "",
                c.verdict == Verdict::crash ? std::nullopt : std::optional(0)};
    c.command = fmt::format("assay run --client {} --case {} --seed {}", c.client, c.name, c.seed);
    ++footer.counts[std::string(to_string(c.verdict))];
    if (is_red(c.verdict) && c.level == "must") footer.exit = 1;
    footer.duration_us = c.started_us + c.duration_us;
    record.cases.push_back(std::move(c));
  }
  record.footer = std::move(footer);
  return record;
}

}  // namespace assay::reports
