#include "harness/recorder/recording_file.h"

#include <fcntl.h>
#include <fmt/chrono.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <filesystem>

#include "harness/base/atomic_file.h"

namespace assay {
namespace {

UniqueFd open_unnamed() {
  std::error_code ignored;
  const std::string folder = std::filesystem::temp_directory_path(ignored).string();
  return UniqueFd(::open(folder.empty() ? "/tmp" : folder.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
}

}  // namespace

Result<std::unique_ptr<RecordingFile>> RecordingFile::create(const std::string& path,
                                                             const std::string& title,
                                                             const std::string& source,
                                                             const RedactionRules& rules) {
  std::unique_ptr<RecordingFile> file(new RecordingFile(rules));
  file->path_ = path;
  Fixture& head = file->head_;
  head.title = redact_text(title, rules);
  head.provenance.origin = Origin::recorded;
  head.provenance.source = redact_text(source, rules);
  head.provenance.recorded_at = fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(std::time(nullptr)));
  std::error_code ignored;
  file->streamed_ =
      !std::filesystem::exists(path, ignored) || std::filesystem::is_regular_file(path, ignored);
  file->fd_ = file->streamed_ ? UniqueFd(::open(path.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0666))
                              : open_unnamed();
  if (!file->fd_) return fail(std::string("cannot write: ") + std::strerror(errno), path);
  Fixture unfinished = head;
  unfinished.provenance.note = unfinished_note;
  const std::string text = format_head(unfinished);
  file->end_ = text.size();
  if (auto written = file->put(text + "]\n}\n", 0); !written) return tl::unexpected(written.error());
  return file;
}

Result<void> RecordingFile::put(std::string_view bytes, std::size_t offset) {
  while (!bytes.empty()) {
    const ssize_t n = ::pwrite(fd_.get(), bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return fail(std::string("cannot write: ") + std::strerror(errno), path_);
    bytes.remove_prefix(static_cast<std::size_t>(n));
    offset += static_cast<std::size_t>(n);
  }
  return {};
}

Result<std::vector<Suspicion>> RecordingFile::append(std::size_t place, RecordedExchange& exchange) {
  const std::size_t before = redactions_.size();
  std::vector<Suspicion> left = redactor_.redact(exchange, entries_.size(), redactions_);
  Fixture alone = head_;
  alone.exchanges.push_back(exchange);
  if (const auto sound = check(alone); !sound && left.empty()) {
    Suspicion unsound;
    unsound.place = "the exchange";
    unsound.problem = sound.error().message;
    left.push_back(std::move(unsound));
  }
  if (!left.empty()) {
    redactions_.resize(before);
    return left;
  }
  const std::string separator = entries_.empty() ? "\n  " : ",\n  ";
  const std::string text = format_exchange(exchange);
  if (auto written = put(separator + text + std::string(fixture_tail), end_); !written) {
    redactions_.resize(before);
    return tl::unexpected(written.error());
  }
  entries_.push_back({place, end_ + separator.size(), text.size(), redactor_.known(), false});
  end_ += separator.size() + text.size();
  return left;
}

void RecordingFile::add_lost(std::size_t place, const std::string& phrase) {
  lost_[place].push_back(phrase);
}

Result<std::string> RecordingFile::text_of(const Entry& entry) const {
  std::string text(entry.size, '\0');
  for (std::size_t done = 0; done < text.size();) {
    const ssize_t n =
        ::pread(fd_.get(), text.data() + done, text.size() - done, static_cast<off_t>(entry.offset + done));
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return fail("cannot read what was recorded", path_);
    done += static_cast<std::size_t>(n);
  }
  return text;
}

Result<RecordedExchange> RecordingFile::read(const Entry& entry) const {
  const Result<std::string> text = text_of(entry);
  if (!text) return tl::unexpected(text.error());
  Result<Fixture> one = parse_fixture(format_head(head_) + "\n  " + *text + std::string(fixture_tail), path_);
  if (!one) return tl::unexpected(one.error());
  return std::move(one->exchanges.front());
}

bool RecordingFile::is_stale(const Entry& entry) const {
  return entry.known < redactor_.known() || lost_.contains(entry.place);
}

// What look_again() has judged, once more: so that no exchange but the one at hand is in memory.
Result<std::string> RecordingFile::final_text(const Entry& entry) {
  if (!is_stale(entry)) return text_of(entry);
  Result<RecordedExchange> exchange = read(entry);
  if (!exchange) return tl::unexpected(exchange.error());
  if (const auto lost = lost_.find(entry.place); lost != lost_.end())
    exchange->lost.insert(exchange->lost.end(), lost->second.begin(), lost->second.end());
  std::vector<Redaction> ignored;
  redactor_.redact(*exchange, 0, ignored);
  return format_exchange(*exchange);
}

Result<RecordingFile::Summary> RecordingFile::look_again() {
  Summary summary;
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    if (entries_[i].known == redactor_.known()) continue;
    Result<RecordedExchange> exchange = read(entries_[i]);
    if (!exchange) return tl::unexpected(exchange.error());
    const std::vector<Suspicion> left = redactor_.redact(*exchange, i, redactions_);
    if (left.empty()) continue;
    entries_[i].dropped = true;
    summary.left_out.push_back(left.front().text());
  }
  std::erase_if(redactions_, [this](const Redaction& one) { return entries_[one.exchange].dropped; });
  return summary;
}

Result<RecordingFile::Summary> RecordingFile::finish() {
  Result<Summary> summary = look_again();
  if (!summary) return summary;
  std::vector<std::size_t> order;
  for (std::size_t i = 0; i < entries_.size(); ++i)
    if (!entries_[i].dropped) order.push_back(i);
  if (order.empty()) {
    if (streamed_) ::unlink(path_.c_str());
    return fail("nothing was recorded");
  }
  std::sort(order.begin(), order.end(),
            [this](std::size_t a, std::size_t b) { return entries_[a].place < entries_[b].place; });
  std::vector<std::size_t> number(entries_.size());
  for (std::size_t i = 0; i < order.size(); ++i) number[order[i]] = i;
  head_.redactions = redactions_;
  for (Redaction& redaction : head_.redactions) {
    redaction.exchange = number[redaction.exchange];
    summary->secrets += redaction.count;
  }
  std::stable_sort(head_.redactions.begin(), head_.redactions.end(),
                   [](const Redaction& a, const Redaction& b) { return a.exchange < b.exchange; });
  Result<AtomicFile> file = AtomicFile::create(path_);
  if (!file) return tl::unexpected(file.error());
  Result<void> written = file->write(format_head(head_));
  head_.redactions.clear();
  for (std::size_t i = 0; i < order.size() && written; ++i) {
    const Result<std::string> text = final_text(entries_[order[i]]);
    if (!text) return tl::unexpected(text.error());
    written = file->write((i == 0 ? "\n  " : ",\n  ") + *text);
  }
  if (written) written = file->write(fixture_tail);
  if (written) written = file->commit();
  if (!written) return tl::unexpected(written.error());
  summary->exchanges = order.size();
  return summary;
}

}  // namespace assay
