#include "conformance/runner/client/login_recipe.h"

#include <fmt/format.h>

#include <algorithm>

#include "conformance/runner/case/account.h"
#include "harness/base/names.h"
#include "harness/base/pattern.h"

namespace assay::conformance {
namespace {

using nlohmann::json;

constexpr std::uint16_t kRows = 60, kColumns = 1000;  // so wide that no URL is wrapped

struct Key {
  const char* name;
  const char* bytes;
};
constexpr Key kKeys[] = {{"enter", "\r"},    {"tab", "\t"},      {"escape", "\x1b"},   {"space", " "},
                         {"up", "\x1b[A"},   {"down", "\x1b[B"}, {"right", "\x1b[C"},  {"left", "\x1b[D"},
                         {"ctrl-c", "\x03"}, {"ctrl-d", "\x04"}, {"backspace", "\x7f"}};

const std::vector<std::string>& key_names() {
  static const std::vector<std::string> kAll = [] {
    std::vector<std::string> out;
    for (const Key& key : kKeys) out.emplace_back(key.name);
    return out;
  }();
  return kAll;
}

std::string read_pattern(ObjectReader& map, std::string_view key) {
  auto text = map.optional<std::string>(key);
  if (auto pattern = Pattern::compile(text); !pattern) map.problem(key, pattern.error().message);
  return text;
}

std::optional<process::TerminalSize> read_terminal(ObjectReader& login) {
  if (!login.has("terminal")) return std::nullopt;
  process::TerminalSize out{kRows, kColumns};
  if (const json* raw = login.raw("terminal"); raw->is_boolean())
    return *raw == true ? std::optional(out) : std::nullopt;
  ObjectReader map = login.object("terminal");
  constexpr std::uint64_t kMost = 2000;
  const auto size = [&](std::string_view key, std::uint16_t otherwise) {
    const auto value = map.optional<std::uint64_t>(key, otherwise);
    if (value == 0 || value > kMost) map.problem(key, fmt::format("expected 1 to {}", kMost));
    return static_cast<std::uint16_t>(std::min(value, kMost));
  };
  out.rows = size("rows", kRows);
  out.columns = size("columns", kColumns);
  map.done();
  return out;
}

LoginStep read_step(ObjectReader& map) {
  LoginStep out;
  out.await = read_pattern(map, "await");
  out.within = map.optional<Micros>("within", Micros(0));
  out.send = map.optional<std::string>("send");
  if (const json* raw = map.raw("keys"); raw != nullptr && raw->is_string()) {
    out.keys = {raw->get<std::string>()};
  } else {
    out.keys = map.optional<std::vector<std::string>>("keys");
  }
  for (const std::string& key : out.keys) {
    if (!key_bytes(key, true)) map.problem("keys", unknown_word("key", key, key_names()));
  }
  out.open = read_pattern(map, "open");
  out.code = read_pattern(map, "code");
  if (map.has("paste")) {
    constexpr const char* kForms[] = {"url", "code", "code#state"};
    out.paste = kForms[map.choice("paste", {"url", "code", "code#state"}, 0)];
  }
  out.optional = map.optional<bool>("optional", false);
  out.close = map.optional<bool>("close", false);
  const int reads = (out.open.empty() ? 0 : 1) + (out.code.empty() ? 0 : 1) + (out.paste.empty() ? 0 : 1);
  if (reads > 1) map.problem("", "expected one of open, code and paste in a step");
  if (out.optional && out.await.empty()) map.problem("optional", "expected await: too");
  map.done();
  return out;
}

}  // namespace

std::optional<std::string> key_bytes(const std::string& name, bool terminal) {
  if (name == "enter" && !terminal) return "\n";
  const auto found =
      std::find_if(std::begin(kKeys), std::end(kKeys), [&](const Key& key) { return name == key.name; });
  return found == std::end(kKeys) ? std::nullopt : std::optional<std::string>(found->bytes);
}

LoginRecipe read_login(ObjectReader& login) {
  LoginRecipe out;
  out.argv = login.required<std::vector<std::string>>("argv");
  out.logout = login.optional<std::vector<std::string>>("logout");
  out.account = login.optional<std::string>("account");
  const auto& flows = login_flows();
  out.flow = flows[login.choice("flow", {"browser", "paste", "device"}, 0)];
  out.url = login.optional<std::string>("url", out.account.empty() ? "https?://\\S+" : "");
  if (auto pattern = Pattern::compile(out.url); !pattern) login.problem("url", pattern.error().message);
  out.terminal = read_terminal(login);
  if (login.has("steps")) {
    for (ObjectReader& step : login.objects("steps")) out.steps.push_back(read_step(step));
  }
  const auto texts = [&](std::string_view key) {
    std::map<std::string, std::string> found;
    if (auto map = login.maybe_object(key)) {
      for (const std::string& name : map->keys()) found[name] = map->required<std::string>(name);
      map->done();
    }
    return found;
  };
  out.environment = texts("environment");
  for (const auto& [name, text] : out.environment) {
    if (!is_variable_name(name) || text.find('\0') != std::string::npos)
      login.problem("environment", "expected names of variables, and values without NUL, found " + name);
  }
  out.files = texts("files");
  for (const auto& [path, text] : out.files) {
    if (!stays_below(path)) login.problem("files", "expected a path below HOME, found \"" + path + "\"");
  }
  return out;
}

void to_json(json& out, const LoginRecipe& login) {
  json steps = json::array();
  for (const LoginStep& step : login.steps) {
    steps.push_back({{"await", step.await},
                     {"within_us", step.within.count()},
                     {"send", step.send},
                     {"keys", step.keys},
                     {"open", step.open},
                     {"code", step.code},
                     {"paste", step.paste},
                     {"optional", step.optional},
                     {"close", step.close}});
  }
  out = {{"argv", login.argv},
         {"logout", login.logout},
         {"account", login.account},
         {"flow", login.flow},
         {"url", login.url},
         {"steps", std::move(steps)},
         {"environment", login.environment},
         {"files", login.files}};
  if (login.terminal) out["terminal"] = {login.terminal->rows, login.terminal->columns};
}

void from_json(const json& in, LoginRecipe& login) {
  in.at("argv").get_to(login.argv);
  in.at("logout").get_to(login.logout);
  in.at("account").get_to(login.account);
  in.at("flow").get_to(login.flow);
  in.at("url").get_to(login.url);
  login.steps.clear();
  for (const json& one : in.at("steps")) {
    LoginStep step;
    one.at("await").get_to(step.await);
    step.within = Micros(one.at("within_us").get<std::int64_t>());
    one.at("send").get_to(step.send);
    one.at("keys").get_to(step.keys);
    one.at("open").get_to(step.open);
    one.at("code").get_to(step.code);
    one.at("paste").get_to(step.paste);
    one.at("optional").get_to(step.optional);
    one.at("close").get_to(step.close);
    login.steps.push_back(std::move(step));
  }
  in.at("environment").get_to(login.environment);
  in.at("files").get_to(login.files);
  if (in.contains("terminal"))
    login.terminal =
        process::TerminalSize{in["terminal"][0].get<std::uint16_t>(), in["terminal"][1].get<std::uint16_t>()};
}

}  // namespace assay::conformance
