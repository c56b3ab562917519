#include "reports/site/site_model.h"

#include <algorithm>
#include <set>

#include "reports/record/topic.h"
#include "reports/site/site.h"

namespace assay::reports {
namespace {

SiteClient& client_named(SiteModel& model, const std::string& name) {
  const auto known = std::find_if(model.clients.begin(), model.clients.end(),
                                  [&](const SiteClient& client) { return client.info.name == name; });
  if (known != model.clients.end()) return *known;
  model.clients.push_back({});
  model.clients.back().info.name = name;
  return model.clients.back();
}

}  // namespace

std::string question_of(const CaseRecord& record) {
  std::string_view rest = record.name;
  if (const auto at = rest.rfind('@');
      at != std::string_view::npos && rest.find('/', at) == std::string_view::npos)
    rest = rest.substr(0, at);
  if (!rest.starts_with(record.suite + "/")) return std::string(rest);
  rest.remove_prefix(record.suite.size() + 1);
  // Axes are NAME:VALUE; behind the id there may be a variant.
  for (const auto& [axis, value] : record.axes)
    if (const std::string part = axis + ":" + value + "/"; rest.starts_with(part))
      rest.remove_prefix(part.size());
  return record.suite + "/" + std::string(rest.substr(0, rest.find('/')));
}

std::uint64_t asked(const Tally& tally) {
  return tally.total - tally.of(Verdict::not_applicable) - tally.of(Verdict::could_not_run);
}

SiteModel site_model(const RunRecord& record) {
  SiteModel model;
  for (const ClientInfo& info : record.header.clients) client_named(model, info.name).info = info;
  std::vector<const CaseRecord*> cases;
  cases.reserve(record.cases.size());
  for (const CaseRecord& c : record.cases) cases.push_back(&c);
  std::stable_sort(cases.begin(), cases.end(),
                   [](const CaseRecord* a, const CaseRecord* b) { return a->index < b->index; });
  std::map<std::string, std::size_t> places;
  std::set<std::size_t> topics_seen;
  for (const CaseRecord* c : cases) {
    SiteClient& client = client_named(model, c->client);
    const std::size_t rank = topic_rank(c->topic);
    client.cases.push_back(c);
    client.by_topic[rank].add(*c);
    client.all.add(*c);
    topics_seen.insert(rank);
    const auto [at, added] = places.emplace(question_of(*c), model.questions.size());
    if (added) model.questions.push_back({at->first, c, {}, {}});
    SiteQuestion& question = model.questions[at->second];
    question.plays[c->client].push_back(c);
    for (const std::string& id : c->seen_in)
      if (std::find(question.seen_in.begin(), question.seen_in.end(), id) == question.seen_in.end())
        question.seen_in.push_back(id);
  }
  std::stable_sort(model.questions.begin(), model.questions.end(),
                   [](const SiteQuestion& a, const SiteQuestion& b) {
                     return topic_rank(a.first->topic) < topic_rank(b.first->topic);
                   });
  model.topics.assign(topics_seen.begin(), topics_seen.end());
  return model;
}

}  // namespace assay::reports
