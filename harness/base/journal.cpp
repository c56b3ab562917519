#include "harness/base/journal.h"

#include <fmt/format.h>

#include <algorithm>

#include "harness/base/text.h"

namespace assay {
namespace {

// JSON strings must be UTF-8; anything else is wrapped so that no byte is lost.
nlohmann::json text_or_base64(std::string_view bytes) {
  if (is_utf8(bytes)) return bytes;
  return {{"base64", base64(bytes)}};
}

// Cuts at a code point border, so that a cut body of text stays text.
std::string_view cut_text(std::string_view bytes, std::size_t limit) {
  if (bytes.size() <= limit) return bytes;
  std::size_t end = limit;
  while (end > 0 && limit - end < 4 && (static_cast<unsigned char>(bytes[end]) & 0xC0U) == 0x80U) --end;
  return bytes.substr(0, end);
}

// What the requests of a journal with a capacity may take up in all. Under it every request is kept whole.
constexpr std::uint64_t kRequestBytes = std::uint64_t{64} << 20U;
constexpr std::uint64_t kSmallHead = 4096;

// An entry as it is kept, with the bytes of all requests up to it and with it: what is to be let go next is
// found without a look at the others.
struct Kept : JournalEntry {
  std::uint64_t until = 0;
};

// What a request takes up. A head of ordinary size does not count: the number of entries bounds those.
std::uint64_t weight_of(const JournalEntry& entry) {
  if (!entry.request) return 0;
  std::uint64_t head = entry.request->target.size();
  for (const Header& h : entry.request->headers) head += h.name.size() + h.value.size();
  return entry.request->body.size() + (head > kSmallHead ? head : 0);
}

// The entry without the body of its request, and without a head that is large; its detail says so.
std::shared_ptr<const JournalEntry> lightened(const Kept& entry) {
  auto light = std::make_shared<Kept>(entry);
  auto request = std::make_shared<Request>();
  request->method = entry.request->method;
  request->version = entry.request->version;
  if (weight_of(entry) == entry.request->body.size()) {
    request->target = entry.request->target;
    request->headers = entry.request->headers;
  }
  light->request = std::move(request);
  if (light->detail.is_null()) light->detail = nlohmann::json::object();
  if (light->detail.is_object()) light->detail["let_go_bytes"] = weight_of(entry);
  return light;
}

// Lets the oldest go, now that the last entry brought the sum from `before` to more than there may be.
void let_go(std::deque<std::shared_ptr<const JournalEntry>>& entries, std::uint64_t before) {
  const auto kept = [](const auto& entry) -> const Kept& { return static_cast<const Kept&>(*entry); };
  const auto sum_to = [&](std::uint64_t sum) { return sum > kRequestBytes ? sum - kRequestBytes : 0; };
  const auto first_after = [&](std::uint64_t gone) {
    return std::partition_point(entries.begin(), entries.end(),
                                [&](const auto& e) { return kept(e).until - weight_of(*e) < gone; });
  };
  const auto end = first_after(sum_to(kept(entries.back()).until));
  for (auto entry = first_after(sum_to(before)); entry < end; ++entry)
    if (weight_of(**entry) > 0) *entry = lightened(kept(*entry));
}

}  // namespace

std::string_view to_string(JournalKind kind) {
  switch (kind) {
    case JournalKind::connect:
      return "connect";
    case JournalKind::request:
      return "request";
    case JournalKind::bad_request:
      return "bad-request";
    case JournalKind::response:
      return "response";
    case JournalKind::done:
      return "done";
    case JournalKind::peer_closed:
      return "peer-closed";
    case JournalKind::closed:
      return "closed";
    case JournalKind::timeout:
      return "timeout";
    case JournalKind::fault:
      return "fault";
    case JournalKind::unconfirmed_cut:
      return "unconfirmed-cut";
    case JournalKind::hold:
      return "hold";
    case JournalKind::release:
      return "release";
    case JournalKind::unclaimed:
      return "unclaimed";
    case JournalKind::lookup:
      return "lookup";
    case JournalKind::action:
      return "action";
    case JournalKind::note:
      return "note";
  }
  return "note";
}

Journal::Journal(const Clock& clock, std::size_t capacity) : clock_(clock), capacity_(capacity) {}

std::uint64_t Journal::append(JournalEntry entry) {
  if (entry.at == Micros(0)) entry.at = clock_.now();
  auto shared = std::make_shared<Kept>();
  static_cast<JournalEntry&>(*shared) = std::move(entry);
  const std::uint64_t weight = capacity_ == 0 ? 0 : weight_of(*shared);
  bool wake = false;
  {
    const std::lock_guard lock(mutex_);
    shared->seq = next_++;
    const std::uint64_t before = entries_.empty() ? 0 : static_cast<const Kept&>(*entries_.back()).until;
    shared->until = before + weight;
    entries_.push_back(shared);
    if (capacity_ != 0 && entries_.size() > capacity_) entries_.pop_front();
    if (shared->until > kRequestBytes) let_go(entries_, before);
    wake = waiters_ > 0;
  }
  if (wake) changed_.notify_all();
  if (listener_) listener_(*shared);
  return shared->seq;
}

std::uint64_t Journal::note(std::string actor, JournalKind kind, std::string text, nlohmann::json detail) {
  JournalEntry entry;
  entry.actor = std::move(actor);
  entry.kind = kind;
  entry.text = std::move(text);
  entry.detail = std::move(detail);
  return append(std::move(entry));
}

std::vector<std::shared_ptr<const JournalEntry>> Journal::entries(std::uint64_t after) const {
  const std::lock_guard lock(mutex_);
  const std::uint64_t first = next_ - entries_.size();  // seq of the oldest that is kept
  const std::uint64_t skip = after + 1 > first ? after + 1 - first : 0;
  if (skip >= entries_.size()) return {};
  return {entries_.begin() + static_cast<std::ptrdiff_t>(skip), entries_.end()};
}

std::uint64_t Journal::size() const {
  const std::lock_guard lock(mutex_);
  return next_ - 1;
}

std::uint64_t Journal::dropped() const {
  const std::lock_guard lock(mutex_);
  return next_ - 1 - entries_.size();
}

Result<std::shared_ptr<const JournalEntry>> Journal::wait(const Predicate& matches, Micros deadline,
                                                          std::string_view awaited,
                                                          std::uint64_t after) const {
  const auto until = std::chrono::steady_clock::now() + clock_.machine_time(deadline);
  std::unique_lock lock(mutex_);
  std::uint64_t seen = after;
  while (true) {
    const std::uint64_t first = next_ - entries_.size();
    for (std::uint64_t seq = std::max(seen + 1, first); seq < next_; ++seq) {
      const auto& entry = entries_[seq - first];
      if (matches(*entry)) return entry;
    }
    seen = next_ - 1;
    ++waiters_;
    const auto status = changed_.wait_until(lock, until);
    --waiters_;
    if (status == std::cv_status::timeout && seen == next_ - 1) {
      return fail(fmt::format("timed out after {} waiting for {}", format_duration(deadline), awaited));
    }
  }
}

void Journal::set_listener(std::function<void(const JournalEntry&)> listener) {
  listener_ = std::move(listener);
}

nlohmann::json to_json(const JournalEntry& entry, std::size_t body_limit) {
  nlohmann::json out = {{"seq", entry.seq},
                        {"t_us", entry.at.count()},
                        {"actor", entry.actor},
                        {"kind", to_string(entry.kind)},
                        {"text", text_or_base64(entry.text)}};
  if (entry.connection != 0) out["connection"] = entry.connection;
  if (entry.exchange != 0) out["exchange"] = entry.exchange;
  if (entry.status != 0) out["status"] = entry.status;
  if (entry.bytes != 0) out["bytes"] = entry.bytes;
  if (!entry.detail.is_null()) out["detail"] = entry.detail;
  if (entry.request) {
    const Request& request = *entry.request;
    nlohmann::json headers = nlohmann::json::array();
    for (const Header& h : request.headers)
      headers.push_back({text_or_base64(h.name), text_or_base64(h.value)});
    nlohmann::json r = {{"method", text_or_base64(request.method)},
                        {"target", text_or_base64(request.target)},
                        {"headers", std::move(headers)},
                        {"body", text_or_base64(cut_text(request.body, body_limit))}};
    if (request.body.size() > body_limit) r["body_bytes"] = request.body.size();
    out["request"] = std::move(r);
  }
  return out;
}

}  // namespace assay
