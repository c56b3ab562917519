#include "conformance/serve/snippets.h"

#include <fmt/format.h>

#include <cctype>
#include <cstdlib>

#include "harness/base/shell_words.h"
#include "harness/base/text.h"

namespace assay::serve {
namespace {

std::string indented(const std::string& text) {
  std::string out;
  for (const std::string_view line : split(text, '\n')) {
    if (line.data() + line.size() == text.data() + text.size() && line.empty()) break;  // after the last \n
    out += line.empty() ? "\n" : fmt::format("    {}\n", line);
  }
  return out;
}

}  // namespace

std::vector<std::pair<std::string, std::string>> variables_of(const WorldView& world,
                                                              const std::string& admin) {
  std::vector<std::pair<std::string, std::string>> out;
  for (const auto& [role, url] : world.urls) {
    std::string name = "ASSAY_" + role + "_URL";
    for (char& c : name)
      c = std::isalnum(static_cast<unsigned char>(c)) == 0
              ? '_'
              : static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    out.emplace_back(std::move(name), url);
  }
  if (!admin.empty()) out.emplace_back("ASSAY_ADMIN_URL", admin);
  // The names under which runtimes look for authorities: ours, Node.js, OpenSSL and Go, Python, curl.
  if (!world.ca_file.empty())
    for (const char* name :
         {"ASSAY_CA_FILE", "NODE_EXTRA_CA_CERTS", "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"})
      out.emplace_back(name, world.ca_file);
  const auto inference = world.urls.find("inference");
  if (inference == world.urls.end()) return out;
  out.emplace_back("OPENAI_BASE_URL", inference->second + "/v1");
  for (const char* name : {"ANTHROPIC_BASE_URL", "GOOGLE_GEMINI_BASE_URL"})
    out.emplace_back(name, inference->second);
  for (const char* name : {"OPENAI_API_KEY", "ANTHROPIC_API_KEY", "GEMINI_API_KEY"})
    out.emplace_back(name, world.key);
  return out;
}

std::string shell_exports(const WorldView& world, const std::string& admin) {
  std::string out;
  for (const auto& [name, value] : variables_of(world, admin))
    out += fmt::format("export {}={}\n", name, shell_word(value));
  return out;
}

Result<std::string> client_snippet(const conformance::ClientFile& client, const WorldView& world) {
  const auto inference = world.urls.find("inference");
  if (inference == world.urls.end()) return fail("the world has no inference API");
  const char* home = std::getenv("HOME");
  const std::map<std::string, std::string> values = {
      {"inference.url", inference->second},
      {"key", world.key},
      {"model", client.recipe.model.empty() ? world.model : client.recipe.model},
      {"prompt", "Say pong."},
      {"home", home == nullptr ? "~" : home}};
  std::string out = fmt::format("# {}: {}\n", client.name, client.title);
  const auto add = [&](const std::string& text) {
    auto filled = conformance::filled_in(text, values);  // checked when the file was read
    return filled ? *filled : text;
  };
  if (!client.snippet.empty()) out += indented(add(client.snippet));
  if (client.recipe.argv.empty()) return out;
  for (const auto& [path, text] : client.recipe.files)
    out += fmt::format("# ~/{}:\n{}", path, indented(add(text)));
  for (const auto& [name, text] : client.recipe.environment)
    out += fmt::format("export {}={}\n", name, shell_word(add(text)));
  std::string command;
  for (const std::string& word : client.recipe.argv)
    command += (command.empty() ? "" : " ") + shell_word(add(word));
  if (!client.recipe.stdin_text.empty())
    command = fmt::format("printf %s {} | {}", shell_word(add(client.recipe.stdin_text)), command);
  return out + command + "\n";
}

}  // namespace assay::serve
