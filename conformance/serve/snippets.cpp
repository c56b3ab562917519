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

std::string shell_exports(const WorldView& world, const std::string& admin) {
  std::string out;
  for (const auto& [role, url] : world.urls) {
    std::string variable = "ASSAY_" + role + "_URL";
    for (char& c : variable)
      c = std::isalnum(static_cast<unsigned char>(c)) == 0
              ? '_'
              : static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    out += fmt::format("export {}={}\n", variable, shell_word(url));
  }
  if (!admin.empty()) out += fmt::format("export ASSAY_ADMIN_URL={}\n", shell_word(admin));
  const auto inference = world.urls.find("inference");
  if (inference != world.urls.end()) {
    const std::string& url = inference->second;
    out += fmt::format("export OPENAI_BASE_URL={}\n", shell_word(url + "/v1"));
    out += fmt::format("export ANTHROPIC_BASE_URL={0}\nexport GOOGLE_GEMINI_BASE_URL={0}\n", shell_word(url));
    out += fmt::format("export OPENAI_API_KEY={0}\nexport ANTHROPIC_API_KEY={0}\nexport GEMINI_API_KEY={0}\n",
                       shell_word(world.key));
  }
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
