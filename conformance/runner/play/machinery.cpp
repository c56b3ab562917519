#include "conformance/runner/play/machinery.h"

#include <fmt/format.h>

#include <algorithm>

#include "conformance/runner/case/case_file.h"
#include "conformance/runner/case/world_spec.h"
#include "conformance/runner/judge/journal_query.h"
#include "fakes/fakes.h"
#include "harness/base/strict.h"
#include "harness/browser/browser.h"
#include "harness/process/canary.h"

namespace assay::conformance {
namespace {

using nlohmann::json;

json browse(const std::string& url, const json& plan, Journal& journal, const std::string& ca_file,
            const Clock& clock, http::CancelToken& over) {
  const auto read = browser::read_plan(plan.empty() ? json() : plan);
  if (!read) return {{"error", read.error().message}, {"status", 0}};
  browser::VisitOptions options;
  options.ca_file = ca_file;
  options.over = &over;
  return browser::to_json(browser::visit(url, browser::in_machine_time(*read, clock), journal, options));
}

// Auth headers are where a secret belongs, and bodies for those who issued it; everything else that a client
// gives off is not. What the browser sends is its own affair.
std::vector<Finding> search(const Observation& seen, const std::vector<process::Canary>& secrets) {
  process::CanarySearch search(secrets);
  for (const ProcessOutcome& process : seen.processes) {
    search.in_text("stdout", process.actor, process.out);
    search.in_text("stderr", process.actor, process.err);
    search.in_processes(process.sightings, process.pid);
  }
  for (const auto& [folder, how] : seen.written) search.in_files(folder, how);
  for (const auto& [label, outcomes] : seen.outcomes) {
    for (const Outcome& outcome : outcomes) {
      if (outcome.result.is_object() && outcome.result.contains("error"))
        search.in_text("messages", label,
                       outcome.result["error"].dump(-1, ' ', false, json::error_handler_t::replace));
    }
  }
  // What the client's own listener served; a vendor's page may show a code, to be pasted.
  for (const json& page : seen.pages) {
    const auto url = page.value("url", "");
    const bool own = url.starts_with("http://127.0.0.1") || url.starts_with("http://localhost") ||
                     url.starts_with("http://[::1]");
    if (own && page.contains("body") && page["body"].is_string())
      search.in_text("pages", "the page of the client", page["body"].get<std::string>());
  }
  for (const auto& entry : seen.journal) {
    if (!entry->request || entry->actor == "browser") continue;
    search.in_text("urls", entry->text, entry->request->target);
    search.in_body(entry->actor, entry->text, entry->request->body);
  }
  std::vector<Finding> out;
  for (const process::Leak& leak : search.leaks()) out.push_back({leak.secret, leak.where, leak.place});
  for (const std::string& what : search.unsearched())
    out.push_back({"data that could not be searched", "files", what});
  return out;
}

}  // namespace

SessionOptions machinery(const std::string& data_folder) {
  SessionOptions options;
  options.data_folder = data_folder;
  options.browse = browse;
  options.search = search;
  return options;
}

Result<void> check_case(const Case& one, const std::string& data_folder) {
  auto wrong = [&](const std::string& why) { return fail(one.id + ": " + why, one.file, one.line); };
  auto plan = plan_world(one, data_folder, 1);
  if (!plan) return tl::unexpected(plan.error());
  if (auto world =
          World::check(std::move(plan->spec), fakes::make_factory(data_folder + "/fixtures"), path_aliases());
      !world)
    return wrong(world.error().text());
  if (!one.browser.empty()) {
    if (auto read = browser::read_plan(one.browser); !read) return wrong(read.error().message);
  }
  return {};
}

Result<std::vector<Case>> load_checked_cases(const std::string& data_folder) {
  auto cases = load_cases(data_folder + "/conformance/cases");
  if (!cases) return cases;
  for (const Case& one : *cases) {
    if (auto ok = check_case(one, data_folder); !ok) return tl::unexpected(ok.error());
  }
  return cases;
}

}  // namespace assay::conformance
