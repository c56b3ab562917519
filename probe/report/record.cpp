#include <algorithm>

#include "harness/base/strict.h"
#include "probe/report/report.h"

namespace assay::probe {
namespace {

using nlohmann::json;

json check_json(const CheckResult& check) {
  json out{{"index", check.index},
           {"id", check.id},
           {"title", check.title},
           {"level", to_string(check.level)},
           {"verdict", to_string(check.verdict)},
           {"sentence", check.sentence},
           {"requirement", check.requirement},
           {"source", check.source},
           {"features", check.features},
           {"start_us", check.start_us},
           {"duration_us", check.duration_us}};
  if (!check.known.empty()) out["known"] = check.known;
  if (check.model_decides) out["rate"] = {{"plays", check.plays}, {"held", check.held}};
  return out;
}

constexpr Level kLevels[] = {Level::must, Level::should, Level::info};

template <typename Enum, std::size_t N>
Enum word_of(ObjectReader& in, std::string_view key, const Enum (&all)[N]) {
  const auto word = in.required<std::string>(key);
  for (const Enum one : all)
    if (to_string(one) == word) return one;
  in.problem(key, "unknown word \"" + word + "\"");
  return all[0];
}

CheckResult read_check_result(ObjectReader& in) {
  CheckResult check;
  check.index = in.optional<std::uint64_t>("index");
  check.id = in.required<std::string>("id");
  check.title = in.required<std::string>("title");
  check.level = word_of(in, "level", kLevels);
  check.verdict = word_of(in, "verdict", kVerdicts);
  check.sentence = in.required<std::string>("sentence");
  check.requirement = in.optional<std::string>("requirement");
  check.source = in.optional<std::string>("source");
  check.known = in.optional<std::string>("known");
  check.start_us = in.optional<std::int64_t>("start_us");
  check.duration_us = in.optional<std::int64_t>("duration_us");
  check.features = in.optional<std::vector<std::string>>("features");
  if (auto rate = in.maybe_object("rate")) {
    check.model_decides = true;
    check.plays = rate->required<int>("plays");
    check.held = rate->required<int>("held");
    rate->done();
  }
  in.done();
  return check;
}

}  // namespace

ExitCode exit_of(const std::vector<ProbeResult>& results) {
  bool judged = false;
  for (const ProbeResult& result : results)
    for (const CheckResult& check : result.checks) {
      if (check.verdict == Verdict::fail || check.verdict == Verdict::xpass) return ExitCode::failed;
      judged = judged || check.verdict != Verdict::inconclusive;
    }
  return judged ? ExitCode::ok : ExitCode::incomplete;
}

json to_json(const Report& report) {
  json out{{"assay_probe", 1}, {"assay", report.assay}, {"started", report.started}, {"notes", report.notes}};
  if (!report.shard.empty()) out["shard"] = report.shard;
  out["results"] = json::array();
  for (const ProbeResult& result : report.results) {
    json one{{"endpoint", result.endpoint},
             {"protocol", result.protocol},
             {"model", result.model},
             {"milliseconds", result.milliseconds},
             {"limit", {{"requests", result.limit.requests}, {"tokens", result.limit.tokens}}},
             {"spent", {{"requests", result.spent.requests}, {"tokens", result.spent.tokens}}},
             {"counted_tokens", result.counted},
             {"checks", json::array()}};
    for (const CheckResult& check : result.checks) one["checks"].push_back(check_json(check));
    out["results"].push_back(std::move(one));
  }
  return out;
}

Result<Report> report_from_json(const json& value) {
  const Document document{value, {}, {}};
  std::vector<Error> problems;
  ObjectReader in(document, problems);
  if (in.required<int>("assay_probe") != 1) in.problem("assay_probe", "expected version 1 of the record");
  Report report;
  report.assay = in.required<std::string>("assay");
  report.started = in.required<std::string>("started");
  report.notes = in.optional<std::vector<std::string>>("notes");
  report.shard = in.optional<std::string>("shard");
  for (ObjectReader& one : in.objects("results")) {
    ProbeResult result;
    result.endpoint = one.required<std::string>("endpoint");
    result.protocol = one.required<std::string>("protocol");
    result.model = one.required<std::string>("model");
    result.milliseconds = one.required<std::int64_t>("milliseconds");
    for (auto [name, cost] : {std::pair{"limit", &result.limit}, std::pair{"spent", &result.spent}}) {
      ObjectReader count = one.object(name);
      cost->requests = count.required<std::int64_t>("requests");
      cost->tokens = count.required<std::int64_t>("tokens");
      count.done();
    }
    result.counted = one.optional<std::int64_t>("counted_tokens", result.spent.tokens);
    for (ObjectReader& check : one.objects("checks")) result.checks.push_back(read_check_result(check));
    one.done();
    report.results.push_back(std::move(result));
  }
  in.done();
  if (auto ok = first_problem(problems); !ok) return tl::unexpected(ok.error());
  return report;
}

}  // namespace assay::probe
