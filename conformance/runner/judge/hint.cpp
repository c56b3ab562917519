#include "conformance/runner/judge/hint.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "harness/base/text.h"

namespace assay::conformance {
namespace {

constexpr std::array<const char*, 4> kKeyHeaders = {"authorization", "x-api-key", "api-key",
                                                    "x-goog-api-key"};

bool carries_a_key(const Request& request) {
  return std::any_of(kKeyHeaders.begin(), kKeyHeaders.end(),
                     [&](const char* name) { return find_header(request.headers, name) != nullptr; }) ||
         query_value(request.target, "key").has_value();
}

bool is_refused_fault(const JournalEntry& entry) {
  return entry.detail.is_object() && entry.detail.contains("fault_refused");
}

}  // namespace

std::string hint(const Case& one, const Observation& observation) {
  std::string wrong_path;
  bool refused = false, with_key = false;
  for (const auto& entry : observation.journal) {
    if (!entry->request || entry->actor == "browser") continue;
    if (entry->kind == JournalKind::unclaimed && wrong_path.empty()) wrong_path = entry->text;
    if (entry->kind != JournalKind::request) continue;
    // A fault that did not fit the refusal took its place (World): its note has the status.
    const bool no_entry =
        std::any_of(observation.journal.begin(), observation.journal.end(), [&](const auto& other) {
          return other->exchange == entry->exchange &&
                 (other->kind == JournalKind::response || is_refused_fault(*other)) &&
                 (other->status == 401 || other->status == 403);
        });
    refused = refused || no_entry;
    with_key = with_key || (no_entry && carries_a_key(*entry->request));
  }
  if (!wrong_path.empty())
    return fmt::format("Hint: no fake serves {}; check the base URL and the path.", wrong_path);
  if (!refused || with_key) return {};
  const bool stored = one.given.is_object() && one.given.contains("store");
  return std::string("Hint: the refused request carried no API key.") +
         (stored ? " This case stores the credential in HOME/auth.json (given.store)." : "");
}

}  // namespace assay::conformance
