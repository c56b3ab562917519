#include "reports/junit.h"

#include <fmt/format.h>

#include <map>
#include <set>
#include <utility>

namespace assay::reports {
namespace {

struct Suite {
  std::vector<const CaseRecord*> cases;
  std::size_t tests = 0;
  int failures = 0;
  int errors = 0;
  int skipped = 0;
  std::int64_t duration_us = 0;
};

enum class Outcome { passed, failure, error, skipped };

Outcome outcome(Verdict verdict) {
  switch (verdict) {
    case Verdict::pass:
      return Outcome::passed;
    case Verdict::error:
    case Verdict::could_not_run:
      return Outcome::error;
    case Verdict::xfail:
    case Verdict::not_applicable:
      return Outcome::skipped;
    default:
      return Outcome::failure;
  }
}

std::string seconds(std::int64_t us) {
  return fmt::format("{:.6f}", static_cast<double>(us) / 1e6);
}

// xs:dateTime without a zone, as the schema wants it: "2026-11-20T07:20:14".
std::string timestamp(const std::string& rfc3339) {
  constexpr std::size_t kLength = 19;
  return rfc3339.size() >= kLength ? rfc3339.substr(0, kLength) : "1970-01-01T00:00:00";
}

std::string details(const CaseRecord& c) {
  std::string out = fmt::format("{} ({}): {}\n", c.name, c.level, c.title);
  if (!c.requirement.empty()) out += "requirement: " + c.requirement + "\n";
  for (const Check* check : failed_checks(c)) {
    out += fmt::format("check {}\n  expected: {}\n  observed: {}\n", check->name, check->expected,
                       check->observed);
    for (const std::string& line : evidence(c, *check, 5)) out += "  evidence: " + one_line(line, 500) + "\n";
  }
  for (const Precondition& one : c.met)
    if (!one.ok) out += "not met: " + one.text + "\n";
  for (const Attempt& attempt : c.attempts)
    out += fmt::format("attempt: {} {}\n", to_string(attempt.outcome), attempt.reason);
  if (!c.output.err.empty()) out += "stderr:\n" + c.output.err.substr(0, 4096) + "\n";
  if (!c.command.empty()) out += "repeat: " + c.command + "\n";
  return out;
}

std::string message(const CaseRecord& c) {
  const auto failed = failed_checks(c);
  std::string text = c.reason;
  if (text.empty() && !failed.empty()) text = failed.front()->name + ": " + failed.front()->observed;
  return one_line(fmt::format("{}: {}", to_string(c.verdict), text), 500);
}

std::string element(const char* name, const CaseRecord& c) {
  return fmt::format("<{} message=\"{}\" type=\"{}\">{}</{}>", name, xml_escape(message(c)),
                     to_string(c.verdict), xml_escape(details(c)), name);
}

std::string test_case(const CaseRecord& c, const std::string& name) {
  const std::string open = fmt::format("<testcase name=\"{}\" classname=\"{}\" time=\"{}\"", xml_escape(name),
                                       xml_escape(c.client + "." + c.suite), seconds(c.duration_us));
  switch (outcome(c.verdict)) {
    case Outcome::passed:
      return open + "/>\n";
    case Outcome::skipped: {
      const std::string why = c.known ? "known failure: " + c.known->reason : c.reason;
      return fmt::format("{}><skipped message=\"{}\"/></testcase>\n", open,
                         xml_escape(one_line(fmt::format("{}: {}", to_string(c.verdict), why), 500)));
    }
    case Outcome::error:
      return open + ">" + element("error", c) + "</testcase>\n";
    case Outcome::failure:
      break;
  }
  return open + ">" + element("failure", c) + "</testcase>\n";
}

std::string suite_open(const RunRecord& record, int id, const std::string& package, const std::string& name,
                       const Suite& suite) {
  return fmt::format(
      "<testsuite id=\"{}\" package=\"{}\" name=\"{}\" timestamp=\"{}\" hostname=\"{}\" tests=\"{}\" "
      "failures=\"{}\" errors=\"{}\" skipped=\"{}\" time=\"{}\">\n",
      id, xml_escape(package), xml_escape(name), timestamp(record.header.started), "localhost", suite.tests,
      suite.failures, suite.errors, suite.skipped, seconds(suite.duration_us));
}

}  // namespace

std::string xml_escape(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    // U+FFFE and U+FFFF are not characters of XML either; in UTF-8 they start with EF BF BE and EF BF BF.
    const bool no_character = byte == 0xEF && i + 2 < text.size() &&
                              static_cast<unsigned char>(text[i + 1]) == 0xBF &&
                              static_cast<unsigned char>(text[i + 2]) >= 0xBE;
    if (byte == '&')
      out += "&amp;";
    else if (byte == '<')
      out += "&lt;";
    else if (byte == '>')
      out += "&gt;";
    else if (byte == '"')
      out += "&quot;";
    else if (byte == '\n' || byte == '\t')
      out += fmt::format("&#{};", byte);
    else if (byte < 0x20)
      out += "\uFFFD";
    else if (no_character)
      out += "\uFFFD", i += 2;
    else
      out += text[i];
  }
  return out;
}

std::string render_junit(const RunRecord& record) {
  std::map<std::pair<std::string, std::string>, Suite> suites;
  for (const CaseRecord& c : record.cases) {
    Suite& suite = suites[{c.client, c.suite}];
    suite.cases.push_back(&c);
    ++suite.tests;
    suite.duration_us += c.duration_us;
    const Outcome what = outcome(c.verdict);
    if (what == Outcome::failure) ++suite.failures;
    if (what == Outcome::error) ++suite.errors;
    if (what == Outcome::skipped) ++suite.skipped;
  }
  constexpr std::string_view kClose = "<system-out/>\n<system-err/>\n</testsuite>\n";
  std::string out = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n";
  int id = 0;
  for (const auto& [key, suite] : suites) {
    const auto& [client, name] = key;
    out += suite_open(record, id++, client, fmt::format("{}.{}", client, name), suite);
    out += fmt::format(
        "<properties><property name=\"client\" value=\"{}\"/><property name=\"seed\" value=\"{}\"/>"
        "<property name=\"assay\" value=\"{}\"/></properties>\n",
        xml_escape(client), record.header.seed, xml_escape(record.header.assay));
    std::set<std::string> names;
    for (const CaseRecord* c : suite.cases) {
      std::string unique = c->name;
      for (int n = 2; !names.insert(unique).second; ++n) unique = fmt::format("{} #{}", c->name, n);
      out += test_case(*c, unique);
    }
    out += kClose;
  }
  if (!record.complete()) {
    std::string why;
    for (const std::string& note : record.notes) why += note + "\n";
    if (why.empty()) why = "fewer cases than planned\n";
    Suite suite;
    suite.errors = 1;
    suite.tests = 1;
    out += suite_open(record, id, "assay", "assay.run", suite);
    out += fmt::format(
        "<properties/>\n<testcase name=\"complete\" classname=\"assay.run\" time=\"0\"><error "
        "message=\"the run is incomplete\" type=\"incomplete\">{}</error></testcase>\n",
        xml_escape(why));
    out += kClose;
  }
  return out + "</testsuites>\n";
}

}  // namespace assay::reports
