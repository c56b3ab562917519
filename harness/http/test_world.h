// For tests: a server with one listener, a journal, and a handler made of functions.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "harness/base/journal.h"
#include "harness/http/server.h"

namespace assay::http {

inline wire::Script script_of(wire::Steps steps, bool keep_alive = true) {
  wire::Script script;
  script.steps = std::move(steps);
  script.keep_alive = keep_alive;
  return script;
}
inline wire::Step write(std::string bytes) {
  return {wire::Write{std::move(bytes), {}}};
}
inline std::string ok_response(const std::string& body) {
  return "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}
inline std::string get(const std::string& target = "/") {
  return "GET " + target + " HTTP/1.1\r\nHost: test\r\n\r\n";
}

struct TestWorld : Handler {
  SystemClock clock;
  Journal journal{clock};
  std::function<Answer(const Incoming&)> answer = [](const Incoming& in) {
    return script_of({write(ok_response(in.request->body.empty() ? in.request->target : in.request->body))});
  };
  std::function<std::optional<Answer>(const Incoming&)> head;
  std::function<bool(const Incoming&)> upgrade;
  std::function<void(const Incoming&, std::string, bool)> message;
  std::unique_ptr<Server> server;

  void start(Limits limits = {}, unsigned threads = 1) {
    start({{"fake", "127.0.0.1", 0, {}, nullptr}}, limits, threads);
  }
  void start(std::vector<ListenerSpec> listeners, Limits limits = {}, unsigned threads = 1) {
    auto started = Server::start(std::move(listeners), *this, journal, clock, limits, threads);
    ASSERT_TRUE(started) << started.error().text();
    server = std::move(*started);
  }
  std::uint16_t port() const { return server->port("fake"); }

  // The next entry of `kind`, with `text` in its text.
  std::shared_ptr<const JournalEntry> wait(JournalKind kind, const std::string& text = "",
                                           std::uint64_t after = 0) {
    auto found = journal.wait(
        [&](const JournalEntry& e) { return e.kind == kind && e.text.find(text) != std::string::npos; },
        std::chrono::seconds(10), std::string(to_string(kind)) + " \"" + text + "\"", after);
    if (found) return *found;
    std::string all;
    for (const auto& e : journal.entries()) all += "\n" + to_json(*e).dump();
    ADD_FAILURE() << found.error().text() << all;
    return std::make_shared<JournalEntry>();
  }
  std::size_t count(JournalKind kind) const {
    std::size_t n = 0;
    for (const auto& e : journal.entries()) n += e->kind == kind ? 1 : 0;
    return n;
  }

  std::optional<Answer> on_head(const Incoming& in) override { return head ? head(in) : std::nullopt; }
  Answer on_request(const Incoming& in) override { return answer(in); }
  bool on_upgrade(const Incoming& in) override { return upgrade && upgrade(in); }
  void on_message(const Incoming& in, std::string text, bool binary) override {
    message(in, std::move(text), binary);
  }
};

}  // namespace assay::http
