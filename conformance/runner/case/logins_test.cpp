// The accounts of conformance/logins, each signed in to by a double of a program that has it: the requests
// that the program was seen to send, over sockets, from the first to the first answer. And the same wrong:
// what the vendor would refuse is refused.
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
namespace {

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

void PrintTo(const Double& one, std::ostream* out) {
  *out << one.account << ", " << one.program;
}

const std::string verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";  // RFC 7636 appendix B
const std::string s256 =
    "&code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM&code_challenge_method=S256";
const std::string other_verifier = "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx";
const std::string device_grant = "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Adevice_code";
const std::string chat_body = R"({"model":"m","stream":true,"messages":[{"role":"user","content":"hi"}]})";
const std::string bearer = "Authorization: Bearer {access}";

std::string put(std::string text, const std::map<std::string, std::string>& values, bool encoded) {
  for (const auto& [name, value] : values) {
    const std::string reference = "{" + name + "}";
    for (auto at = text.find(reference); at != std::string::npos; at = text.find(reference, at))
      text.replace(at, reference.size(), encoded ? percent_encode(value) : value);
  }
  return text;
}

std::string kept(const std::string& what, const http::Fetched& answer) {
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

class Login : public Vendor, public testing::WithParamInterface<Double> {};

TEST_P(Login, FromTheFirstRequestToTheFirstAnswer) {
  open(GetParam());
  for (const auto& ask : GetParam().asks) {
    play(ask);
    if (HasFatalFailure()) return;
  }
  for (const auto& entry : journal.entries()) EXPECT_NE(entry->kind, JournalKind::unclaimed) << entry->text;
}

const std::string codex_authorize =
    "GET /oauth/authorize?response_type=code&client_id=app_EMoamEEZ73f0CkXaXp7hrann&state=S&redirect_uri="
    "http%3A%2F%2Flocalhost%3A1455%2Fauth%2Fcallback&scope=openid%20profile%20email%20offline_access%20"
    "api.connectors.read%20api.connectors.invoke&id_token_add_organizations=true&codex_cli_simplified_flow="
    "true";
const std::string codex_token =
    "grant_type=authorization_code&client_id=app_EMoamEEZ73f0CkXaXp7hrann&code={code}&redirect_uri=http%3A%"
    "2F%2F"
    "localhost%3A1455%2Fauth%2Fcallback&code_verifier=";
const std::string responses_body =
    R"({"model":"gpt-5","stream":true,"input":[{"role":"user","content":"hi"}]})";

const std::string claude_client = "9d1c250a-e61b-44d9-88ed-5944d1962f5e";
const std::string claude_authorize =
    "?code=true&response_type=code&state=S&client_id=" + claude_client +
    "&scope=org%3Acreate_api_key%20user%3Aprofile%20user%3Ainference&redirect_uri=";
const std::string claude_token = R"({"grant_type":"authorization_code","code":"{code}","client_id":")" +
                                 claude_client +
                                 R"(","code_verifier":"{verifier}","state":"S","redirect_uri":")";
const std::string messages_body =
    R"({"model":"claude-sonnet-4-5","max_tokens":16,"stream":true,"messages":[{"role":"user","content":"hi"}]})";

const std::string gemini_client = "681255809395-oo8ft2oprdrnp9e3aqf6av3hmdib135j.apps.googleusercontent.com";
const std::string gemini_authorize =
    "GET /o/oauth2/v2/auth?response_type=code&access_type=offline&state=S&client_id=" + gemini_client +
    "&scope=https%3A%2F%2Fwww.googleapis.com%2Fauth%2Fcloud-platform%20"
    "https%3A%2F%2Fwww.googleapis.com%2Fauth%2Fuserinfo.email&redirect_uri=";
const std::string gemini_token =
    "grant_type=authorization_code&client_id=" + gemini_client + "&code={code}&redirect_uri=";
const std::string gemini_body =
    R"({"model":"gemini-2.5-pro","project":"example-project","request":{"session_id":"s","contents":[{"role":"user","parts":[{"text":"hi"}]}]}})";

const std::string copilot_authorize =
    "GET "
    "/login/oauth/"
    "authorize?client_id=Ov23ctDVkRmgkPke0Mmm&state=S&scope=read%3Auser%20read%3Aorg&redirect_uri="
    "http%3A%2F%2F127.0.0.1%3A40001%2Fcallback";
const std::string copilot_token =
    "client_id=Ov23ctDVkRmgkPke0Mmm&code={code}&redirect_uri=http%3A%2F%2F127.0.0.1%3A40001%2Fcallback";
const std::string accepts_json = "Accept: application/json";
const std::string kimi_client = "client_id=17e5f671-d194-4dfb-9706-5516cb48c098";
const std::string cline_client = "client_id=client_01K3A541FN8TA3EPPHTD2325AR";
const std::string xai_client = "client_id=b1a00492-073a-47ea-816f-4c329264a828";

const std::vector<Double> right = {
    {"openai",
     "codex in the browser",
     {{"auth", codex_authorize + s256, "", 303, {{"code", "?code"}}},
      {"auth",
       "POST /oauth/token",
       codex_token + verifier,
       200,
       {{"access", "/access_token"}, {"refresh", "/refresh_token"}, {"id", "/id_token"}}},
      {"auth",
       "POST /oauth/token",
       "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Atoken-exchange&client_id=app_"
       "EMoamEEZ73f0CkXaXp7hrann"
       "&requested_token=openai-api-key&subject_token={id}",
       200,
       {{"key", "/access_token"}}},
      {"inference",
       "GET /backend-api/codex/models?client_version=0.169.0",
       "",
       200,
       {},
       bearer,
       "\"models\""},
      {"inference", "GET /backend-api/wham/accounts/check", "", 200, {}, bearer, "acct-1"},
      {"inference", "POST /backend-api/codex/responses", responses_body, 200, {}, bearer, "pong"},
      {"auth",
       "POST /oauth/token",
       R"({"grant_type":"refresh_token","client_id":"app_EMoamEEZ73f0CkXaXp7hrann","refresh_token":"{refresh}","refresh_reason":"proactive_expiry"})",
       200,
       {{"access", "/access_token"}, {"refresh", "/refresh_token"}}},
      {"inference", "POST /backend-api/codex/responses", responses_body, 200, {}, bearer, "pong"},
      {"auth", "POST /oauth/revoke",
       R"({"token":"{refresh}","token_type_hint":"refresh_token","client_id":"app_EMoamEEZ73f0CkXaXp7hrann"})"},
      {"inference", "POST /backend-api/codex/responses", responses_body, 401, {}, bearer}}},
    {"openai",
     "codex by device code",
     {{"auth",
       "POST /api/accounts/deviceauth/usercode",
       R"({"client_id":"app_EMoamEEZ73f0CkXaXp7hrann"})",
       200,
       {{"device", "/device_auth_id"}, {"user", "/user_code"}},
       "",
       R"("interval":"0")"},
      {"auth", "GET /codex/device", "", 200},
      {"auth", "POST /api/accounts/deviceauth/token", R"({"device_auth_id":"{device}","user_code":"{user}"})",
       403},
      {"auth",
       "POST /api/accounts/deviceauth/token",
       R"({"device_auth_id":"{device}","user_code":"{user}"})",
       200,
       {{"code", "/authorization_code"}, {"given", "/code_verifier"}}},
      {"auth",
       "POST /oauth/token",
       "grant_type=authorization_code&client_id=app_EMoamEEZ73f0CkXaXp7hrann&code={code}&redirect_uri=https%"
       "3A%2F%2F"
       "auth.openai.com%2Fdeviceauth%2Fcallback&code_verifier={given}",
       200,
       {{"access", "/access_token"}}},
      {"inference", "POST /backend-api/codex/responses", responses_body, 200, {}, bearer, "pong"}}},
    {"anthropic",
     "claude in the browser",
     {{"auth", "GET /v1/oauth/hello", "", 200},
      {"auth",
       "GET /cai/oauth/authorize" + claude_authorize + "http%3A%2F%2Flocalhost%3A40001%2Fcallback" + s256,
       "",
       303,
       {{"code", "?code"}}},
      {"auth",
       "POST /v1/oauth/token",
       claude_token + R"(http://localhost:40001/callback"})",
       200,
       {{"access", "/access_token"}, {"refresh", "/refresh_token"}, {"organization", "/organization/uuid"}}},
      {"inference", "GET /api/oauth/profile", "", 200, {}, bearer, "user@example.com"},
      {"inference", "GET /api/oauth/claude_cli/roles", "", 200, {}, bearer},
      {"inference", "GET /api/organization/claude_code_first_token_date", "", 404, {}, bearer},
      {"inference", "POST /v1/messages?beta=true", messages_body, 200, {}, bearer, "pong"},
      {"inference", "POST /api/oauth/claude_cli/create_api_key", "", 200, {{"key", "/raw_key"}}, bearer},
      {"inference", "POST /v1/messages?beta=true", messages_body, 200, {}, "x-api-key: {key}", "pong"},
      {"auth",
       "POST /v1/oauth/token",
       R"({"grant_type":"refresh_token","refresh_token":"{refresh}","client_id":")" + claude_client +
           R"(","scope":"user:profile user:inference"})",
       200,
       {{"access", "/access_token"}, {"refresh", "/refresh_token"}}},
      {"auth", "POST /v1/oauth/token/revoke",
       R"({"token":"{refresh}","token_type_hint":"refresh_token","client_id":")" + claude_client + R"("})"},
      {"inference", "POST /v1/messages?beta=true", messages_body, 401, {}, bearer}}},
    {"anthropic",
     "claude with the pasted code",
     {{"auth",
       "GET /oauth/authorize" + claude_authorize +
           "https%3A%2F%2Fplatform.claude.com%2Foauth%2Fcode%2Fcallback" + s256,
       "",
       303,
       {{"code", "?code"}}},
      {"auth", "GET /oauth/code/callback?code={code}&state=S", "", 200, {{"pasted", "#"}}, "", "#S<"},
      {"auth",
       "POST /v1/oauth/token",
       claude_token + R"(https://platform.claude.com/oauth/code/callback"})",
       200,
       {{"access", "/access_token"}}},
      {"inference", "POST /v1/messages?beta=true", messages_body, 200, {}, bearer, "pong"}}},
    {"google",
     "gemini in the browser, without PKCE",
     {{"auth",
       gemini_authorize + "http%3A%2F%2F127.0.0.1%3A40001%2Foauth2callback",
       "",
       303,
       {{"code", "?code"}}},
      {"auth",
       "POST /token",
       gemini_token + "http%3A%2F%2F127.0.0.1%3A40001%2Foauth2callback&client_secret=shipped",
       200,
       {{"access", "/access_token"}, {"refresh", "/refresh_token"}}},
      {"auth", "GET /oauth2/v2/userinfo", "", 200, {}, bearer, "user@example.com"},
      {"auth", "POST /tokeninfo", "", 200, {}, bearer, "cloud-platform"},
      {"inference",
       "POST /v1internal:loadCodeAssist",
       R"({"metadata":{}})",
       200,
       {{"project", "/cloudaicompanionProject"}},
       bearer},
      {"inference",
       "POST /v1internal:streamGenerateContent?alt=sse",
       gemini_body,
       200,
       {},
       bearer,
       "data: {\"response\":{\"candidates\""},
      {"inference",
       "POST /v1internal:generateContent",
       gemini_body,
       200,
       {{"text", "/response/candidates/0/content/parts/0/text"}},
       bearer},
      {"auth",
       "POST /token",
       "grant_type=refresh_token&client_secret=shipped&client_id=" + gemini_client +
           "&refresh_token={refresh}",
       200,
       {{"access", "/access_token"}}},
      {"inference", "POST /v1internal:streamGenerateContent?alt=sse", gemini_body, 200, {}, bearer, "pong"}}},
    {"google",
     "gemini with the pasted code",
     {{"auth",
       gemini_authorize + "https%3A%2F%2Fcodeassist.google.com%2Fauthcode" + s256,
       "",
       303,
       {{"code", "?code"}}},
      {"auth", "GET /authcode?code={code}&state=S", "", 200, {{"code", "#"}}},
      {"auth",
       "POST /token",
       gemini_token +
           "https%3A%2F%2Fcodeassist.google.com%2Fauthcode&client_secret=shipped&code_verifier={verifier}",
       200,
       {{"access", "/access_token"}}}}},
    {"github",
     "copilot in the browser",
     {{"auth", copilot_authorize + s256, "", 303, {{"code", "?code"}}},
      {"auth",
       "POST /login/oauth/access_token",
       copilot_token + "&client_secret=shipped&code_verifier={verifier}",
       200,
       {{"access", "/access_token"}},
       accepts_json},
      {"inference",
       "GET /copilot_internal/user",
       "",
       200,
       {{"api", "/endpoints/api"}},
       "Authorization: token {access}"},
      {"inference", "GET /models", "", 200, {}, bearer, "gpt-4.1"},
      {"inference", "POST /chat/completions", chat_body, 200, {}, bearer, "pong"},
      {"inference",
       "GET /copilot_internal/v2/token",
       "",
       200,
       {{"access", "/token"}, {"until", "/expires_at"}},
       "Authorization: token {access}"},
      {"inference", "POST /chat/completions", chat_body, 200, {}, bearer, "pong"}}},
    {"github",
     "copilot by device code, its answers as forms",
     {{"auth",
       "POST /login/device/code",
       "client_id=Ov23ctDVkRmgkPke0Mmm&scope=read%3Auser%2Cread%3Aorg",
       200,
       {{"device", "/device_code"}, {"page", "/verification_uri"}},
       accepts_json},
      {"auth", "GET /login/device", "", 200},
      {"auth",
       "POST /login/oauth/access_token",
       device_grant + "&client_id=Ov23ctDVkRmgkPke0Mmm&device_code={device}",
       200,
       {},
       "",
       "error=authorization_pending&"},
      {"auth",
       "POST /login/oauth/access_token",
       R"({"grant_type":"urn:ietf:params:oauth:grant-type:device_code","client_id":"Ov23ctDVkRmgkPke0Mmm","device_code":"{device}"})",
       200,
       {{"access", "/access_token"}},
       accepts_json},
      {"inference", "POST /chat/completions", chat_body, 200, {}, bearer, "pong"}}},
    {"moonshot",
     "kimi by device code",
     {{"auth", "POST /api/oauth/device_authorization", kimi_client, 200, {{"device", "/device_code"}}},
      {"auth",
       "POST /api/oauth/token",
       device_grant + "&device_code={device}&" + kimi_client,
       400,
       {},
       "",
       "authorization_pending"},
      {"auth",
       "POST /api/oauth/token",
       device_grant + "&device_code={device}&" + kimi_client,
       200,
       {{"access", "/access_token"}, {"refresh", "/refresh_token"}}},
      {"inference", "GET /coding/v1/models", "", 200, {{"length", "/data/0/context_length"}}, bearer},
      {"inference", "POST /coding/v1/chat/completions", chat_body, 200, {}, bearer, "pong"},
      {"auth",
       "POST /api/oauth/token",
       "grant_type=refresh_token&refresh_token={refresh}&" + kimi_client,
       200,
       {{"access", "/access_token"}}}}},
    {"cline",
     "cline by device code, then its own session",
     {{"auth", "POST /user_management/authorize/device", cline_client, 200, {{"device", "/device_code"}}},
      {"auth", "POST /user_management/authenticate", device_grant + "&device_code={device}&" + cline_client,
       400},
      {"auth",
       "POST /user_management/authenticate",
       device_grant + "&device_code={device}&" + cline_client,
       200,
       {{"access", "/access_token"}, {"refresh", "/refresh_token"}, {"user", "/user/id"}}},
      {"inference",
       "POST /api/v1/auth/register",
       R"({"accessToken":"{access}","refreshToken":"{refresh}"})",
       200,
       {{"access", "/data/accessToken"}, {"refresh", "/data/refreshToken"}, {"until", "/data/expiresAt"}}},
      {"inference",
       "POST /api/v1/chat/completions",
       chat_body,
       200,
       {},
       "Authorization: Bearer workos:{access}",
       "pong"},
      {"inference",
       "POST /api/v1/auth/refresh",
       R"({"refreshToken":"{refresh}","grantType":"refresh_token"})",
       200,
       {{"access", "/data/accessToken"}}},
      {"inference",
       "POST /api/v1/chat/completions",
       chat_body,
       200,
       {},
       "Authorization: Bearer workos:{access}",
       "pong"}}},
    {"openrouter",
     "a key by PKCE",
     {{"auth",
       "GET /auth?callback_url=http%3A%2F%2Flocalhost%3A40001%2Fcallback" + s256,
       "",
       303,
       {{"code", "?code"}}},
      {"auth",
       "POST /api/v1/auth/keys",
       R"({"code":"{code}","code_verifier":"{verifier}","code_challenge_method":"S256"})",
       200,
       {{"access", "/key"}, {"user", "/user_id"}}},
      {"auth", "POST /api/v1/chat/completions", chat_body, 200, {}, bearer, "pong"}}},
    {"xai",
     "opencode by device code",
     {{"auth",
       "POST /oauth2/device/code",
       xai_client + "&scope=openid%20offline_access",
       200,
       {{"device", "/device_code"}}},
      {"auth", "POST /oauth2/token", device_grant + "&device_code={device}&" + xai_client, 400},
      {"auth",
       "POST /oauth2/token",
       device_grant + "&device_code={device}&" + xai_client,
       200,
       {{"access", "/access_token"}, {"refresh", "/refresh_token"}}},
      {"inference", "POST /v1/responses", responses_body, 200, {}, bearer, "pong"}}},
    {"generic",
     "the reference client in the browser",
     {{"auth",
       "GET "
       "/authorize?response_type=code&client_id=assay-reference&state=S&scope=openid&redirect_uri=http%3A%2F%"
       "2F"
       "localhost%3A1455%2Fauth%2Fcallback" +
           s256,
       "",
       303,
       {{"code", "?code"}}},
      {"auth",
       "POST /token",
       "grant_type=authorization_code&client_id=assay-reference&code={code}&redirect_uri=http%3A%2F%"
       "2Flocalhost%3A1455"
       "%2Fauth%2Fcallback&code_verifier={verifier}",
       200,
       {{"access", "/access_token"}}},
      {"inference", "POST /v1/chat/completions", chat_body, 200, {}, bearer, "pong"}}},
};
INSTANTIATE_TEST_SUITE_P(Right, Login, testing::ValuesIn(right));

// What a double does wrong, and what it hears.
const std::vector<Double> wrong = {
    {"openai",
     "a code with another verifier, and refreshes in a shape that it has not",
     {{"auth", codex_authorize + s256, "", 303, {{"code", "?code"}}},
      {"auth", "POST /oauth/token", codex_token + other_verifier, 400, {}, "", "PKCE"},
      {"auth",
       "POST /oauth/revoke",
       "token=x&client_id=app_EMoamEEZ73f0CkXaXp7hrann",
       400,
       {},
       "",
       "application/json"},
      {"auth", "POST /api/accounts/deviceauth/usercode", "client_id=app_EMoamEEZ73f0CkXaXp7hrann", 400},
      {"auth", "POST /api/accounts/deviceauth/token", R"({"device_auth_id":"x","user_code":"y"})", 400}}},
    {"anthropic",
     "a form, no state, another state, a stolen profile",
     {{"auth",
       "GET /cai/oauth/authorize" + claude_authorize + "http%3A%2F%2Flocalhost%3A40001%2Fcallback" + s256,
       "",
       303,
       {{"code", "?code"}}},
      {"auth",
       "POST /v1/oauth/token",
       "grant_type=authorization_code&code={code}",
       400,
       {},
       "",
       "application/json"},
      {"auth",
       "POST /v1/oauth/token",
       R"({"grant_type":"authorization_code","code":"{code}","client_id":")" + claude_client +
           R"(","code_verifier":"{verifier}","redirect_uri":"http://localhost:40001/callback"})",
       400,
       {},
       "",
       "state"},
      {"auth",
       "POST /v1/oauth/token",
       R"({"grant_type":"authorization_code","code":"{code}","state":"T","client_id":")" + claude_client +
           R"(","code_verifier":"{verifier}","redirect_uri":"http://localhost:40001/callback"})",
       400,
       {},
       "",
       "state mismatch"},
      {"auth", "GET /v1/oauth/token", "", 405},
      {"inference", "GET /api/oauth/profile", "", 401, {}, "Authorization: Bearer stolen"},
      {"inference", "POST /v1/messages?beta=true", messages_body, 401, {}, "Authorization: Bearer stolen"}}},
    {"anthropic",
     "a key for a token whose scope has no right to one",
     {{"auth",
       "GET /cai/oauth/authorize" + claude_authorize + "http%3A%2F%2Flocalhost%3A40001%2Fcallback" + s256,
       "",
       303,
       {{"code", "?code"}}},
      {"auth",
       "POST /v1/oauth/token",
       claude_token + R"(http://localhost:40001/callback"})",
       200,
       {{"access", "/access_token"}}},
      {"inference", "POST /api/oauth/claude_cli/create_api_key", "", 403, {}, bearer}},
     {{"granted_scope", "user:inference"}}},
    {"google",
     "no client secret, no envelope, JSON for tokens",
     {{"auth",
       gemini_authorize + "http%3A%2F%2F127.0.0.1%3A40001%2Foauth2callback",
       "",
       303,
       {{"code", "?code"}}},
      {"auth", "POST /token", gemini_token + "http%3A%2F%2F127.0.0.1%3A40001%2Foauth2callback", 401},
      {"auth", "POST /token", R"({"grant_type":"authorization_code","code":"{code}"})", 400},
      {"auth",
       "POST /token",
       gemini_token + "http%3A%2F%2F127.0.0.1%3A40001%2Foauth2callback&client_secret=shipped",
       200,
       {{"access", "/access_token"}}},
      {"inference",
       "POST /v1internal:streamGenerateContent?alt=sse",
       R"({"model":"gemini-2.5-pro","contents":[{"role":"user","parts":[{"text":"hi"}]}]})",
       400,
       {},
       bearer},
      {"inference", "POST /v1internal:loadCodeAssist", "{}", 401, {}, "Authorization: Bearer stolen"}}},
    {"github",
     "a code used twice, and errors with 200",
     {{"auth", copilot_authorize + s256, "", 303, {{"code", "?code"}}},
      {"auth",
       "POST /login/oauth/access_token",
       copilot_token + "&client_secret=shipped&code_verifier=" + other_verifier,
       200,
       {},
       accepts_json,
       "PKCE"},
      {"auth",
       "POST /login/oauth/access_token",
       copilot_token + "&code_verifier={verifier}",
       200,
       {},
       accepts_json,
       "invalid_client"},
      {"auth",
       "POST /login/oauth/access_token",
       copilot_token + "&client_secret=shipped&code_verifier={verifier}",
       200,
       {},
       "",
       "access_token=gho_"},
      {"auth",
       "POST /login/oauth/access_token",
       copilot_token + "&client_secret=shipped&code_verifier={verifier}",
       200,
       {},
       "",
       "error=invalid_grant"}}},
    {"moonshot",
     "JSON, and another client",
     {{"auth", "POST /api/oauth/device_authorization",
       R"({"client_id":"17e5f671-d194-4dfb-9706-5516cb48c098"})", 400},
      {"auth", "POST /api/oauth/device_authorization", "client_id=somebody", 401},
      {"inference", "POST /coding/v1/chat/completions", chat_body, 401, {}, "Authorization: Bearer stolen"}}},
    {"cline",
     "a spent refresh token, and a token without its prefix",
     {{"auth", "POST /user_management/authorize/device", cline_client, 200, {{"device", "/device_code"}}},
      {"auth",
       "POST /user_management/authenticate",
       device_grant + "&device_code={device}&" + cline_client,
       200,
       {{"access", "/access_token"}, {"refresh", "/refresh_token"}}},
      {"inference", "POST /api/v1/chat/completions", chat_body, 401, {}, bearer},
      {"inference", "POST /api/v1/auth/refresh",
       R"({"refreshToken":"{refresh}","grantType":"refresh_token"})"},
      {"inference",
       "POST /api/v1/auth/refresh",
       R"({"refreshToken":"{refresh}","grantType":"refresh_token"})",
       400,
       {},
       "",
       "\"success\":false"}},
     {{"device", {"ok"}}}},
    {"openrouter",
     "a form, and another verifier",
     {{"auth",
       "GET /auth?callback_url=http%3A%2F%2Flocalhost%3A40001%2Fcallback" + s256,
       "",
       303,
       {{"code", "?code"}}},
      {"auth", "POST /api/v1/auth/keys", "code={code}&code_verifier={verifier}", 400},
      {"auth", "POST /api/v1/auth/keys", R"({"code":"{code}","code_verifier":")" + other_verifier + R"("})",
       400},
      {"auth", "GET /auth?callback_url=https%3A%2F%2Felsewhere.invalid%2F" + s256, "", 400}}},
    {"xai",
     "a poll with a code that nobody has",
     {{"auth",
       "POST /oauth2/token",
       device_grant + "&device_code=x&" + xai_client,
       400,
       {},
       "",
       "invalid_grant"}}},
};
INSTANTIATE_TEST_SUITE_P(Wrong, Login, testing::ValuesIn(wrong));

TEST_F(Vendor, AStandardPathIsNoneOfAVendor) {
  open({"anthropic", "", {}});
  play({"auth", "POST /token", "grant_type=refresh_token", 404});
  play({"auth", "GET /authorize", "", 404});
}

TEST_F(Vendor, ARouteAtTheHostOfAnotherFakeIsItsOwnersInTheJournal) {
  open({"anthropic", "", {}});
  play({"inference", "GET /api/oauth/profile", "", 401, {}, "Authorization: Bearer stolen"});
  play({"inference", "POST /v1/messages", messages_body, 401, {}, "Authorization: Bearer stolen"});
  std::vector<std::string> asked;
  for (const auto& entry : journal.entries())
    if (entry->kind == JournalKind::request) asked.push_back(entry->actor + " " + entry->text);
  EXPECT_THAT(asked, testing::ElementsAre("auth GET /api/oauth/profile", "inference POST /v1/messages"));
}

TEST(Accounts, EachHasItsDoubleRightAndWrong) {
  for (const auto& entry : std::filesystem::directory_iterator(ASSAY_SOURCE_DIR "/conformance/logins")) {
    const auto name = entry.path().stem().string();
    const auto plays = [&](const Double& one) { return one.account == name; };
    EXPECT_TRUE(std::any_of(right.begin(), right.end(), plays)) << name;
    EXPECT_TRUE(name == "generic" || std::any_of(wrong.begin(), wrong.end(), plays)) << name;
  }
}

}  // namespace
}  // namespace assay::conformance::doubles
