// What the routes of the admin API share: one call, its parts read strictly, and how it may fail.
#pragma once

#include <atomic>
#include <functional>
#include <initializer_list>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "conformance/serve/worlds.h"
#include "harness/base/exchange.h"
#include "harness/base/strict.h"

namespace assay::serve {

// A call that cannot be answered as asked: thrown by a route, told as {"error": {...}}.
struct Refused {
  int status;
  std::string message;
};

struct AdminCall {
  Worlds& worlds;
  const std::string& data;
  const std::string& url;
  const Request& request;
  std::map<std::string, std::string> path;  // "world" → "a"
  const std::function<bool()>& gone;        // nobody waits for the answer any more; may be empty
  std::atomic<int>& waits;                  // for the journal, at this moment

  // The world that the path names, or 404.
  WorldView world() const;
  const std::string& name() const { return path.at("world"); }
  // A query parameter; empty when absent. Parameters that are not in `known` are refused.
  std::map<std::string, std::string> query(std::initializer_list<std::string_view> known) const;
  // The body as JSON, or 400.
  Document body() const;
};

Response json_answer(int status, const nlohmann::json& body);
Response text_answer(const std::string& type, std::string text);

// The value, or 400 with the reason (404 where the reason is that there is no such world).
void need(const Result<void>& done);
template <typename T>
T need(Result<T> done) {
  if (!done) need(Result<void>(tl::unexpected(done.error())));
  return std::move(*done);
}
// 400 when `value` names a file by its path (case/own_paths.h). body() asks it.
void need_no_paths(const nlohmann::json& value);
// Throws the first problem as 400.
void need_no(const std::vector<Error>& problems);

// The routes, by what they are about.
Response list_worlds(const AdminCall&);
Response create_world(const AdminCall&);
Response show_world(const AdminCall&);
Response remove_world(const AdminCall&);
Response reset_world(const AdminCall&);
Response show_exports(const AdminCall&);
Response show_client(const AdminCall&);
Response show_clock(const AdminCall&);
Response advance_clock(const AdminCall&);

Response list_scenarios(const AdminCall&);
Response set_scenario(const AdminCall&);
Response list_faults(const AdminCall&);
Response show_faults(const AdminCall&);
Response set_faults(const AdminCall&);
Response clear_faults(const AdminCall&);
Response show_setting(const AdminCall&);
Response set_setting(const AdminCall&);
Response release_hold(const AdminCall&);
Response show_strict(const AdminCall&);

Response show_journal(const AdminCall&);
Response wait_journal(const AdminCall&);

}  // namespace assay::serve
