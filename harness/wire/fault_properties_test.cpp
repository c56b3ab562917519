// What holds for every fault, over generated responses and every use that shown_faults.txt shows.
#include <gtest/gtest.h>

#include <algorithm>
#include <regex>

#include "harness/base/text.h"
#include "harness/wire/fault.h"
#include "harness/wire/fault_samples.h"
#include "harness/wire/message_reader.h"
#include "harness/wire/show.h"

namespace assay::wire {
namespace {

constexpr int kRounds = 25;

std::string some_text(Random& random) {
  static constexpr std::array<std::string_view, 8> kPieces{"Hi", " ", "é", "🌍", "\\n", "中文", "{}", "x"};
  std::string out;
  for (std::uint64_t n = random.below(4); n > 0; --n) out += kPieces.at(random.below(kPieces.size()));
  return out;
}

std::string some_stream(Random& random) {
  static constexpr std::array<std::string_view, 3> kEnds{"\n", "\r\n", "\r"};
  const std::string end(kEnds.at(random.below(kEnds.size())));
  std::string out;
  for (std::uint64_t n = random.below(6); n > 0; --n) {
    if (random.below(4) == 0) out += ": comment" + end + (random.below(2) == 0 ? end : "");
    if (random.below(3) == 0) out += "event: delta" + end;
    if (random.below(8) != 0) out += "data: {\"content\":\"" + some_text(random) + "\"}" + end;
    out += end;
  }
  if (random.below(3) != 0) out += "data: [DONE]" + end + end;
  return out;
}

Response some_response(Random& random) {
  static constexpr std::array<std::string_view, 4> kTypes{"text/event-stream", "application/x-ndjson",
                                                          "application/json", "text/plain"};
  Response r;
  r.status = random.below(4) == 0 ? 429 : 200;
  r.reason = reason_phrase(r.status);
  const std::size_t type = random.below(6);
  r.headers.push_back({"Content-Type", std::string(kTypes.at(type < 4 ? type : 0))});
  for (std::uint64_t n = random.below(3); n > 0; --n)
    r.headers.push_back({"x-h" + random.hex(2), random.hex(6)});
  r.framing = std::array{BodyFraming::content_length, BodyFraming::chunked, BodyFraming::chunked,
                         BodyFraming::close_delimited}
                  .at(random.below(4));
  std::string body = some_text(random);
  if (type == 1) body = "{\"a\":\"" + body + "\"}\n{\"done\":true}\n";
  if (type == 2) body = "{\"a\":\"" + body + "\"}";
  if (type == 0 || type > 3) body = some_stream(random);
  Micros at{0};
  while (!body.empty()) {  // divided anywhere, also inside a code point and between CR and LF
    const std::size_t size = 1 + random.below(random.below(2) == 0 ? 5 : body.size());
    at += Micros(random.below(3000));
    r.body.push_back({body.substr(0, size), at});
    body.erase(0, std::min(size, body.size()));
  }
  if (r.framing == BodyFraming::chunked && random.below(3) == 0) r.trailers.push_back({"X-T", "1"});
  return r;
}

struct Use {
  const Fault* fault;
  nlohmann::json params;
};

std::vector<Use> every_use() {
  std::vector<Use> out;
  for (const Fault& fault : all_faults()) out.push_back({&fault, nlohmann::json::parse(fault.example)});
  const auto file = read_file(ASSAY_SOURCE_DIR "/harness/wire/shown_faults.txt");
  if (!file) ADD_FAILURE() << file.error().text();
  const std::string text = file.value_or("");
  for (const std::string_view line : split(text, '\n')) {
    if (!line.starts_with("== ")) continue;
    const std::size_t name = line.find(' ', 3) + 1;
    const std::size_t end = line.find(' ', name);
    const Fault* fault = find_fault(line.substr(name, end - name));
    if (fault != nullptr) out.push_back({fault, nlohmann::json::parse(line.substr(end + 1))});
  }
  return out;
}

Result<Script> apply(const Use& use, const Response& response, const SerializeOptions& options = {}) {
  Random random(11);
  Request request;
  return apply_faults(response, {{std::string(use.fault->name), use.params}}, options,
                      {random, &request, 1'790'000'000});
}

// Marks with their offsets in all top-level writes.
std::vector<Mark> all_marks(const Script& script) {
  std::vector<Mark> out;
  std::size_t base = 0;
  for (const Step& step : script.steps) {
    const auto* write = std::get_if<Write>(&step.op);
    if (write == nullptr) continue;
    for (const Mark& m : write->marks) out.push_back({base + m.at, m.kind});
    base += write->bytes.size();
  }
  return out;
}

void expect_marks_in_order(const Steps& steps) {
  for (const Step& step : steps) {
    if (const auto* repeat = std::get_if<Repeat>(&step.op)) expect_marks_in_order(repeat->steps);
    const auto* write = std::get_if<Write>(&step.op);
    if (write == nullptr) continue;
    std::size_t before = 0;
    for (const Mark& m : write->marks) {
      EXPECT_GE(m.at, before);
      EXPECT_LE(m.at, write->bytes.size());
      before = m.at;
    }
  }
}

// Calls `check` with every use on generated responses, and traces both.
template <typename Check>
void for_all(const Check& check) {
  const std::vector<Use> uses = every_use();
  Random random(20260101);
  for (int round = 0; round < kRounds; ++round) {
    const Response response = some_response(random);
    const SerializeOptions options{.keep_alive = random.below(4) != 0,
                                   .speed = random.below(2) == 0 ? 0.0 : 2.0,
                                   .cut_chunks = random.below(3) == 0};
    for (const Use& use : uses) {
      if (use.fault->level == FaultLevel::listener) continue;
      SCOPED_TRACE(std::string(use.fault->name) + " " + use.params.dump() + " in round " +
                   std::to_string(round));
      check(use, response, options);
      if (testing::Test::HasFailure()) FAIL() << show(serialize(response, options));
    }
  }
}

TEST(FaultProperties, LosslessFaultsKeepEveryByte) {
  int applied = 0;
  for_all([&](const Use& use, const Response& response, const SerializeOptions& options) {
    if (!use.fault->lossless) return;
    if (use.fault->level == FaultLevel::exchange) {
      Random random(11);
      FaultContext context{random};
      const auto changed = use.fault->on_exchange(response, use.params, context);
      if (!changed) return;
      ++applied;
      EXPECT_EQ(body_bytes(*changed), body_bytes(response));
      return;
    }
    const Script before = serialize(response, options);
    const auto after = apply(use, response, options);
    if (!after) return;
    ++applied;
    EXPECT_EQ(escape_bytes(all_bytes(*after)), escape_bytes(all_bytes(before)));
    EXPECT_EQ(all_marks(*after), all_marks(before));
  });
  EXPECT_GT(applied, 500);
}

TEST(FaultProperties, TheSameSeedGivesTheSameScript) {
  for_all([](const Use& use, const Response& response, const SerializeOptions& options) {
    const auto first = apply(use, response, options);
    const auto second = apply(use, response, options);
    ASSERT_EQ(first.has_value(), second.has_value());
    if (first) {
      EXPECT_EQ(*first, *second);
    } else {
      EXPECT_EQ(first.error().text(), second.error().text());
    }
  });
}

TEST(FaultProperties, OneThatDoesNotApplyIsRefusedWithAReason) {
  for_all([](const Use& use, const Response& response, const SerializeOptions& options) {
    const auto script = apply(use, response, options);
    if (script) return expect_marks_in_order(script->steps);
    const std::string prefix = "fault " + std::string(use.fault->name) + ": ";
    EXPECT_TRUE(script.error().message.starts_with(prefix)) << script.error().message;
    EXPECT_GT(script.error().message.size(), prefix.size() + 5);
  });
}

TEST(FaultProperties, WhatIsLosslessReadsBackAsTheSameMessage) {
  for_all([](const Use& use, const Response& response, const SerializeOptions& options) {
    const auto plain = read_message(all_bytes(serialize(response, options)));
    ASSERT_TRUE(plain);
    EXPECT_EQ(plain->body, body_bytes(response));
    if (!use.fault->lossless) return;
    const auto script = apply(use, response, options);
    if (!script) return;
    const auto read = read_message(all_bytes(*script));
    ASSERT_TRUE(read) << show(*script);
    EXPECT_EQ(read->body, body_bytes(response));
    EXPECT_EQ(read->size, all_bytes(*script).size());
  });
}

TEST(FaultProperties, ExamplesApplyToAnOrdinaryStreamedAnswer) {
  for (const Fault& fault : all_faults()) {
    SCOPED_TRACE(fault.name);
    const auto example = nlohmann::json::parse(fault.example, nullptr, false);
    ASSERT_FALSE(example.is_discarded());
    if (fault.level == FaultLevel::listener) {
      std::vector<FaultUse> uses{{std::string(fault.name), example}};
      const auto mode = take_listener_mode(uses);
      ASSERT_TRUE(mode) << mode.error().text();
      EXPECT_NE(mode->kind, ListenerMode::Kind::normal);
      EXPECT_TRUE(uses.empty());
      continue;
    }
    // A length is declared only for a body that is not chunked.
    Response response = streamed_chat();
    if (fault.name == "content-length") response.framing = BodyFraming::content_length;
    // Paced, so that there is something to coalesce.
    const SerializeOptions paced{.keep_alive = true, .head_request = false, .speed = 1};
    const auto script = apply({&fault, example}, response, paced);
    ASSERT_TRUE(script) << script.error().text();
    Response same = streamed_chat();
    same.framing = response.framing;
    EXPECT_NE(*script, serialize(same, paced)) << "nothing was changed";
  }
}

TEST(FaultProperties, EveryFaultRefusesAParameterItDoesNotKnow) {
  for (const Fault& fault : all_faults()) {
    SCOPED_TRACE(fault.name);
    const nlohmann::json params{{"no-such-parameter", 1}};
    std::string message;
    if (fault.level == FaultLevel::listener) {
      const auto mode = fault.on_listener(params);
      ASSERT_FALSE(mode);
      message = mode.error().message;
    } else {
      const auto script = apply({&fault, params}, streamed_chat());
      ASSERT_FALSE(script);
      message = script.error().message;
    }
    EXPECT_NE(message.find("unknown parameter 'no-such-parameter'"), std::string::npos) << message;
  }
}

TEST(FaultProperties, ABareValueStandsForTheFirstParameterNamed) {
  for (const Fault& fault : all_faults()) {
    if (fault.level == FaultLevel::listener) continue;
    if (fault.name == "insert-event") continue;  // any JSON may be its data
    SCOPED_TRACE(fault.name);
    const auto script = apply({&fault, nlohmann::json::array({nlohmann::json::object()})}, streamed_chat());
    ASSERT_FALSE(script);
    const std::string& message = script.error().message;
    const std::string first(fault.parameters.substr(0, fault.parameters.find(':')));
    EXPECT_TRUE(message.find("expected named parameters, found") != std::string::npos ||
                message.find(": " + first + ":") != std::string::npos ||
                message.find("expected " + first + ":") != std::string::npos)
        << message;
  }
}

TEST(FaultProperties, TheCatalogueIsWellFormed) {
  const std::regex kebab("[a-z][a-z0-9]*(-[a-z0-9]+)*");
  std::string_view before;
  for (const Fault& fault : all_faults()) {
    SCOPED_TRACE(fault.name);
    EXPECT_LT(before, fault.name);
    before = fault.name;
    EXPECT_TRUE(std::regex_match(std::string(fault.name), kebab));
    EXPECT_EQ(fault.description.find('\n'), std::string_view::npos);
    EXPECT_GT(fault.description.size(), 10U);
    EXPECT_EQ(fault.on_exchange != nullptr, fault.level == FaultLevel::exchange);
    EXPECT_EQ(fault.on_script != nullptr, fault.level == FaultLevel::script);
    EXPECT_EQ(fault.on_listener != nullptr, fault.level == FaultLevel::listener);
    EXPECT_EQ(find_fault(fault.name), &fault);
  }
  EXPECT_EQ(find_fault("no-such-fault"), nullptr);
}

TEST(ParseFaults, TakesNamesAndParameters) {
  const auto uses =
      parse_faults(nlohmann::json::parse(R"(["drop-done", {"rst": {"event": 4}}, {"cut": "every-offset"}])"));
  ASSERT_TRUE(uses) << uses.error().text();
  ASSERT_EQ(uses->size(), 3U);
  EXPECT_EQ((*uses)[0].name, "drop-done");
  EXPECT_TRUE((*uses)[0].params.is_null());
  EXPECT_EQ((*uses)[1].params, nlohmann::json({{"event", 4}}));
  EXPECT_EQ((*uses)[2].params, "every-offset");
  EXPECT_TRUE(parse_faults(nullptr)->empty());
}

TEST(ParseFaults, SaysWhichEntryIsWrong) {
  const auto error = [](const char* text) {
    const auto uses = parse_faults(nlohmann::json::parse(text));
    return uses ? std::string("accepted") : uses.error().text();
  };
  EXPECT_EQ(
      error(R"(["drop-done", "drop-dome"])"),
      "faults, entry 2: unknown fault 'drop-dome', did you mean 'drop-done'? (`assay list faults` shows them "
      "all)");
  EXPECT_EQ(
      error(R"([{"rst": null, "cut": null}])"),
      "faults, entry 1: expected a fault's name or {name: parameters}, found {\"cut\":null,\"rst\":null}");
  EXPECT_EQ(error("[7]"), "faults, entry 1: expected a fault's name or {name: parameters}, found 7");
}

TEST(ParseFaults, ParametersThatFitNoAnswerAreRefusedWhenTheFileIsRead) {
  const std::pair<const char*, const char*> kTable[] = {
      {R"([{"dribble": {"bytes": 0}}])", "faults, entry 1: fault dribble: bytes: expected an integer from 1"},
      {R"(["drop-done", {"cut": {"at": "nowhere"}}])", "faults, entry 2: fault cut: at: expected one of"},
      {R"([{"stall": {"evnet": 1}}])", "unknown parameter 'evnet'"},
      {R"([{"status": "soon"}])", "fault status: "},
  };
  for (const auto& [list, why] : kTable) {
    const auto parsed = parse_faults(nlohmann::json::parse(list));
    ASSERT_FALSE(parsed) << list;
    EXPECT_NE(parsed.error().message.find(why), std::string::npos) << parsed.error().message;
  }
  // Whether there is such a place is known only with the answer.
  EXPECT_TRUE(parse_faults(nlohmann::json::parse(
      R"([{"cut": {"event": 4000}}, {"patch-event": {"event": 99, "set": {"/a": 1}}}])")));
}

TEST(ApplyFaults, ExchangeFaultsComeFirstThenScriptFaultsInTheirOrder) {
  Random random(1);
  const auto script = apply_faults(
      short_stream(), {{"fin", {{"event", "end"}}}, {"delay", "5ms"}, {"drop-done", nullptr}}, {}, {random});
  ASSERT_TRUE(script) << script.error().text();
  EXPECT_TRUE(show(*script).ends_with("data: é\\n\\n\"\nclose\nthen close\n") ||
              show(*script).ends_with("data: \\xc3\\xa9\\n\\n\"\nclose\nthen close\n"))
      << show(*script);
  EXPECT_TRUE(show(*script).starts_with("wait 5ms\n"));
}

TEST(ApplyFaults, ListenerFaultsAreForListeners) {
  Random random(1);
  std::vector<FaultUse> uses{{"refuse", "2s"}, {"drop-done", nullptr}};
  const auto refused = apply_faults(short_stream(), uses, {}, {random});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().text(), "fault refuse: it is for a listener, not for an answer");
  const auto mode = take_listener_mode(uses);
  ASSERT_TRUE(mode);
  EXPECT_EQ(mode->lasting, std::chrono::seconds(2));
  ASSERT_EQ(uses.size(), 1U);
  EXPECT_EQ(uses[0].name, "drop-done");
  std::vector<FaultUse> two{{"refuse", nullptr}, {"never-read", nullptr}};
  EXPECT_EQ(take_listener_mode(two).error().text(), "fault never-read: a listener can have one fault only");
}

TEST(ApplyFaults, SomeWantTheAnswerBeforeTheBody) {
  EXPECT_TRUE(answers_before_body({{"drop-done", nullptr}, {"answer-before-body", nullptr}}));
  EXPECT_FALSE(answers_before_body({{"drop-done", nullptr}}));
}

}  // namespace
}  // namespace assay::wire
