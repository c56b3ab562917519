// The OAuth fake against a certified implementation: the requests of compare/scenarios.json, the recorded
// answers of compare/oidc-provider.json, and compare/differences.json, where every difference is named and
// justified.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "fakes/common/answers.h"
#include "fakes/common/test_caller.h"

namespace assay::fakes {
namespace {

using nlohmann::json;

const std::string folder = ASSAY_SOURCE_DIR "/fakes/oauth/compare/";
const std::string origin = "http://127.0.0.1:4711";

json load(const std::string& name) {
  return json::parse(read_file(folder + name).value());
}

std::string filled(std::string text, const std::map<std::string, std::string>& saved) {
  for (const auto& [name, value] : saved) {
    const auto mark = "${" + name + "}";
    if (const auto at = text.find(mark); at != std::string::npos) text.replace(at, mark.size(), value);
  }
  return text;
}

std::vector<std::string> keys_of(const json& object) {
  std::vector<std::string> keys;
  for (const auto& [key, value] : object.items()) keys.push_back(key);
  return keys;
}

class Comparison {
 public:
  Comparison() {
    const json native{{"redirect_uris", {"http://127.0.0.1/cb"}}};
    world_.make(
        "auth", "oauth",
        {{"clients",
          {{"native", native},
           {"other", native},
           {"web",
            {{"redirect_uris", {"https://web.example/cb"}}, {"secret", "secret-of-web-0123456789"}}}}}});
    metadata_ = world_.get("auth", "/.well-known/openid-configuration").json();
  }

  // What the fake answers to one step, in the words of record.mjs.
  json play(const json& step) {
    if (step.contains("authorize")) return authorize(step);
    Headers headers;
    if (step.contains("headers"))
      for (const auto& [name, value] : step["headers"].items())
        headers.push_back({name, value.get<std::string>()});
    Answer answer;
    if (step.contains("get")) {
      answer = world_.get("auth", path(step["get"]));
    } else if (step.contains("json")) {
      answer = world_.post_json("auth", path(step["post"]), step["json"], headers);
    } else {
      std::vector<std::pair<std::string, std::string>> form;
      for (const auto& [name, value] : step["form"].items()) form.emplace_back(name, filled(value, saved_));
      answer = world_.post_form("auth", path(step["post"]), form, headers);
    }
    const auto body = answer.json();
    save(step, body.is_object() ? body : json::object());
    json outcome{{"status", answer.status()},
                 {"error", body.is_object() ? body.value("error", "") : ""},
                 {"no_store", answer.header("Cache-Control").find("no-store") != std::string::npos},
                 {"challenge", !answer.header("WWW-Authenticate").empty()}};
    if (answer.status() < 300)
      outcome["fields"] = body.is_object() ? keys_of(body) : std::vector<std::string>{};
    return outcome;
  }
  void forget() { saved_.clear(); }

 private:
  std::string path(const std::string& name) const {
    if (name == "metadata") return "/.well-known/openid-configuration";
    return metadata_.at(name + "_endpoint").get<std::string>().substr(origin.size());
  }

  void save(const json& step, const json& fields) {
    if (!step.contains("save")) return;
    for (const auto& [name, field] : step["save"].items())
      saved_[name] = fields.value(field.get<std::string>(), "nothing");
  }

  json authorize(const json& step) {
    std::string target = path("authorization");
    for (const auto& [name, value] : step["authorize"].items())
      target += (target.find('?') == std::string::npos ? "?" : "&") + name + "=" +
                percent_encode(filled(value, saved_));
    auto answer = world_.get("auth", target);
    if (const auto ticket = attribute_after(answer.body(), "name=\"ticket\"", "value"); !ticket.empty())
      answer = world_.post_form("auth", "/authorize/approve", {{"ticket", ticket}, {"decision", "approve"}});
    const auto location = answer.header("Location");
    if (location.empty()) return {{"kind", "page"}, {"status", answer.status()}};
    const auto end = location.find_first_of("?#");
    json parameters = json::object();
    const auto fields = form_fields(location.substr(end + 1));
    for (const auto& [name, value] : fields)
      if (name != "error_description") parameters[name] = value;
    save(step, parameters);
    return {{"kind", "redirect"},
            {"to", location.substr(0, end)},
            {"delivery", location[end] == '#' ? "fragment" : "query"},
            {"parameters", keys_of(parameters)},
            {"error", parameters.value("error", "")},
            {"state", parameters.value("state", "")}};
  }

  TestWorld world_;
  json metadata_;
  std::map<std::string, std::string> saved_;
};

// The members of `ours` that theirs has otherwise or not at all, and null for those that only theirs has.
json what_differs(const json& ours, const json& theirs) {
  json out = json::object();
  for (const auto& [key, value] : ours.items())
    if (!theirs.contains(key) || theirs[key] != value) out[key] = value;
  for (const auto& [key, value] : theirs.items())
    if (!ours.contains(key)) out[key] = nullptr;
  return out;
}

TEST(OAuthComparison, DiffersFromTheCertifiedOneOnlyWhereWeSayWhy) {
  const auto scenarios = load("scenarios.json");
  const auto theirs = load("oidc-provider.json")["answers"];
  auto listed = load("differences.json")["differences"];
  std::size_t steps = 0;
  for (const auto& scenario : scenarios["scenarios"]) {
    Comparison ours;
    for (const auto& step : scenario["steps"]) {
      const auto name = scenario["scenario"].get<std::string>() + "/" + step["step"].get<std::string>();
      const auto answer = ours.play(step);
      const auto& theirs_here = theirs.at(name);
      ++steps;
      const auto ours_only = what_differs(answer, theirs_here);
      if (ours_only.empty()) continue;
      EXPECT_TRUE(listed.contains(name)) << name << " ours: " << ours_only << "; theirs: " << theirs_here;
      if (!listed.contains(name)) continue;
      EXPECT_EQ(listed[name]["ours"], ours_only) << name << "; theirs: " << theirs_here;
      EXPECT_FALSE(listed[name].value("reason", "").empty()) << name;
      listed.erase(name);
    }
  }
  EXPECT_EQ(steps, theirs.size());
  EXPECT_TRUE(listed.empty()) << "no longer different: " << listed;
}

}  // namespace
}  // namespace assay::fakes
