#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <condition_variable>
#include <csignal>
#include <cstdio>
#include <list>
#include <map>
#include <mutex>
#include <thread>

#include "conformance/reference/client.h"
#include "harness/base/untrusted_json.h"

namespace assay::reference {

using nlohmann::json;

namespace {

// Lines from a descriptor, each at most max_line_bytes.
class Lines {
 public:
  explicit Lines(int fd) : fd_(fd) {}
  // nullopt at the end of input, or when a line is too long.
  std::optional<std::string> next() {
    std::size_t searched = 0;
    while (true) {
      if (const std::size_t end = buffer_.find('\n', searched); end != std::string::npos) {
        std::string line = buffer_.substr(0, end);
        buffer_.erase(0, end + 1);
        return line;
      }
      searched = buffer_.size();
      if (buffer_.size() > adapter::max_line_bytes) return {};
      char bytes[65536];
      const ssize_t count = ::read(fd_, bytes, sizeof bytes);
      if (count < 0 && errno == EINTR) continue;
      if (count <= 0) return {};
      buffer_.append(bytes, static_cast<std::size_t>(count));
    }
  }

 private:
  int fd_;
  std::string buffer_;
};

class Adapter {
 public:
  Adapter(const Parts& parts, int output) : parts_(parts), output_(output) {}

  void write(const json& line) {
    const std::string text = line.dump(-1, ' ', false, json::error_handler_t::replace) + '\n';
    const std::lock_guard lock(output_mutex_);
    std::string_view rest = text;
    while (!rest.empty()) {
      const ssize_t count = ::write(output_, rest.data(), rest.size());
      if (count < 0 && errno == EINTR) continue;
      if (count <= 0) return;
      rest.remove_prefix(static_cast<std::size_t>(count));
    }
  }

  // False after `shutdown`.
  bool handle(const std::string& text) {
    json request = parse_untrusted(text);
    const auto seq_of = [&]() -> json {
      const auto seq = request.is_object() ? request.find("seq") : request.end();
      return seq != request.end() && seq->is_number_unsigned() ? *seq : json(0);
    };
    if (!request.is_object() || seq_of() == 0) {
      answer(seq_of(),
             {{"errored", {{"message", "expected an object with \"seq\" and \"op\" on each line"}}}});
      return true;
    }
    const std::string op =
        request.contains("op") && request["op"].is_string() ? request["op"].get<std::string>() : "";
    if (op == adapter::op::cancel) {
      answer(seq_of(), {{"result", {{"ok", true}, {"cancelled", cancel(request.value("target", json()))}}}});
    } else if (op == adapter::op::answer) {
      answer(seq_of(), {{"result", {{"ok", true}, {"accepted", put_answer(request)}}}});
    } else if (op == adapter::op::shutdown) {
      end_all();
      answer(seq_of(), {{"result", {{"ok", true}}}});
      return false;
    } else {
      start(std::move(request), op);
    }
    return true;
  }

  void end_all() {
    std::unique_lock lock(mutex_);
    for (auto& [seq, one] : open_) one.cancel.cancel();
    ended_.wait(lock, [this] { return open_.empty(); });
    reap(lock);
  }

 private:
  struct Open {
    std::string op;
    Cancel cancel;
    Answers answers;
    std::thread thread;
  };

  void answer(const json& seq, json body) {
    body["seq"] = seq;
    body["t_us"] =
        std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - start_)
            .count();
    write(body);
  }

  bool cancel(const json& target) {
    const std::lock_guard lock(mutex_);
    const auto found = target.is_number_unsigned() ? open_.find(target.get<std::uint64_t>()) : open_.end();
    if (found == open_.end()) return false;
    found->second.cancel.cancel();
    return true;
  }

  bool put_answer(const json& request) {
    std::optional<std::string> text;
    if (request.contains("text") && request["text"].is_string()) text = request["text"].get<std::string>();
    const std::lock_guard lock(mutex_);
    for (auto& [seq, one] : open_)
      if (one.op == adapter::op::login && (!request.contains("target") || request["target"] == seq)) {
        one.answers.put(std::move(text));
        return true;
      }
    early_answers_.push_back(std::move(text));
    return false;
  }

  void start(json request, const std::string& op) {
    std::unique_lock lock(mutex_);
    reap(lock);
    const auto seq = request["seq"].get<std::uint64_t>();
    if (open_.contains(seq)) {
      lock.unlock();
      return answer(seq, {{"errored", {{"message", "this seq is open already"}}}});
    }
    std::vector<std::uint64_t>
        older;  // a new sign-in ends one that still waits (oauth-login.background-auth-holds-port)
    if (op == adapter::op::login)
      for (auto& [other, one] : open_)
        if (one.op == op) {
          one.cancel.cancel();
          older.push_back(other);
        }
    Open& one = open_[seq];
    one.op = op;
    if (op == adapter::op::login) {
      for (auto& text : early_answers_) one.answers.put(std::move(text));
      early_answers_.clear();
    }
    one.thread = std::thread([this, seq, &one, older = std::move(older), fields = std::move(request)] {
      {
        std::unique_lock waiting(mutex_);
        ended_.wait(waiting, [&] {
          for (const auto other : older)
            if (open_.contains(other)) return false;
          return true;
        });
      }
      const Operation call{fields,
                           [this, seq](json event) {
                             answer(seq, {{"event", std::move(event)}});
                           },
                           one.cancel, &one.answers};
      answer(seq, run_operation(parts_, call));
      const std::lock_guard ending(mutex_);
      finished_.push_back(std::move(one.thread));
      open_.erase(seq);
      ended_.notify_all();
    });
  }

  // Joins the threads that have ended.
  void reap(std::unique_lock<std::mutex>& lock) {
    std::vector<std::thread> threads;
    threads.swap(finished_);
    lock.unlock();
    for (std::thread& thread : threads) thread.join();
    lock.lock();
  }

  const Parts& parts_;
  const int output_;
  const SteadyTime start_ = std::chrono::steady_clock::now();
  std::mutex output_mutex_;
  std::mutex mutex_;
  std::condition_variable ended_;
  std::map<std::uint64_t, Open> open_;
  std::vector<std::thread> finished_;
  std::vector<std::optional<std::string>> early_answers_;
};

}  // namespace

int run_adapter(const Parts& parts, std::string_view client, int input, int output) {
  // A peer that goes away, and a file that may not grow, are errors of one call, not the end of the process.
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);
  Adapter adapter(parts, output);
  adapter.write(hello(client));
  Lines lines(input);
  while (const auto line = lines.next())
    if (!line->empty() && !adapter.handle(*line)) return 0;
  adapter.end_all();
  return 0;
}

}  // namespace assay::reference
