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
#include "harness/base/untrusted_json.h"
#include "harness/fixture/content_coding.h"
#include "harness/fixture/fixture.h"
#include "harness/stream/decode/decode.h"
#include "harness/stream/decode/detect.h"
#include "harness/stream/framing/framing.h"

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

// Whether an object's own keys make it a fixture: an answer may speak of one anywhere else. Who names the
// protocol of a body means a body, unless it has the exchanges of a fixture, too.
bool is_fixture(std::string_view bytes, bool protocol_given) {
  constexpr std::string_view key = "\"assay_fixture\"";
  if (bytes.find(key) == std::string_view::npos) return false;
  const json whole = parse_untrusted(bytes);
  if (!whole.is_discarded())
    return whole.is_object() && whole.contains("assay_fixture") &&
           (!protocol_given || whole.contains("exchanges"));
  // A broken one is told by its first key, so that its reader can say where.
  const std::string_view text = trim(bytes);
  return !protocol_given && text.starts_with('{') && trim(text.substr(1)).starts_with(key);
}

// The body of an answer as it was before its content coding. Payloads without their framing get one again.
std::string plain_body(const RecordedExchange& recorded) {
  const Response& response = recorded.exchange.response;
  if (recorded.fidelity == Fidelity::payloads && response.body.size() > 1) {
    std::string events;
    for (std::size_t i = 0; i < response.body.size(); ++i) {
      if (i < recorded.event_names.size() && !recorded.event_names[i].empty())
        events += "event: " + recorded.event_names[i] + "\n";
      for (const std::string_view line : split(response.body[i].bytes, '\n'))
        events.append("data: ").append(line) += '\n';
      events += '\n';
    }
    return events;
  }
  std::string body = body_bytes(response);
  if (const std::string* coding = find_header(response.headers, "content-encoding"))
    if (Result<std::string> plain = decode_content(*coding, body)) return std::move(*plain);
  return body;
}

Result<std::vector<Answer>> answers_of(const DecodeOptions& options, std::string bytes) {
  std::vector<Answer> answers;
  if (!is_fixture(bytes, !options.protocol.empty())) {
    answers.push_back({options.file, std::move(bytes)});
    return answers;
  }
  const Result<Fixture> fixture = parse_fixture(bytes, options.file);
  if (!fixture) return tl::unexpected(fixture.error());
  if (fixture->exchanges.empty()) return fail("the fixture has no exchanges", options.file);
  for (std::size_t i = 0; i < fixture->exchanges.size(); ++i)
    answers.push_back({options.file + " exchange " + std::to_string(i), plain_body(fixture->exchanges[i])});
  return answers;
}

// Prints one answer; false when its bytes are not what its protocol promises.
bool print_answer(const Answer& answer, stream::Protocol protocol, const DecodeOptions& options,
                  bool compact) {
  stream::DecodeOptions decode;
  decode.at_end = stream::AtEnd::flush;
  stream::Decoder decoder(protocol, decode);
  Printer printer;
  stream::DeltaSink* sink = options.events ? &printer : nullptr;
  const Result<void> fed = decoder.feed(answer.body, sink);
  json turn = to_json(decoder.finish(sink));
  turn["protocol"] = protocol_name(protocol);
  std::puts(
      written(options.events ? json{{"turn", turn}} : turn, compact || options.events ? -1 : 2).c_str());
  if (!fed || decoder.problem()) {
    std::fprintf(stderr, "assay decode: %s: %s\n", without_controls(answer.name).c_str(),
                 decoder.problem()->message.c_str());
    return false;
  }
  return true;
}

std::string protocol_names() {
  std::string names;
  for (const stream::Protocol protocol : stream::all_protocols)
    names += (names.empty() ? "" : ", ") + std::string(protocol_name(protocol));
  return names;
}

// Why nobody can tell what it is.
std::string why_unknown(const std::string& body) {
  constexpr std::size_t longest = std::size_t{16} << 20U;
  std::size_t number = 0;
  for (const std::string_view line : split(body, '\n'))
    if (++number; line.size() > longest)
      return "line " + std::to_string(number) + " is longer than the 16 MiB that are read of a line";
  return "cannot tell the protocol of " +
         (body.empty() ? "an empty body" : "\"" + stream::shown(body, 40) + "\"") + "; give --protocol";
}

ExitCode run_decode(const DecodeOptions& options) {
  if (!options.protocol.empty() && !stream::protocol_from_name(options.protocol)) {
    return say({"unknown protocol '" + options.protocol + "'; expected one of " + protocol_names(), {}, 0});
  }
  Result<std::string> bytes = read_input(options.file);
  if (!bytes) return say(bytes.error());
  const Result<std::vector<Answer>> answers = answers_of(options, std::move(*bytes));
  if (!answers) return say(answers.error());
  bool all_right = true;
  std::size_t unknown = 0;
  for (const Answer& answer : *answers) {
    const std::optional<stream::Protocol> protocol = options.protocol.empty()
                                                         ? stream::detect_protocol(answer.body)
                                                         : stream::protocol_from_name(options.protocol);
    if (protocol) {
      all_right = print_answer(answer, *protocol, options, answers->size() > 1) && all_right;
      continue;
    }
    ++unknown;
    say({why_unknown(answer.body), answer.name, 0});
  }
  if (unknown == answers->size()) return ExitCode::usage;
  return all_right && unknown == 0 ? ExitCode::ok : ExitCode::failed;
}

}  // namespace

void add_decode(CLI::App& app, Action& action) {
  const auto options = std::make_shared<DecodeOptions>();
  CLI::App* verb =
      app.add_subcommand("decode", "Decode a model response: text, reasoning, tool calls, usage");
  verb->add_option("file", options->file, "Recorded body or stream, a fixture, or - for stdin")->required();
  verb->add_option("--protocol", options->protocol, protocol_names() + " (default: by content)");
  verb->add_flag("--events", options->events, "Print one line per delta, then the turn");
  verb->callback([options, &action] { action = [options] { return run_decode(*options); }; });
}

}  // namespace assay::cli
