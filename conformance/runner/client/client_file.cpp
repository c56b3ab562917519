#include "conformance/runner/client/client_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <filesystem>

#include "conformance/runner/case/capabilities.h"
#include "conformance/runner/case/data.h"
#include "conformance/runner/client/output_pointers.h"
#include "conformance/runner/judge/reports.h"
#include "harness/base/names.h"
#include "harness/base/pattern.h"
#include "harness/base/yaml.h"
#include "harness/stream/encode/encode.h"

namespace assay::conformance {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

NLOHMANN_JSON_SERIALIZE_ENUM(Dialect, {{Dialect::plain, "plain"},
                                       {Dialect::claude_stream_json, "claude-stream-json"},
                                       {Dialect::codex_json, "codex-json"},
                                       {Dialect::gemini_json, "gemini-json"},
                                       {Dialect::kimi_stream_json, "kimi-stream-json"},
                                       {Dialect::opencode, "opencode"},
                                       {Dialect::pi, "pi"},
                                       {Dialect::copilot, "copilot"},
                                       {Dialect::openclaw, "openclaw"},
                                       {Dialect::acp, "acp"}})

// Names that a recipe may use, and those that the argv of an adapter may use.
const std::map<std::string, std::string> kRecipeNames = {
    {"inference.url", ""}, {"key", ""}, {"model", ""}, {"prompt", ""}, {"home", ""}};
const std::map<std::string, std::string> kResumeNames = [] {
  auto names = kRecipeNames;
  names["session"] = "";
  return names;
}();
const std::vector<std::string> kRoles = {"auth", "control", "inference", "oauth"};
const std::map<std::string, std::string> kAdapterNames = {{"adapters", ""}, {"packages", ""}};

std::map<std::string, std::string> read_texts(ObjectReader& file, std::string_view key) {
  std::map<std::string, std::string> out;
  if (auto map = file.maybe_object(key)) {
    for (const std::string& name : map->keys()) out[name] = map->required<std::string>(name);
    map->done();
  }
  return out;
}

// ${here} is the folder of the client file, known as soon as the file is read: a program beside it needs no
// place in PATH. The program itself may also be a relative path: it starts in its HOME, so nothing else could
// be meant.
std::vector<std::string> placed(std::vector<std::string> words, const std::string& file) {
  const std::string name = "${here}", here = fs::absolute(file).lexically_normal().parent_path().string();
  for (std::string& word : words) {
    for (auto at = word.find(name); at != std::string::npos; at = word.find(name, at + here.size()))
      word.replace(at, name.size(), here);
  }
  if (!words.empty() && words.front().find('/') != std::string::npos && words.front().front() != '/' &&
      words.front().front() != '~' && words.front().find("${") == std::string::npos)
    words.front() = (fs::path(here) / words.front()).lexically_normal().string();
  return words;
}

bool has_nul(const std::string& text) {
  return text.find('\0') != std::string::npos;
}

}  // namespace

std::vector<std::string> capabilities_of(const Recipe& recipe) {
  std::vector<std::string> out = recipe.capabilities;
  // An agent is a server: when it ends, and how, says nothing of a chat.
  if (recipe.output != Dialect::acp) out.emplace_back("process");
  if (!recipe.resume.empty()) out.emplace_back("resume");
  if (!recipe.login.account.empty()) out.emplace_back("account");
  if (!recipe.login.logout.empty()) out.emplace_back("logout");
  if (std::find(out.begin(), out.end(), "tools") != out.end()) out.emplace_back("tool-loop");
  return out;
}

bool uses(const Recipe& recipe, const std::string& name) {
  const auto in = [what = "${" + name + "}"](const std::string& text) {
    // "$${name}" stands for itself.
    for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + 1)) {
      if (at == 0 || text[at - 1] != '$') return true;
    }
    return false;
  };
  const auto in_value = [&](const auto& one) { return in(one.second); };
  return in(recipe.stdin_text) || std::any_of(recipe.argv.begin(), recipe.argv.end(), in) ||
         std::any_of(recipe.environment.begin(), recipe.environment.end(), in_value) ||
         std::any_of(recipe.files.begin(), recipe.files.end(), in_value);
}

void to_json(json& out, const Recipe& recipe) {
  out = {{"argv", recipe.argv},
         {"stdin", recipe.stdin_text},
         {"environment", recipe.environment},
         {"files", recipe.files},
         {"model", recipe.model},
         {"output", recipe.output},
         {"pointers", recipe.pointers},
         {"session", recipe.session},
         {"resume", recipe.resume},
         {"login", recipe.login},
         {"name", recipe.name},
         {"version", recipe.version},
         {"capabilities", recipe.capabilities},
         {"reports", recipe.reports}};
}

void from_json(const json& in, Recipe& recipe) {
  in.at("argv").get_to(recipe.argv);
  in.at("stdin").get_to(recipe.stdin_text);
  in.at("environment").get_to(recipe.environment);
  in.at("files").get_to(recipe.files);
  in.at("model").get_to(recipe.model);
  in.at("output").get_to(recipe.output);
  in.at("pointers").get_to(recipe.pointers);
  in.at("session").get_to(recipe.session);
  in.at("resume").get_to(recipe.resume);
  in.at("login").get_to(recipe.login);
  in.at("name").get_to(recipe.name);
  in.at("version").get_to(recipe.version);
  in.at("capabilities").get_to(recipe.capabilities);
  in.at("reports").get_to(recipe.reports);
}

std::string ClientFile::version() const {
  return packages ? packages->packages.front().version : "";
}

Result<ClientFile> ClientFile::with(const std::vector<std::string>& versions) const {
  ClientFile out = *this;
  if (versions.empty()) return out;
  if (!packages) return fail("the client " + name + " has no packages: of " + versions.front());
  auto changed = with_versions(*packages, versions);
  if (!changed) return tl::unexpected(changed.error());
  out.packages = std::move(*changed);
  out.recipe.version = out.version();
  return out;
}

Result<std::string> filled_in(const std::string& text, const std::map<std::string, std::string>& values) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    if (text.compare(at, 3, "$${") == 0) {
      out += "${";
      at += 3;
    } else if (text.compare(at, 2, "${") == 0) {
      const auto end = text.find('}', at);
      if (end == std::string::npos) return fail("expected } after \"" + text.substr(at, 20) + "\"");
      const std::string name = text.substr(at + 2, end - at - 2);
      const auto found = values.find(name);
      if (found == values.end()) {
        std::vector<std::string> known;
        for (const auto& [one, value] : values) known.push_back(one);
        return fail(unknown_word("name", name, known));
      }
      out += found->second;
      at = end + 1;
    } else {
      out += text[at++];
    }
  }
  return out;
}

namespace {

void read_fake(ObjectReader& file, ClientFile& out) {
  if (file.has("profile")) {
    const auto name = file.required<std::string>("profile");
    if (auto known = stream::profile_from_name(name); !known) file.problem("profile", known.error().message);
    out.fake["profile"] = name;
  }
  if (file.has("base_path")) {
    const auto path = file.required<std::string>("base_path");
    if (!path.empty() && !path.starts_with('/'))
      file.problem("base_path", "expected a path such as /openai/v1, found \"" + path + "\"");
    out.fake["base_path"] = path;
  }
  if (file.has("list")) {
    constexpr const char* kShapes[] = {"openai", "anthropic", "gemini", "ollama", "mistral", "cohere"};
    out.fake["list"] =
        kShapes[file.choice("list", {"openai", "anthropic", "gemini", "ollama", "mistral", "cohere"}, 0)];
  }
}

// Of what kind it is, in which protocols it is asked, and what the fake of its provider must be like.
void read_kind_and_fake(ObjectReader& file, ClientFile& out) {
  constexpr const char* kKinds[] = {"sdk", "program", "gateway"};
  out.kind = kKinds[file.choice("kind", {"sdk", "program", "gateway"}, out.adapter.empty() ? 1 : 0)];
  out.protocols = file.optional<std::vector<std::string>>("protocols");
  for (const std::string& name : out.protocols) {
    if (auto known = known_capability("protocol." + name); !known)
      file.problem("protocols", known.error().message);
  }
  if (out.adapter.empty() && !out.protocols.empty())
    file.problem("protocols", "a program says what it speaks in its capabilities: protocol.openai-chat");
  read_fake(file, out);
}

}  // namespace

Result<ClientFile> parse_client_file(const Document& document) {
  std::vector<Error> problems;
  ObjectReader file(document, problems);
  ClientFile out;
  Recipe& recipe = out.recipe;
  out.name = file.required<std::string>("name");
  out.title = file.required<std::string>("title");
  out.aliases = file.optional<std::vector<std::string>>("aliases");
  out.path = placed(file.optional<std::vector<std::string>>("path"), document.file);
  for (const std::string& folder : out.path) {
    if (!fs::path(folder).is_absolute() || folder.find(':') != std::string::npos)
      file.problem("path", "expected absolute folders or ${here}/..., found \"" + folder + "\"");
  }
  PackageSet packages;
  for (const std::string& text : file.optional<std::vector<std::string>>("packages")) {
    auto package = parse_package(text);
    if (!package) {
      file.problem("packages", package.error().message);
    } else if (!packages.packages.empty() && package->registry != packages.registry()) {
      file.problem("packages", "expected packages of one registry, found " + text + " beside " +
                                   packages.packages.front().text());
    } else {
      packages.packages.push_back(std::move(*package));
    }
  }
  packages.build = placed(file.optional<std::vector<std::string>>("build"), document.file);
  const auto data = data_folder();
  for (std::string& folder : packages.build) {
    auto filled = filled_in(folder, {{"adapters", data.value_or("") + "/conformance/adapters"}});
    if (!filled) file.problem("build", filled.error().message);
    folder = filled.value_or("");
  }
  packages.scripts = static_cast<Scripts>(file.choice("scripts", {"none", "run", "network"}, 0));
  if (packages.scripts != Scripts::none && (packages.packages.empty() || !packages.build.empty()))
    file.problem("scripts",
                 "expected packages of npm or PyPI: programs of build: are built in a cell anyway");
  if (!packages.packages.empty()) out.packages = std::move(packages);
  out.locks = (fs::absolute(document.file).lexically_normal().parent_path() / "locks").string();
  out.node = file.optional<std::string>("node");
  out.versions = file.optional<std::vector<std::string>>("versions");
  out.patience = file.optional<Micros>("patience", Micros(0));
  if (file.has("time")) {
    const auto rate = casetime::parse_rate(file.required<std::string>("time"));
    if (!rate) file.problem("time", rate.error().message);
    if (rate) out.time = *rate;
  }
  if (auto hosts = file.maybe_object("hosts")) {
    for (const std::string& role : hosts->keys()) {
      if (std::find(kRoles.begin(), kRoles.end(), role) == kRoles.end())
        hosts->problem(role, unknown_word("role", role, {kRoles.begin(), kRoles.end()}));
      out.hosts[role] = hosts->required<std::vector<std::string>>(role);
    }
    hosts->done();
  }
  out.snippet = file.optional<std::string>("snippet");
  out.reads = placed(file.optional<std::vector<std::string>>("reads"), document.file);
  for (const std::string& path : out.reads) {
    if (!path.starts_with('/') && !path.starts_with("~/"))
      file.problem("reads", "expected an absolute path, or one that begins with ~/, found \"" + path + "\"");
  }
  out.public_address = file.has("address") && file.choice("address", {"public"}, 0) == 0;
  out.without_cell = file.has("cells") && file.choice("cells", {"none"}, 0) == 0;
  out.folder = fs::absolute(document.file).lexically_normal().parent_path().string();
  out.adapter = placed(file.optional<std::vector<std::string>>("adapter"), document.file);
  read_kind_and_fake(file, out);
  recipe.environment = read_texts(file, "environment");
  if (out.adapter.empty() == !file.has("argv")) file.problem("", "expected either adapter or argv");
  const auto& names = out.adapter.empty() ? kRecipeNames : kAdapterNames;
  auto check = [&](std::string_view key, const std::string& text) {
    if (auto ok = filled_in(text, names); !ok) file.problem(key, ok.error().message);
  };
  if (auto ok = filled_in(out.snippet, kRecipeNames); !ok) file.problem("snippet", ok.error().message);
  if (out.adapter.empty()) {
    recipe.argv = placed(file.optional<std::vector<std::string>>("argv"), document.file);
    recipe.stdin_text = file.optional<std::string>("stdin");
    recipe.files = read_texts(file, "files");
    recipe.model = file.optional<std::string>("model");
    recipe.session = file.optional<std::string>("session");
    recipe.resume = placed(file.optional<std::vector<std::string>>("resume"), document.file);
    recipe.capabilities = file.required<std::vector<std::string>>("capabilities");
    if (auto known = known_capabilities(recipe.capabilities); !known)
      file.problem("capabilities", known.error().message);
    if (const json* output = file.raw("output"); output != nullptr && output->is_object()) {
      recipe.output = Dialect::pointers;
      recipe.pointers = read_output_pointers(file.object("output"));
    } else {
      recipe.output = static_cast<Dialect>(
          file.choice("output",
                      {"plain", "claude-stream-json", "codex-json", "gemini-json", "kimi-stream-json",
                       "opencode", "pi", "copilot", "openclaw", "acp"},
                      0));
    }
    // Every output has a text and, in words, why it failed; a status or a reason for the end few have.
    recipe.reports = {"text", "error.message", "exit"};
    if (file.has("reports")) recipe.reports = file.required<std::vector<std::string>>("reports");
    for (const std::string& name : recipe.reports) {
      const auto& known = report_names();
      if (std::find(known.begin(), known.end(), name) == known.end())
        file.problem("reports", unknown_word("report", name, known));
    }
    if (file.has("argv") && recipe.argv.empty()) file.problem("argv", "expected a program");
    if (auto login = file.maybe_object("login")) {
      recipe.login = read_login(*login);
      recipe.login.argv = placed(std::move(recipe.login.argv), document.file);
      recipe.login.logout = placed(std::move(recipe.login.logout), document.file);
      login->done();
    }
    for (const std::string& word : recipe.argv) check("argv", word);
    check("stdin", recipe.stdin_text);
    for (const auto& [path, text] : recipe.files) {
      check("files", text);
      if (!stays_below(path)) file.problem("files", "expected a path below HOME, found \"" + path + "\"");
    }
    if (!recipe.session.empty() && recipe.session.front() != '/')
      file.problem("session", "expected a JSON pointer such as /session_id");
    const auto names_session = [](const std::string& word) {
      return word.find("${session}") != std::string::npos;
    };
    for (const std::string& word : recipe.resume) {
      if (auto ok = filled_in(word, kResumeNames); !ok) file.problem("resume", ok.error().message);
    }
    const bool named = std::any_of(recipe.resume.begin(), recipe.resume.end(), names_session);
    if (named && recipe.session.empty())
      file.problem("resume", "expected session: too, or nobody knows which one to go on with");
    // An agent is told in its protocol; a program without `session` goes on with its last one by itself.
    if (file.has("resume") && recipe.output != Dialect::acp && !recipe.session.empty() && !named)
      file.problem("resume", "expected the argv of a chat that goes on with ${session}");
    if (file.has("resume") && recipe.output == Dialect::acp && recipe.session.empty())
      file.problem("resume", "expected session: too, or nobody knows which one to go on with");
  }
  for (const std::string& word : out.adapter) check("adapter", word);
  for (const auto& [name, text] : recipe.environment) {
    check("environment", text);
    if (!is_variable_name(name))
      file.problem("environment", "expected names of variables without = and NUL, found \"" + name + "\"");
    if (has_nul(text)) file.problem("environment", "expected values without NUL, found one in " + name);
  }
  for (const auto* words : {&out.adapter, &recipe.argv, &recipe.resume, &recipe.login.argv}) {
    if (std::any_of(words->begin(), words->end(), has_nul))
      file.problem(words == &out.adapter     ? "adapter"
                   : words == &recipe.resume ? "resume"
                   : words == &recipe.argv   ? "argv"
                                             : "login",
                   "expected words without NUL: a program is given nothing after it");
  }
  recipe.name = out.name;
  recipe.version = out.version();
  file.done();
  if (auto ok = first_problem(problems); !ok) return tl::unexpected(ok.error());
  return out;
}

Result<ClientFile> load_client_file(const std::string& path) {
  auto document = load_yaml_file(path);
  if (!document) return tl::unexpected(document.error());
  return parse_client_file(*document);
}

Result<std::vector<ClientFile>> load_client_files(const std::string& data_folder) {
  std::vector<fs::path> paths;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(fs::path(data_folder) / "conformance" / "clients", error)) {
    if (entry.path().extension() == ".yaml") paths.push_back(entry.path());
  }
  std::sort(paths.begin(), paths.end());
  std::vector<ClientFile> out;
  for (const fs::path& path : paths) {
    auto file = load_client_file(path.string());
    if (!file) return tl::unexpected(file.error());
    if (file->name != path.stem())
      return fail("expected name: " + path.stem().string() + ", as the file is named", path.string());
    std::vector<std::string> names = file->aliases;
    names.push_back(file->name);
    for (const std::string& name : names) {
      if (client_named(out, name) != nullptr)
        return fail("the name \"" + name + "\" is that of another client file too", path.string());
    }
    out.push_back(std::move(*file));
  }
  return out;
}

const ClientFile* client_named(const std::vector<ClientFile>& files, const std::string& name) {
  const auto found = std::find_if(files.begin(), files.end(), [&](const ClientFile& file) {
    return file.name == name ||
           std::find(file.aliases.begin(), file.aliases.end(), name) != file.aliases.end();
  });
  return found == files.end() ? nullptr : &*found;
}

}  // namespace assay::conformance
