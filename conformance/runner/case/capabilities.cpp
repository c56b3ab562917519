#include "conformance/runner/case/capabilities.h"

#include "harness/base/strict.h"
#include "harness/stream/turn.h"

namespace assay::conformance {

const std::vector<Capability>& capabilities() {
  static const std::vector<Capability> kAll = {
      {"login", "signs in with a browser"},
      {"account", "signs in with an account of conformance/logins, and chats with it"},
      {"login.openai", "signs in at https://auth.openai.com"},
      {"manual-paste", "lets the user paste the redirect URL"},
      {"opens-browser", "runs the program that BROWSER names"},
      {"device-login", "signs in with the device flow"},
      {"api-key-login", "stores an API key that the user gives"},
      {"refresh", "refreshes an access token"},
      {"status", "says whether there is a session, without asking the provider"},
      {"logout", "removes the credential"},
      {"revoke", "revokes the credential when it logs out"},
      {"key-mint", "requests an API key after the login"},
      {"models", "lists the models of a provider"},
      {"models-refresh", "lists them anew when it is told to"},
      {"model-seeds", "has models built in, and offers them when the list cannot be had"},
      {"model-cooldown", "remembers for a while that the list of models could not be had"},
      {"model-pages", "follows the cursor of a list of models in pages"},
      {"model-cleanup", "puts a list of models in order: odd shapes, entries without an id, duplicates"},
      {"multi-provider", "lists the models of several providers in one operation"},
      {"chat", "sends a chat turn"},
      {"store", "reads and writes HOME/auth.json"},
      {"limits", "is told its time limits with each request (`limits`)"},
      {"base-url-forms", "takes a base URL with or without its version, or a whole endpoint"},
      {"adapts", "leaves out a parameter that was refused, and asks again"},
      {"quirks", "knows from the provider descriptor what a model refuses"},
      {"reasoning-replay", "sends reasoning back to a provider that demands its text (DeepSeek)"},
      {"stream", "reads a streamed answer"},
      {"tools", "offers tools and runs the calls"},
      {"tool-loop",
       "asks again with the results by itself, and decides when to stop (programs with tools have it by "
       "themselves)"},
      {"reasoning", "reads the reasoning of a model and sends it back"},
      {"images", "takes images with a message (protocol.anthropic)"},
      {"resume", "goes on with an earlier session"},
      {"cancel", "cancels a running operation"},
      {"process", "runs one process for each chat (client files have it by themselves)"},
  };
  return kAll;
}

Result<void> known_capability(const std::string& name) {
  constexpr std::string_view kProtocol = "protocol.", kParameter = "param.";
  if (name.starts_with(kParameter) && name.size() > kParameter.size()) return {};
  std::vector<std::string> known;
  for (const Capability& one : capabilities()) {
    if (one.name == name) return {};
    known.emplace_back(one.name);
  }
  for (const stream::Protocol protocol : stream::all_protocols) {
    known.push_back(std::string(kProtocol) + std::string(stream::protocol_name(protocol)));
    if (known.back() == name) return {};
  }
  known.emplace_back("param.NAME");
  return fail(unknown_word("capability", name, known));
}

Result<void> known_capabilities(const std::vector<std::string>& names) {
  for (const std::string& name : names) {
    if (auto known = known_capability(name); !known) return known;
  }
  return {};
}

}  // namespace assay::conformance
