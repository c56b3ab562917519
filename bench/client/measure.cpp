#include "bench/client/measure.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "fakes/inference-api/routes.h"

namespace assay::bench {
namespace {

double micros(Micros time) {
  return static_cast<double>(time.count());
}

// From the first byte of the answer to the reader's end: what came before is start-up.
double seconds_of(const Play& play) {
  return micros(play.ended - play.served.begun) * 1e-6;
}

bool shown_while_it_came(const Play& play) {
  return *std::min_element(play.shown.begin(), play.shown.end()) < play.served.wire.back();
}

// What all rounds of one reader and one cut gave.
struct Gathered {
  std::vector<double> seconds;
  std::vector<double> first_us;
  std::vector<double> later_us;

  void latencies(const Play& play) {
    for (std::size_t i = 0; i < play.shown.size(); ++i)
      (i == 0 ? first_us : later_us).push_back(micros(play.shown[i] - play.served.wire[i]));
  }
  Reading reading(const std::vector<double>& of_one, std::size_t events) const {
    Reading out;
    if (!seconds.empty()) out.events_per_s = events_per_second(seconds, of_one, events);
    if (!first_us.empty()) out.first_us = median_of(first_us);
    if (!later_us.empty()) {
      out.p50_us = quantile_of(later_us, 0.5);
      out.p99_us = quantile_of(later_us, 0.99);
    }
    out.samples = later_us.size();
    return out;
  }
};

struct Lane {
  Cut cut;
  Gathered wire, client;
  std::string problem;
};

class Measurement {
 public:
  Measurement(const ClientBench& bench, const std::function<void(const std::string&)>& progress)
      : bench_(bench), progress_(progress) {
    for (const Cut& cut : bench.cuts) lanes_.push_back({cut, {}, {}, {}});
  }

  Result<ClientRecord> run() {
    if (auto known = look(); !known) return tl::unexpected(known.error());
    for (int round = 0; round < bench_.rounds; ++round) {
      const StreamPlan one{Cut{}, 1, Micros(0)};
      progress_(fmt::format("round {} of {}: streams of one event", round + 1, bench_.rounds));
      auto client = play(bench_.play, one);
      if (!client) return tl::unexpected(client.error());
      auto wire = play_bare(bench_.play, one, request_);
      if (!wire) return tl::unexpected(wire.error());
      client_one_.push_back(seconds_of(*client));
      wire_one_.push_back(seconds_of(*wire));
      for (Lane& lane : lanes_) {
        progress_(fmt::format("round {} of {}: {}", round + 1, bench_.rounds, to_string(lane.cut)));
        if (auto done = wire_lane(lane); !done) return tl::unexpected(done.error());
        client_lane(lane);
      }
    }
    longer();
    for (const Lane& lane : lanes_)
      record_.rows.push_back({to_string(lane.cut), lane.wire.reading(wire_one_, bench_.events),
                              lane.client.reading(client_one_, bench_.events), lane.problem});
    return std::move(record_);
  }

 private:
  // What it is, what it asks, and whether it shows text before the stream has ended.
  Result<void> look() {
    progress_("what it asks for, and when it shows it");
    const auto seen = play(bench_.play, {Cut{Cut::Kind::event, 0}, bench_.paced_events, bench_.pace});
    if (!seen) return tl::unexpected(seen.error());
    request_ = *seen->served.request;
    record_.client = bench_.play.client.name;
    record_.version = bench_.play.client.version.empty() ? seen->hello.version : bench_.play.client.version;
    record_.protocol = stream::protocol_name(fakes::find_route(request_, {"/v1", ""}).protocol);
    record_.events = bench_.events;
    record_.token_bytes = token_text(0, 1).size();
    record_.paced_events = bench_.paced_events;
    record_.pace_us = static_cast<std::uint64_t>(bench_.pace.count());
    record_.rounds = bench_.rounds;
    record_.requests = seen->requests;
    record_.observable = shown_while_it_came(*seen);
    const auto at = std::find(bench_.cuts.begin(), bench_.cuts.end(), Cut{Cut::Kind::bytes, 1400});
    memory_cut_ = at == bench_.cuts.end() ? bench_.cuts.front() : *at;
    record_.memory_cut = to_string(memory_cut_);
    return {};
  }

  StreamPlan full(const Cut& cut) const { return {cut, bench_.events, Micros(0)}; }
  StreamPlan paced(const Cut& cut) const { return {cut, bench_.paced_events, bench_.pace}; }

  Result<void> wire_lane(Lane& lane) {
    const auto fast = play_bare(bench_.play, full(lane.cut), request_);
    if (!fast) return tl::unexpected(fast.error());
    lane.wire.seconds.push_back(seconds_of(*fast));
    record_.event_bytes = static_cast<double>(fast->served.bytes) / static_cast<double>(bench_.events);
    const auto slow = play_bare(bench_.play, paced(lane.cut), request_);
    if (!slow) return tl::unexpected(slow.error());
    lane.wire.latencies(*slow);
    return {};
  }

  // A client that fails with one cut is not asked for it again.
  void client_lane(Lane& lane) {
    if (!lane.problem.empty()) return;
    const auto fast = play(bench_.play, full(lane.cut));
    if (!fast) {
      lane.problem = fast.error().text();
      return;
    }
    lane.client.seconds.push_back(seconds_of(*fast));
    if (lane.cut == memory_cut_) at_once_.push_back(*fast);
    if (!record_.observable) return;
    const auto slow = play(bench_.play, paced(lane.cut));
    if (slow) {
      lane.client.latencies(*slow);
    } else {
      lane.problem = slow.error().text();
    }
  }

  void longer() {
    if (bench_.longer < 2 || at_once_.empty()) return;
    record_.memory.push_back(memory_of(at_once_, bench_.events));
    const std::size_t events = bench_.events * bench_.longer;
    std::vector<Play> plays;
    for (int round = 0; round < bench_.rounds; ++round) {
      progress_(fmt::format("memory, {} of {}: a stream of {} events", round + 1, bench_.rounds, events));
      auto seen = play(bench_.play, {memory_cut_, events, Micros(0)});
      if (seen) {
        plays.push_back(std::move(*seen));
        continue;
      }
      for (Lane& lane : lanes_) {
        if (lane.cut == memory_cut_) lane.problem = fmt::format("{} events: {}", events, seen.error().text());
      }
      return;
    }
    record_.memory.push_back(memory_of(plays, events));
  }

  static MemoryRow memory_of(const std::vector<Play>& plays, std::size_t events) {
    std::vector<double> peaks, seconds;
    for (const Play& play : plays) {
      peaks.push_back(static_cast<double>(play.peak_kib));
      seconds.push_back(seconds_of(play));
    }
    return {events, static_cast<std::uint64_t>(median_of(peaks)), median_of(seconds)};
  }

  const ClientBench& bench_;
  const std::function<void(const std::string&)>& progress_;
  ClientRecord record_;
  Request request_;
  Cut memory_cut_;
  std::vector<Lane> lanes_;
  std::vector<double> client_one_, wire_one_;
  std::vector<Play> at_once_;
};

}  // namespace

double median_of(std::vector<double> values) {
  return quantile_of(std::move(values), 0.5);
}

double quantile_of(std::vector<double> values, double share) {
  std::sort(values.begin(), values.end());
  const auto rank = static_cast<std::size_t>(std::ceil(share * static_cast<double>(values.size())));
  return values[std::clamp<std::size_t>(rank, 1, values.size()) - 1];
}

std::optional<double> events_per_second(const std::vector<double>& seconds, const std::vector<double>& of_one,
                                        std::size_t events) {
  const double one = median_of(of_one);
  const double more = median_of(seconds) - one;
  if (more <= 2 * (one - *std::min_element(of_one.begin(), of_one.end())) || more <= 0) return std::nullopt;
  return static_cast<double>(events - 1) / more;
}

Result<ClientRecord> measure_client(const ClientBench& bench,
                                    const std::function<void(const std::string&)>& progress) {
  return Measurement(bench, progress).run();
}

}  // namespace assay::bench
