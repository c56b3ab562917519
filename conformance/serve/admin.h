// The admin API of `assay serve`: what docs/admin.openapi.yaml describes, as a function from request to
// response. A wait for the journal returns when the entries are there, when its deadline passed, or when the
// world's era ends. At most 48 wait at once, so that others are still answered.
//
// What a web page sends in another's name is refused: a foreign Origin, Sec-Fetch-Site other than same-origin
// or none, and bodies that are not declared as JSON.
//
// Thread-safety: answer() may be called from any number of threads. `worlds` outlives it.
#pragma once

#include <atomic>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "conformance/serve/worlds.h"
#include "harness/base/exchange.h"

namespace assay::serve {

class Admin {
 public:
  // `url`: where the API itself is reached, for exports; may be set later, before the first request.
  Admin(Worlds& worlds, std::string data_folder, std::string url = {});
  void set_url(std::string url) { url_ = std::move(url); }

  // Requests without `Authorization: Bearer TOKEN` are then refused. Set before the first request.
  void set_token(std::string token) { token_ = std::move(token); }

  // `gone` says whether nobody waits for the answer any more; a wait for the journal then ends.
  Response answer(const Request& request, const std::function<bool()>& gone = {}) const;

  // Every route as {"GET", "/worlds/{world}"}.
  static std::vector<std::pair<std::string, std::string>> routes();

 private:
  Worlds& worlds_;
  std::string data_;
  std::string url_;
  std::string token_;
  mutable std::atomic<int> waits_{0};  // for the journal, at this moment
};

// docs/admin.openapi.yaml as it was compiled in.
std::string_view openapi_yaml();

}  // namespace assay::serve
