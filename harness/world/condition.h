// Condition: what a case demands of one value: of a header, a form field, a place in a JSON body, a field of
// a result.
//
// In a case file: a plain value means "equals it"; "present" and "absent" mean what they say; a map names
// another test: {contains: text}, {matches: regular expression (RE2)}, {not_matches: the same}, {not: value},
// {in: [values]}, and for numbers {min: n}, {max: n}, or a string such as ">=1", "<=4", ">0".
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/base/pattern.h"
#include "harness/base/result.h"

namespace assay {

struct Condition {
  enum class Kind {
    equals,
    present,
    absent,
    contains,
    matches,
    not_matches,
    not_equals,
    in,
    at_least,
    at_most,
    more_than,
    less_than
  };
  Kind kind = Kind::equals;
  nlohmann::json value;
  std::optional<Pattern> pattern = std::nullopt;  // of matches and not_matches
};

// Fails with what was expected. A map with several tests gives one condition each.
Result<std::vector<Condition>> parse_condition(const nlohmann::json& text);
// `found` is nullptr when the value is absent. Text and numbers are compared across ("5" equals 5), as
// headers and forms carry text.
bool holds(const Condition& condition, const nlohmann::json* found);
bool all_hold(const std::vector<Condition>& conditions, const nlohmann::json* found);
// "equals \"x\"", "is absent", "contains \"x\"".
std::string describe(const Condition& condition);

// RFC 6901, except that a number below zero counts from the end of an array: /messages/-1/content. nullptr
// when nothing is there.
const nlohmann::json* at_pointer(const nlohmann::json& document, std::string_view pointer);

// `*` stands for any run of characters.
bool glob_match(std::string_view glob, std::string_view text);

}  // namespace assay
