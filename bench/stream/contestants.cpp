#include "bench/stream/contestants.h"

#include <simdjson.h>

#include <cstring>
#include <nlohmann/json.hpp>

#include "harness/stream/decode/decode.h"
#include "harness/stream/framing/sse.h"

namespace assay::bench {

namespace {

using Payloads = std::vector<std::string_view>;
using nlohmann::json;

template <typename Feed>
void in_reads(const std::string& bytes, std::size_t read, Feed feed) {
  const std::string_view all = bytes;
  for (std::size_t at = 0; at < all.size(); at += read) feed(all.substr(at, read));
}

Checksum memchr_pass(const Corpus& corpus, const Payloads& /*payloads*/, std::size_t /*read*/) {
  Checksum checksum;
  const char* at = corpus.bytes.data();
  const char* const end = at + corpus.bytes.size();
  while (const void* found = std::memchr(at, '\n', static_cast<std::size_t>(end - at))) {
    ++checksum.sum;
    at = static_cast<const char*>(found) + 1;
  }
  return checksum;
}

Checksum memcpy_memchr(const Corpus& corpus, const Payloads& /*payloads*/, std::size_t read) {
  Checksum checksum;
  std::vector<char> buffer(read);
  in_reads(corpus.bytes, read, [&](std::string_view bytes) {
    std::memcpy(buffer.data(), bytes.data(), bytes.size());
    const char* at = buffer.data();
    const char* const end = at + bytes.size();
    while (const void* found = std::memchr(at, '\n', static_cast<std::size_t>(end - at))) {
      ++checksum.sum;
      at = static_cast<const char*>(found) + 1;
    }
  });
  return checksum;
}

Checksum framing_only(const Corpus& corpus, const Payloads& /*payloads*/, std::size_t read) {
  Checksum checksum;
  stream::SseFramer framer;
  stream::SseEvent event;
  in_reads(corpus.bytes, read, [&](std::string_view bytes) {
    framer.append(bytes);
    while (framer.next(event)) checksum.sum += event.data.size();
  });
  return checksum;
}

class Summing final : public stream::DeltaSink {
 public:
  void on(const stream::Delta& delta) override {
    switch (delta.kind) {
      case stream::Delta::Kind::text:
      case stream::Delta::Kind::reasoning:
      case stream::Delta::Kind::refusal:
      case stream::Delta::Kind::tool_call:
        checksum.add(delta.text);
        break;
      default:
        break;
    }
  }
  Checksum checksum;
};

Checksum decode(const Corpus& corpus, std::size_t read, bool templates) {
  stream::DecodeOptions options;
  options.keep_turn = false;
  options.templates = templates;
  stream::Decoder decoder(corpus.protocol, options);
  Summing sink;
  in_reads(corpus.bytes, read, [&](std::string_view bytes) { (void)decoder.feed(bytes, &sink); });
  decoder.finish(&sink);
  return sink.checksum;
}

Checksum full_decode(const Corpus& corpus, const Payloads& /*payloads*/, std::size_t read) {
  return decode(corpus, read, true);
}

Checksum parsing_decode(const Corpus& corpus, const Payloads& /*payloads*/, std::size_t read) {
  return decode(corpus, read, false);
}

const json* at_path(const json& value, std::initializer_list<const char*> path) {
  const json* at = &value;
  for (const char* key : path) {
    if (!at->is_object()) return nullptr;
    const auto found = at->find(key);
    if (found == at->end()) return nullptr;
    at = &*found;
  }
  return at;
}

void add_text(const json* value, Checksum& checksum) {
  if (value && value->is_string()) checksum.add(value->get_ref<const std::string&>());
}

// The text of one event, the way a careful client reads it with nlohmann::json.
void read_event(stream::Protocol protocol, std::string_view payload, Checksum& checksum) {
  if (payload == "[DONE]") return;
  const json event = json::parse(payload, nullptr, false);
  if (protocol == stream::Protocol::anthropic) {
    if (event.value("type", "") != "content_block_delta") return;
    for (const char* key : {"text", "thinking", "partial_json"})
      add_text(at_path(event, {"delta", key}), checksum);
  } else if (protocol == stream::Protocol::openai_responses) {
    if (event.value("type", "").ends_with(".delta")) add_text(at_path(event, {"delta"}), checksum);
  } else if (const json* choices = at_path(event, {"choices"})) {
    for (const json& choice : *choices) {
      add_text(at_path(choice, {"delta", "content"}), checksum);
      add_text(at_path(choice, {"delta", "reasoning_content"}), checksum);
      if (const json* calls = at_path(choice, {"delta", "tool_calls"}))
        for (const json& call : *calls) add_text(at_path(call, {"function", "arguments"}), checksum);
    }
  }
}

Checksum nlohmann_per_event(const Corpus& corpus, const Payloads& /*payloads*/, std::size_t read) {
  Checksum checksum;
  stream::SseFramer framer;
  stream::SseEvent event;
  in_reads(corpus.bytes, read, [&](std::string_view bytes) {
    framer.append(bytes);
    while (framer.next(event)) read_event(corpus.protocol, event.data, checksum);
  });
  return checksum;
}

// What most hand-written clients do: collect a std::string, cut it at each newline, look for "data: ".
Checksum line_by_line(const Corpus& corpus, const Payloads& /*payloads*/, std::size_t read) {
  Checksum checksum;
  std::string buffer;
  in_reads(corpus.bytes, read, [&](std::string_view bytes) {
    buffer += bytes;
    for (std::size_t end = buffer.find('\n'); end != std::string::npos; end = buffer.find('\n')) {
      const std::string line = buffer.substr(0, end);
      buffer.erase(0, end + 1);
      if (line.rfind("data: ", 0) == 0)
        read_event(corpus.protocol, std::string_view(line).substr(6), checksum);
    }
  });
  return checksum;
}

// All of the JSON checked and put into a DOM that nobody reads.
Checksum dom_parse(const Corpus& /*corpus*/, const Payloads& payloads, std::size_t /*read*/) {
  Checksum checksum;
  simdjson::dom::parser parser;
  for (const std::string_view payload : payloads)
    checksum.sum +=
        parser.parse(payload.data(), payload.size(), false).error() == simdjson::SUCCESS ? 1U : 0U;
  return checksum;
}

// The DOM checks all of the JSON; the deltas are taken by our interpreters in "parsing only", here by hand.
Checksum dom_on_payloads(const Corpus& corpus, const Payloads& payloads, std::size_t /*read*/) {
  Checksum checksum;
  simdjson::dom::parser parser;
  const auto add = [&](simdjson::simdjson_result<simdjson::dom::element> value) {
    std::string_view text;
    if (value.get(text) == simdjson::SUCCESS) checksum.add(text);
  };
  for (const std::string_view payload : payloads) {
    simdjson::dom::element root;
    if (parser.parse(payload.data(), payload.size(), false).get(root) != simdjson::SUCCESS) continue;
    std::string_view type;
    simdjson::dom::array list;
    if (corpus.protocol == stream::Protocol::openai_responses) {
      if (root["type"].get(type) == simdjson::SUCCESS && type.ends_with(".delta")) add(root["delta"]);
    } else if (corpus.protocol == stream::Protocol::anthropic) {
      if (root["type"].get(type) != simdjson::SUCCESS || type != "content_block_delta") continue;
      for (const char* key : {"text", "thinking", "partial_json"}) add(root["delta"][key]);
    } else if (root["choices"].get(list) == simdjson::SUCCESS) {
      for (const simdjson::dom::element choice : list) {
        add(choice["delta"]["content"]);
        add(choice["delta"]["reasoning_content"]);
        if (simdjson::dom::array calls; choice["delta"]["tool_calls"].get(calls) == simdjson::SUCCESS)
          for (const simdjson::dom::element call : calls) add(call["function"]["arguments"]);
      }
    }
  }
  return checksum;
}

}  // namespace

const std::vector<Contestant>& contestants() {
  static const std::vector<Contestant> all = {
      {"memchr", false, false, memchr_pass},
      {"memcpy+memchr", true, false, memcpy_memchr},
      {"simdjson On-Demand, split payloads (limit)", false, true, ondemand_limit},
      {"simdjson DOM, split payloads", false, true, dom_on_payloads},
      {"simdjson DOM, parsed and not read", false, false, dom_parse},
      {"simdjson On-Demand, every value read", false, false, ondemand_every_value},
      {"assay framing", true, false, framing_only},
      {"assay decode", true, true, full_decode},
      {"assay decode, parsing only", true, true, parsing_decode},
      {"assay framing + nlohmann", true, true, nlohmann_per_event},
      {"line by line std::string + nlohmann", true, true, line_by_line},
  };
  return all;
}

}  // namespace assay::bench
