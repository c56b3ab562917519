// Seen: what the ids under a case's `seen_in` stand for, from docs/seen.md, which is compiled in.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace assay::reports {

struct SeenSource {
  std::string name;  // "openai/codex#8119"
  std::string url;   // empty = no public report
  std::string says;
};

struct Seen {
  std::string title;      // what happens, one sentence
  std::string waits_for;  // what no case can ask it without; empty = cases ask it
  std::vector<SeenSource> sources;
};

using SeenPage = std::map<std::string, Seen, std::less<>>;  // by id

// A page in the form of docs/seen.md: "### <a id="ID"></a>ID", a line that says what happens, perhaps
// "Waits for: WHAT.", and "- [NAME](URL): what was seen." for each source, of which the end may be missing.
SeenPage read_seen(std::string_view markdown);

// The page that is compiled in; nullptr when it does not know `id`. Thread-safe.
const Seen* find_seen(std::string_view id);

}  // namespace assay::reports
