#include "reports/record/writer.h"
#include "harness/base/untrusted_json.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <mutex>
#include <nlohmann/json.hpp>
#include <utility>

namespace assay {
namespace {

using Json = nlohmann::ordered_json;

Json text_or_null(const std::string& text) {
  return text.empty() ? Json() : Json(text);
}

std::string line(Json value, const Redactor& redactor) {
  redact(value, redactor);
  return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Json to_json(const Check& check) {
  Json out = {{"name", check.name},
              {"ok", check.ok},
              {"expected", check.expected},
              {"observed", check.observed},
              {"evidence", check.evidence}};
  if (!check.not_observed.empty()) out["not_observed"] = check.not_observed;
  if (!check.shown_by.empty()) out["shown_by"] = check.shown_by;
  return out;
}

Json to_json(const Precondition& one) {
  return {{"text", one.text}, {"ok", one.ok}, {"evidence", one.evidence}};
}

// The key is not "verdict": scripts that search a line for "verdict" must find the case's own alone.
Json to_json(const Attempt& attempt) {
  return {{"outcome", to_string(attempt.outcome)},
          {"reason", attempt.reason},
          {"duration_us", attempt.duration_us}};
}

Json to_json(const KnownFailure& known) {
  return {{"state", known.state},
          {"reason", known.reason},
          {"issue", text_or_null(known.issue)},
          {"expires", text_or_null(known.expires)}};
}

Json to_json(const TimeUse& time) {
  return {{"rate", time.rate}, {"late_us", time.late_us}, {"cpu_us", time.cpu_us}, {"notes", time.notes}};
}

template <typename T>
Json to_array(const std::vector<T>& values) {
  Json out = Json::array();
  for (const T& value : values) out.push_back(to_json(value));
  return out;
}

Json journal_json(const std::string& text) {
  if (text.empty()) return Json::array();
  // What is not JSON is a mistake of the caller; the line must still be a line, and it keeps the text.
  Json parsed = parse_untrusted<Json>(text, max_record_depth);
  return parsed.is_array() ? parsed : Json::array({{{"seq", 0}, {"kind", "note"}, {"text", text}}});
}

}  // namespace

std::string header_line(const RunHeader& header, const Redactor& redactor) {
  Json clients = Json::array();
  for (const ClientInfo& client : header.clients) {
    Json one = {{"name", client.name},
                {"version", client.version},
                {"role", client.role},
                {"capabilities", client.capabilities}};
    if (!client.packages.empty()) one["packages"] = client.packages;
    clients.push_back(std::move(one));
  }
  Json plan = {{"cases", header.planned}, {"shard", text_or_null(header.shard)}};
  if (!header.missing.empty()) plan["missing"] = header.missing;
  return line({{"type", "header"},
               {"schema", header.schema},
               {"assay", header.assay},
               {"started", header.started},
               {"seed", header.seed},
               {"host", {{"os", header.host.os}, {"kernel", header.host.kernel}, {"cpus", header.host.cpus}}},
               {"command", header.command},
               {"clients", std::move(clients)},
               {"plan", std::move(plan)},
               {"requirements", text_or_null(header.requirements)},
               {"cells", header.cells},
               {"without_cells", text_or_null(header.without_cells)}},
              redactor);
}

std::string case_line(const CaseRecord& record, const Redactor& redactor) {
  Json out = {{"type", "case"},
              {"index", record.index},
              {"case", record.name},
              {"client", record.client},
              {"suite", record.suite},
              {"verdict", to_string(record.verdict)},
              {"reason", record.reason},
              {"title", record.title},
              {"requirement", record.requirement},
              {"level", record.level},
              {"role", record.role},
              {"provider", record.provider},
              {"model", record.model},
              {"protocol", record.protocol},
              {"features", record.features},
              {"seen_in", record.seen_in},
              {"axes", record.axes},
              {"checks", to_array(record.checks)},
              {"met", to_array(record.met)},
              {"journal", journal_json(record.journal)},
              {"output",
               {{"stdout", record.output.out},
                {"stderr", record.output.err},
                {"exit", record.output.exit ? Json(*record.output.exit) : Json()}}},
              {"seed", record.seed},
              {"started_us", record.started_us},
              {"duration_us", record.duration_us},
              {"timings", record.timings},
              {"attempts", to_array(record.attempts)},
              {"known", record.known ? to_json(*record.known) : Json()},
              {"time", record.time ? to_json(*record.time) : Json()},
              {"command", record.command}};
  if (!record.output.screen.empty()) out["output"]["screen"] = record.output.screen;
  if (!record.topic.empty()) out["topic"] = record.topic;
  if (!record.capabilities.empty()) out["capabilities"] = record.capabilities;
  return line(std::move(out), redactor);
}

std::string footer_line(const RunFooter& footer) {
  return line({{"type", "footer"},
               {"counts", footer.counts},
               {"duration_us", footer.duration_us},
               {"exit", footer.exit},
               {"complete", footer.complete}},
              {});
}

std::string record_text(const RunRecord& record) {
  std::string out = header_line(record.header) + "\n";
  for (const CaseRecord& c : record.cases) out += case_line(c) + "\n";
  if (record.footer) out += footer_line(*record.footer) + "\n";
  return out;
}

struct RecordWriter::State {
  std::mutex mutex;
  std::string path;
  int fd = -1;
  Redactor redactor;
  std::uint64_t planned = 0;
  std::uint64_t written = 0;
  std::map<std::string, std::uint64_t> counts;

  Result<void> put(std::string text) {
    if (fd < 0) return fail("the record is finished", path);
    text += '\n';
    std::string_view rest = text;
    while (!rest.empty()) {
      const ssize_t n = write(fd, rest.data(), rest.size());
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) return fail(std::string("cannot write: ") + std::strerror(errno), path);
      rest.remove_prefix(static_cast<std::size_t>(n));
    }
    return {};
  }
  void shut() {
    if (fd >= 0) close(fd);
    fd = -1;
  }
};

RecordWriter::RecordWriter(std::unique_ptr<State> state) : state_(std::move(state)) {}

RecordWriter::~RecordWriter() {
  state_->shut();
}

Result<std::unique_ptr<RecordWriter>> RecordWriter::open(const std::string& path, const RunHeader& header,
                                                         Redactor redactor) {
  auto state = std::make_unique<State>();
  state->path = path;
  state->redactor = std::move(redactor);
  state->planned = header.planned;
  // Not O_TRUNC: another run may be at work in the same folder.
  state->fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
  if (state->fd < 0) return fail(std::string("cannot create: ") + std::strerror(errno), path);
  if (::flock(state->fd, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK)
    return fail("another run is writing this record; give one of them another --out", path);
  struct stat info {};
  if (::fstat(state->fd, &info) == 0 && S_ISREG(info.st_mode) && ::ftruncate(state->fd, 0) != 0)
    return fail(std::string("cannot empty: ") + std::strerror(errno), path);
  std::unique_ptr<RecordWriter> writer(new RecordWriter(std::move(state)));
  if (auto done = writer->state_->put(header_line(header, writer->state_->redactor)); !done)
    return tl::unexpected(done.error());
  return writer;
}

Result<void> RecordWriter::append(const CaseRecord& record) {
  std::string text = case_line(record, state_->redactor);
  const std::lock_guard lock(state_->mutex);
  auto done = state_->put(std::move(text));
  if (!done) return done;
  ++state_->written;
  ++state_->counts[std::string(to_string(record.verdict))];
  return {};
}

Result<void> RecordWriter::finish(int exit, std::int64_t duration_us, bool complete) {
  const std::lock_guard lock(state_->mutex);
  RunFooter footer{state_->counts, duration_us, exit, complete && state_->written >= state_->planned};
  auto done = state_->put(footer_line(footer));
  state_->shut();
  return done;
}

}  // namespace assay
