// How a client reads streams, measured from outside: play after play, each with a fresh process, beside a
// reader that does nothing else.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "bench/client/play.h"
#include "bench/client/record.h"

namespace assay::bench {

struct ClientBench {
  PlayOptions play;
  std::vector<Cut> cuts = {
      {Cut::Kind::whole, 0}, {Cut::Kind::bytes, 1400}, {Cut::Kind::event, 0}, {Cut::Kind::bytes, 64}};
  std::size_t events = 20'000;
  std::size_t paced_events = 100;
  Micros pace = std::chrono::milliseconds(5);
  int rounds = 3;
  std::size_t longer = 10;  // times `events`, for the memory
};

// Throws nothing. Fails when the client cannot be measured at all; what fails later is a row's `problem`.
// `progress` is told what is played next, in a few words.
Result<ClientRecord> measure_client(const ClientBench& bench,
                                    const std::function<void(const std::string&)>& progress);

// The arithmetic, apart.
// Events a second from the seconds that streams of `events` and of one event took; nullopt where the
// difference does not stand out of how much the short ones differ (their median from the least).
std::optional<double> events_per_second(const std::vector<double>& seconds, const std::vector<double>& of_one,
                                        std::size_t events);
double median_of(std::vector<double> values);
// The value that `share` of all do not exceed (nearest rank). `values` is not empty.
double quantile_of(std::vector<double> values, double share);

}  // namespace assay::bench
