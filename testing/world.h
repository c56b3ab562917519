// World: fake providers inside a test of your own. It listens on loopback from construction to destruction,
// on ports of its own, with its own keys, clock and journal; tests may have as many as they like at once.
//
//   assay::testing::World world("inference: {turn: {text: Hello}}");
//   MyClient client(world.url() + "/v1", world.key());
//   EXPECT_EQ(client.chat("hi"), "Hello");
//   EXPECT_THAT(world, assay::testing::SentInOrder("POST chat"));
//
// A world that cannot be made is a mistake of the test: what() of the std::runtime_error says what is wrong
// with it, in one line. Thread-safety: every method may be called from any thread.
#pragma once

#include <cstdint>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "harness/base/exchange.h"
#include "harness/base/journal.h"
#include "harness/base/time.h"

namespace assay::testing {

struct WorldOptions {
  std::string provider = "worldrouter";  // a descriptor of conformance/providers
  std::string scenario = {};             // `assay serve --scenario`; empty = none
  std::vector<std::string> keys = {};    // API keys that chat accepts; empty = it makes one
  std::uint64_t seed = 1;                // the same seed, the same keys and tokens
  std::string data = {};                 // the data folder; empty = $ASSAY_DATA, else the package's own
  std::string folder = {};  // where ./paths of the world begin; empty = beside the source file of the test,
                            // or where the test runs when its compiler was told a relative path
};

class World {
 public:
  // `yaml`: what a case has under `world:` (docs/cases.md), merged over the scenario; empty = nothing
  // special. `inference: {fixture: ./rec.json}` is a recording beside the test. `package_data`: where the
  // package that the test is compiled against has its data; a definition of the target assay::testing, never
  // given by hand.
  explicit World(std::string_view yaml = {}, WorldOptions options = {},
                 const char* package_data = ASSAY_TESTING_DATA, const char* test_file = __builtin_FILE());
  ~World();
  World(World&&) noexcept;
  World& operator=(World&&) noexcept;

  // "http://127.0.0.1:4711" of a fake: inference, and auth, control or oauth where the provider has them.
  // Throws when there is none of that name.
  std::string url(std::string_view fake = "inference") const;
  // An API key that chat accepts.
  std::string key() const;

  // From the next request on: what goes wrong at a fake. {"faults": [...], "rules": [...], "listen": [...]}
  // as in a case; {} is nothing.
  void set_faults(const std::string& fake, const nlohmann::json& faults);
  // A setting of a fake, "inference.turn", from the next request on; and what it knows, "inference.requests".
  void set(const std::string& setting, const nlohmann::json& value);
  nlohmann::json get(const std::string& setting) const;
  // Lets the answers go on that a rule with `hold` holds.
  void release(const std::string& hold);
  // Moves the wall clock of the fakes on, so that tokens expire.
  void advance(Micros by);
  // As it was made; the urls stay.
  void reset();

  // The requests so far that fit a query ("POST chat", "auth-station GET /login", "POST /token 401"), oldest
  // first; all of them without one.
  std::vector<Request> requests(const std::string& query = {}) const;
  // Waits until `count` requests fit; false when `deadline` passed before.
  bool wait_for(const std::string& query, Micros deadline, std::size_t count = 1) const;
  // One line for each request so far: "inference POST /v1/chat/completions 200". For messages.
  std::vector<std::string> conversation() const;
  // Everything the fakes saw and did since it was made or reset.
  std::vector<std::shared_ptr<const JournalEntry>> journal() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace assay::testing
