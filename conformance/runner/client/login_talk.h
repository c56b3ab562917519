// LoginTalk: the person at a program that signs in. It looks at the screen, does the steps of the client file
// one after the other, hands pages to the browser and brings back what the browser ended at.
//
// Thread-safety: saw(), opened(), visited() and answered() from any thread; talk() once, on a thread of its
// own; the rest after talk() has returned. Lifetimes: `tell` is called on any of these threads until talk()
// has returned and nobody calls saw() or opened() any more.
#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "conformance/runner/client/login_recipe.h"
#include "harness/base/pattern.h"
#include "harness/process/child.h"
#include "harness/process/screen.h"

namespace assay::conformance {

class LoginTalk {
 public:
  // The events that the program gives rise to, as of the adapter protocol: open_url with `url` (and
  // `user_code` once it is known), user_code, prompt "paste", and `screen` with its text before each step.
  using Tell = std::function<void(const nlohmann::json& event)>;

  // `answers`: a paste is what the case answers to the prompt; else what the browser ended at.
  LoginTalk(LoginRecipe login, bool answers, Tell tell);

  void saw(const process::OutputChunk& chunk);     // the program printed it
  void opened(const std::string& url);             // the program ran a browser
  void visited(const nlohmann::json& page);        // the browser is done with a page of this login
  void answered(std::optional<std::string> text);  // the case answers the prompt; nullopt = it is closed

  // Does the steps, then waits until the program has ended or the last step closes its window. Returns early
  // when a step cannot be done: then the program is stopped, and failure() says why.
  void talk(process::Child& child);

  // "the login waited 30s for \"Paste code\" on the screen; it shows: ..."; empty = every step was done.
  const std::string& failure() const { return failure_; }
  bool closed() const { return closed_; }  // by the last step, and not by the program
  std::string screen() const;              // at the end, condensed
  // What it waits for and what the screen shows, for a login that is given up; from any thread.
  std::string waiting() const;
  const std::string& user_code() const { return user_code_; }  // that the screen showed; empty = none

 private:
  enum class Seen { there, ended, late };

  bool perform(const LoginStep& step, const LoginStep* next, process::Child& child);
  // `there` is asked under the lock.
  Seen wait_for(const std::function<bool()>& there, Micros within, process::Child& child);
  bool waits_for_what_is_there(const LoginStep& step);
  std::optional<std::string> on_screen(const std::string& pattern);  // under the lock
  std::optional<std::string> read_off(const std::string& pattern, const LoginStep& step,
                                      const std::string& what, process::Child& child);
  void awaits(const std::string& what);
  void miss(Seen seen, const LoginStep& step, const std::string& what);
  void take_code(const std::string& code);
  std::optional<std::string> pasted(const LoginStep& step, process::Child& child);
  bool type(const std::string& bytes, process::Child& child);
  void press(const std::vector<std::string>& keys, process::Child& child);
  void await_reaction(std::uint64_t before, process::Child& child);
  std::optional<std::string> page_in(const std::string& bytes);  // under the lock
  void open(const std::string& url);

  const LoginRecipe login_;
  const bool answers_;
  const Tell tell_;
  const std::optional<Pattern> page_;  // LoginRecipe::url

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  process::Screen screen_;
  std::string to_type_;      // what the terminal answers
  std::uint64_t drawn_ = 0;  // how often something was printed
  std::string shown_;        // text of the screen, when it was drawn_ so often
  std::uint64_t shown_at_ = 0;
  std::string rest_;               // of what was printed: a line without an end
  std::vector<std::string> held_;  // pages that wait for the device code
  bool code_awaited_ = false;
  std::set<std::string> opened_;
  std::optional<nlohmann::json> page_seen_;
  std::optional<std::optional<std::string>> answer_;
  std::string user_code_, failure_;
  std::string awaited_;  // that the step under way waits for
  bool closed_ = false;
};

// What a person copies of the page where the browser ended: its URL, its code, or "CODE#STATE" as some pages
// show it. A text that is no such URL is typed as it is.
std::string paste_of(const std::string& redirect, const std::string& form);

}  // namespace assay::conformance
