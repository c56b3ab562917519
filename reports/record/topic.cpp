#include "reports/record/topic.h"

#include <algorithm>
#include <array>

namespace assay {
namespace {

constexpr std::array kTopics = {Topic{"framing", "Reading the bytes of a stream"},
                                Topic{"stream", "What the events of a stream mean"},
                                Topic{"tools", "Tool calls and their results"},
                                Topic{"reasoning", "Reasoning and its replay"},
                                Topic{"usage", "Token counts"},
                                Topic{"errors", "Reading and showing errors"},
                                Topic{"retry", "Retries and waiting"},
                                Topic{"connection", "Connections and HTTP"},
                                Topic{"parameters", "Parameters and messages of a request"},
                                Topic{"models", "Model lists and addresses"},
                                Topic{"login", "Login"},
                                Topic{"token", "Key exchange"},
                                Topic{"store", "The credential store"},
                                Topic{"secrets", "Secrets"},
                                Topic{"process", "Behaviour as a program"}};

}  // namespace

std::span<const Topic> topics() {
  return kTopics;
}

std::vector<std::string> topic_names() {
  std::vector<std::string> out;
  out.reserve(kTopics.size());
  for (const Topic& topic : kTopics) out.emplace_back(topic.name);
  return out;
}

std::size_t topic_rank(std::string_view name) {
  const auto found =
      std::find_if(kTopics.begin(), kTopics.end(), [&](const Topic& topic) { return topic.name == name; });
  return static_cast<std::size_t>(found - kTopics.begin());
}

const Topic* find_topic(std::string_view name) {
  const std::size_t at = topic_rank(name);
  return at == kTopics.size() ? nullptr : &kTopics.at(at);
}

std::string_view topic_title(std::string_view name) {
  const Topic* topic = find_topic(name);
  return topic == nullptr ? "Other" : topic->title;
}

}  // namespace assay
