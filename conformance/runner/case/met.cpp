#include "conformance/runner/case/met.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>

#include "conformance/runner/judge/journal_query.h"

namespace assay::conformance {
namespace {

constexpr std::array<std::string_view, 5> kMetKinds = {"event", "journal", "result", "request", "faults"};

std::vector<MetPart> default_met(const std::vector<Step>& steps, bool faults) {
  std::vector<MetPart> out;
  const auto add = [&](MetPart part) {
    if (std::find(out.begin(), out.end(), part) == out.end()) out.push_back(std::move(part));
  };
  for (const Operation& operation : operations_of(steps)) {
    const bool silent = operation.op == "status" || operation.op == "logout" ||
                        operation.fields.value("flow", "") == "api-key";
    if (!silent)
      add({MetPart::Kind::request, operation.op, "", operation.provider});
    else if (!operation.label.empty())
      add({MetPart::Kind::result, operation.label, "", ""});
  }
  if (faults) out.push_back({MetPart::Kind::faults, "sent", "", ""});
  return out;
}

MetPart read_part(ObjectReader& map) {
  MetPart out;
  std::size_t found = 0;
  for (std::size_t i = 0; i < kMetKinds.size(); ++i) {
    if (!map.has(kMetKinds.at(i))) continue;
    ++found;
    out.kind = static_cast<MetPart::Kind>(i);
    out.what = map.required<std::string>(kMetKinds.at(i));
  }
  if (found != 1) map.problem("", "expected one of event, journal, result, request and faults");
  if (out.kind == MetPart::Kind::event) out.label = map.optional<std::string>("of");
  if (out.kind == MetPart::Kind::request) out.provider = map.optional<std::string>("provider");
  if (out.kind == MetPart::Kind::faults && found == 1 && out.what != "sent")
    map.problem("faults", "expected sent");
  if (out.kind == MetPart::Kind::journal) {
    if (auto query = parse_query(out.what); !query) map.problem("journal", query.error().message);
  }
  map.done();
  return out;
}

void check_part(ObjectReader& owner, const MetPart& part, const std::vector<Operation>& operations) {
  std::set<std::string> labels, ops;
  for (const Operation& one : operations) labels.insert(one.label), ops.insert(one.op);
  labels.erase("");
  if (part.kind == MetPart::Kind::result && !labels.contains(part.what))
    owner.problem("met", unknown_word("step label", part.what, {labels.begin(), labels.end()}));
  if (part.kind == MetPart::Kind::event && !part.label.empty() && !labels.contains(part.label))
    owner.problem("met", unknown_word("step label", part.label, {labels.begin(), labels.end()}));
  if (part.kind == MetPart::Kind::request && !ops.contains(part.what))
    owner.problem("met", unknown_word("operation", part.what, {ops.begin(), ops.end()}));
}

}  // namespace

std::string to_string(const MetPart& part) {
  std::string out = fmt::format("{} {}", kMetKinds.at(static_cast<std::size_t>(part.kind)), part.what);
  if (!part.label.empty()) out += " of " + part.label;
  if (!part.provider.empty()) out += " of " + part.provider;
  return out;
}

std::string to_string(const std::vector<MetPart>& parts) {
  std::string out;
  for (const MetPart& part : parts) out += (out.empty() ? "" : ", ") + to_string(part);
  return out;
}

std::vector<MetPart> parse_met(ObjectReader& owner, const std::vector<Step>& steps) {
  const nlohmann::json* raw = owner.raw("met");
  if (raw == nullptr || raw->is_null()) {
    const std::string world = owner.value().value("world", nlohmann::json()).dump();
    return default_met(steps, world.find("\"faults\"") != std::string::npos);
  }
  std::vector<MetPart> out;
  if (raw->is_array()) {
    for (ObjectReader& one : owner.objects("met")) out.push_back(read_part(one));
  } else {
    ObjectReader one = owner.object("met");
    out.push_back(read_part(one));
  }
  if (out.empty()) owner.problem("met", "expected at least one thing that must have happened");
  const auto operations = operations_of(steps);
  for (const MetPart& part : out) check_part(owner, part, operations);
  return out;
}

const std::vector<Need>& all_needs() {
  static const std::vector<Need> kAll = {
      {"retry", "the client did not send the request again"},
      {"keep-alive", "the client closes its connection after each request"},
      {"models", "the client did not ask for the list of models"},
      {"usage", "the client did not ask for token counts (stream_options.include_usage)"},
  };
  return kAll;
}

std::vector<std::string> parse_needs(ObjectReader& owner) {
  auto out = owner.optional<std::vector<std::string>>("needs");
  std::vector<std::string> known;
  for (const Need& need : all_needs()) known.emplace_back(need.name);
  for (const std::string& one : out) {
    if (std::find(known.begin(), known.end(), one) == known.end())
      owner.problem("needs", unknown_word("need", one, known));
  }
  return out;
}

std::vector<Operation> operations_of(const std::vector<Step>& steps) {
  std::vector<Operation> out;
  for (const Step& step : steps) {
    if (const auto* one = std::get_if<Step::Do>(&step.action)) out.push_back(one->operation);
    if (const auto* one = std::get_if<Step::Start>(&step.action)) out.push_back(one->operation);
    if (const auto* one = std::get_if<Step::Repeat>(&step.action))
      out.insert(out.end(), one->times, one->operation);
    if (const auto* all = std::get_if<Step::Parallel>(&step.action))
      out.insert(out.end(), all->operations.begin(), all->operations.end());
  }
  return out;
}

}  // namespace assay::conformance
