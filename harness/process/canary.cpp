#include "harness/process/canary.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <system_error>

#include "harness/base/text.h"

namespace assay::process {
namespace {

constexpr std::size_t kShortest = 8;
constexpr std::size_t kShortestEncoded = 10;  // of a base64 piece: what is shorter is found by chance

// What base64 text holds of `value` whatever stands before and after it: the digits that depend on it alone.
std::vector<std::string> inside_base64(const std::string& value) {
  std::vector<std::string> out;
  for (std::size_t before = 0; before < 3; ++before) {
    for (const bool url : {false, true}) {
      const std::string padded = std::string(before, '\0') + value;
      const std::string digits = url ? base64url(padded) : base64(padded);
      const std::size_t first = before == 0 ? 0 : before + 1;  // ceil(8 * before / 6)
      const std::size_t last = padded.size() * 8 / 6;
      if (last - first >= kShortestEncoded) out.push_back(digits.substr(first, last - first));
    }
  }
  return out;
}

std::vector<std::string> forms_of(const std::string& value) {
  std::vector<std::string> out = {value, percent_encode(value)};
  const std::string quoted =
      nlohmann::json(value).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  out.push_back(quoted.substr(1, quoted.size() - 2));
  for (auto& piece : inside_base64(value)) out.push_back(std::move(piece));
  std::sort(out.begin() + 1, out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

bool is_below(const std::string& path, const std::string& store) {
  return path == store ||
         (path.starts_with(store) && path.size() > store.size() && path[store.size()] == '/');
}

}  // namespace

std::string canary_value(Random& random, std::string_view prefix) {
  return std::string(prefix) + random.alphanumeric(40);
}

CanarySearch::CanarySearch(const std::vector<Canary>& canaries) {
  for (const Canary& canary : canaries) {
    if (canary.value.size() < kShortest) continue;
    needles_.push_back({canary.name, forms_of(canary.value), canary.sinks});
    for (const auto& form : needles_.back().forms) longest_ = std::max(longest_, form.size());
  }
}

template <typename Allowed>
void CanarySearch::look(std::string_view where, std::string_view place, std::string_view text,
                        Allowed allowed) {
  for (const Needles& needle : needles_) {
    const bool there = std::any_of(needle.forms.begin(), needle.forms.end(), [&](const auto& form) {
      return text.find(form) != std::string_view::npos;
    });
    if (!there || allowed(needle)) continue;
    Leak leak{needle.name, std::string(where), std::string(place)};
    if (std::find(leaks_.begin(), leaks_.end(), leak) == leaks_.end()) leaks_.push_back(std::move(leak));
  }
}

void CanarySearch::in_text(std::string_view where, std::string_view place, std::string_view text) {
  look(where, place, text, [](const Needles&) { return false; });
}

// In pieces that overlap, so that memory stays bounded and no secret falls between two.
void CanarySearch::in_file(const std::string& path, const std::string& shown) {
  std::ifstream in(path, std::ios::binary);
  std::string window;
  std::string piece(std::size_t{1} << 20U, '\0');
  while (in) {
    in.read(piece.data(), static_cast<std::streamsize>(piece.size()));
    window.append(piece, 0, static_cast<std::size_t>(in.gcount()));
    in_text("files", shown, window);
    if (window.size() > longest_) window.erase(0, window.size() - longest_);
  }
}

void CanarySearch::in_files(const std::string& root, const std::vector<std::string>& stores) {
  namespace fs = std::filesystem;
  std::error_code error;
  for (fs::recursive_directory_iterator it(root, fs::directory_options::skip_permission_denied, error), end;
       !error && it != end; it.increment(error)) {
    const std::string shown = fs::path(it->path()).lexically_relative(root).string();
    if (std::any_of(stores.begin(), stores.end(),
                    [&](const auto& store) { return is_below(shown, store); })) {
      continue;
    }
    in_text("files", "a name in " + fs::path(shown).parent_path().string(), it->path().filename().string());
    std::error_code gone;
    const auto status = it->symlink_status(gone);
    if (fs::is_symlink(status)) {
      in_text("files", shown, fs::read_symlink(it->path(), gone).string());
    } else if (fs::is_regular_file(status)) {
      in_file(it->path().string(), shown);
    }
  }
}

void CanarySearch::in_processes(const std::vector<Sighting>& sightings, pid_t client) {
  for (const Sighting& seen : sightings) {
    const std::string place = fmt::format("pid {} {}", seen.process.pid, seen.process.name);
    for (const auto& argument : seen.process.argv) in_text("argv", place, argument);
    if (seen.process.pid == client) continue;
    for (const auto& variable : seen.environment) {
      in_text("environment", place + " " + variable.substr(0, variable.find('=')), variable);
    }
  }
}

void CanarySearch::in_journal(const std::vector<std::shared_ptr<const JournalEntry>>& entries) {
  for (const auto& entry : entries) {
    if (!entry->request || entry->actor == "browser") continue;
    const Request& request = *entry->request;
    const std::string place = request.method + " " + std::string(target_path(request.target));
    const auto sink = [&](const Needles& needle) {
      return std::find(needle.sinks.begin(), needle.sinks.end(), entry->actor) != needle.sinks.end();
    };
    in_text("urls", entry->actor + " " + place, request.target);
    for (const Header& header : request.headers) {
      const bool url = iequals(header.name, "referer");
      const std::string field = entry->actor + " " + place + " header " + to_lower(header.name);
      look(url ? "urls" : "requests", field, header.value, [&](const Needles& n) { return !url && sink(n); });
    }
    look("requests", entry->actor + " " + place + " body", request.body, sink);
  }
}

}  // namespace assay::process
