// A second reader of answers, as plain as can be: the whole input in one string, nlohmann::json, no
// templates, no state beyond what each protocol's documentation asks for. For tests: the decoder must hear
// what it hears.
#pragma once

#include <cstdint>
#include <iosfwd>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "harness/stream/turn.h"

namespace assay::stream::naive {

struct Call {
  std::string id;
  std::string name;
  std::string arguments;
  bool operator==(const Call&) const = default;
};

// What an answer says, joined by choice.
struct Heard {
  std::string id;
  std::map<int, std::string> text;
  std::map<int, std::string> reasoning;
  std::map<int, std::string> refusal;
  std::vector<Call> calls;
  std::string finish;  // the provider's own word
  std::string error;
  std::map<std::string, std::int64_t> usage;  // by the names of a turn's JSON form
  bool broken = false;
  bool operator==(const Heard&) const = default;
};
std::ostream& operator<<(std::ostream& out, const Heard& heard);

// `flush`: see frames.h. Broken: a payload is no JSON object.
Heard read(Protocol protocol, std::string_view bytes, bool flush = false);
// What a turn says in the same words.
Heard heard_of(const Turn& turn);
// Arguments whose spelling does not matter: compact, keys in order; none is {}.
void canonical_arguments(Heard& heard);

}  // namespace assay::stream::naive
