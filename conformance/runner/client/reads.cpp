#include "conformance/runner/client/reads.h"

#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>

#include "harness/base/text.h"
#include "harness/process/launch.h"

namespace assay::conformance {
namespace {

namespace fs = std::filesystem;

// Below a home, or anywhere: a version manager keeps programs, their libraries and shims in one folder.
constexpr const char* kManagers[] = {".pyenv",
                                     ".nvm",
                                     ".nodenv",
                                     ".rbenv",
                                     ".rye",
                                     ".asdf",
                                     ".volta",
                                     ".bun",
                                     ".deno",
                                     ".cargo/bin",
                                     ".rustup",
                                     ".sdkman",
                                     ".fnm",
                                     ".conda",
                                     ".pixi",
                                     "miniconda",
                                     "miniconda3",
                                     "anaconda3",
                                     "miniforge3",
                                     "mambaforge",
                                     ".npm-global",
                                     ".proto",
                                     ".local/share/uv/python",
                                     ".local/share/uv/tools",
                                     ".local/share/pnpm",
                                     ".local/share/fnm",
                                     ".local/share/mise",
                                     ".local/share/rtx",
                                     ".local/share/pipx",
                                     ".local/pipx",
                                     ".local/share/virtualenvs",
                                     ".local/state/nix",
                                     ".linuxbrew",
                                     ".local/lib",
                                     "Library/pnpm"};
constexpr int kDeepest = 8;

class Finder {
 public:
  explicit Finder(std::string home) : home_(std::move(home)) {}

  std::vector<std::string> found() && { return std::move(found_); }

  // A folder that is named as such.
  void add_folder(const fs::path& folder) {
    if (folder.is_absolute() && !is_too_much(folder)) add(folder.string());
  }
  // A file and what it needs: every link on the way, and what it leads to.
  void add_file(const fs::path& file, int depth = 0) {
    std::error_code error;
    if (depth > kDeepest || !file.is_absolute() || !fs::exists(file, error)) return;
    const fs::path normal = file.lexically_normal();
    if (!seen_.insert(normal.string()).second) return;
    fs::path at = normal;
    for (int hops = 0; hops < 40 && fs::is_symlink(at, error); ++hops) {
      add_place(at, depth);
      const fs::path target = fs::read_symlink(at, error);
      at = (target.is_absolute() ? target : at.parent_path() / target).lexically_normal();
    }
    add_place(at, depth);
    const fs::path real = fs::canonical(at, error);
    if (!error && real != at) add_place(real, depth);
    if (fs::is_regular_file(at, error)) add_interpreter(at, depth);
  }
  void set_path(const std::vector<std::string>& environment) { environment_ = environment; }

 private:
  void add(const std::string& path) {
    if (std::find(found_.begin(), found_.end(), path) == found_.end()) found_.push_back(path);
  }

  bool is_too_much(const fs::path& folder) const {
    const std::string text = folder.lexically_normal().string();
    for (const char* whole : {"/", "/tmp", "/var/tmp", "/dev", "/dev/shm", "/proc", "/sys", "/run", "/etc",
                              "/var", "/home", "/root", "/mnt", "/srv", "/media", "/Users"}) {
      if (text == whole) return true;
    }
    if (folder.parent_path() == "/home") return true;
    // The caller's home, and what holds it.
    return !home_.empty() && (home_ == text || home_.starts_with(text + "/"));
  }

  // The folder in which `file` is of use, or the file alone.
  void add_place(const fs::path& file, int depth) {
    if (const auto root = manager_root(file); !root.empty()) return add(root);
    if (const auto modules = outermost_modules(file); !modules.empty()) return add(modules);
    std::error_code error;
    const fs::path folder = fs::is_directory(file, error) ? file : file.parent_path();
    // A virtual environment or another prefix: PREFIX/bin/python beside PREFIX/lib.
    const fs::path prefix = folder.parent_path();
    if (fs::exists(prefix / "pyvenv.cfg", error)) {
      add_folder(prefix);
      add_base_python(prefix / "pyvenv.cfg", depth);
    } else if (folder.filename() == "bin" && fs::is_directory(prefix / "lib", error) &&
               !is_too_much(prefix) && prefix.filename() != ".local" && prefix != "/usr") {
      return add(prefix.string());
    }
    if (const std::string whole = surrounding_folder(folder.string(), home_); !whole.empty())
      return add(whole);
    add(file.string());
  }

  // `home = /root/.pyenv/versions/3.12.1/bin` of a virtual environment.
  void add_base_python(const fs::path& file, int depth) {
    const auto text = read_file(file.string());
    for (const auto line : split(text ? std::string_view(*text) : std::string_view(), '\n')) {
      const auto equals = line.find('=');
      if (equals == std::string_view::npos || trim(line.substr(0, equals)) != "home") continue;
      const fs::path bin = std::string(trim(line.substr(equals + 1)));
      add_file(bin / "python3", depth + 1);
      add_file(bin / "python", depth + 1);
    }
  }

  static std::string manager_root(const fs::path& file) {
    const std::string text = file.string();
    for (const char* manager : kManagers) {
      const std::string part = std::string("/") + manager + "/";
      if (const auto at = text.find(part); at != std::string::npos)
        return text.substr(0, at + part.size() - 1);
    }
    return {};
  }

  static std::string outermost_modules(const fs::path& file) {
    const std::string text = file.string();
    const auto at = text.find("/node_modules/");
    return at == std::string::npos ? "" : text.substr(0, at + 13);
  }

  void add_interpreter(const fs::path& file, int depth) {
    std::ifstream in(file, std::ios::binary);
    std::string line(256, '\0');
    in.read(line.data(), static_cast<std::streamsize>(line.size()));
    line.resize(static_cast<std::size_t>(in.gcount()));
    if (!line.starts_with("#!")) return;
    line.resize(std::min(line.find('\n'), line.size()));
    bool first = true;
    for (const auto word : split(std::string_view(line).substr(2), ' ')) {
      if (word.empty() || word.starts_with('-')) continue;
      if (word.starts_with('/')) {
        add_file(std::string(word), depth + 1);
      } else if (const auto path = process::find_program(std::string(word), environment_); path && !first) {
        add_file(*path, depth + 1);
      }
      if (!first) break;
      first = false;
    }
  }

  const std::string home_;
  std::vector<std::string> environment_, found_;
  std::set<std::string> seen_;
};

}  // namespace

std::string surrounding_folder(const std::string& folder, const std::string& home) {
  const auto too_much = [&](const fs::path& one) {
    const std::string text = one.string();
    for (const char* whole :
         {"/", "/tmp", "/var/tmp", "/dev/shm", "/root", "/home", "/var", "/etc", "/srv", "/mnt"}) {
      if (text == whole) return true;
    }
    return one.parent_path() == "/home" || text == home || (!home.empty() && home.starts_with(text + "/")) ||
           text.ends_with("/.local/bin") || text.ends_with("/go/bin") || text == home + "/bin";
  };
  std::error_code error;
  const fs::path start = fs::path(folder).lexically_normal();
  for (fs::path at = start; !too_much(at) && at.has_relative_path(); at = at.parent_path()) {
    if (fs::exists(at / ".git", error)) return at.string();
  }
  return too_much(start) ? "" : start.string();
}

std::vector<std::string> reads_of(const ClientSpec& client, const std::string& home) {
  Finder finder(home);
  std::vector<std::string> environment = {"PATH=/usr/local/bin:/usr/bin:/bin"};
  for (const std::string& variable : client.environment) {
    if (variable.starts_with("PATH=")) environment = {variable};
  }
  finder.set_path(environment);
  for (const std::string& path : client.reads) {
    std::error_code error;
    if (fs::is_directory(path, error))
      finder.add_folder(path);
    else
      finder.add_file(path);
  }
  const auto add_words = [&](const std::vector<std::string>& words) {
    for (std::size_t i = 0; i < words.size(); ++i) {
      std::string word = words[i];
      if (i == 0) {
        if (const auto path = process::find_program(word, environment)) word = *path;
      } else if (const auto equals = word.find('='); word.starts_with('-') && equals != std::string::npos) {
        word.erase(0, equals + 1);
      }
      std::error_code error;
      if (!word.starts_with('/')) {
        if (client.directory.empty() || word.empty()) continue;
        word = (fs::path(client.directory) / word).lexically_normal().string();
      }
      if (fs::is_directory(word, error))
        finder.add_folder(word);
      else
        finder.add_file(word);
    }
  };
  std::map<std::string, std::string> variables;
  for (const Recipe* recipe :
       {client.recipe ? &*client.recipe : nullptr, client.as_program ? &*client.as_program : nullptr}) {
    if (recipe == nullptr) continue;
    for (const auto* argv : {&recipe->argv, &recipe->resume, &recipe->login.argv}) add_words(*argv);
    variables.insert(recipe->environment.begin(), recipe->environment.end());
  }
  add_words(client.argv);
  for (const std::string& variable : client.environment) {
    const auto equals = variable.find('=');
    if (equals != std::string::npos)
      variables.emplace(variable.substr(0, equals), variable.substr(equals + 1));
  }
  for (const auto& [name, value] : variables) {
    for (const auto part : split(value, ':')) {
      std::error_code error;
      const fs::path path{std::string(part)};
      if (!path.is_absolute() || !fs::exists(path, error)) continue;
      if (!fs::is_directory(path, error)) {
        finder.add_file(path);
      } else if (name == "PATH") {
        // Programs that it starts by name: each folder with what its programs need.
        finder.add_file(path / ".");
        finder.add_folder(path);
      } else {
        finder.add_folder(path);
      }
    }
  }
  if (!client.directory.empty()) finder.add_folder(surrounding_folder(client.directory, home));
  return std::move(finder).found();
}

}  // namespace assay::conformance
