#include "harness/world/schedule.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "harness/base/strict.h"
#include "harness/base/text.h"

namespace assay {
namespace {

using nlohmann::json;

constexpr Micros kLate = std::chrono::milliseconds(100);

bool is_word(std::string_view text) {
  return !text.empty() && text.size() <= 24 && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || c == '-' || c == '_';
  });
}

bool is_answer(std::string_view text) {
  const auto parts = split(text, '.');
  return parts.size() == 3 &&
         std::all_of(parts.begin(), parts.end(), [](std::string_view p) { return !p.empty(); }) &&
         std::all_of(parts[2].begin(), parts[2].end(), [](char c) { return c >= '0' && c <= '9'; });
}

Result<Choice> parse_choice(std::string_view text) {
  const auto wrong = [&] {
    return fail(
        fmt::format("expected a choice such as auth.token.2/3 or auth.token.2/3+100ms, found \"{}\"", text));
  };
  Choice out;
  const auto slash = text.find('/');
  if (slash == std::string_view::npos || !is_answer(text.substr(0, slash))) return wrong();
  out.answer = text.substr(0, slash);
  const auto plus = text.find('+', slash);
  const std::string_view number =
      text.substr(slash + 1, plus == std::string_view::npos ? plus : plus - slash - 1);
  const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), out.of);
  if (error != std::errc{} || end != number.data() + number.size() || out.of == 0 || out.of > 1000)
    return wrong();
  if (plus == std::string_view::npos) return out;
  const auto delay = parse_duration(text.substr(plus + 1));
  if (!delay || *delay > std::chrono::minutes(1)) return wrong();
  out.delay = *delay;
  return out;
}

}  // namespace

Result<std::vector<Choice>> parse_choices(std::string_view text) {
  std::vector<Choice> out;
  if (trim(text).empty()) return out;
  for (const std::string_view part : split(text, ',')) {
    auto choice = parse_choice(trim(part));
    if (!choice) return tl::unexpected(choice.error());
    out.push_back(std::move(*choice));
  }
  return out;
}

std::string to_text(const std::vector<Choice>& choices) {
  std::string out;
  for (const Choice& choice : choices) {
    out += fmt::format("{}{}/{}", out.empty() ? "" : ",", choice.answer, choice.of);
    if (choice.delay.count() > 0) out += "+" + format_duration(choice.delay);
  }
  return out;
}

Result<ScheduleSpec> parse_schedule(const json& value) {
  const Document document{value, {}, ""};
  std::vector<Error> problems;
  ObjectReader in(document, problems);
  ScheduleSpec spec;
  const auto choices = in.optional<std::string>("choices", "");
  spec.rest = static_cast<ScheduleSpec::Rest>(in.choice("rest", {"oldest", "newest", "random", "asleep"}, 0));
  spec.seed = in.optional<std::uint64_t>("seed", 0);
  if (const json* hold = in.raw("hold")) {
    for (const json& one : hold->is_array() ? *hold : json::array({*hold})) spec.hold.push_back(one);
  }
  spec.quiet = in.optional<Micros>("quiet", spec.quiet);
  spec.patience = in.optional<Micros>("patience", spec.patience);
  spec.most_sleep = in.optional<Micros>("most_sleep", spec.most_sleep);
  in.done();
  if (auto ok = first_problem(problems); !ok) return tl::unexpected(ok.error());
  auto parsed = parse_choices(choices);
  if (!parsed) return tl::unexpected(parsed.error());
  spec.choices = std::move(*parsed);
  return spec;
}

Scheduler::Scheduler(ScheduleSpec spec) : spec_(std::move(spec)), random_(spec_.seed) {}

bool Scheduler::by_default(std::string_view method, std::string_view path) {
  return method != "GET" && method != "HEAD" && method != "OPTIONS" && !path.ends_with("/approve");
}

std::string Scheduler::name_for(std::string_view fake, std::string_view path) {
  // The last segment that is a word: what follows it is an id, and differs from run to run.
  std::string_view word = "answer";
  for (const std::string_view segment : split(path, '/')) {
    if (is_word(segment)) word = segment;
  }
  const std::string stem = fmt::format("{}.{}", fake, word);
  return fmt::format("{}.{}", stem, ++count_[stem]);
}

std::optional<Micros> Scheduler::arrive(const std::string& answer) {
  if (spec_.rest == ScheduleSpec::Rest::asleep && next_ == spec_.choices.size())
    return Micros(
        static_cast<std::int64_t>(random_.below(static_cast<std::uint64_t>(spec_.most_sleep.count()) + 1)));
  pending_.push_back(answer);
  return std::nullopt;
}

void Scheduler::gone(const std::string& answer) {
  std::erase(pending_, answer);
}

bool Scheduler::fits(const Choice& choice) const {
  return pending_.size() >= choice.of &&
         std::find(pending_.begin(), pending_.end(), choice.answer) != pending_.end();
}

std::optional<Scheduler::Decision> Scheduler::take(std::size_t at, Micros delay, std::string misfit) {
  Decision out;
  out.answer = pending_[at];
  out.delay = delay;
  out.note = {{"choice", out.answer}, {"pending", pending_}, {"delay_us", delay.count()}};
  out.misfit = std::move(misfit);
  pending_.erase(pending_.begin() + static_cast<std::ptrdiff_t>(at));
  return out;
}

std::optional<Scheduler::Decision> Scheduler::decide(Micros still) {
  if (pending_.empty() || still < spec_.quiet) return std::nullopt;
  std::string misfit;
  if (next_ < spec_.choices.size()) {
    const Choice& choice = spec_.choices[next_];
    if (fits(choice)) {
      ++next_;
      const auto at = std::find(pending_.begin(), pending_.end(), choice.answer) - pending_.begin();
      return take(static_cast<std::size_t>(at), choice.delay, "");
    }
    if (still < spec_.patience) return std::nullopt;
    misfit = fmt::format("choice {} of the schedule, {}, was awaited in vain: {} wait", next_ + 1,
                         to_text({choice}), fmt::join(pending_, ", "));
    next_ = spec_.choices.size();
  }
  switch (spec_.rest) {
    case ScheduleSpec::Rest::newest:
      return take(pending_.size() - 1, Micros(0), std::move(misfit));
    case ScheduleSpec::Rest::random: {
      const std::size_t at = random_.below(pending_.size());
      return take(at, random_.below(5) == 0 ? kLate : Micros(0), std::move(misfit));
    }
    default:
      return take(0, Micros(0), std::move(misfit));
  }
}

}  // namespace assay
