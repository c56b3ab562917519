// Schedule: in which order answers that wait go out, as a value that can be written down and repeated. The
// world then holds every answer of the chosen requests, waits until nothing moves any more, and lets one of
// them go.
//
//   auth.token.2/2,inference.completions.1/3+100ms
//
// Each choice names the answer that goes: the fake, the last word of the request's path, and which such
// request it was. After the slash stands how many waited then, itself among them: before a choice is made, so
// many are waited for. "+100ms" lets all of them wait that much longer first. What comes after the last
// choice goes in the order of `rest`.
#pragma once

#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/base/random.h"
#include "harness/base/result.h"
#include "harness/base/time.h"

namespace assay {

struct Choice {
  std::string answer;    // "auth.token.2"
  std::uint64_t of = 1;  // how many waited
  Micros delay{0};       // before it goes
  bool operator==(const Choice&) const = default;
};

// Fails with the choice that cannot be read and what was expected. "" is a schedule without choices.
Result<std::vector<Choice>> parse_choices(std::string_view text);
std::string to_text(const std::vector<Choice>& choices);

struct ScheduleSpec {
  // oldest, newest: of those that wait; random: any of them, sometimes late. asleep: nobody waits for
  // anybody, each answer goes after a random time of its own: what a test that sleeps does.
  enum class Rest { oldest, newest, random, asleep };

  std::vector<Choice> choices;
  Rest rest = Rest::oldest;
  std::uint64_t seed = 0;
  std::vector<nlohmann::json>
      hold;  // requests whose answers wait (match.h); empty: see Scheduler::by_default
  Micros quiet = std::chrono::milliseconds(30);       // nothing moved for so long: it is time to choose
  Micros patience = std::chrono::seconds(5);          // for what a choice names
  Micros most_sleep = std::chrono::milliseconds(50);  // Rest::asleep: the longest time
};
// {choices: "…", rest: random, seed: 3, hold: [POST /token], quiet: 30ms, patience: 5s, most_sleep: 50ms},
// all of it optional.
Result<ScheduleSpec> parse_schedule(const nlohmann::json& value);

// The choices as they fall. A pure state machine: the world tells it what comes and when nothing moves, and
// lets go what it says. Not thread-safe; the world uses it on its loop thread.
class Scheduler {
 public:
  explicit Scheduler(ScheduleSpec spec);

  // Without `hold`: what changes something, and is no page of a login (a GET, or the form that approves it).
  static bool by_default(std::string_view method, std::string_view path);
  // The name of the next answer to `path` (without its query) of `fake`.
  std::string name_for(std::string_view fake, std::string_view path);

  // A request came; its answer waits from now on. `delay`: Rest::asleep, when it goes by itself.
  std::optional<Micros> arrive(const std::string& answer);
  // Its peer went away.
  void gone(const std::string& answer);
  bool waiting() const { return !pending_.empty(); }

  struct Decision {
    std::string answer;   // goes now
    Micros delay{0};      // or so much later; nothing else is decided until then
    nlohmann::json note;  // {"choice", "pending": [...], "delay_us"}, for the journal
    std::string misfit;   // not empty: what the schedule awaited in vain; its other choices are void
  };
  // Nothing has moved for `still`. nullopt: what the next choice names is not there yet.
  std::optional<Decision> decide(Micros still);

 private:
  std::optional<Decision> take(std::size_t at, Micros delay, std::string misfit);
  bool fits(const Choice& choice) const;

  ScheduleSpec spec_;
  Random random_;
  std::size_t next_ = 0;  // of spec_.choices
  std::vector<std::string> pending_;
  std::map<std::string, std::uint64_t, std::less<>> count_;
};

}  // namespace assay
