#include "conformance/runner/client/applies.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <optional>
#include <set>

#include "conformance/adapter_protocol.h"
#include "conformance/runner/case/account.h"
#include "conformance/runner/client/start_client.h"
#include "conformance/runner/judge/reports.h"
#include "harness/world/condition.h"

namespace assay::conformance {
namespace {

std::vector<const Operation*> operations_of(const Case& one) {
  std::vector<const Operation*> out;
  for (const Step& step : one.steps) {
    if (const auto* plain = std::get_if<Step::Do>(&step.action)) out.push_back(&plain->operation);
    if (const auto* started = std::get_if<Step::Start>(&step.action)) out.push_back(&started->operation);
    if (const auto* again = std::get_if<Step::Repeat>(&step.action)) out.push_back(&again->operation);
    if (const auto* all = std::get_if<Step::Parallel>(&step.action)) {
      for (const Operation& operation : all->operations) out.push_back(&operation);
    }
  }
  return out;
}

std::optional<std::set<std::string>> reports_set(const Hello& hello) {
  if (!hello.reports) return std::nullopt;
  return std::set<std::string>(hello.reports->begin(), hello.reports->end());
}

Reports reports_of(const Recipe& recipe) {
  return {std::set<std::string>(recipe.reports.begin(), recipe.reports.end()), false};
}

}  // namespace

std::vector<std::string> protocols_of(const std::vector<std::string>& capabilities) {
  constexpr std::string_view kPrefix = "protocol.";
  std::vector<std::string> out;
  for (const std::string& one : capabilities) {
    if (one.starts_with(kPrefix)) out.push_back(one.substr(kPrefix.size()));
  }
  return out;
}

std::string wrong_protocol(const Case& one, const std::vector<std::string>& capabilities,
                           const std::string& protocol) {
  const auto spoken = protocols_of(capabilities);
  const auto can = [&](const std::string& name) {
    return (protocol.empty() || name == protocol) && one.protocols.fits(name);
  };
  const bool any = one.protocols.named.empty() && protocol.empty();
  if (any || std::any_of(spoken.begin(), spoken.end(), can)) return {};
  const std::string about =
      one.protocols.named.empty() ? protocol : fmt::format("{}", fmt::join(one.protocols.named, " or "));
  if (spoken.empty())
    return "the case is about " + about + ", and the client does not say which protocol it speaks";
  return fmt::format("the case is about {}, the client speaks {}", about, fmt::join(spoken, ", "));
}

std::string spoken_protocol(const Case& one, const std::vector<std::string>& spoken,
                            const std::string& usual) {
  std::string first;
  for (const std::string& protocol : spoken) {
    if (!one.protocols.fits(protocol)) continue;
    if (protocol == usual) return usual;
    if (first.empty()) first = protocol;
  }
  return first;
}

std::string other_provider(const Case& one, const ClientSpec& client) {
  const std::string mine = client.fake.value("profile", "openai");
  const nlohmann::json inference = one.world.value("inference", nlohmann::json::object());
  const std::string about = inference.is_object() ? inference.value("profile", "openai") : "openai";
  if (mine == "openai" || about == "openai" || mine == about) return {};
  return fmt::format("the case is about the habits of {}, the client is for {}", about, mine);
}

std::string other_list(const Case& one, const ClientSpec& client,
                       const std::vector<std::string>& capabilities) {
  const nlohmann::json inference = one.world.value("inference", nlohmann::json::object());
  if (!inference.is_object() || !inference.contains("rules")) return {};
  const nlohmann::json& rules = inference["rules"];
  const bool written = std::any_of(rules.begin(), rules.end(), [](const nlohmann::json& rule) {
    return rule.is_object() && rule.value("path", "") == "models" &&
           (at_pointer(rule, "/respond/json/data") != nullptr ||
            at_pointer(rule, "/respond/json/error") != nullptr);
  });
  if (!written) return {};
  std::string mine = client.fake.value("list", "");
  if (mine.empty()) {
    // Those whose lists have a form of their own; the others read {data: [{id}]} too.
    const auto spoken = protocols_of(capabilities);
    const auto own = [](const std::string& name) {
      return name == "gemini" || name == "ollama" || name == "cohere";
    };
    if (!spoken.empty() && std::all_of(spoken.begin(), spoken.end(), own)) mine = spoken.front();
  }
  if (mine.empty() || mine == "openai" || mine == "anthropic" || mine == "mistral") return {};
  return "the case is about a list of models in OpenAI's form, the client reads that of " + mine;
}

std::string flow_of(const ClientSpec& client) {
  return client.recipe && !client.recipe->login.account.empty() ? client.recipe->login.flow : "";
}

Fit fit_of(const Case& one, const ClientSpec& client, const Hello& hello) {
  Fit out;
  if (one.role != hello.role) {
    out.other = fmt::format("for the role {}, the client is a {}", one.role, hello.role);
    return out;
  }
  const bool as_program = client.as_program && has_capability(one.needs, "process");
  const auto capabilities = as_program ? capabilities_of(*client.as_program) : hello.capabilities;
  for (const std::string& need : one.needs) {
    if (!has_capability(capabilities, need)) out.missing.push_back(need);
  }
  if (!out.missing.empty()) return out;
  out.other = wrong_protocol(one, capabilities, {});
  if (out.other.empty()) out.other = other_provider(one, client);
  if (out.other.empty()) out.other = other_list(one, client, capabilities);
  if (out.other.empty()) out.other = wrong_flow(one, flow_of(client));
  const Reports reports = as_program ? reports_of(*client.as_program)
                                     : Reports{reports_set(hello), has_capability(capabilities, "store")};
  if (out.other.empty()) out.other = not_observed(one.observed_by, reports);
  if (!out.other.empty() || !client.recipe) return out;
  const auto operations = operations_of(one);
  const bool keyless = uses(*client.recipe, "key") && !one.credential.contains("key") &&
                       std::any_of(operations.begin(), operations.end(), [](const Operation* operation) {
                         return operation->op == "chat" && !operation->fields.contains("credential");
                       });
  if (keyless) out.other = "the case gives no key to a program that is run with one";
  return out;
}

Result<Hello> hello_of(const ClientSpec& client, const std::string& scratch) {
  if (client.program) return fail("a program after -- says nothing of what it can do");
  if (client.recipe) {
    Hello out;
    out.client = client.recipe->name;
    out.version = client.recipe->version;
    out.capabilities = capabilities_of(*client.recipe);
    out.reports = client.recipe->reports;
    return out;
  }
  const SystemClock clock;
  Launch launch;
  launch.actor = "hello";
  launch.environment = client_environment(client, scratch);
  launch.directory = scratch;
  auto started = start_client(client, std::move(launch), false, clock, {});
  if (!started) return tl::unexpected(started.error());
  Hello out = (*started)->hello();
  (void)(*started)->stop(adapter::grace);
  return out;
}

}  // namespace assay::conformance
