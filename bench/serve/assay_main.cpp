// Our server with the workload's scripts, journal on. Usage: bench_assay THREADS; prints its port, ends with
// stdin.
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <map>
#include <memory>

#include "bench/serve/workload.h"
#include "harness/base/journal.h"
#include "harness/http/server.h"

namespace {

using namespace assay;
using Shared = std::shared_ptr<const wire::Script>;

wire::Step write(std::string bytes) {
  return {wire::Write{std::move(bytes), {}}};
}

// Head and events; `between` stands before every event but the first.
Shared stream(const wire::Steps& between) {
  wire::Script script;
  const std::string event = bench::event();
  script.steps.push_back(write(bench::head("text/event-stream", event.size() * bench::kEvents)));
  for (int i = 0; i < bench::kEvents; ++i) {
    if (i > 0) script.steps.insert(script.steps.end(), between.begin(), between.end());
    script.steps.push_back(write(event));
  }
  return std::make_shared<const wire::Script>(std::move(script));
}

class Bench final : public http::Handler {
 public:
  Bench() {
    wire::Script json;
    json.steps.push_back(write(bench::json_response()));
    answers_["/json"] = std::make_shared<const wire::Script>(std::move(json));
    // As serialize() gives an unpaced answer: one write.
    std::string whole = bench::head("text/event-stream", bench::event().size() * bench::kEvents);
    for (int i = 0; i < bench::kEvents; ++i) whole += bench::event();
    wire::Script coalesced;
    coalesced.steps.push_back(write(std::move(whole)));
    answers_["/stream"] = std::make_shared<const wire::Script>(std::move(coalesced));
    answers_["/flush"] = stream({{wire::Flush{}}});
    answers_["/cut"] = stream({{wire::Cut{}}});
    answers_["/paced"] = stream({{wire::Wait{Micros(bench::kIntervalMicros)}}});
    wire::Script idle;
    idle.steps.push_back(write(bench::head("text/event-stream", 1'000'000) + bench::event()));
    idle.steps.push_back({wire::Stall{}});
    answers_["/idle"] = std::make_shared<const wire::Script>(std::move(idle));
  }
  http::Answer on_request(const http::Incoming& in) override {
    const auto found = answers_.find(in.request->target);
    return found == answers_.end() ? answers_.at("/json") : found->second;
  }

 private:
  std::map<std::string, Shared> answers_;
};

}  // namespace

int main(int argc, char** argv) {
  const SystemClock clock;
  Journal journal(clock, 100'000);
  Bench handler;
  const auto threads = static_cast<unsigned>(argc > 1 ? std::strtoul(argv[1], nullptr, 10) : 1);
  const auto server =
      http::Server::start({{"bench", "127.0.0.1", 0, {}, nullptr}}, handler, journal, clock, {}, threads);
  if (!server) {
    std::fprintf(stderr, "%s\n", server.error().text().c_str());
    return 1;
  }
  std::printf("%d\n", (*server)->port("bench"));
  std::fflush(stdout);
  std::cin.get();
  return 0;
}
