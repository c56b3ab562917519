// assay decode: what a model's answer says, as one canonical turn.
#include <cstdio>
#include <iostream>
#include <iterator>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "cli/say.h"
#include "cli/verbs.h"
#include "harness/base/text.h"
#include "harness/fixture/content_coding.h"
#include "harness/fixture/fixture.h"
#include "harness/stream/decode.h"
#include "harness/stream/detect.h"

namespace assay::cli {
namespace {

using nlohmann::json;

struct DecodeOptions {
  std::string file;
  std::string protocol;
  bool events = false;
};

std::string written(const json& value, int indent) {
  return value.dump(indent, ' ', false, json::error_handler_t::replace);
}

// Prints each delta as it comes.
class Printer final : public stream::DeltaSink {
 public:
  void on(const stream::Delta& delta) override { std::puts(written(to_json(delta), -1).c_str()); }
};

Result<std::string> read_input(const std::string& file) {
  if (file != "-") return read_file(file);
  return std::string(std::istreambuf_iterator<char>(std::cin), {});
}

struct Answer {
  std::string name;  // for messages: the file, or the file and the exchange
  std::string body;
};

Result<std::vector<Answer>> answers_of(const std::string& file, std::string bytes) {
  std::vector<Answer> answers;
  if (bytes.find("\"assay_fixture\"") == std::string::npos) {
    answers.push_back({file, std::move(bytes)});
    return answers;
  }
  const Result<Fixture> fixture = parse_fixture(bytes, file);
  if (!fixture) return tl::unexpected(fixture.error());
  for (std::size_t i = 0; i < fixture->exchanges.size(); ++i) {
    const Response& response = fixture->exchanges[i].exchange.response;
    std::string body = body_bytes(response);
    if (const std::string* coding = find_header(response.headers, "content-encoding"))
      if (Result<std::string> plain = decode_content(body, *coding)) body = std::move(*plain);
    answers.push_back({file + " exchange " + std::to_string(i), std::move(body)});
  }
  return answers;
}

// Prints one answer; false when its bytes are not what its protocol promises.
Result<bool> print_answer(const Answer& answer, const DecodeOptions& options, bool compact) {
  const std::optional<stream::Protocol> protocol = options.protocol.empty()
                                                       ? stream::detect_protocol(answer.body)
                                                       : stream::protocol_from_name(options.protocol);
  if (!protocol) return fail("cannot tell the protocol; give --protocol", answer.name);
  stream::DecodeOptions decode;
  decode.at_end = stream::AtEnd::flush;
  stream::Decoder decoder(*protocol, decode);
  Printer printer;
  stream::DeltaSink* sink = options.events ? &printer : nullptr;
  const Result<void> fed = decoder.feed(answer.body, sink);
  json turn = to_json(decoder.finish(sink));
  turn["protocol"] = protocol_name(*protocol);
  std::puts(
      written(options.events ? json{{"turn", turn}} : turn, compact || options.events ? -1 : 2).c_str());
  if (!fed || decoder.problem()) {
    std::fprintf(stderr, "assay decode: %s: %s\n", answer.name.c_str(), decoder.problem()->message.c_str());
    return false;
  }
  return true;
}

ExitCode run_decode(const DecodeOptions& options) {
  if (!options.protocol.empty() && !stream::protocol_from_name(options.protocol)) {
    std::string names;
    for (const stream::Protocol protocol : stream::all_protocols)
      names += (names.empty() ? "" : ", ") + std::string(protocol_name(protocol));
    return say({"unknown protocol '" + options.protocol + "'; expected one of " + names, {}, 0});
  }
  Result<std::string> bytes = read_input(options.file);
  if (!bytes) return say(bytes.error());
  const Result<std::vector<Answer>> answers = answers_of(options.file, std::move(*bytes));
  if (!answers) return say(answers.error());
  bool all_right = true;
  for (const Answer& answer : *answers) {
    const Result<bool> right = print_answer(answer, options, answers->size() > 1);
    if (!right) return say(right.error());
    all_right = all_right && *right;
  }
  return all_right ? ExitCode::ok : ExitCode::failed;
}

}  // namespace

void add_decode(CLI::App& app, Action& action) {
  const auto options = std::make_shared<DecodeOptions>();
  CLI::App* verb =
      app.add_subcommand("decode", "Say what a model's answer says: text, reasoning, tool calls, usage");
  verb->add_option("file", options->file, "A recorded body or stream, a fixture, or - for standard input")
      ->required();
  verb->add_option(
      "--protocol", options->protocol,
      "openai-chat, openai-responses, anthropic, gemini, ollama, cohere or bedrock (default: by content)");
  verb->add_flag("--events", options->events, "One line for each delta, then the turn");
  verb->callback([options, &action] { action = [options] { return run_decode(*options); }; });
}

}  // namespace assay::cli
