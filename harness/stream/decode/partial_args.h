// Arguments of a function call that Gemini streams value by value, put together again: each has the JSON path
// of its place and a string may come in pieces. https://ai.google.dev/api/generate-content (PartialArg,
// Vertex AI). Private to harness/stream.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

namespace assay::stream::decoding {

class PartialArgs {
 public:
  // A `partialArgs` list as JSON text: [{jsonPath, stringValue | numberValue | boolValue | nullValue,
  // willContinue}, ...]. A path that is none becomes the name of a top-level argument: nothing is lost.
  void add(std::string_view list);
  // An `args` object as JSON text: its values stand beside, or replace, what came in parts.
  void add_whole(std::string_view object);
  // All so far as compact JSON text, in the order in which the arguments came; then begins anew.
  std::string take();

 private:
  nlohmann::ordered_json arguments_ = nlohmann::ordered_json::object();
};

}  // namespace assay::stream::decoding
