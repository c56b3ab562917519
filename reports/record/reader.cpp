#include "reports/record/reader.h"

#include <fmt/format.h>
#include <simdjson.h>

#include <nlohmann/json.hpp>

#include "harness/base/text.h"
#include "harness/base/untrusted_json.h"

namespace assay {
namespace {

namespace od = simdjson::ondemand;

std::string text(od::value value) {
  if (value.type() == od::json_type::null) return {};
  return std::string(std::string_view(value.get_string()));
}

std::vector<std::string> texts(od::value value) {
  std::vector<std::string> out;
  for (auto item : value.get_array()) out.emplace_back(std::string_view(item.get_string()));
  return out;
}

Verdict verdict(od::value value) {
  auto parsed = parse_verdict(value.get_string());
  if (!parsed) throw std::invalid_argument(parsed.error().message);
  return *parsed;
}

Check check(od::object object) {
  Check out;
  for (auto field : object) {
    const std::string_view key = field.unescaped_key();
    od::value value = field.value();
    if (key == "name")
      out.name = text(value);
    else if (key == "ok")
      out.ok = value.get_bool();
    else if (key == "expected")
      out.expected = text(value);
    else if (key == "observed")
      out.observed = text(value);
    else if (key == "evidence")
      for (auto seq : value.get_array()) out.evidence.push_back(seq.get_uint64());
    else if (key == "not_observed")
      out.not_observed = texts(value);
    else if (key == "shown_by")
      for (auto set : value.get_array()) out.shown_by.push_back(texts(set.value()));
  }
  return out;
}

Precondition precondition(od::object object) {
  Precondition out;
  for (auto field : object) {
    const std::string_view key = field.unescaped_key();
    od::value value = field.value();
    if (key == "text")
      out.text = text(value);
    else if (key == "ok")
      out.ok = value.get_bool();
    else if (key == "evidence")
      for (auto seq : value.get_array()) out.evidence.push_back(seq.get_uint64());
  }
  return out;
}

Attempt attempt(od::object object) {
  Attempt out;
  for (auto field : object) {
    const std::string_view key = field.unescaped_key();
    od::value value = field.value();
    if (key == "outcome")
      out.outcome = verdict(value);
    else if (key == "reason")
      out.reason = text(value);
    else if (key == "duration_us")
      out.duration_us = value.get_int64();
  }
  return out;
}

Output output(od::object object) {
  Output out;
  for (auto field : object) {
    const std::string_view key = field.unescaped_key();
    od::value value = field.value();
    if (key == "stdout")
      out.out = text(value);
    else if (key == "stderr")
      out.err = text(value);
    else if (key == "screen")
      out.screen = text(value);
    else if (key == "exit" && value.type() != od::json_type::null)
      out.exit = static_cast<int>(std::int64_t(value.get_int64()));
  }
  return out;
}

KnownFailure known(od::object object) {
  KnownFailure out;
  for (auto field : object) {
    const std::string_view key = field.unescaped_key();
    od::value value = field.value();
    if (key == "state")
      out.state = text(value);
    else if (key == "reason")
      out.reason = text(value);
    else if (key == "issue")
      out.issue = text(value);
    else if (key == "expires")
      out.expires = text(value);
  }
  return out;
}

TimeUse time_use(od::object object) {
  TimeUse out;
  for (auto field : object) {
    const std::string_view key = field.unescaped_key();
    od::value value = field.value();
    if (key == "rate")
      out.rate = text(value);
    else if (key == "late_us")
      out.late_us = value.get_int64();
    else if (key == "cpu_us")
      out.cpu_us = value.get_int64();
    else if (key == "notes")
      out.notes = texts(value);
  }
  return out;
}

// One field of a case line. simdjson throws on a value of another type.
void take(CaseRecord& out, std::string_view key, od::value value) {
  if (key == "index")
    out.index = value.get_uint64();
  else if (key == "case")
    out.name = text(value);
  else if (key == "client")
    out.client = text(value);
  else if (key == "suite")
    out.suite = text(value);
  else if (key == "title")
    out.title = text(value);
  else if (key == "requirement")
    out.requirement = text(value);
  else if (key == "topic")
    out.topic = text(value);
  else if (key == "level")
    out.level = text(value);
  else if (key == "role")
    out.role = text(value);
  else if (key == "provider")
    out.provider = text(value);
  else if (key == "model")
    out.model = text(value);
  else if (key == "protocol")
    out.protocol = text(value);
  else if (key == "reason")
    out.reason = text(value);
  else if (key == "command")
    out.command = text(value);
  else if (key == "verdict")
    out.verdict = verdict(value);
  else if (key == "features")
    out.features = texts(value);
  else if (key == "capabilities")
    out.capabilities = texts(value);
  else if (key == "seen_in")
    out.seen_in = texts(value);
  else if (key == "seed")
    out.seed = value.get_uint64();
  else if (key == "started_us")
    out.started_us = value.get_int64();
  else if (key == "duration_us")
    out.duration_us = value.get_int64();
  else if (key == "axes")
    for (auto axis : value.get_object()) {
      std::string name(std::string_view(axis.unescaped_key()));
      out.axes[std::move(name)] = text(axis.value());
    }
  else if (key == "timings")
    for (auto timing : value.get_object()) {
      std::string name(std::string_view(timing.unescaped_key()));
      out.timings[std::move(name)] = timing.value().get_int64();
    }
  else if (key == "checks")
    for (auto item : value.get_array()) out.checks.push_back(check(item.get_object()));
  else if (key == "met")
    for (auto item : value.get_array()) out.met.push_back(precondition(item.get_object()));
  else if (key == "attempts")
    for (auto item : value.get_array()) out.attempts.push_back(attempt(item.get_object()));
  else if (key == "output")
    out.output = output(value.get_object());
  else if (key == "known" && value.type() != od::json_type::null)
    out.known = known(value.get_object());
  else if (key == "time" && value.type() != od::json_type::null)
    out.time = time_use(value.get_object());
  else if (key == "journal") {
    od::array array = value.get_array();
    out.journal = std::string_view(array.raw_json());
  }
}

bool keeps(KeepEvidence keep, Verdict verdict) {
  return keep == KeepEvidence::all || (keep == KeepEvidence::not_green && !is_green(verdict));
}

RunHeader header(const nlohmann::json& json) {
  RunHeader out;
  out.schema = json.at("schema");
  if (out.schema > kRecordSchema) {
    throw std::invalid_argument(
        fmt::format("schema {} is newer than this assay reads ({})", out.schema, kRecordSchema));
  }
  out.assay = json.value("assay", "");
  out.started = json.value("started", "");
  out.seed = json.value("seed", std::uint64_t{0});
  if (const auto host = json.find("host"); host != json.end())
    out.host = {host->value("os", ""), host->value("kernel", ""), host->value("cpus", 0)};
  out.command = json.value("command", std::vector<std::string>());
  for (const auto& client : json.value("clients", nlohmann::json::array())) {
    out.clients.push_back({client.at("name"), client.value("version", ""), client.value("role", "provider"),
                           client.value("capabilities", std::vector<std::string>()),
                           client.value("packages", std::vector<std::string>())});
  }
  const nlohmann::json& plan = json.at("plan");
  out.planned = plan.at("cases");
  if (const auto shard = plan.find("shard"); shard != plan.end() && !shard->is_null()) out.shard = *shard;
  out.missing = plan.value("missing", std::vector<std::string>());
  if (const auto set = json.find("requirements"); set != json.end() && !set->is_null())
    out.requirements = *set;
  out.cells = json.value("cells", false);
  if (const auto why = json.find("without_cells"); why != json.end() && !why->is_null())
    out.without_cells = *why;
  return out;
}

RunFooter footer(const nlohmann::json& json) {
  return {json.at("counts"), json.value("duration_us", std::int64_t{0}), json.at("exit"),
          json.at("complete")};
}

// The value of "type" when it comes first, as every writer here puts it; else empty.
std::string_view type_of(std::string_view line) {
  constexpr std::string_view kStart = R"({"type":")";
  if (!line.starts_with(kStart)) return {};
  line.remove_prefix(kStart.size());
  return line.substr(0, line.find('"'));
}

// Takes the lines of a file one after another.
class Lines {
 public:
  explicit Lines(const ReadOptions& options) : options_(options) {}

  // `line` is followed by at least SIMDJSON_PADDING readable bytes. Throws what the line is not.
  void take_line(std::string_view line) {
    if (out.footer) throw std::invalid_argument("a line after the footer");
    std::string_view type = type_of(line);
    if (type == "case" && headed_) return take_case(line);
    if (nests_deeper(line, max_record_depth)) throw std::invalid_argument("nests too deeply");
    const nlohmann::json json = nlohmann::json::parse(line);
    const std::string named = json.at("type");
    if (!headed_ && named != "header")
      throw std::invalid_argument("expected the header, found '" + named + "'");
    if (named == "header" && headed_) throw std::invalid_argument("a second header");
    if (named == "header")
      out.header = header(json), headed_ = true;
    else if (named == "case")
      take_case(line);
    else if (named == "footer")
      out.footer = footer(json);
    else
      throw std::invalid_argument("unknown line type '" + named + "'");
  }
  bool headed() const { return headed_; }

  RunRecord out;

 private:
  void take_case(std::string_view line) {
    CaseRecord record;
    od::document document =
        parser_.iterate(line.data(), line.size(), line.size() + simdjson::SIMDJSON_PADDING);
    for (auto field : document.get_object()) {
      const std::string_view key = field.unescaped_key();
      take(record, key, field.value());
    }
    // After the last token there is no location to give.
    if (!document.current_location().error()) throw std::invalid_argument("text after the object");
    if (record.name.empty()) throw std::invalid_argument("a case line without \"case\"");
    if (!keeps(options_.evidence, record.verdict)) {
      record.journal = {};
      record.output = {};
      record.attempts = {};
    }
    out.cases.push_back(std::move(record));
  }

  ReadOptions options_;
  od::parser parser_;
  bool headed_ = false;
};

}  // namespace

namespace {

// `all` is followed by at least SIMDJSON_PADDING readable bytes.
Result<RunRecord> parse_padded(std::string_view all, const std::string& name, const ReadOptions& options) {
  Lines lines(options);
  int number = 0;
  for (std::size_t begin = 0; begin < all.size();) {
    const std::size_t newline = all.find('\n', begin);
    const bool ended = newline != std::string_view::npos;
    const std::string_view line = all.substr(begin, ended ? newline - begin : newline);
    begin += line.size() + 1;
    ++number;
    if (trim(line).empty()) continue;
    try {
      lines.take_line(line);
    } catch (const std::exception& error) {
      if (ended || !lines.headed())
        return fail(fmt::format("not a run record line: {}", error.what()), name, number);
      lines.out.notes.push_back(fmt::format("line {} is torn and was ignored", number));
    }
  }
  if (!lines.headed()) return fail("empty: expected a run record header", name, 1);
  RunRecord& out = lines.out;
  if (!out.footer) {
    out.notes.push_back(fmt::format("no footer: the run ended early, with {} of {} cases", out.cases.size(),
                                    out.header.planned));
  }
  for (const std::string& missing : out.header.missing) out.notes.push_back("missing: " + missing);
  return std::move(lines.out);
}

}  // namespace

Result<RunRecord> parse_record(std::string_view text, const std::string& name, const ReadOptions& options) {
  const simdjson::padded_string padded(text);
  return parse_padded(padded, name, options);
}

Result<RunRecord> read_record(const std::string& path, const ReadOptions& options) {
  auto text = read_file(path);
  if (!text) return tl::unexpected(text.error());
  const std::size_t size = text->size();
  text->append(simdjson::SIMDJSON_PADDING, '\0');
  return parse_padded(std::string_view(*text).substr(0, size), path, options);
}

}  // namespace assay
