// libFuzzer target: faults as a case file might hold them, on bodies as a provider might send them. An input
// is text: the list of faults in JSON, a line "FRAMING CHUNK-SIZE CONTENT-TYPE", and the body.
//
//   ["drop-done", {"cut": {"event": 1}}]
//   chunked 7 text/event-stream
//   data: {}
#include <cstdlib>
#include <string>

#include "harness/base/text.h"
#include "harness/wire/fault.h"

namespace {

using namespace assay;
using namespace assay::wire;

void require(bool holds) {
  if (!holds) std::abort();
}

void require_marks_in_order(const Steps& steps) {
  for (const Step& step : steps) {
    if (const auto* repeat = std::get_if<Repeat>(&step.op)) require_marks_in_order(repeat->steps);
    const auto* write = std::get_if<Write>(&step.op);
    if (write == nullptr) continue;
    std::size_t before = 0;
    for (const Mark& mark : write->marks) {
      require(mark.at >= before && mark.at <= write->bytes.size());
      before = mark.at;
    }
  }
}

Response response_of(std::string_view framing, std::size_t chunk_size, std::string_view type,
                     std::string_view body) {
  Response r;
  r.headers.push_back({"Content-Type", std::string(type)});
  r.framing = framing == "chunked" ? BodyFraming::chunked
              : framing == "close" ? BodyFraming::close_delimited
                                   : BodyFraming::content_length;
  for (std::size_t at = 0; at < body.size(); at += chunk_size) {
    r.body.push_back({std::string(body.substr(at, chunk_size)), Micros(static_cast<std::int64_t>(at))});
  }
  return r;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const std::size_t first = input.find('\n');
  const std::size_t second = first == std::string_view::npos ? first : input.find('\n', first + 1);
  if (second == std::string_view::npos) return 0;
  const auto list = nlohmann::json::parse(input.substr(0, first), nullptr, false);
  if (list.is_discarded()) return 0;
  const auto words = split(input.substr(first + 1, second - first - 1), ' ');
  if (words.size() < 3) return 0;
  const auto chunk_size = static_cast<std::size_t>(std::atoi(std::string(words[1]).c_str()));
  if (chunk_size == 0 || chunk_size > size) return 0;

  const auto uses = parse_faults(list);
  if (!uses || uses->size() > 4) return 0;
  const Response response = response_of(words[0], chunk_size, words[2], input.substr(second + 1));
  const Script before = serialize(response);
  Random random(1);
  const Request request;
  const auto after = apply_faults(response, *uses, {}, {random, &request, 1'790'000'000});
  if (!after) {
    require(!after.error().message.empty());
    return 0;
  }
  require_marks_in_order(after->steps);
  bool lossless = true;
  for (const FaultUse& use : *uses) {
    const Fault* fault = find_fault(use.name);
    lossless = lossless && fault->lossless && fault->level == FaultLevel::script;
  }
  if (lossless) require(all_bytes(*after) == all_bytes(before));
  return 0;
}
