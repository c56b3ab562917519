// The admin API of `assay serve`: what docs/admin.openapi.yaml describes, as a function from request to
// response. A wait for the journal returns when the entries are there, when its deadline passed, or when the
// world's era ends.
//
// Thread-safety: answer() may be called from any number of threads. `worlds` outlives it.
#pragma once

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

  Response answer(const Request& request) const;

  // Every route as {"GET", "/worlds/{world}"}.
  static std::vector<std::pair<std::string, std::string>> routes();

 private:
  Worlds& worlds_;
  std::string data_;
  std::string url_;
};

// docs/admin.openapi.yaml as it was compiled in.
std::string_view openapi_yaml();

}  // namespace assay::serve
