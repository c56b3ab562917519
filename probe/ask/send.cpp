#include "probe/ask/send.h"

#include <algorithm>
#include <thread>

namespace assay::probe {
namespace {

// More of one answer is not read: nothing that a check asks for comes near.
constexpr std::size_t kMostBytes = std::size_t{4} << 20U;

Answer exchange(http::Client& client, const Ask& ask, const Target& target, const Request& request) {
  Answer answer;
  answer.request = request;
  answer.authority = target.url.origin();
  std::size_t bytes = 0;
  std::string seen;
  http::ResponseEvents events;
  events.on_body = [&](const http::BodyPiece& piece) {
    answer.pieces.push_back({std::string(piece.bytes), piece.at, piece.starts_chunk});
    bytes += piece.bytes.size();
    if (ask.leave_after > 0) {
      seen += piece.bytes;
      answer.left = count_events(seen, target.protocol) >= ask.leave_after;
      return !answer.left;
    }
    return bytes <= kMostBytes;
  };
  answer.outcome = client.exchange(target.url, request, events);
  read_answer(answer, target.protocol, ask.stream);
  return answer;
}

std::int64_t tokens_of(const Answer& answer, const Cost& most) {
  // An answer without a model's turn cost nothing; one that does not say is taken to have cost all it could.
  // Reading a stored response is none, though it tells what that one cost.
  if (answer.status() >= 400 || answer.status() == 0 || most.tokens == 0) return 0;
  // No request has no input: a count of none is no count.
  if (!answer.turn.usage || answer.turn.usage->input.value_or(0) <= 0) return most.tokens;
  const stream::Usage& usage = *answer.turn.usage;
  const std::int64_t sum = usage.input.value_or(0) + usage.output.value_or(0);
  return std::max({sum, usage.total.value_or(0), std::int64_t{0}});
}

// The requests that go out at the same time.
void send_together(const std::vector<std::pair<const Ask*, Request>>& batch, const Target& target,
                   std::vector<Answer>& answers) {
  answers.resize(batch.size());
  std::vector<std::thread> threads;
  threads.reserve(batch.size());
  for (std::size_t i = 0; i < batch.size(); ++i)
    threads.emplace_back([&, i] {
      http::Client client(target.connection);
      answers[i] = exchange(client, *batch[i].first, target, batch[i].second);
    });
  for (std::thread& thread : threads) thread.join();
}

}  // namespace

Sent send_all(const std::vector<Ask>& asks, const Target& target, const std::string& nonce, Budget& budget) {
  Sent sent;
  sent.references.nonce = nonce;
  http::Client client(target.connection);
  for (std::size_t i = 0; i < asks.size();) {
    std::size_t end = i + 1;
    while (asks[i].together && end < asks.size() && asks[end].together) ++end;
    std::vector<std::pair<const Ask*, Request>> batch;
    std::vector<Cost> costs;
    for (; i < end; ++i) {
      auto request = write_request(asks[i], target, sent.references);
      if (!request) {
        sent.not_sent = request.error().message;
        return sent;
      }
      costs.push_back(most_of(asks[i], *request));
      batch.emplace_back(&asks[i], std::move(*request));
    }
    Cost all;
    for (const Cost& cost : costs) all += cost;
    if (!budget.take(all)) {
      sent.not_sent = "the budget is used up";
      sent.over_budget = true;
      return sent;
    }
    std::vector<Answer> answers;
    if (batch.size() > 1) {
      send_together(batch, target, answers);
    } else {
      answers.push_back(exchange(client, *batch[0].first, target, batch[0].second));
    }
    for (std::size_t k = 0; k < batch.size(); ++k) {
      budget.settle(costs[k], tokens_of(answers[k], costs[k]));
      sent.references.answers[batch[k].first->as] = std::move(answers[k]);
    }
  }
  return sent;
}

}  // namespace assay::probe
