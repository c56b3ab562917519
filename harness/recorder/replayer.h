// Replays recordings: each request is answered with the response that was recorded for it, to the byte, at
// the recorded times, faster, or without waiting. What `assay serve --fixture` runs.
//
// A request gets the exchange with its method and target; without one that with its method and path (a query
// may have had secrets in it); without one the bodies that were recorded without their request. Several
// exchanges of one place answer in their order, the last one from then on. Anything else is answered with 404
// and journalled as unclaimed.
//
// Thread-safety: as http::Handler. The journal outlives it.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "harness/base/journal.h"
#include "harness/base/result.h"
#include "harness/fixture/fixture.h"
#include "harness/http/server.h"

namespace assay {

struct ReplayOptions {
  double speed = 1;         // 1 = at the recorded times, 10 = ten times as fast, 0 = without waiting
  bool cut_chunks = false;  // a chunk is sent when the peer has read all before it
  // A request with a conversation gets the exchange whose conversation is the same (conversation_key.h),
  // whatever came before; without one it is answered with 404, which names the nearest.
  bool by_conversation = false;
};

class Replayer final : public http::Handler {
 public:
  // Fails when an exchange cannot be replayed: payloads without the framing that was around them.
  static Result<std::unique_ptr<Replayer>> make(const std::vector<RecordedExchange>& exchanges,
                                                const ReplayOptions& options, Journal& journal);
  http::Answer on_request(const http::Incoming& incoming) override;

 private:
  explicit Replayer(Journal& journal) : journal_(journal) {}

  using Shared = std::shared_ptr<const wire::Script>;
  struct Place {
    std::vector<Shared> scripts;  // in the order of the recording
    std::size_t next = 0;
  };
  Place* place_of(const Request& request);
  Place* place_by_conversation(const Request& request, const std::vector<std::string>& asked,
                               std::string& nearest);

  Journal& journal_;
  // By "GET /target"; the same scripts by "GET /path" where that differs; by "" those of unknown requests.
  std::map<std::string, Place, std::less<>> places_;
  struct Recorded {
    std::vector<std::string> conversation;
    Place place;
  };
  bool by_conversation_ = false;
  std::map<std::string, std::vector<Recorded>, std::less<>> conversations_;  // by "POST /path"
  std::string key_;  // of the request at hand; kept for its memory
};

}  // namespace assay
