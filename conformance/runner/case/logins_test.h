// Doubles of programs that sign in with an account of conformance/logins: what they are, and the world that
// they are played in. The lists are in logins_right_test.cpp and logins_wrong_test.cpp.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <map>

#include "conformance/runner/case/world_spec.h"
#include "conformance/runner/judge/journal_query.h"
#include "fakes/fakes.h"
#include "harness/base/text.h"
#include "harness/base/yaml.h"
#include "harness/http/client.h"

namespace assay::conformance::doubles {

using nlohmann::json;
using testing::HasSubstr;

// One request of the double. Texts may hold {name}: what an earlier answer gave, percent-encoded in a form.
struct Ask {
  std::string to;    // the fake at whose address the vendor's host stands
  std::string line;  // "POST /token"
  std::string body;  // begins with { = JSON, else a form; empty = none
  int status = 200;
  // Name → JSON pointer into the answer, "?name" = a parameter of its Location, "#" = the code on its page.
  std::map<std::string, std::string> keep = {};
  std::string header = {};
  std::string says = {};  // a part of the answer
};

struct Double {
  std::string account;
  std::string program;  // whose flow it is
  std::vector<Ask> asks;
  json auth = json::object();  // merged over the account's
};

inline void PrintTo(const Double& one, std::ostream* out) {
  *out << one.account << ", " << one.program;
}

inline const std::string verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";  // RFC 7636 appendix B
inline const std::string s256 =
    "&code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM&code_challenge_method=S256";
inline const std::string other_verifier = "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx";
inline const std::string device_grant = "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Adevice_code";
inline const std::string chat_body =
    R"({"model":"m","stream":true,"messages":[{"role":"user","content":"hi"}]})";
inline const std::string bearer = "Authorization: Bearer {access}";

inline std::string put(std::string text, const std::map<std::string, std::string>& values, bool encoded) {
  for (const auto& [name, value] : values) {
    const std::string reference = "{" + name + "}";
    for (auto at = text.find(reference); at != std::string::npos; at = text.find(reference, at))
      text.replace(at, reference.size(), encoded ? percent_encode(value) : value);
  }
  return text;
}

inline std::string kept(const std::string& what, const http::Fetched& answer) {
  if (what == "#") {
    const auto begin = answer.body.find("<code id=\"code\">");
    if (begin == std::string::npos) return "";
    const auto from = begin + std::string_view("<code id=\"code\">").size();
    return answer.body.substr(from, answer.body.find('<', from) - from);
  }
  if (what.starts_with('?')) {
    const auto* location = find_header(answer.outcome.head->headers, "Location");
    return location == nullptr ? "" : query_value(*location, what.substr(1)).value_or("");
  }
  const auto body = json::parse(answer.body, nullptr, false);
  const json::json_pointer pointer(what);
  if (body.is_discarded() || !body.contains(pointer)) return "";
  return body.at(pointer).is_string() ? body.at(pointer).get<std::string>() : body.at(pointer).dump();
}

class Vendor : public testing::Test {
 protected:
  void open(const Double& one) {
    const std::string file = ASSAY_SOURCE_DIR "/conformance/logins/" + one.account + ".yaml";
    const auto account = load_yaml_file(file);
    ASSERT_TRUE(account) << account.error().text();
    Case made;
    made.id = one.account;
    made.file = file;
    made.world = account->value.at("world");
    made.world["provider"] = "generic-oauth";
    made.world["auth"]["auto"] = true;
    made.world["auth"]["interval"] = 0;
    made.world["auth"]["device"] = {"pending", "ok"};
    made.world["auth"].merge_patch(one.auth);
    for (const char* fake : {"auth", "inference"}) made.world[fake].erase("hosts");  // no port 443 here
    auto plan = plan_world(made, ASSAY_SOURCE_DIR, 7);
    ASSERT_TRUE(plan) << plan.error().text();
    auto started = World::start(std::move(plan->spec), fakes::make_factory(ASSAY_SOURCE_DIR "/fixtures"),
                                path_aliases(), clock, journal);
    ASSERT_TRUE(started) << started.error().text();
    world = std::move(*started);
    values = {{"verifier", verifier}};
  }

  http::Fetched send(const Ask& ask) {
    const auto space = ask.line.find(' ');
    Request request;
    request.method = ask.line.substr(0, space);
    request.target = put(ask.line.substr(space + 1), values, true);
    const bool is_json = ask.body.starts_with('{');
    if (!ask.body.empty()) {
      request.body = put(ask.body, values, !is_json);
      request.headers.push_back(
          {"Content-Type", is_json ? "application/json" : "application/x-www-form-urlencoded"});
    }
    const auto header = put(ask.header, values, false);
    if (const auto colon = header.find(": "); colon != std::string::npos)
      request.headers.push_back({header.substr(0, colon), header.substr(colon + 2)});
    if (request.target.starts_with("/v1/messages"))
      request.headers.push_back({"anthropic-version", "2023-06-01"});
    return http::fetch(http::parse_url(world->url(ask.to)).value(), request);
  }

  void play(const Ask& ask) {
    SCOPED_TRACE(ask.line + " " + ask.body);
    const auto answer = send(ask);
    ASSERT_TRUE(answer.outcome.ok()) << answer.outcome.message;
    ASSERT_EQ(answer.outcome.head->status, ask.status) << answer.body;
    ASSERT_THAT(answer.body, HasSubstr(ask.says));
    for (const auto& [name, what] : ask.keep) {
      values[name] = kept(what, answer);
      ASSERT_FALSE(values[name].empty()) << name << " in " << answer.body;
    }
  }

  SystemClock clock;
  Journal journal{clock};
  std::unique_ptr<World> world;
  std::map<std::string, std::string> values;
};

// What each account's program sends, and what it does wrong and hears.
const std::vector<Double>& right_doubles();
const std::vector<Double>& wrong_doubles();

inline const std::string codex_authorize =
    "GET /oauth/authorize?response_type=code&client_id=app_EMoamEEZ73f0CkXaXp7hrann&state=S&redirect_uri="
    "http%3A%2F%2Flocalhost%3A1455%2Fauth%2Fcallback&scope=openid%20profile%20email%20offline_access%20"
    "api.connectors.read%20api.connectors.invoke&id_token_add_organizations=true&codex_cli_simplified_flow="
    "true";
inline const std::string codex_token =
    "grant_type=authorization_code&client_id=app_EMoamEEZ73f0CkXaXp7hrann&code={code}&redirect_uri=http%3A%"
    "2F%2F"
    "localhost%3A1455%2Fauth%2Fcallback&code_verifier=";
inline const std::string responses_body =
    R"({"model":"gpt-5","stream":true,"input":[{"role":"user","content":"hi"}]})";

inline const std::string claude_client = "9d1c250a-e61b-44d9-88ed-5944d1962f5e";
inline const std::string claude_authorize =
    "?code=true&response_type=code&state=S&client_id=" + claude_client +
    "&scope=org%3Acreate_api_key%20user%3Aprofile%20user%3Ainference&redirect_uri=";
// Its page, with the callback on this machine.
inline const Ask claude_page = {
    "auth",
    "GET /cai/oauth/authorize" + claude_authorize + "http%3A%2F%2Flocalhost%3A40001%2Fcallback" + s256,
    "",
    303,
    {{"code", "?code"}}};
inline const std::string claude_token =
    R"({"grant_type":"authorization_code","code":"{code}","client_id":")" + claude_client +
    R"(","code_verifier":"{verifier}","state":"S","redirect_uri":")";
inline const std::string messages_body =
    R"({"model":"claude-sonnet-4-5","max_tokens":16,"stream":true,"messages":[{"role":"user","content":"hi"}]})";

inline const std::string gemini_client =
    "681255809395-oo8ft2oprdrnp9e3aqf6av3hmdib135j.apps.googleusercontent.com";
inline const std::string gemini_authorize =
    "GET /o/oauth2/v2/auth?response_type=code&access_type=offline&state=S&client_id=" + gemini_client +
    "&scope=https%3A%2F%2Fwww.googleapis.com%2Fauth%2Fcloud-platform%20"
    "https%3A%2F%2Fwww.googleapis.com%2Fauth%2Fuserinfo.email&redirect_uri=";
inline const std::string gemini_token =
    "grant_type=authorization_code&client_id=" + gemini_client + "&code={code}&redirect_uri=";
inline const std::string gemini_body =
    R"({"model":"gemini-2.5-pro","project":"example-project","request":{"session_id":"s","contents":[{"role":"user","parts":[{"text":"hi"}]}]}})";

inline const std::string copilot_authorize =
    "GET "
    "/login/oauth/"
    "authorize?client_id=Ov23ctDVkRmgkPke0Mmm&state=S&scope=read%3Auser%20read%3Aorg&redirect_uri="
    "http%3A%2F%2F127.0.0.1%3A40001%2Fcallback";
inline const std::string copilot_token =
    "client_id=Ov23ctDVkRmgkPke0Mmm&code={code}&redirect_uri=http%3A%2F%2F127.0.0.1%3A40001%2Fcallback";
inline const std::string accepts_json = "Accept: application/json";
inline const std::string kimi_client = "client_id=17e5f671-d194-4dfb-9706-5516cb48c098";
inline const std::string cline_client = "client_id=client_01K3A541FN8TA3EPPHTD2325AR";
inline const std::string xai_client = "client_id=b1a00492-073a-47ea-816f-4c329264a828";

}  // namespace assay::conformance::doubles
