// What each verb's --help ends with: commands as they are typed.
#include <CLI/CLI.hpp>

#include "cli/options.h"
#include "harness/base/text.h"

namespace assay::cli {
namespace {

struct Example {
  const char* verb;  // "report merge"
  const char* lines;
};

constexpr Example kExamples[] = {
    {"accept", "assay accept out/run/run.jsonl --known known.yaml"},
    {"backtest", "assay backtest\nassay backtest 'pypi.openai.*' --times 5"},
    {"bench", "assay bench client --client codex"},
    {"bench client", "assay bench client --rounds 3 -- ./my-client"},
    {"bench render", "assay bench render a.jsonl b.jsonl --out bench.html"},
    {"bench stream", "assay bench stream --corpus chat --reads 65536"},
    {"client", "assay client chat --url inference=http://127.0.0.1:8080 'Say pong.'"},
    {"client adapter", "assay run --adapter 'assay client adapter'"},
    {"client chat", "assay client chat --url inference=http://127.0.0.1:8080 'Say pong.'"},
    {"client login", "assay client login --url auth=http://127.0.0.1:46109 --flow device"},
    {"client logout", "assay client logout --url auth=http://127.0.0.1:46109"},
    {"client models", "assay client models --url inference=http://127.0.0.1:8080 --refresh"},
    {"client run", "ASSAY_API_KEY=sk-1 assay client run '{\"op\": \"chat\", …}'"},
    {"client status", "assay client status"},
    {"clients", "assay clients\nassay clients install codex"},
    {"clients install", "assay clients install codex pi"},
    {"clients lock", "assay clients lock openai-python"},
    {"completion", "assay completion bash >~/.local/share/bash-completion/completions/assay"},
    {"doctor", "assay doctor"},
    {"decode", "curl -sN https://api.example.com/v1/chat/completions … | assay decode -"},
    {"explain", "assay explain any/chat/answers"},
    {"fixture", "assay fixture lint recordings/*.json"},
    {"fixture diff", "assay fixture diff before.json after.json"},
    {"fixture lint", "assay fixture lint recordings/*.json"},
    {"fixture show", "assay fixture show --body 0 recording.json"},
    {"import", "assay import my.har --out recording.json"},
    {"list", "assay list cases any\nassay list cases --client ./mine.yaml\nassay list faults"},
    {"login", "assay login\nassay login claude-login"},
    {"probe",
     "assay probe http://127.0.0.1:8080/v1 --key-env OPENAI_API_KEY --dry-run\nassay probe "
     "https://api.example.com --protocol anthropic --key-file key --out out/probe\nassay probe "
     "https://api.example.com --key-file key --known known.yaml --against out/probe/probe.json"},
    {"record",
     "assay record --upstream https://api.example.com --out recording.json\n"
     "assay record --upstream https://api.example.com --out recording.json -- pytest\n"
     "assay record --upstream https://api.example.com --out recording.json --faults '[rst: {event: 3}]'"},
    {"report", "assay report render out/run/run.jsonl --format markdown"},
    {"report diff", "assay report diff yesterday.jsonl run.jsonl --stable"},
    {"report lint", "assay report lint run.jsonl"},
    {"report merge", "assay report merge out/*/run.jsonl --out run.jsonl"},
    {"report render", "assay report render run.jsonl --format html --out report.html"},
    {"report site", "assay report site out/run/run.jsonl --out site"},
    {"repro", "assay repro eagain -- ./my-login\nassay repro refresh-race --adapter ./my-adapter --times 20"},
    {"run",
     "assay run any --client ./mine.yaml\nassay run --adapter 'python3 ./my-adapter.py' --exclude "
     "'oauth/*'\nassay run ./cases/ --client ./mine.yaml"},
    {"selftest", "assay selftest any/chat"},
    {"serve",
     "assay serve --scenario rate-limited\nassay serve --world world.yaml --port inference=8080\n"
     "assay serve --fixture recording.json --match conversation\nassay serve --scenario overloaded-once -- "
     "pytest\n"
     "assay serve --tls --world strict.yaml -- npm test"},
};

}  // namespace

void show_examples(CLI::App& app) {
  for (const Example& example : kExamples) {
    CLI::App* verb = &app;
    for (const std::string_view word : split(example.verb, ' '))
      verb = verb->get_subcommand(std::string(word));
    std::string text = verb->get_footer();
    text += text.empty() ? "Example:" : "\n\nExample:";
    for (const std::string_view line : split(example.lines, '\n')) text += "\n  " + std::string(line);
    verb->footer(text);
  }
}

}  // namespace assay::cli
