#include "harness/base/journal_stream.h"

#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <iterator>
#include <utility>

#include "harness/base/visible.h"

namespace assay {
namespace {

constexpr std::size_t kBodyShown = 2000;

const char* paint_of(const JournalEntry& entry) {
  switch (entry.kind) {
    case JournalKind::fault:
    case JournalKind::unclaimed:
    case JournalKind::bad_request:
    case JournalKind::timeout:
      return "\033[31m";
    case JournalKind::response:
      return entry.status >= 400 ? "\033[33m" : "\033[32m";
    case JournalKind::request:
      return "\033[1m";
    default:
      return "\033[2m";
  }
}

bool shown_by_default(JournalKind kind) {
  return kind == JournalKind::request || kind == JournalKind::response || kind == JournalKind::fault ||
         kind == JournalKind::unclaimed || kind == JournalKind::bad_request || kind == JournalKind::timeout ||
         kind == JournalKind::note || kind == JournalKind::peer_closed;
}

void append_padded(std::string& out, std::string_view text, std::size_t width) {
  out += text;
  if (text.size() < width) out.append(width - text.size(), ' ');
}

void append_number(std::string& out, std::int64_t value, std::size_t width, char fill) {
  std::array<char, 20> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
  const auto size = static_cast<std::size_t>(end - digits.data());
  if (size < width) out.append(width - size, fill);
  out.append(digits.data(), size);
}

// One line for one entry: time, who, what, how it was answered. A world may serve a hundred thousand of them
// in a second, so they are put together by hand.
void append_line(std::string& out, const JournalEntry& entry, bool color) {
  if (color) out += paint_of(entry);
  const std::int64_t milliseconds = (entry.at.count() + 500) / 1000;
  append_number(out, milliseconds / 1000, 6, ' ');
  out += '.';
  append_number(out, milliseconds % 1000, 3, '0');
  out += " s  ";
  append_padded(out, entry.actor, 13);
  out += ' ';
  append_padded(out, to_string(entry.kind), 11);
  out += ' ';
  out += visible(entry.text);
  if (entry.status != 0) {
    if (!entry.text.empty()) out += ' ';
    append_number(out, entry.status, 0, ' ');
  }
  if (!entry.detail.is_null())
    out += " " + visible(entry.detail.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
  out += color ? "\033[0m\n" : "\n";
}

void append_request(std::string& out, const Request& request) {
  for (const Header& header : request.headers)
    fmt::format_to(std::back_inserter(out), "              | {}: {}\n", visible(header.name),
                   visible(header.value));
  if (!request.body.empty())
    fmt::format_to(std::back_inserter(out), "              | {}\n",
                   visible(std::string_view(request.body).substr(0, kBodyShown)));
}

}  // namespace

JournalStream::JournalStream(JournalStreamOptions options)
    : options_(options), writer_([this] { write_lines(); }) {}

JournalStream::~JournalStream() {
  {
    const std::lock_guard lock(mutex_);
    over_ = true;
  }
  changed_.notify_all();
  writer_.join();
}

template <typename Append>
void JournalStream::add(const Append& append) {
  std::unique_lock lock(mutex_);
  if (waiting_.size() >= kWaiting) {
    changed_.notify_all();
    changed_.wait(lock, [&] { return waiting_.size() < kWaiting || over_; });
  }
  append(waiting_);
  const bool wake = std::exchange(idle_, false);
  lock.unlock();
  if (wake) changed_.notify_all();
}

void JournalStream::show(const JournalEntry& entry) {
  if (!options_.everything && !shown_by_default(entry.kind)) return;
  add([&](std::string& out) {
    append_line(out, entry, options_.color);
    if (options_.everything && entry.request) append_request(out, *entry.request);
  });
}

void JournalStream::write(std::string_view lines) {
  add([&](std::string& out) { out += lines; });
}

void JournalStream::write_lines() {
  std::string lines;
  std::unique_lock lock(mutex_);
  while (true) {
    idle_ = waiting_.empty();
    changed_.wait(lock, [&] { return !waiting_.empty() || over_; });
    if (waiting_.empty()) return;
    lines.clear();
    lines.swap(waiting_);
    lock.unlock();
    changed_.notify_all();  // whoever waited for room
    for (std::size_t at = 0; at < lines.size();) {
      const ssize_t put = ::write(options_.descriptor, lines.data() + at, lines.size() - at);
      if (put < 0 && errno == EINTR) continue;
      if (put <= 0) break;  // nobody looks any more
      at += static_cast<std::size_t>(put);
    }
    lock.lock();
    // The first line is shown at once; of many, those of a while together.
    changed_.wait_for(lock, kTogether, [&] { return waiting_.size() >= kWaiting / 2 || over_; });
  }
}

}  // namespace assay
