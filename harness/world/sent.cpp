#include "harness/world/sent.h"

#include <fmt/format.h>

#include <algorithm>

#include "harness/base/text.h"

namespace assay {
namespace {

using nlohmann::json;

struct Sent {
  std::string bytes;
  std::vector<std::pair<std::size_t, std::string>> marks;
};

class Collect {
 public:
  explicit Collect(Sent& sent) : sent_(sent) {}

  void operator()(const wire::Write& step) const { sent_.bytes += step.bytes; }
  void operator()(const wire::Flush& /*step*/) const {}
  void operator()(const wire::Cut& /*step*/) const { mark("read boundary"); }
  void operator()(const wire::Wait& step) const {
    if (step.after.count() > 0) mark("wait " + format_duration(step.after));
  }
  void operator()(const wire::Hold& step) const { mark("held until " + step.name + " is released"); }
  void operator()(const wire::Repeat& step) const {
    for (const wire::Step& inner : step.steps) std::visit(*this, inner.op);
    mark(step.times == 0 ? "repeats without end" : fmt::format("repeats {} times", step.times));
  }
  void operator()(const wire::Close& /*step*/) const { mark("connection closed (FIN)"); }
  void operator()(const wire::Reset& /*step*/) const { mark("connection reset (RST)"); }
  void operator()(const wire::Stall& /*step*/) const { mark("no more bytes, connection stays open"); }
  void operator()(const wire::HalfClose& /*step*/) const { mark("FIN, the server keeps reading"); }
  void operator()(const wire::AwaitInput& /*step*/) const { mark("waits for the next request"); }

 private:
  void mark(std::string text) const { sent_.marks.emplace_back(sent_.bytes.size(), std::move(text)); }
  Sent& sent_;
};

// The part of `bytes` that is not as in `plain`: all but the common start and end.
void mark_changes(Sent& sent, const std::string& plain) {
  const std::string& bytes = sent.bytes;
  if (bytes == plain) return;
  if (plain.starts_with(bytes)) {
    sent.marks.emplace_back(bytes.size(),
                            fmt::format("cut off: {} bytes are missing", plain.size() - bytes.size()));
    return;
  }
  std::size_t same = 0;
  while (same < bytes.size() && same < plain.size() && bytes[same] == plain[same]) ++same;
  std::size_t tail = 0;
  while (tail < bytes.size() - same && tail < plain.size() - same &&
         bytes[bytes.size() - 1 - tail] == plain[plain.size() - 1 - tail])
    ++tail;
  sent.marks.emplace_back(same, "changed by the fault from here");
  sent.marks.emplace_back(bytes.size() - tail, "to here");
  std::stable_sort(sent.marks.begin(), sent.marks.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
}

}  // namespace

json sent_json(const wire::Script& script, const std::string* plain, std::size_t most) {
  Sent sent;
  for (const wire::Step& step : script.steps) std::visit(Collect(sent), step.op);
  if (plain != nullptr) {
    mark_changes(sent, *plain);
    const auto ends = [](const wire::Step& step) {
      return std::holds_alternative<wire::Close>(step.op) || std::holds_alternative<wire::Reset>(step.op) ||
             std::holds_alternative<wire::Stall>(step.op);
    };
    if (!script.keep_alive && std::none_of(script.steps.begin(), script.steps.end(), ends))
      sent.marks.emplace_back(sent.bytes.size(), "connection closed (FIN)");
  }
  json marks = json::array();
  std::size_t left_out = 0;
  for (std::size_t i = 0; i < sent.marks.size(); ++i) {
    // The last one says how it ends.
    if (i + 1 < sent.marks.size() && marks.size() + 1 >= kMostMarks) {
      ++left_out;
      continue;
    }
    marks.push_back({sent.marks[i].first, sent.marks[i].second});
  }
  const std::string first = sent.bytes.substr(0, most);
  json out = {{"sent", is_utf8(first) ? json(first) : json{{"base64", base64(first)}}},
              {"bytes", sent.bytes.size()},
              {"marks", std::move(marks)}};
  if (left_out != 0) out["marks_left_out"] = left_out;
  return out;
}

}  // namespace assay
