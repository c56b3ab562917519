#include "reports/html_data.h"

#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <numeric>
#include <stdexcept>
#include <unordered_map>

#include "harness/base/text.h"
#include "reports/record/topic.h"
#include "reports/seen.h"
#include "reports/summary.h"

namespace assay::reports {
namespace {

constexpr std::size_t kBlock = std::size_t{256} << 10U;

// Compact JSON written by hand: 100,000 cells make a library's tree the slowest part of a report.
void put_string(std::string& out, std::string_view text) {
  out += '"';
  for (const char c : text) {
    if (c == '"' || c == '\\')
      out += '\\', out += c;
    else if (static_cast<unsigned char>(c) < 0x20)
      out += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
    else
      out += c;
  }
  out += '"';
}

void put_member(std::string& out, std::string_view key, std::string_view text) {
  out += out.back() == '{' ? "" : ",";
  put_string(out, key);
  out += ':';
  put_string(out, text);
}

// Numbers for texts.
class Strings {
 public:
  Strings() { number(""); }
  int number(const std::string& text) {
    const auto [at, added] = numbers_.emplace(text, static_cast<int>(all_.size()));
    if (added) all_.push_back(&at->first);
    return at->second;
  }
  std::string json() const {
    std::string out = "[";
    for (const std::string* text : all_) {
      if (out.size() > 1) out += ',';
      put_string(out, *text);
    }
    return out + "]";
  }

 private:
  std::unordered_map<std::string, int> numbers_;
  std::vector<const std::string*> all_;
};

template <typename Values>
std::string list(const Values& values) {
  std::string out = "[";
  for (const auto& value : values) out += fmt::format("{}{}", out.size() > 1 ? "," : "", value);
  return out + "]";
}

// The command without what differs from case to case, so that all cases share a few texts.
std::string command_template(const CaseRecord& c) {
  std::string out = c.command;
  const auto hide = [&](const std::string& what, char mark) {
    if (what.size() < 3) return;
    for (std::size_t at = 0; (at = out.find(what, at)) != std::string::npos; ++at)
      out.replace(at, what.size(), 1, mark);
  };
  hide(c.name, '\x01');
  hide(c.client, '\x02');
  return out;
}

void put_checks(std::string& out, const CaseRecord& c) {
  out += "\"checks\":[";
  for (const Check& check : c.checks) {
    out += &check == &c.checks.front() ? "{" : ",{";
    put_member(out, "name", check.name);
    put_member(out, "expected", check.expected);
    put_member(out, "observed", check.observed);
    out += fmt::format(",\"ok\":{},\"evidence\":{}}}", check.ok, list(check.evidence));
  }
  out += ']';
}

void put_rest(std::string& out, const CaseRecord& c) {
  // What is not JSON would spoil its whole block.
  const bool sound = !c.journal.empty() && nlohmann::json::accept(c.journal);
  out += fmt::format(",\"seed\":{},\"started\":{},\"journal\":{}", c.seed, c.started_us,
                     sound ? c.journal : "[]");
  out += ",\"output\":{";
  put_member(out, "stdout", c.output.out);
  put_member(out, "stderr", c.output.err);
  put_member(out, "screen", c.output.screen);
  if (c.output.exit) out += fmt::format(",\"exit\":{}", *c.output.exit);
  out += "},\"timings\":{";
  for (const auto& [name, us] : c.timings) {
    out += out.back() == '{' ? "" : ",";
    put_string(out, name);
    out += fmt::format(":{}", us);
  }
  out += "},\"attempts\":[";
  for (const Attempt& attempt : c.attempts) {
    out += &attempt == &c.attempts.front() ? "{" : ",{";
    put_member(out, "outcome", to_string(attempt.outcome));
    put_member(out, "reason", attempt.reason);
    out += fmt::format(",\"duration\":{}}}", attempt.duration_us);
  }
  out += ']';
}

void put_known(std::string& out, const KnownFailure& known) {
  out += ",\"known\":{";
  put_member(out, "state", known.state);
  put_member(out, "reason", known.reason);
  put_member(out, "issue", known.issue);
  put_member(out, "expires", known.expires);
  out += '}';
}

enum class Keep { all, checks, left_out };

std::string item(const CaseRecord& c, Keep keep) {
  std::string out = "{";
  put_checks(out, c);
  if (c.known) put_known(out, *c.known);
  if (keep == Keep::all) put_rest(out, c);
  if (keep == Keep::left_out) out += ",\"leftOut\":true";
  return out + "}";
}

// Evidence in blocks, the same evidence once.
class Items {
 public:
  int add(std::string text) {
    const auto [at, added] = numbers_.emplace(std::move(text), count_);
    if (!added) return at->second;
    if (blocks_.empty() || blocks_.back().size() > kBlock) {
      blocks_.emplace_back("[");
      starts_.push_back(count_);
    } else {
      blocks_.back() += ',';
    }
    blocks_.back() += at->first;
    return count_++;
  }
  std::vector<std::string> blocks() && {
    for (std::string& block : blocks_) block += ']';
    return std::move(blocks_);
  }
  std::string starts() const { return list(starts_); }

 private:
  std::unordered_map<std::string, int> numbers_;
  std::vector<std::string> blocks_;
  std::vector<int> starts_;
  int count_ = 0;
};

std::size_t evidence_bytes(const CaseRecord& c) {
  return c.journal.size() + c.output.out.size() + c.output.err.size() + c.output.screen.size();
}

// Which results keep how much, by place in record.cases.
std::vector<Keep> budget(const RunRecord& record, std::size_t green_evidence, std::size_t evidence) {
  std::size_t green = 0;
  for (const CaseRecord& c : record.cases) green += is_green(c.verdict) ? evidence_bytes(c) : 0;
  const bool keep_green = green <= green_evidence;
  std::vector<std::size_t> order(record.cases.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return rank(record.cases[a].verdict) < rank(record.cases[b].verdict);
  });
  std::vector<Keep> out(record.cases.size(), Keep::checks);
  std::size_t used = 0;
  for (const std::size_t i : order) {
    const CaseRecord& c = record.cases[i];
    if (is_green(c.verdict) && !keep_green) continue;
    const std::size_t bytes = evidence_bytes(c);
    const bool fits = used + bytes <= evidence;
    out[i] = fits ? Keep::all : bytes == 0 ? Keep::checks : Keep::left_out;
    if (fits) used += bytes;
  }
  return out;
}

struct Columns {
  std::vector<int> name, title, requirement, suite, topic, level, provider, model, protocol;
  std::vector<std::string> features, seen, axes;  // lists of string numbers, as JSON
};

void add_case(Columns& out, Strings& strings, const CaseRecord& c) {
  out.name.push_back(strings.number(c.name));
  out.title.push_back(strings.number(c.title));
  out.requirement.push_back(strings.number(c.requirement));
  out.suite.push_back(strings.number(c.suite));
  out.topic.push_back(strings.number(std::string(topic_title(c.topic))));
  out.level.push_back(strings.number(c.level));
  out.provider.push_back(strings.number(c.provider));
  out.model.push_back(strings.number(c.model));
  out.protocol.push_back(strings.number(c.protocol));
  const auto numbers = [&](const std::vector<std::string>& texts) {
    std::vector<int> all;
    all.reserve(texts.size());
    for (const std::string& text : texts) all.push_back(strings.number(text));
    return list(all);
  };
  out.features.push_back(numbers(c.features));
  out.seen.push_back(numbers(c.seen_in));
  std::vector<std::string> axes;
  for (const auto& [name, value] : c.axes) axes.push_back(fmt::format("{}:{}", name, value));
  out.axes.push_back(numbers(axes));
}

std::string columns_json(const Columns& cases) {
  return fmt::format(
      R"({{"name":{},"title":{},"requirement":{},"suite":{},"topic":{},"level":{},"provider":{},"model":{},"protocol":{},"features":{},"seen":{},"axes":{}}})",
      list(cases.name), list(cases.title), list(cases.requirement), list(cases.suite), list(cases.topic),
      list(cases.level), list(cases.provider), list(cases.model), list(cases.protocol), list(cases.features),
      list(cases.seen), list(cases.axes));
}

// One value a case and client; an absent result is '.'.
struct Cells {
  std::string verdict;
  std::vector<std::int64_t> duration;
  std::vector<int> reason, command, item;
};

std::string columns_json(const Cells& cells) {
  return fmt::format(R"({{"verdict":"{}","duration":{},"reason":{},"command":{},"item":{}}})", cells.verdict,
                     list(cells.duration), list(cells.reason), list(cells.command), list(cells.item));
}

// What the ids under `seen_in` stand for, of those that the cases name.
std::string seen_json(const RunRecord& record) {
  nlohmann::json out = nlohmann::json::object();
  for (const CaseRecord& c : record.cases) {
    for (const std::string& id : c.seen_in) {
      const Seen* seen = out.contains(id) ? nullptr : find_seen(id);
      if (seen == nullptr) continue;
      nlohmann::json sources = nlohmann::json::array();
      for (const SeenSource& source : seen->sources)
        sources.push_back({source.name, source.url, source.says});
      out[id] = {{"title", seen->title}, {"sources", std::move(sources)}};
    }
  }
  return out.dump();
}

std::string topics_json() {
  nlohmann::json out = nlohmann::json::array();
  for (const Topic& topic : topics()) out.push_back(topic.title);
  return out.dump();
}

std::string meta(const RunRecord& record) {
  const RunHeader& header = record.header;
  std::string command;
  for (const std::string& word : header.command) command += (command.empty() ? "" : " ") + word;
  const nlohmann::json out = {
      {"assay", header.assay},
      {"started", header.started},
      {"seed", header.seed},
      {"host", fmt::format("{} {}, {} CPUs", header.host.os, header.host.kernel, header.host.cpus)},
      {"command", command},
      {"shard", header.shard},
      {"requirements", header.requirements},
      {"cells", header.cells},
      {"without_cells", header.without_cells},
      {"notes", record.notes},
      {"complete", record.complete()},
      {"exit", record.footer ? record.footer->exit : 3},
      {"duration", record.footer ? record.footer->duration_us : tally(record).duration_us}};
  return out.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

// The letter of a verdict in Cells::verdict.
char letter(Verdict verdict) {
  return static_cast<char>('a' + static_cast<int>(verdict));
}

std::vector<std::string> client_names(const RunRecord& record) {
  std::vector<std::string> out;
  const auto add = [&](const std::string& name) {
    if (std::find(out.begin(), out.end(), name) == out.end()) out.push_back(name);
  };
  for (const ClientInfo& client : record.header.clients) add(client.name);
  for (const CaseRecord& c : record.cases)
    if (out.empty() || out.back() != c.client) add(c.client);
  return out;
}

std::string clients_json(const RunRecord& record, const std::vector<std::string>& names) {
  nlohmann::json out = nlohmann::json::array();
  for (const std::string& name : names) {
    std::string version;
    for (const ClientInfo& client : record.header.clients)
      if (client.name == name) version = client.version;
    out.push_back({{"name", name}, {"version", version}});
  }
  return out.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace

HtmlData html_data(const RunRecord& record, std::size_t green_evidence, std::size_t evidence) {
  Strings strings;
  Items items;
  Columns cases;
  const std::vector<std::string> clients = client_names(record);
  std::unordered_map<std::string_view, std::size_t> client_number;
  for (std::size_t i = 0; i < clients.size(); ++i) client_number[clients[i]] = i;
  // Cases in plan order, whatever the order in which they ended.
  std::vector<std::size_t> order(record.cases.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return record.cases[a].index < record.cases[b].index;
  });
  std::unordered_map<std::string, std::size_t> case_number;
  std::vector<std::size_t> row(record.cases.size());
  for (const std::size_t i : order) {
    const CaseRecord& c = record.cases[i];
    const auto [at, added] =
        case_number.emplace(c.name + '\n' + c.provider + '\n' + c.model, case_number.size());
    if (added) add_case(cases, strings, c);
    row[i] = at->second;
  }
  const std::size_t size = case_number.size() * clients.size();
  Cells cells{std::string(size, '.'), std::vector<std::int64_t>(size), std::vector<int>(size),
              std::vector<int>(size), std::vector<int>(size, -1)};
  const std::vector<Keep> keep = budget(record, green_evidence, evidence);
  for (const std::size_t i : order) {
    const CaseRecord& c = record.cases[i];
    const std::size_t cell = row[i] * clients.size() + client_number.at(c.client);
    // Of repeated results the worst is shown.
    if (cells.verdict[cell] != '.' &&
        rank(static_cast<Verdict>(cells.verdict[cell] - 'a')) <= rank(c.verdict))
      continue;
    cells.verdict[cell] = letter(c.verdict);
    cells.duration[cell] = c.duration_us;
    cells.reason[cell] = strings.number(c.reason);
    cells.command[cell] = strings.number(command_template(c));
    cells.item[cell] = items.add(item(c, keep[i]));
  }
  nlohmann::json verdicts = nlohmann::json::array();
  for (int i = 0; i < kVerdicts; ++i) {
    const auto verdict = static_cast<Verdict>(i);
    verdicts.push_back({{"name", to_string(verdict)}, {"rank", rank(verdict)}, {"red", is_red(verdict)}});
  }
  HtmlData out;
  out.index = fmt::format(
      R"({{"meta":{},"verdicts":{},"clients":{},"cases":{},"cells":{},"strings":{},"blocks":{},"seen":{},"topics":{}}})",
      meta(record), verdicts.dump(), clients_json(record, clients), columns_json(cases), columns_json(cells),
      strings.json(), items.starts(), seen_json(record), topics_json());
  out.blocks = std::move(items).blocks();
  return out;
}

std::string packed(const std::string& text) {
  constexpr int kLevel = 6;
  uLongf size = compressBound(text.size());
  std::string bytes(size, '\0');
  const int status = compress2(reinterpret_cast<Bytef*>(bytes.data()), &size,
                               reinterpret_cast<const Bytef*>(text.data()), text.size(), kLevel);
  if (status != Z_OK) throw std::runtime_error("zlib: compress2 failed");
  bytes.resize(size);
  return base64(bytes);
}

}  // namespace assay::reports
