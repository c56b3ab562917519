#include "harness/world/barrier.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "harness/base/strict.h"

namespace assay {

Result<BarrierSpec> parse_barrier(const nlohmann::json& value) {
  constexpr std::uint64_t kMost = 1000;
  const Document document{value, {}, ""};
  std::vector<Error> problems;
  ObjectReader in(document, problems);
  BarrierSpec spec;
  spec.until = in.required<std::uint64_t>("until");
  const nlohmann::json* answer = in.raw("answer");
  in.done();
  if (auto ok = first_problem(problems); !ok) return tl::unexpected(ok.error());
  if (spec.until == 0 || spec.until > kMost) return fail("until: expected 1 to 1000 requests");
  for (std::uint64_t i = 1; i <= spec.until; ++i) spec.answer.push_back(i);
  if (answer == nullptr) return spec;
  const std::string wanted = "answer: expected each of 1 to " + std::to_string(spec.until) + " once, found ";
  std::vector<std::uint64_t> order;
  for (const nlohmann::json& item : answer->is_array() ? *answer : nlohmann::json::array({*answer})) {
    if (!item.is_number_integer() || item <= 0)
      return fail(wanted + answer->dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
    order.push_back(item.get<std::uint64_t>());
  }
  if (!std::is_permutation(order.begin(), order.end(), spec.answer.begin(), spec.answer.end())) {
    return fail(wanted + answer->dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
  }
  spec.answer = std::move(order);
  return spec;
}

Barrier::Barrier(std::string name, BarrierSpec spec)
    : name_(std::move(name)), spec_(std::move(spec)), sent_(spec_.until, false) {}

std::string Barrier::hold_name(std::uint64_t arrival) const {
  return name_ + "/" + std::to_string(arrival);
}

Barrier::Arrival Barrier::arrive() {
  if (arrived_ == spec_.until) return {};
  Arrival out{hold_name(++arrived_), {}};
  out.release = due();
  return out;
}

std::vector<std::string> Barrier::answered(const std::string& hold) {
  for (std::uint64_t i = 0; i < arrived_; ++i) {
    if (hold_name(i + 1) == hold) sent_[i] = true;
  }
  return due();
}

std::vector<std::string> Barrier::due() {
  std::vector<std::string> out;
  if (arrived_ < spec_.until) return out;
  // One whose peer went away while it waited is over already: the next may go.
  while (released_ < spec_.answer.size() && (released_ == 0 || sent_[spec_.answer[released_ - 1] - 1])) {
    out.push_back(hold_name(spec_.answer[released_++]));
  }
  return out;
}

std::uint64_t Barrier::waiting() const {
  std::uint64_t waiting = 0;
  for (std::uint64_t i = 0; i < arrived_; ++i) {
    const auto released_end = spec_.answer.begin() + static_cast<std::ptrdiff_t>(released_);
    const bool released = std::find(spec_.answer.begin(), released_end, i + 1) != released_end;
    if (!released && !sent_[i]) ++waiting;
  }
  return waiting;
}

}  // namespace assay
