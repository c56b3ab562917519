// Session: a case while it is being played. Inside the room; others call play(). Used by one thread; the
// clients call on_event from threads of theirs. The steps are in files of their own by kind:
// session_*_steps.cpp.
#pragma once

#include <condition_variable>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "conformance/runner/judge/journal_query.h"
#include "conformance/runner/play/flood_watch.h"
#include "conformance/runner/play/opener.h"
#include "conformance/runner/play/port_holder.h"
#include "conformance/runner/play/session.h"
#include "conformance/runner/play/time_watch.h"
#include "harness/time/case_clock.h"
#include "harness/world/world.h"

namespace assay::conformance {

// Thrown inside a session when going on makes no sense; the message is one line.
struct Stop {
  enum class Why { broken, could_not_run, not_applicable, flood };
  Why why = Why::broken;
  std::string message;
};

class Session {
 public:
  // The arguments outlive the session.
  Session(const Case& one, const WorldPlan& plan, const ClientSpec& client, const SessionOptions& options)
      : case_(one),
        plan_(plan),
        client_(client),
        options_(options),
        clock_(casetime::ClockMap::begin(options.rate)),
        journal_(clock_, kJournalCapacity),
        time_(clock_, journal_, options.measure) {
    journal_.set_listener([this](const JournalEntry& entry) {
      flood_.count(entry);
      if (options_.live) options_.live(entry);
    });
  }

  ~Session() { flood_.end(); }
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  Played run();  // once

 private:
  struct Actor {
    std::string name;
    std::string home;
    std::unique_ptr<Client> client;
    std::map<std::uint64_t, std::string> labels;  // id → label of what was begun
  };
  struct Begun {
    Actor* actor = nullptr;
    std::uint64_t id = 0;
    Micros deadline{0};
    Micros at{0};
  };
  struct SeenEvent {
    std::string label;
    nlohmann::json event;
  };

  // More than FloodLimits lets in, so that an entry is dropped only while a client is being stopped.
  static constexpr std::size_t kJournalCapacity = 200'000;

  void note_stop(const Stop& stop);
  void stop_flooding();
  void set_client(Actor& actor, std::unique_ptr<Client> client);
  [[noreturn]] static void broken(std::string message);

  // session_setup.cpp
  void set_up();
  void give();
  nlohmann::json store_given() const;
  void start_clients();
  void start_client(Actor& actor);
  Launch launch_of(const Actor& actor);
  Result<std::unique_ptr<Client>> make_client(Actor& actor, Launch launch);
  void take_client(Actor& actor, Result<std::unique_ptr<Client>> made);
  void must_do(const Hello& hello) const;              // stops when the case does not apply to such a client
  std::string protocol_for(const Hello& hello) const;  // that such a client is asked in; stops like must_do()
  std::string known_not_to_apply() const;
  std::string asked_beforehand();  // why it does not apply; empty when it does

  // session_references.cpp
  void remember_secrets(const nlohmann::json& value);
  nlohmann::json need_resolved(const nlohmann::json& value);
  Observation with_resolver();
  nlohmann::json resolve(const std::string& name);
  std::map<std::string, nlohmann::json> snapshot();

  // session_operations.cpp
  Actor& actor_of(const std::string& name);
  nlohmann::json provider_of(const std::string& second) const;
  // Whether the client of `actor` reads and writes our auth.json; everybody else is given the credential.
  bool keeps_store(const Actor& actor) const;
  nlohmann::json request_for(const Operation& operation, const Actor& actor);
  void tell_of_login(nlohmann::json& request) const;
  std::string shown_code(const std::string& label);  // the device code that the login showed; "" = none
  Begun begin(const Operation& operation);
  void finish(const Begun& begun, const std::string& label);
  std::size_t requests_since(Micros start) const;
  Micros first_request_since(Micros start) const;
  void await_first_request(const Begun& begun) const;

  // One for each kind of step; `text` is the step as the journal names it.
  void perform(const Step::Do& step, const std::string& text);
  void perform(const Step::Start& step, const std::string& text);
  void perform(const Step::Join& step, const std::string& text);
  void perform(const Step::Cancel& step, const std::string& text);
  void perform(const Step::Answer& step, const std::string& text);
  void perform(const Step::Parallel& step, const std::string& text);
  void perform(const Step::Repeat& step, const std::string& text);
  void perform(const Step::Restart& step, const std::string& text);
  void perform(const Step::Kill& step, const std::string& text);
  void perform(const Step::Await& step, const std::string& text);
  void perform(const Step::Set& step, const std::string& text);
  void perform(const Step::ClockStep& step, const std::string& text);
  void perform(const Step::Release& step, const std::string& text);
  void perform(const Step::Visit& step, const std::string& text);
  void missed(const std::string& what);
  std::uint64_t await_entry(const JournalQuery& query, const std::string& what, Micros deadline,
                            std::uint64_t after);

  // session_world_steps.cpp
  std::string last_url();
  nlohmann::json merged_plan(const nlohmann::json& over) const;
  void visit(const std::string& url, const nlohmann::json& plan);
  void narrate(const Actor& actor, const nlohmann::json& event);
  void on_event(Actor& actor, std::uint64_t id, const nlohmann::json& event);

  // session_end.cpp
  void wind_up();
  void join_visits();
  void collect_traces();
  void collect_world_secrets();
  void note_written_folders();
  void collect_credential_files();

  const Case& case_;
  const WorldPlan& plan_;
  const ClientSpec& client_;
  const SessionOptions& options_;
  casetime::CaseClock clock_;
  std::int64_t clients_from_ns_ = 0;               // CLOCK_REALTIME when the first client was started
  FloodWatch flood_{[this] { stop_flooding(); }};  // before the journal, whose listener it is
  Journal journal_;
  TimeWatch time_;
  std::vector<PortHolder> busy_;
  std::unique_ptr<World> world_;
  Played played_;
  std::string skipped_, errored_;
  std::vector<process::Canary> secrets_;
  std::map<std::string, Begun> started_;

  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<SeenEvent> events_;
  std::vector<nlohmann::json> pages_;
  std::vector<std::thread> visits_;
  http::CancelToken over_;                                  // every operation has ended
  std::map<std::string, std::unique_ptr<Opener>> openers_;  // actor → what its BROWSER starts
  // Last: its clients' threads call on_event, which uses what stands above.
  std::map<std::string, process::Mounted> disks_;  // home → its file system; outlives who lives there
  std::unique_ptr<process::Sandbox> sandbox_;      // in a cell
  std::map<std::string, Actor> actors_;
  std::mutex clients_mutex_;  // of Actor::client where stop_flooding() and others may meet
};

}  // namespace assay::conformance
