#include "conformance/runner/client/program_client.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <set>
#include <string_view>
#include <utility>

#include "conformance/runner/client/output_dialect.h"
#include "conformance/runner/client/runs.h"
#include "conformance/runner/play/opener.h"
#include "harness/base/text.h"
#include "harness/world/condition.h"

namespace assay::conformance {
namespace {

using nlohmann::json;

// Of a line of its output, which is told as an event and searched for a page to open.
constexpr std::size_t kLongestLine = std::size_t{1} << 20U;

std::string value_of(const std::vector<std::string>& environment, const std::string& name) {
  for (const std::string& variable : environment) {
    if (variable.starts_with(name + "=")) return variable.substr(name.size() + 1);
  }
  return {};
}

std::string text_in(const json& request, const char* pointer) {
  const json* found = at_pointer(request, pointer);
  return found != nullptr && found->is_string() ? found->get<std::string>() : "";
}

std::string last_message(const json& request) {
  std::string prompt = "ping";
  for (const json& message : request.value("messages", json::array())) {
    if (message.value("role", "") == "user") prompt = message.value("content", "");
  }
  return prompt;
}

std::vector<std::string> variables_of(const json& request, const std::string& actor) {
  std::vector<std::string> out = {"ASSAY_OP=" + request.value("op", ""), "ASSAY_ACTOR=" + actor,
                                  "ASSAY_PROMPT=" + last_message(request), "PYTHONUNBUFFERED=1"};
  const json urls = request.value("urls", json::object());
  for (const auto& [role, url] : urls.items()) {
    std::string name = role;
    for (char& c : name) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    out.push_back(fmt::format("ASSAY_{}_URL={}", name, url.get<std::string>()));
  }
  const std::string inference = text_in(request, "/urls/inference");
  for (const char* name : {"ANTHROPIC_BASE_URL", "GOOGLE_GEMINI_BASE_URL"})
    out.push_back(fmt::format("{}={}", name, inference));
  out.push_back(fmt::format("OPENAI_BASE_URL={}/v1", inference));
  std::string model = text_in(request, "/model");
  if (model.empty()) model = text_in(request, "/provider/seeds/0");
  out.push_back("ASSAY_MODEL=" + model);
  if (const std::string key = text_in(request, "/credential/key"); !key.empty()) {
    for (const char* name : {"ASSAY_KEY", "OPENAI_API_KEY", "ANTHROPIC_API_KEY", "GEMINI_API_KEY"})
      out.push_back(fmt::format("{}={}", name, key));
  }
  return out;
}

// The URL in a line of output that begins as one of `pages` does and names a redirect; "" = none.
std::string login_page_in(std::string_view line, const std::vector<std::string>& pages) {
  for (const std::string& page : pages) {
    const auto at = line.find(page + "/");
    if (at == std::string_view::npos) continue;
    const std::string_view url = line.substr(at, line.find_first_of(" \t\r\n\"'<>)", at) - at);
    if (url.find("redirect_uri=") != std::string_view::npos) return std::string(url);
  }
  return {};
}

class ProgramClient final : public Client {
 public:
  ProgramClient(Launch launch, std::string home, const Clock& clock, OnEvent on_event)
      : launch_(std::move(launch)),
        home_(std::move(home)),
        clock_(clock),
        on_event_(std::move(on_event)),
        runs_(launch_, clock) {
    hello_.client = launch_.argv.front();
    auto opener = Opener::make(home_ + "/.assay-opener", [this](const std::string& url) { opened(url); });
    if (opener) {
      opener_ = std::move(*opener);
    } else {
      broken_ = opener.error().text();
    }
  }

  const Hello& hello() const override { return hello_; }

  std::uint64_t begin(json request) override {
    const std::uint64_t id = runs_.open(request);
    const std::string op = request.value("op", "");
    if (op == "cancel") {
      const bool cancelled = runs_.interrupt(request.value("target", std::uint64_t{0}));
      runs_.end(id, Outcome::End::result, {{"ok", true}, {"cancelled", cancelled}});
    } else if (op == "answer") {
      runs_.end(id, Outcome::End::skipped, {{"reason", "a program is not asked anything"}});
    } else {
      start(id, op, request);
    }
    return id;
  }

  Outcome finish(std::uint64_t id, Micros deadline) override { return runs_.finish(id, deadline); }
  bool ended(std::uint64_t id) const override { return runs_.ended(id); }
  std::string broken() const override { return broken_; }
  void kill() override { runs_.kill(); }
  ProcessOutcome stop(Micros grace) override { return runs_.stop(grace); }

 private:
  void start(std::uint64_t id, const std::string& op, const json& request) {
    process::ChildOptions options;
    options.directory = launch_.directory;
    options.stdin_mode = process::StdinMode::pipe;
    options.clock = &clock_;
    options.sandbox = launch_.sandbox;
    options.output_limit = launch_.output_limit;
    for (std::string word : launch_.argv) {
      for (auto at = word.find("{op}"); at != std::string::npos; at = word.find("{op}", at))
        word.replace(at, 4, op);
      options.argv.push_back(std::move(word));
    }
    options.environment = variables_of(request, launch_.actor);
    const std::string path = value_of(launch_.environment, "PATH");
    for (const std::string& variable : launch_.environment) {
      if (!variable.starts_with("PATH=") || !opener_) options.environment.push_back(variable);
    }
    if (opener_) {
      for (std::string& variable : opener_->environment(path))
        options.environment.push_back(std::move(variable));
    }
    std::vector<std::string> pages;
    for (const char* role : {"/urls/auth", "/urls/oauth"}) {
      if (std::string url = text_in(request, role); !url.empty()) pages.push_back(std::move(url));
    }
    {
      const std::lock_guard lock(mutex_);
      latest_ = id;
    }
    auto rest = std::make_shared<std::map<process::Stream, std::string>>();
    options.on_output = [this, id, rest, pages](const process::OutputChunk& chunk) {
      if (launch_.on_output) launch_.on_output(chunk);
      std::string& text = (*rest)[chunk.stream];
      std::string_view bytes = chunk.bytes;
      while (!bytes.empty()) {
        const auto end = bytes.find('\n');
        // The whole output is kept elsewhere; of a line without an end this much is told.
        if (text.size() < kLongestLine) text += bytes.substr(0, std::min(end, kLongestLine - text.size()));
        if (end == std::string_view::npos) break;
        said(id, chunk.stream, std::exchange(text, {}), pages);
        bytes.remove_prefix(end + 1);
      }
    };
    runs_.launch(
        id, std::move(options), "",
        [this, id, rest](const std::string& out, const std::string& err, const process::ExitStatus& status) {
          for (const auto& [stream, text] : *rest) {
            if (!text.empty()) said(id, stream, text, {});
          }
          return read_output(Dialect::plain, "", out, err, status);
        });
  }

  void said(std::uint64_t id, process::Stream stream, const std::string& line,
            const std::vector<std::string>& pages) {
    on_event_(id, {{"kind", "output"},
                   {"stream", stream == process::Stream::out ? "stdout" : "stderr"},
                   {"text", line}});
    if (const std::string url = login_page_in(line, pages); !url.empty()) open(id, url);
  }

  void opened(const std::string& url) {
    std::uint64_t id = 0;
    {
      const std::lock_guard lock(mutex_);
      id = latest_;
    }
    open(id, url);
  }

  // A page that is printed and opened is walked once.
  void open(std::uint64_t id, const std::string& url) {
    {
      const std::lock_guard lock(mutex_);
      if (!walked_.insert(url).second) return;
    }
    on_event_(id, {{"kind", "open_url"}, {"url", url}});
  }

  const Launch launch_;
  const std::string home_;
  const Clock& clock_;
  const OnEvent on_event_;
  Hello hello_;
  std::string broken_;
  std::mutex mutex_;
  std::uint64_t latest_ = 0;  // the operation that a page is opened for
  std::set<std::string> walked_;
  Runs runs_;  // after what its threads use
  std::unique_ptr<Opener> opener_;
};

}  // namespace

std::unique_ptr<Client> make_program_client(Launch launch, std::string home, const Clock& clock,
                                            Client::OnEvent on_event) {
  return std::make_unique<ProgramClient>(std::move(launch), std::move(home), clock, std::move(on_event));
}

}  // namespace assay::conformance
