#include "reports/lint.h"

#include <fmt/format.h>

#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "harness/base/text.h"
#include "harness/base/untrusted_json.h"
#include "reports/json_schema.h"
#include "reports/record/record.h"

namespace assay::reports {

extern const std::string_view run_record_schema_json;

namespace {

using nlohmann::json;

class Linter {
 public:
  Linter(const std::string& name, std::size_t limit)
      : name_(name), limit_(limit), schema_(json::parse(run_record_schema_json)) {}

  void line(std::string_view text) {
    ++line_;
    if (full()) return;
    const json value = parse_untrusted(text, max_record_depth);
    if (!value.is_object()) return report("expected a JSON object");
    const std::string type = value.contains("type") && value["type"].is_string() ? value["type"] : "";
    if (type != "header" && type != "case" && type != "footer")
      return report("expected \"type\" header, case or footer");
    const auto problems = check_schema(schema_, "#/$defs/" + type, value);
    for (const SchemaProblem& problem : problems)
      report((problem.pointer.empty() ? "" : problem.pointer + ": ") + problem.message);
    if ((type == "header") != (line_ == 1)) report(line_ == 1 ? "expected the header" : "a second header");
    if (footer_line_ != 0) report(fmt::format("a line after the footer (line {})", footer_line_));
    if (type == "footer") footer_line_ = line_;
    if (!problems.empty()) uncounted_ = true;
    if (!problems.empty()) return;
    if (type == "header") schema_version_ = value["schema"];
    if (type == "header") planned_ = value["plan"]["cases"], lost_ = value["plan"].contains("missing");
    if (type == "case") take_case(value);
    if (type == "footer") take_footer(value);
  }

  void end(bool newline) {
    if (line_ == 0)
      line_ = 1, report("empty: expected a run record header");
    else if (!newline)
      report("the last line has no newline: torn");
    else if (footer_line_ == 0)
      report("no footer: the run is partial");
  }

  std::vector<Error> problems;

 private:
  bool full() const { return problems.size() >= limit_; }
  void report(std::string message) {
    if (!full()) problems.push_back({std::move(message), name_, line_});
  }

  void take_case(const json& value) {
    ++cases_;
    ++counts_[value["verdict"]];
    const std::string client = value["client"];
    const std::string name = value["case"];
    // With --repeat a case has several lines; each has a place of its own in the plan.
    const auto [at, first] = lines_.emplace(client + '\n' + name + '\n' + value["index"].dump(), line_);
    if (!first) report(fmt::format("{} of {} is on line {} already", name, client, at->second));
    std::set<std::uint64_t> seqs;
    for (const json& entry : value["journal"]) seqs.insert(entry["seq"].get<std::uint64_t>());
    bool failed = false;
    for (const json& check : value["checks"]) {
      failed = failed || !check["ok"].get<bool>();
      for (const json& seq : check["evidence"]) {
        if (seqs.contains(seq)) continue;
        report(fmt::format("check {} quotes journal entry {}, which is not there",
                           check["name"].get<std::string>(), seq.dump()));
      }
    }
    take_met(value, seqs);
    if (value["verdict"] == "pass" && failed) report("the verdict is pass, but a check does not hold");
    if (value["verdict"] == "fail" && !failed && value["reason"].get_ref<const std::string&>().empty())
      report("the verdict is fail, without a failed check or a reason");
    if ((value["verdict"] == "xfail" || value["verdict"] == "xpass") && value["known"].is_null())
      report("the verdict is about a known failure, but \"known\" is null");
  }

  void take_met(const json& value, const std::set<std::uint64_t>& seqs) {
    if (schema_version_ >= 2 && !value.contains("met")) report("\"met\" is missing, which schema 2 demands");
    if (schema_version_ < 2 && (value.contains("met") || value["verdict"] == "not-met"))
      report("\"met\" and the verdict not-met came with schema 2, the header says 1");
    bool unmet = false;
    for (const json& one : value.value("met", json::array())) {
      unmet = unmet || !one["ok"].get<bool>();
      for (const json& seq : one["evidence"]) {
        if (seqs.contains(seq)) continue;
        report(fmt::format("met \"{}\" quotes journal entry {}, which is not there",
                           one["text"].get<std::string>(), seq.dump()));
      }
    }
    if (value["verdict"] == "pass" && unmet) report("the verdict is pass, but something was not met");
    if (value["verdict"] == "not-met" && !unmet) report("the verdict is not-met, but everything was met");
  }

  void take_footer(const json& value) {
    // Lines that are wrong were not counted; sums would only repeat that.
    if (uncounted_) return;
    if (value["counts"] != json(counts_)) {
      report(fmt::format("counts are {}, but the lines add up to {}", value["counts"].dump(),
                         json(counts_).dump()));
    }
    if (value["complete"].get<bool>() && cases_ < planned_)
      report(fmt::format("complete, but {} of {} planned cases are there", cases_, planned_));
    if (value["complete"].get<bool>() && lost_) report("complete, but the header lists what is missing");
  }

  std::string name_;
  std::size_t limit_;
  json schema_;
  int line_ = 0;
  int footer_line_ = 0;
  int schema_version_ = kRecordSchema;  // until a header says another
  std::uint64_t planned_ = 0;
  std::uint64_t cases_ = 0;
  bool lost_ = false;
  bool uncounted_ = false;
  std::map<std::string, std::uint64_t> counts_;
  std::map<std::string, int> lines_;
};

}  // namespace

std::vector<Error> lint_record(std::string_view text, const std::string& name, std::size_t limit) {
  Linter linter(name, limit);
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = text.find('\n', begin);
    linter.line(text.substr(begin, end == std::string_view::npos ? end : end - begin));
    begin = end == std::string_view::npos ? text.size() : end + 1;
  }
  linter.end(text.ends_with('\n'));
  return std::move(linter.problems);
}

}  // namespace assay::reports
