#include "bench/stream/table.h"

#include <time.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

#include "bench/stream/contestants.h"
#include "bench/stream/corpus.h"
#include "harness/base/text.h"

namespace assay::bench {

namespace {

double cpu_seconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

double median(std::vector<double> values) {
  std::nth_element(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2),
                   values.end());
  return values[values.size() / 2];
}

struct Lane {
  const Contestant* contestant;
  std::size_t read;
  std::vector<double> speeds;
};

Result<std::vector<Row>> measure(const Corpus& corpus, const StreamBench& options) {
  const std::vector<std::string_view> payloads = split_payloads(corpus.bytes);
  std::vector<Lane> lanes;
  for (const Contestant& contestant : contestants()) {
    if (!contestant.reads) lanes.push_back({&contestant, 0, {}});
    if (contestant.reads)
      for (const std::size_t read : options.reads) lanes.push_back({&contestant, read, {}});
  }
  const Checksum right = ondemand_limit(corpus, payloads, 0);
  for (int round = 0; round < options.rounds; ++round) {
    for (Lane& lane : lanes) {
      const double start = cpu_seconds();
      const Checksum checksum = lane.contestant->run(corpus, payloads, lane.read);
      lane.speeds.push_back(static_cast<double>(corpus.bytes.size()) / (cpu_seconds() - start) * 1e-9);
      if (lane.contestant->decodes && checksum != right)
        return fail(corpus.name + ": " + lane.contestant->name + " decoded other text than the limit");
    }
  }
  std::vector<Row> rows;
  rows.reserve(lanes.size());
  for (const Lane& lane : lanes)
    rows.push_back({corpus.name, lane.contestant->name, lane.read, median(lane.speeds), 0, 0,
                    lane.contestant->decodes ? right : Checksum{}});
  return rows;
}

std::string cell(const std::string& text, std::size_t width, bool right) {
  if (text.size() >= width) return text;
  const std::string space(width - text.size(), ' ');
  return right ? space + text : text + space;
}

std::string number(double value, int digits) {
  char text[32];
  std::snprintf(text, sizeof text, "%.*f", digits, value);
  return text;
}

}  // namespace

Result<std::vector<Row>> run_stream_bench(const StreamBench& options) {
  const std::vector<std::string>& names = options.corpora.empty() ? corpus_names() : options.corpora;
  std::vector<Row> rows;
  for (const std::string& name : names) {
    if (std::find(corpus_names().begin(), corpus_names().end(), name) == corpus_names().end())
      return fail("unknown corpus '" + name + "'; expected chat, messages, responses or chat-restless");
    Result<std::vector<Row>> more = measure(make_corpus(name, options.megabytes, options.seed), options);
    if (!more) return more;
    rows.insert(rows.end(), more->begin(), more->end());
  }
  relate(rows);
  return rows;
}

Result<std::vector<Row>> read_peer_rows(const std::string& path) {
  const Result<std::string> text = read_file(path);
  if (!text) return tl::unexpected(text.error());
  std::vector<Row> rows;
  int line_number = 0;
  for (const std::string_view line : split(*text, '\n')) {
    ++line_number;
    if (trim(line).empty()) continue;
    const nlohmann::json row = nlohmann::json::parse(line, nullptr, false);
    if (!row.is_object() || !row.contains("corpus") || !row.contains("contestant") ||
        !row.contains("gb_per_s"))
      return fail("expected an object with corpus, contestant, read and gb_per_s", path, line_number);
    rows.push_back({row.value("corpus", ""),
                    row.value("contestant", ""),
                    row.value("read", std::size_t{0}),
                    row.value("gb_per_s", 0.0),
                    0,
                    0,
                    {row.value("bytes", std::uint64_t{0}), row.value("sum", std::uint64_t{0})}});
  }
  return rows;
}

Result<void> join_peers(std::vector<Row>& rows, const std::vector<Row>& peers) {
  for (const Row& peer : peers) {
    const auto last =
        std::find_if(rows.rbegin(), rows.rend(), [&](const Row& row) { return row.corpus == peer.corpus; });
    if (last == rows.rend()) continue;
    const auto ours = std::find_if(rows.begin(), rows.end(), [&](const Row& row) {
      return row.corpus == peer.corpus && row.checksum.bytes != 0;
    });
    if (ours->checksum != peer.checksum)
      return fail(peer.contestant + " read other text out of " + peer.corpus +
                  " than we did: another --megabytes or --seed?");
    rows.insert(last.base(), peer);
  }
  relate(rows);
  return {};
}

void relate(std::vector<Row>& rows) {
  std::map<std::pair<std::string, std::size_t>, double> floors;
  std::map<std::string, double> limits;
  for (const Row& row : rows) {
    if (row.contestant == "memcpy+memchr") floors[{row.corpus, row.read}] = row.gb_per_s;
    if (row.contestant.find("(limit)") != std::string::npos) limits[row.corpus] = row.gb_per_s;
  }
  for (Row& row : rows) {
    const double floor = floors[{row.corpus, row.read == 0 ? 16384 : row.read}];
    row.of_floor = floor > 0 ? row.gb_per_s / floor : 0;
    row.of_limit = limits[row.corpus] > 0 ? row.gb_per_s / limits[row.corpus] : 0;
  }
}

std::string table_text(const std::vector<Row>& rows) {
  std::string out;
  std::string corpus;
  for (const Row& row : rows) {
    if (row.corpus != corpus) {
      corpus = row.corpus;
      out += (out.empty() ? "" : "\n") + cell(corpus, 44, false) + cell("read", 8, true) +
             cell("GB/s", 9, true) + cell("of floor", 10, true) + cell("of limit", 10, true) + "\n";
    }
    out += cell("  " + row.contestant, 44, false) +
           cell(row.read == 0 ? "-" : std::to_string(row.read), 8, true) +
           cell(number(row.gb_per_s, row.gb_per_s < 0.1 ? 4 : 2), 9, true) +
           cell(number(row.of_floor, 2), 10, true) + cell(number(row.of_limit, 2), 10, true) + "\n";
  }
  return out;
}

nlohmann::json table_json(const std::vector<Row>& rows) {
  nlohmann::json out = nlohmann::json::array();
  for (const Row& row : rows)
    out.push_back({{"corpus", row.corpus},
                   {"contestant", row.contestant},
                   {"read", row.read},
                   {"gb_per_s", row.gb_per_s},
                   {"of_floor", row.of_floor},
                   {"of_limit", row.of_limit}});
  return out;
}

}  // namespace assay::bench
