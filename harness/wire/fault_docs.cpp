#include "harness/wire/fault_docs.h"

#include <algorithm>
#include <array>

#include "harness/wire/fault.h"

namespace assay::wire {
namespace {

struct Section {
  FaultLevel level;
  std::string_view title;
  std::string_view text;
};

constexpr std::array<Section, 3> kSections{{
    {FaultLevel::exchange, "Exchange faults",
     "They change what is said: status, headers, events, encoding. They come first, in the order written.\n"},
    {FaultLevel::script, "Script faults",
     "They change bytes and time on the wire, after the answer was serialized, in the order written.\n"},
    {FaultLevel::listener, "Listener faults",
     "They change what happens to connections. A listener has one at most.\n"},
}};

constexpr std::string_view kIntroduction = R"(# Faults

A fault is a pure function that breaks an answer or a listener on purpose. In a case file:

```yaml
faults: [drop-done, {rst: {event: 4}}, {delay: 300ms}]
```

A bare value stands for the first parameter named. A fault that does not apply is refused with a reason, never ignored;
so is one that changes nothing of what is sent, for a case with it would prove nothing.
What the seed chooses is the same for the same seed. "Keeps every byte" is proven over generated answers.

## Places

| place | meaning |
| --- | --- |
| `wire: N` | after N bytes of the message, head included |
| `header: N` | before header line N |
| `byte: N` | after N bytes of body, transfer coding not counted |
| `chunk: N` | before HTTP chunk N, or write N of an unchunked body |
| `event: N` | before event N: an SSE block, an NDJSON line, an AWS eventstream message |

N counts from 0, so `event: 4` is after four events; from the end when negative; `end` is after the last. Comments of a
stream are blocks and count. A body under a content coding has no events. What `huge-body` and
`keepalive` repeat counts like other bytes, up to 8 MiB; places after more than that, or after what has no end, are refused.
)";

// A '|' would end the cell.
std::string cell(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '|') out += '\\';
    out += c;
  }
  return out;
}

std::string code_cell(std::string_view text) {
  return text.empty() ? std::string() : "`" + cell(text) + "`";
}

// As it is written in a case file.
std::string use_of(const Fault& fault) {
  if (fault.example == "null") return std::string(fault.name);
  return std::string(fault.name) + ": " + std::string(fault.example);
}

}  // namespace

std::string faults_page() {
  std::string out(kIntroduction);
  for (const Section& section : kSections) {
    const auto all = all_faults();
    const auto count = std::count_if(all.begin(), all.end(),
                                     [&](const Fault& fault) { return fault.level == section.level; });
    out += "\n## " + std::string(section.title) + " (" + std::to_string(count) + ")\n\n" +
           std::string(section.text);
    out += "\n| fault | what it does | parameters | example |\n| --- | --- | --- | --- |\n";
    for (const Fault& fault : all) {
      if (fault.level != section.level) continue;
      out += "| `" + std::string(fault.name) + "` | " + cell(fault.description) +
             (fault.lossless ? ". Keeps every byte" : "") + " | " + cell(fault.parameters) + " | " +
             code_cell(use_of(fault)) + " |\n";
    }
  }
  return out;
}

}  // namespace assay::wire
