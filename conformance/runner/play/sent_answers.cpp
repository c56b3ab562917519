#include "conformance/runner/play/sent_answers.h"

#include <algorithm>

#include "harness/base/text.h"

namespace assay::conformance {
namespace {

using nlohmann::json;

std::string bytes_of(const json& sent) {
  if (sent.is_string()) return sent.get<std::string>();
  return base64_decode(sent.value("base64", "")).value_or("");
}

json fit(const json& detail, const Redactor& redactor, std::size_t most) {
  const std::string bytes = bytes_of(detail["sent"]);
  const std::string clean = redactor(bytes);
  json marks = json::array();
  for (const json& mark : detail["marks"]) {
    const auto at = std::min<std::size_t>(mark[0].get<std::size_t>(), bytes.size());
    const std::string before = redactor(bytes.substr(0, at));
    const auto same = std::mismatch(before.begin(), before.end(), clean.begin(), clean.end());
    marks.push_back({same.first - before.begin(), mark[1]});
  }
  std::string first = clean.substr(0, most);
  // Not in the middle of a character.
  while (!is_utf8(first) && is_utf8(clean) && !first.empty()) first.pop_back();
  json out = detail;
  out["sent"] = is_utf8(first) ? json(first) : json{{"base64", base64(first)}};
  out["marks"] = std::move(marks);
  return out;
}

}  // namespace

std::vector<std::shared_ptr<const JournalEntry>> with_redacted_answers(
    std::vector<std::shared_ptr<const JournalEntry>> entries, const Redactor& redactor, std::size_t most) {
  for (auto& entry : entries) {
    if (!entry->detail.is_object() || !entry->detail.contains("sent")) continue;
    auto copy = std::make_shared<JournalEntry>(*entry);
    copy->detail = fit(entry->detail, redactor, most);
    entry = std::move(copy);
  }
  return entries;
}

}  // namespace assay::conformance
