// Shapes: which fields an object of a protocol has, and of which type each is. Data (probe/shapes.yaml), in
// place of a provider's OpenAPI document: only what clients read, with what the specification says of it.
//
//   openai-chat:
//     whole:
//       /id: text                  a string that is not empty
//       /choices/*/index: integer  of every element
//       /usage?: object            may be missing
//       /object: "=chat.completion"
//       /choices/*/message/content: string|null
//
// Values; safe to share once loaded.
#pragma once

#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "harness/base/result.h"
#include "harness/stream/turn.h"

namespace assay::probe {

struct ShapeField {
  std::string pointer;             // '*' stands for every element of an array
  std::vector<std::string> types;  // or "=literal"
  bool required = true;
};
using Shape = std::vector<ShapeField>;

class Shapes {
 public:
  static Result<Shapes> load(const std::string& data_folder);
  static Result<Shapes> parse(std::string_view yaml, const std::string& file);
  // nullptr when the protocol has no shape of that name.
  const Shape* find(stream::Protocol protocol, std::string_view name) const;

 private:
  std::map<std::string, Shape, std::less<>> shapes_;  // "openai-chat whole"
};

// What of `value` is not as `shape` says: "/usage/total_tokens is missing", "/created is a string, not
// integer".
std::vector<std::string> shape_problems(const Shape& shape, const nlohmann::json& value);

}  // namespace assay::probe
