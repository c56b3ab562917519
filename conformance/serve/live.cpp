#include "conformance/serve/live.h"

#include <fmt/format.h>

#include <chrono>
#include <ctime>

#include "harness/base/text.h"
#include "harness/base/visible.h"
#include "harness/wire/show.h"

namespace assay::serve {
namespace {

constexpr const char* kRed = "\033[31m";
constexpr const char* kGreen = "\033[32m";
constexpr const char* kYellow = "\033[33m";
constexpr const char* kDim = "\033[2m";
constexpr const char* kPlain = "\033[0m";

// The worlds have clocks of their own; a person has the one on the wall.
std::string now() {
  const auto time = std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
  const std::time_t seconds = std::chrono::system_clock::to_time_t(time);
  std::tm local{};
  localtime_r(&seconds, &local);
  return fmt::format("{:02}:{:02}:{:02}.{:03}", local.tm_hour, local.tm_min, local.tm_sec,
                     time.time_since_epoch().count() % 1000);
}

std::string indented_lines(std::string_view text) {
  std::string out;
  for (const std::string_view line : split(text, '\n')) {
    if (!line.empty()) out += fmt::format("           | {}\n", line);
  }
  return out;
}

std::string where(const std::string& world, const std::string& actor) {
  return world.empty() ? actor : world + ":" + actor;
}

}  // namespace

LiveView::LiveView(Style style, std::function<void(std::string_view)> write)
    : style_(style), write_(std::move(write)) {}

// What a peer sent must not steer the terminal. Keys are hidden: some clients send theirs in the query.
std::string LiveView::shown(std::string_view text) const {
  return visible(redact_(text));
}

void LiveView::line(const char* paint, const std::string& text) const {
  write_(style_.color ? fmt::format("{}{}{}\n", paint, text, kPlain) : text + "\n");
}

void LiveView::entry(const std::string& world, const JournalEntry& e) {
  const std::lock_guard lock(mutex_);
  if (style_.verbose) {
    line(kDim, fmt::format("{}  {:<14} {:<11} {}{}", now(), where(world, e.actor), to_string(e.kind),
                           shown(e.text), e.detail.is_null() ? "" : " " + shown(e.detail.dump())));
    if (e.kind == JournalKind::request && e.request) {
      std::string bytes;
      for (const Header& h : e.request->headers) bytes += shown(h.name + ": " + h.value) + "\n";
      if (!e.request->body.empty()) bytes += "\"" + wire::escape_bytes(e.request->body) + "\"";
      write_(indented_lines(bytes));
    }
  }
  const Key key{world, e.exchange};
  const auto found = open_.find(key);
  switch (e.kind) {
    case JournalKind::request:
      open_[key] = {e, 0, {}, false, false};
      return;
    case JournalKind::unclaimed:
      if (found != open_.end()) found->second.unclaimed = true;
      return;
    case JournalKind::fault:
      if (found != open_.end())
        found->second.faults +=
            fmt::format("  {}{}", shown(e.text), e.detail.is_null() ? "" : " " + shown(e.detail.dump()));
      return;
    case JournalKind::response:
      if (found != open_.end()) found->second.status = e.status;
      return;
    case JournalKind::hold:
      if (found != open_.end() && !style_.verbose)
        line(kYellow, fmt::format("{}  {:<14} {}  waits for the release of {}", now(), where(world, e.actor),
                                  shown(found->second.request.text), shown(e.text)));
      return;
    case JournalKind::bad_request:
    case JournalKind::timeout:
      if (!style_.verbose)
        line(kRed, fmt::format("{}  {:<14} {}: {}", now(), where(world, e.actor), to_string(e.kind),
                               shown(e.text)));
      break;
    case JournalKind::done:
    case JournalKind::closed:
    case JournalKind::peer_closed:
      break;
    case JournalKind::note:
    case JournalKind::action:
      if (e.actor == "world" && !style_.verbose)
        line(kDim, fmt::format("{}  {:<14} {}{}", now(), where(world, e.actor), shown(e.text),
                               e.detail.is_null() ? "" : " " + shown(e.detail.dump())));
      return;
    default:
      return;
  }
  if (found == open_.end()) return;
  close(world, found->second, e);
  open_.erase(found);
}

// The one line of a request.
void LiveView::close(const std::string& world, const Open& open, const JournalEntry& last) {
  const double ms = static_cast<double>((last.at - open.request.at).count()) / 1000;
  std::string text = fmt::format("{}  {:<14} {}  {}  {} B  {:.1f} ms", now(),
                                 where(world, open.request.actor), shown(open.request.text),
                                 open.status == 0 ? "-" : std::to_string(open.status), last.bytes, ms);
  if (open.unclaimed) text += "  no fake knows this route";
  text += open.faults;
  if (last.kind != JournalKind::done)
    text += fmt::format("  {}{}", to_string(last.kind), last.text.empty() ? "" : ": " + shown(last.text));
  const bool broken = open.unclaimed || !open.faults.empty() || last.kind != JournalKind::done;
  line(broken ? kRed : open.status >= 400 ? kYellow : kGreen, text);
}

void LiveView::answer(const std::string& world, std::uint64_t exchange, const wire::Script& script) {
  if (!style_.verbose) return;
  const std::lock_guard lock(mutex_);
  line(kDim, fmt::format("           {:<14} answers exchange {} with", where(world, "world"), exchange));
  write_(indented_lines(wire::show(script)));
}

}  // namespace assay::serve
