#include "reports/seen.h"

#include "harness/base/text.h"

namespace assay::reports {

extern const std::string_view seen_md;

namespace {

constexpr std::string_view kAnchor = "### <a id=\"";
constexpr std::string_view kWaits = "Waits for: ";

SeenSource source_of(std::string_view line) {
  SeenSource out;
  const auto middle = line.find("](");
  auto end = middle == std::string_view::npos ? middle : line.find("): ", middle);
  if (end == std::string_view::npos && line.ends_with(')')) end = line.size() - 1;
  if (!line.starts_with('[') || middle == std::string_view::npos || end == std::string_view::npos) {
    out.says = line;
    return out;
  }
  out.name = line.substr(1, middle - 1);
  out.url = line.substr(middle + 2, end - middle - 2);
  if (end + 3 < line.size()) out.says = line.substr(end + 3);
  return out;
}

}  // namespace

SeenPage read_seen(std::string_view markdown) {
  SeenPage out;
  Seen* open = nullptr;
  for (const std::string_view line : split(markdown, '\n')) {
    if (line.starts_with(kAnchor)) {
      const auto begin = kAnchor.size();
      open = &out[std::string(line.substr(begin, line.find('"', begin) - begin))];
    } else if (line.starts_with('#')) {
      open = nullptr;
    } else if (open != nullptr && line.starts_with(kWaits)) {
      open->waits_for = line.substr(kWaits.size(), line.size() - kWaits.size() - 1);
    } else if (open != nullptr && line.starts_with("- ")) {
      open->sources.push_back(source_of(line.substr(2)));
    } else if (open != nullptr && !line.empty() && open->title.empty()) {
      open->title = line;
    }
  }
  return out;
}

const Seen* find_seen(std::string_view id) {
  static const SeenPage kPage = read_seen(seen_md);
  const auto found = kPage.find(id);
  return found == kPage.end() ? nullptr : &found->second;
}

}  // namespace assay::reports
