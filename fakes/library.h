// Where fakes find what they say by name: canonical turns (DIR/turns/NAME.yaml) and recorded answers
// (DIR/NAME.json, "NAME.json#1" for its second exchange). Files are read when a name is first asked for,
// which is while settings and orders are checked, never while a request waits.
//
// Thread-safety: none; used while a world is made and on its loop thread.
#pragma once

#include <map>
#include <nlohmann/json_fwd.hpp>
#include <string>

#include "harness/base/exchange.h"
#include "harness/base/result.h"
#include "harness/stream/turn.h"

namespace assay::fakes {

class Library {
 public:
  explicit Library(std::string directory) : directory_(std::move(directory)) {}

  // The turn of that name, or one written out in place ({text: "pong"}). Errors name the file.
  Result<stream::Turn> turn(const nlohmann::json& name_or_turn) const;
  // The response of a recorded exchange.
  Result<Response> recorded(const std::string& name) const;
  // Every turn in the directory, by name; the first error ends it.
  Result<std::map<std::string, stream::Turn>> all_turns() const;

 private:
  Result<stream::Turn> load(const std::string& path) const;

  std::string directory_;
  mutable std::map<std::string, stream::Turn> turns_;
  mutable std::map<std::string, Response> recorded_;
};

}  // namespace assay::fakes
