// docs/admin.openapi.yaml against the implementation: the same paths and methods, each status that is
// described is seen, and every body fits its schema.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <set>
#include <thread>

#include "conformance/serve/admin.h"
#include "harness/base/text.h"
#include "harness/base/yaml.h"
#include "harness/http/client.h"
#include "reports/json_schema.h"

namespace assay::serve {
namespace {

using nlohmann::json;
using testing::HasSubstr;

class AdminApi : public testing::Test {
 protected:
  AdminApi() : doc_(load_yaml(openapi_yaml(), "admin.openapi.yaml").value().value) {
    Worlds::Options options;
    options.data = ASSAY_SOURCE_DIR;
    auto worlds = Worlds::start(std::move(options), {});
    EXPECT_TRUE(worlds) << worlds.error().text();
    worlds_ = std::move(*worlds);
    admin_ = std::make_unique<Admin>(*worlds_, ASSAY_SOURCE_DIR, "http://127.0.0.1:1");
  }

  // "#/components/..." followed to what it names.
  const json& resolved(const json& value) const {
    if (!value.is_object() || !value.contains("$ref")) return value;
    return doc_.at(json::json_pointer(value["$ref"].get<std::string>().substr(1)));
  }

  // The described path that a target fits.
  std::string described(std::string_view target) const {
    const auto given = split(target_path(target), '/');
    for (const auto& [path, item] : doc_["paths"].items()) {
      const auto wanted = split(path, '/');
      bool same = wanted.size() == given.size();
      for (std::size_t i = 0; same && i < wanted.size(); ++i)
        same = wanted[i] == given[i] || (wanted[i].starts_with('{') && !given[i].empty());
      if (same) return path;
    }
    return {};
  }

  // Asks, and checks what came against the description.
  json ask(const std::string& method, const std::string& target, int status, const json& body = nullptr) {
    const std::string what = fmt::format("{} {} → {}", method, target, status);
    Request request;
    request.method = method;
    request.target = target;
    if (!body.is_null()) {
      request.body = body.dump();
      request.headers.push_back({"Content-Type", "application/json"});
    }
    const Response response = admin_->answer(request);
    const std::string got = body_bytes(response);
    EXPECT_EQ(response.status, status) << what << "\n" << got;
    const std::string path = described(target);
    const json operation = doc_["paths"].value(path, json::object()).value(to_lower(method), json::object());
    EXPECT_FALSE(operation.empty()) << what << " is not described";
    if (operation.empty()) return {};
    if (status < 400 && !body.is_null())
      expect_fits(operation["requestBody"]["content"]["application/json"]["schema"], body,
                  what + " (request)");
    const json answer = resolved(operation["responses"].value(std::to_string(response.status), json()));
    EXPECT_TRUE(answer.is_object()) << what << ": the status is not described";
    if (!answer.is_object()) return {};
    seen_.insert(fmt::format("{} {} {}", method, path, response.status));
    if (!answer.contains("content")) {
      EXPECT_EQ(got, "") << what;
      return {};
    }
    const auto content = answer["content"].begin();
    const std::string* type = find_header(response.headers, "content-type");
    EXPECT_NE(type, nullptr) << what;
    if (type == nullptr) return {};
    EXPECT_EQ(type->substr(0, type->find(';')), content.key()) << what;
    const bool is_json = content.key() == "application/json";
    json value = is_json ? json::parse(got, nullptr, false) : json(got);
    expect_fits(content.value()["schema"], value, what);
    return value;
  }

  void expect_fits(const json& schema, const json& value, const std::string& what) {
    json root = doc_;
    root["it"] = schema;
    for (const auto& problem : reports::check_schema(root, "#/it", value))
      ADD_FAILURE() << what << ": " << problem.pointer << ": " << problem.message << "\n" << value.dump(1);
  }

  // The status that a chat request to a world is answered with; 0 = with nothing.
  static int chat(const json& world) {
    Request request;
    request.method = "POST";
    request.target.clear();  // that of the url
    request.headers = {{"Authorization", "Bearer " + world["key"].get<std::string>()},
                       {"Content-Type", "application/json"}};
    request.body = R"({"model":"m","messages":[{"role":"user","content":"hi"}]})";
    const auto url = http::parse_url(world["urls"]["inference"].get<std::string>() + "/v1/chat/completions");
    const auto got = http::fetch(url.value(), request);
    return got.outcome.head ? got.outcome.head->status : 0;
  }

  json doc_;
  std::unique_ptr<Worlds> worlds_;
  std::unique_ptr<Admin> admin_;
  std::set<std::string> seen_;  // "GET /worlds 200"
};

TEST_F(AdminApi, EveryRouteIsDescribedAndEveryDescriptionIsARoute) {
  std::set<std::string> described, routes;
  for (const auto& [path, item] : doc_["paths"].items()) {
    for (const auto& [method, operation] : item.items()) {
      if (method == "parameters") continue;
      std::string upper = method;
      for (char& c : upper) c = static_cast<char>(std::toupper(c));
      described.insert(upper + " " + path);
    }
  }
  for (const auto& [method, path] : Admin::routes()) routes.insert(method + " " + path);
  EXPECT_EQ(described, routes);
}

// In a YAML flow map an unquoted comma begins a key without a value: "description: the query, or none".
TEST_F(AdminApi, NoSentenceOfTheDescriptionIsCutByAComma) {
  const json flat = doc_.flatten();
  for (const auto& [pointer, value] : flat.items()) EXPECT_FALSE(value.is_null()) << pointer;
}

TEST_F(AdminApi, EveryPathAndMethodAnswersAsDescribed) {
  ask("GET", "/", 200);
  EXPECT_EQ(ask("GET", "/openapi.yaml", 200), std::string(openapi_yaml()));
  EXPECT_EQ(ask("GET", "/openapi.json", 200), doc_);
  const json scenarios = ask("GET", "/scenarios", 200);
  EXPECT_EQ(scenarios["scenarios"][0]["name"], "healthy");
  ask("GET", "/faults", 200);

  ask("GET", "/worlds?kee=x", 400);
  const json a =
      ask("POST", "/worlds", 201,
          {{"name", "a"}, {"keys", {"sk-a"}}, {"seed", 7}, {"world", {{"inference", {{"turn", "plan"}}}}}});
  EXPECT_EQ(a["prefix"], "/w/a");
  EXPECT_EQ(a["key"], "sk-a");
  ask("POST", "/worlds", 409, {{"name", "a"}});
  ask("POST", "/worlds", 400, {{"name", "no/slash"}});
  ask("POST", "/worlds", 400, {{"name", "b"}, {"no such key", 1}});
  ask("POST", "/worlds", 400, {{"name", "b"}, {"keys", {"sk-a"}}});
  EXPECT_THAT(ask("POST", "/worlds", 400, {{"name", "b"}, {"scenario", "rate-limitd"}})["error"]["message"],
              HasSubstr("did you mean 'rate-limited'?"));
  const json own =
      ask("POST", "/worlds", 201, {{"name", "own"}, {"listeners", "own"}, {"scenario", "overloaded"}});
  EXPECT_EQ(chat(own), 503);
  EXPECT_EQ(ask("GET", "/worlds", 200)["worlds"].size(), 3U);
  EXPECT_EQ(ask("GET", "/worlds?key=sk-a", 200)["worlds"][0]["name"], "a");
  EXPECT_EQ(ask("GET", "/worlds?prefix=/w/a", 200)["worlds"].size(), 1U);
  ask("GET", "/worlds/default", 200);
  ask("GET", "/worlds/nobody", 404);

  // Faults of one world, by its prefix and by its key.
  EXPECT_EQ(chat(a), 200);
  ask("PUT", "/worlds/a/faults/inference", 200,
      {{"rules", {{{"path", "chat"}, {"nth", 1}, {"error", {{"status", 429}}}}}}});
  EXPECT_EQ(chat(a), 429);
  EXPECT_EQ(chat(a), 200);
  ask("PUT", "/worlds/a/faults/inference", 400, {{"faults", {"drop-don"}}});
  ask("PUT", "/worlds/a/faults/inference", 400, {{"rules", {{{"path", "chat"}, {"turn", "no such turn"}}}}});
  ask("PUT", "/worlds/a/faults/inference", 400, {{"listen", {"refuse"}}});  // its listeners are shared
  ask("PUT", "/worlds/a/faults/nobody", 404, {{"faults", json::array()}});
  EXPECT_EQ(ask("GET", "/worlds/a/faults", 200)["fakes"]["inference"]["rules"].size(), 1U);
  ask("GET", "/worlds/nobody/faults", 404);
  EXPECT_TRUE(ask("DELETE", "/worlds/a/faults/inference", 200)["rules"].empty());
  ask("DELETE", "/worlds/nobody/faults/inference", 404);
  ask("PUT", "/worlds/own/faults/inference", 200, {{"listen", {"refuse"}}});
  EXPECT_EQ(chat(own), 0);

  EXPECT_EQ(ask("PUT", "/worlds/a/scenario", 200, {{"name", "overloaded"}})["scenario"], "overloaded");
  EXPECT_EQ(chat(a), 503);
  ask("PUT", "/worlds/a/scenario", 400, {{"name", "nothing of the kind"}});
  ask("PUT", "/worlds/a/scenario", 400, json::object());
  ask("PUT", "/worlds/nobody/scenario", 404, {{"name", "overloaded"}});
  EXPECT_EQ(ask("PUT", "/worlds/a/scenario", 200, {{"name", nullptr}})["scenario"], nullptr);

  EXPECT_EQ(ask("GET", "/worlds/a/settings/inference.requests", 200)["value"], 0);
  EXPECT_EQ(chat(a), 200);
  EXPECT_EQ(ask("GET", "/worlds/a/settings/inference.requests", 200)["value"], 1);
  ask("GET", "/worlds/a/settings/inference.nothing", 404);
  ask("GET", "/worlds/a/settings/nothing", 400);
  ask("PUT", "/worlds/a/settings/inference.turn", 200, {{"value", "plan"}});
  ask("PUT", "/worlds/a/settings/inference.turn", 400, {{"value", 3}});
  ask("PUT", "/worlds/nobody/settings/inference.turn", 404, {{"value", "plan"}});

  ask("POST", "/worlds/a/release", 200, {{"hold", "gate"}});
  ask("POST", "/worlds/a/release", 400, {{"gate", "hold"}});
  ask("POST", "/worlds/nobody/release", 404, {{"hold", "gate"}});

  const json loose = ask("GET", "/worlds/a/strict", 200);
  EXPECT_EQ(loose, (json{{"strict", false}, {"findings", json::array()}}));
  ask("GET", "/worlds/nobody/strict", 404);

  const json before = ask("GET", "/worlds/a/clock", 200);
  const json after = ask("POST", "/worlds/a/clock", 200, {{"advance", "30d"}});
  EXPECT_GE(after["wall_seconds"].get<std::int64_t>() - before["wall_seconds"].get<std::int64_t>(),
            30 * 86400);
  EXPECT_LT(ask("GET", "/worlds/default/clock", 200)["wall_seconds"], after["wall_seconds"]);
  ask("POST", "/worlds/a/clock", 400, {{"advance", "soon"}});
  ask("POST", "/worlds/nobody/clock", 404, {{"advance", "1s"}});
  ask("GET", "/worlds/nobody/clock", 404);

  const json journal = ask("GET", "/worlds/a/journal", 200);
  EXPECT_GE(journal["entries"].size(), 10U);
  EXPECT_EQ(ask("GET", "/worlds/a/journal?for=POST%20chat%20429", 200)["entries"].size(), 1U);
  EXPECT_EQ(ask("GET", "/worlds/a/journal?limit=2&after=3", 200)["entries"][0]["seq"], 4);
  ask("GET", "/worlds/a/journal?for=nonsense", 400);
  ask("GET", "/worlds/a/journal?after=-1", 400);
  ask("GET", "/worlds/nobody/journal", 404);
  EXPECT_EQ(ask("GET", "/worlds/a/journal/wait?for=POST%20chat%20503&deadline=10s", 200)["entries"].size(),
            1U);
  EXPECT_EQ(ask("GET", "/worlds/a/journal/wait?for=POST%20chat&count=3", 200)["entries"].size(), 3U);
  EXPECT_EQ(ask("GET", "/worlds/a/journal/wait?for=POST%20chat%20%232", 200)["entries"].size(), 1U);
  ask("GET", "/worlds/a/journal/wait?for=POST%20chat&count=99&deadline=10ms", 504);
  ask("GET", "/worlds/a/journal/wait?for=POST%20chat&count=0", 400);
  ask("GET", "/worlds/a/journal/wait", 400);
  ask("GET", "/worlds/a/journal/wait?for=POST%20chat&deadline=11m", 400);
  ask("GET", "/worlds/nobody/journal/wait?for=POST%20chat", 404);

  EXPECT_THAT(ask("GET", "/worlds/a/exports", 200).get<std::string>(),
              HasSubstr("export OPENAI_API_KEY=sk-a\n"));
  ask("GET", "/worlds/nobody/exports", 404);
  EXPECT_THAT(ask("GET", "/worlds/a/clients/codex", 200).get<std::string>(), HasSubstr("/w/a/v1\""));
  ask("GET", "/worlds/a/clients/nobody", 404);

  const json reset = ask("POST", "/worlds/a/reset", 200);
  EXPECT_EQ(reset["journal"]["last"], 0);
  EXPECT_EQ(reset["urls"], a["urls"]);
  EXPECT_EQ(reset["world"], a["world"]);
  EXPECT_EQ(chat(reset), 200);
  EXPECT_EQ(ask("POST", "/worlds/own/reset", 200)["urls"], own["urls"]);
  EXPECT_EQ(chat(own), 503);  // it listens again
  ask("POST", "/worlds/nobody/reset", 404);
  ask("DELETE", "/worlds/a", 204);
  ask("DELETE", "/worlds/a", 404);
  ask("DELETE", "/worlds/default", 409);
  EXPECT_EQ(chat(a), 404);
  worlds_->end_waits();
  ask("GET", "/worlds/default/journal/wait?for=POST%20chat&deadline=10m", 410);

  std::set<std::string> described;
  for (const auto& [path, item] : doc_["paths"].items()) {
    for (const auto& [method, operation] : item.items()) {
      if (method == "parameters") continue;
      std::string upper = method;
      for (char& c : upper) c = static_cast<char>(std::toupper(c));
      for (const auto& [status, answer] : operation["responses"].items())
        described.insert(fmt::format("{} {} {}", upper, path, status));
    }
  }
  EXPECT_EQ(seen_, described);
}

TEST_F(AdminApi, WhatIsNotDescribedIsRefused) {
  const auto answer = [&](const std::string& method, const std::string& target) {
    Request request;
    request.method = method;
    request.target = target;
    return admin_->answer(request);
  };
  for (const auto& [path, item] : doc_["paths"].items()) {
    std::string target = path;
    for (const auto& [name, value] : std::map<std::string, std::string>{{"{world}", "default"},
                                                                        {"{fake}", "inference"},
                                                                        {"{setting}", "inference.turn"},
                                                                        {"{client}", "codex"}}) {
      if (const auto at = target.find(name); at != std::string::npos) target.replace(at, name.size(), value);
    }
    std::set<std::string> allowed;
    for (const char* method : {"GET", "PUT", "POST", "DELETE", "PATCH"}) {
      if (item.contains(to_lower(method))) {
        allowed.insert(method);
        continue;
      }
      const Response response = answer(method, target);
      EXPECT_EQ(response.status, 405) << method << " " << target;
      expect_fits({{"$ref", "#/components/schemas/Error"}}, json::parse(body_bytes(response)), target);
      const std::string* allow = find_header(response.headers, "allow");
      ASSERT_NE(allow, nullptr) << method << " " << target;
      std::set<std::string> named;
      for (const std::string_view one : split(*allow, ',')) named.emplace(trim(one));
      for (const auto& [other, operation] : item.items()) {
        if (other == "parameters") continue;
        std::string upper = other;
        for (char& c : upper) c = static_cast<char>(std::toupper(c));
        EXPECT_TRUE(named.contains(upper)) << *allow << " for " << target;
      }
    }
  }
  EXPECT_EQ(answer("GET", "/nothing").status, 404);
  EXPECT_EQ(answer("GET", "/worlds/").status, 404);
}

TEST_F(AdminApi, AWaitEndsWithTheRequestThatItWaitsFor) {
  const json world = ask("POST", "/worlds", 201, {{"name", "a"}});
  int status = 0;
  std::thread client([&] { status = chat(world); });
  const json page = ask("GET", "/worlds/a/journal/wait?for=POST%20chat%20200&deadline=30s", 200);
  client.join();
  EXPECT_EQ(status, 200);
  ASSERT_EQ(page["entries"].size(), 1U);
  EXPECT_EQ(page["entries"][0]["text"], "POST /v1/chat/completions");
  EXPECT_EQ(ask("GET", "/worlds/default", 200)["journal"]["last"], 0);
}

TEST_F(AdminApi, AWaitEndsWithItsWorld) {
  ask("POST", "/worlds", 201, {{"name", "a"}});
  std::atomic<bool> told{false};
  std::thread waiter([&] {
    Request request;
    request.target = "/worlds/a/journal/wait?for=POST%20chat&deadline=5m";
    EXPECT_EQ(admin_->answer(request).status, 410);
    told = true;
  });
  while (!told) ask("POST", "/worlds/a/reset", 200);
  waiter.join();
}

TEST_F(AdminApi, WorldsDoNotSeeEachOther) {
  const json a = ask("POST", "/worlds", 201, {{"name", "a"}});
  const json b = ask("POST", "/worlds", 201, {{"name", "b"}});
  EXPECT_NE(a["key"], b["key"]);
  json stranger = a;
  stranger["key"] = b["key"];
  EXPECT_EQ(chat(stranger), 401);  // b's key in a's world
  EXPECT_EQ(chat(b), 200);
  ask("PUT", "/worlds/a/faults/inference", 200, {{"faults", {{{"status", 500}}}}});
  EXPECT_EQ(chat(a), 500);
  EXPECT_EQ(chat(b), 200);
  ask("POST", "/worlds/a/reset", 200);
  EXPECT_EQ(ask("GET", "/worlds/b/journal?for=POST%20chat", 200)["entries"].size(), 2U);
}

}  // namespace
}  // namespace assay::serve
