// Topics: what a maintainer would fix. Questions are grouped by them in `assay explain`, in every report and
// in docs/questions.md.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace assay {

struct Topic {
  std::string_view
      name;  // "framing": as case files, run records and the folders of conformance/mutants have it
  std::string_view title;  // "Reading the bytes of a stream"
};

// In the order in which they are shown: along the way of an answer, then what is around it.
std::span<const Topic> topics();

// Their names, for messages.
std::vector<std::string> topic_names();

// nullptr = there is none of that name.
const Topic* find_topic(std::string_view name);

// The title of a topic; "Other" for a name that there is no topic of.
std::string_view topic_title(std::string_view name);

// Where a topic stands in topics(); topics().size() for a name that there is no topic of.
std::size_t topic_rank(std::string_view name);

}  // namespace assay
