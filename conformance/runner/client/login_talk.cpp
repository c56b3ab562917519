#include "conformance/runner/client/login_talk.h"

#include <fmt/format.h>

#include <algorithm>
#include <csignal>
#include <utility>

#include "harness/base/text.h"

namespace assay::conformance {
namespace {

using nlohmann::json;
using std::chrono::milliseconds;

// A program that has drawn a question may read keys a moment later only: no person is faster than this.
constexpr Micros kReaction = milliseconds(150);
// How long a key that a program does not react to is waited for before the next one is pressed.
constexpr Micros kEcho = milliseconds(500);
constexpr Micros kSlice = milliseconds(50);
constexpr Micros kWrite = std::chrono::seconds(5);
constexpr process::TerminalSize kPipes{100, 1000};  // of the page on which what comes from pipes is read

Micros patience_of(const LoginStep& step) {
  return step.within == Micros(0) ? kStepPatience : step.within;
}

// A value of the query or the fragment.
std::string value_in(const std::string& url, const std::string& name) {
  for (const char* from : {"?", "#"}) {
    const auto at = url.find(from);
    if (at == std::string::npos) continue;
    const std::string part = url.substr(at + 1, *from == '?' ? url.find('#') - at - 1 : std::string::npos);
    for (const std::string_view pair : split(part, '&')) {
      if (pair.starts_with(name + "=")) return form_decode(pair.substr(name.size() + 1));
    }
  }
  return {};
}

// Of a match the part behind the last blank or colon: "code: A1B2" → "A1B2".
std::string last_word(const std::string& text) {
  const auto at = text.find_last_of(" \t:\n");
  return at == std::string::npos ? text : text.substr(at + 1);
}

}  // namespace

std::string paste_of(const std::string& redirect, const std::string& form) {
  const std::string code = value_in(redirect, "code");
  if (form == "url" || code.empty()) return redirect;
  return form == "code" ? code : code + "#" + value_in(redirect, "state");
}

LoginTalk::LoginTalk(LoginRecipe login, bool answers, Tell tell)
    : login_(std::move(login)),
      answers_(answers),
      tell_(std::move(tell)),
      page_(login_.url.empty() ? std::nullopt : std::optional(Pattern::compile(login_.url).value())),
      screen_(login_.terminal.value_or(kPipes)) {
  code_awaited_ = std::any_of(login_.steps.begin(), login_.steps.end(),
                              [](const LoginStep& step) { return !step.code.empty(); });
}

void LoginTalk::saw(const process::OutputChunk& chunk) {
  std::optional<std::string> page;
  {
    const std::lock_guard lock(mutex_);
    if (login_.terminal) {
      screen_.feed(chunk.bytes);
      to_type_ += screen_.take_answers();
    } else {
      std::string bytes;
      for (const char c : chunk.bytes) bytes += c == '\n' ? "\r\n" : std::string(1, c);
      screen_.feed(bytes);
    }
    ++drawn_;
    if (page_ && opened_.empty()) page = page_in(chunk.bytes);
  }
  changed_.notify_all();
  if (page) opened(*page);
}

// Only whole lines, each once: the last one may still grow. One without an end is given up.
std::optional<std::string> LoginTalk::page_in(const std::string& bytes) {
  constexpr std::size_t kLongestLine = std::size_t{1} << 20U;
  rest_ += bytes;
  const std::string lines = rest_.substr(0, rest_.rfind('\n') + 1);
  rest_.erase(0, lines.size());
  if (rest_.size() > kLongestLine) rest_.clear();
  return page_->first_in(lines);
}

void LoginTalk::opened(const std::string& url) {
  {
    const std::lock_guard lock(mutex_);
    if (code_awaited_ && user_code_.empty()) return held_.push_back(url);
  }
  open(url);
}

void LoginTalk::open(const std::string& url) {
  json event = {{"kind", "open_url"}, {"url", url}};
  {
    const std::lock_guard lock(mutex_);
    if (!opened_.insert(url).second) return;
    if (!user_code_.empty()) event["user_code"] = user_code_;
  }
  tell_(event);
}

void LoginTalk::visited(const json& page) {
  {
    const std::lock_guard lock(mutex_);
    page_seen_ = page;
  }
  changed_.notify_all();
}

void LoginTalk::answered(std::optional<std::string> text) {
  {
    const std::lock_guard lock(mutex_);
    answer_ = std::move(text);
  }
  changed_.notify_all();
}

std::string LoginTalk::screen() const {
  const std::lock_guard lock(mutex_);
  return process::condensed(screen_.text());
}

std::optional<std::string> LoginTalk::on_screen(const std::string& pattern) {
  if (shown_at_ != drawn_) {
    shown_ = screen_.text();
    shown_at_ = drawn_;
  }
  return Pattern::compile(pattern).value().first_in(shown_);
}

// A match that is the same a moment later: what is still being printed grows.
std::optional<std::string> LoginTalk::read_off(const std::string& pattern, const LoginStep& step,
                                               const std::string& what, process::Child& child) {
  std::optional<std::string> found;
  awaits(what + " (" + pattern + ") on the screen");
  const Seen seen =
      wait_for([&] { return (found = on_screen(pattern)).has_value(); }, patience_of(step), child);
  if (seen != Seen::there) return miss(seen, step, what + " (" + pattern + ") on the screen"), std::nullopt;
  (void)wait_for([] { return false; }, kReaction, child);
  const std::lock_guard lock(mutex_);
  return on_screen(pattern).value_or(*found);
}

void LoginTalk::talk(process::Child& child) {
  // Nobody sits at a program that only prints its page.
  if (login_.steps.empty() && login_.account.empty()) child.close_stdin();
  for (std::size_t i = 0; i < login_.steps.size(); ++i) {
    const LoginStep* next = i + 1 < login_.steps.size() ? &login_.steps[i + 1] : nullptr;
    if (!perform(login_.steps[i], next, child)) return (void)child.signal(SIGHUP);
  }
  awaits("");
  // As when a terminal's window is closed.
  if (closed_) return (void)child.signal(SIGHUP);
  constexpr Micros kNoEnd = std::chrono::hours(24);  // whoever waits for the login ends it
  (void)wait_for([] { return false; }, kNoEnd, child);
}

std::string LoginTalk::waiting() const {
  std::string awaited;
  {
    const std::lock_guard lock(mutex_);
    awaited = awaited_;
  }
  const std::string shows = screen();
  return (awaited.empty() ? "every step was done" : "the login waited for " + awaited) +
         (shows.empty() ? "; the screen is empty" : "; the screen shows: " + shows);
}

void LoginTalk::awaits(const std::string& what) {
  const std::lock_guard lock(mutex_);
  awaited_ = what;
}

// The lock is not held while the program is written to: what it prints meanwhile must be taken.
LoginTalk::Seen LoginTalk::wait_for(const std::function<bool()>& there, Micros within,
                                    process::Child& child) {
  const auto until = std::chrono::steady_clock::now() + within;
  while (true) {
    std::string answers;
    {
      std::unique_lock lock(mutex_);
      if (there()) return Seen::there;
      if (to_type_.empty()) {
        const bool running = child.running();
        if (!running && there()) return Seen::there;
        if (!running) return Seen::ended;
        if (std::chrono::steady_clock::now() >= until) return Seen::late;
        changed_.wait_for(lock, kSlice);
      }
      answers = std::exchange(to_type_, {});
    }
    if (!answers.empty()) (void)child.write(answers, kWrite);
  }
}

void LoginTalk::miss(Seen seen, const LoginStep& step, const std::string& what) {
  failure_ = seen == Seen::ended
                 ? fmt::format("the program ended while the login waited for {}", what)
                 : fmt::format("the login waited {} for {}", format_duration(patience_of(step)), what);
  const std::string shows = screen();
  failure_ += shows.empty() ? "; the screen is empty" : "; the screen shows: " + shows;
}

bool LoginTalk::perform(const LoginStep& step, const LoginStep* next, process::Child& child) {
  if (!step.await.empty()) {
    bool over = false;
    awaits("\"" + step.await + "\" on the screen");
    const auto there = [&] {
      over = step.optional && next != nullptr && waits_for_what_is_there(*next);
      return over || on_screen(step.await).has_value();
    };
    const Seen seen = wait_for(there, patience_of(step), child);
    if (over || (step.optional && seen != Seen::there)) return true;
    if (seen != Seen::there) return miss(seen, step, "\"" + step.await + "\" on the screen"), false;
    (void)wait_for([] { return false; }, kReaction, child);
    tell_({{"kind", "screen"}, {"screen", screen()}});
  }
  if (!step.code.empty()) {
    const auto code = read_off(step.code, step, "a device code", child);
    if (!code) return false;
    take_code(last_word(*code));
  }
  if (!step.open.empty()) {
    const auto url = read_off(step.open, step, "a page", child);
    if (!url) return false;
    open(*url);
  }
  std::string text = step.send;
  if (!step.paste.empty()) {
    const auto paste = pasted(step, child);
    if (!paste) return false;
    text += *paste;
  }
  if (!text.empty() && !type(text, child))
    return miss(Seen::ended, step, "the program to read what is typed"), false;
  press(step.keys, child);
  closed_ = step.close;
  return true;
}

// Under the lock.
bool LoginTalk::waits_for_what_is_there(const LoginStep& step) {
  for (const std::string* pattern : {&step.await, &step.open, &step.code}) {
    if (!pattern->empty()) return on_screen(*pattern).has_value();
  }
  return false;
}

void LoginTalk::take_code(const std::string& code) {
  std::vector<std::string> held;
  {
    const std::lock_guard lock(mutex_);
    user_code_ = code;
    held.swap(held_);
  }
  tell_({{"kind", "user_code"}, {"user_code", code}});
  for (const std::string& url : held) open(url);
}

std::optional<std::string> LoginTalk::pasted(const LoginStep& step, process::Child& child) {
  tell_({{"kind", "prompt"}, {"prompt", "paste"}});
  awaits(answers_ ? "an answer of the case" : "the browser to end at a page");
  const auto there = [&] { return answers_ ? answer_.has_value() : page_seen_.has_value(); };
  if (const Seen seen = wait_for(there, patience_of(step), child); seen != Seen::there)
    return miss(seen, step, answers_ ? "an answer of the case" : "the browser to end at a page"),
           std::nullopt;
  const std::lock_guard lock(mutex_);
  if (answers_) return paste_of(answer_->value_or(""), step.paste);
  const json redirect = page_seen_->value("redirect", json());
  if (redirect.is_string()) return paste_of(redirect.get<std::string>(), step.paste);
  failure_ = fmt::format("the browser ended without a redirect to paste, at {} ({})",
                         page_seen_->value("url", ""), page_seen_->value("status", 0));
  return std::nullopt;
}

bool LoginTalk::type(const std::string& bytes, process::Child& child) {
  std::uint64_t before = 0;
  {
    const std::lock_guard lock(mutex_);
    before = drawn_;
  }
  if (!child.write(bytes, kWrite)) return false;
  await_reaction(before, child);
  return true;
}

void LoginTalk::press(const std::vector<std::string>& keys, process::Child& child) {
  for (const std::string& key : keys)
    (void)type(key_bytes(key, login_.terminal.has_value()).value_or(""), child);
}

// A terminal shows what is typed, or the program draws something: then the next key is pressed.
void LoginTalk::await_reaction(std::uint64_t before, process::Child& child) {
  if (!login_.terminal) return;
  (void)wait_for([&] { return drawn_ != before; }, kEcho, child);
}

}  // namespace assay::conformance
