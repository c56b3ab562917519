#include "conformance/serve/admin_call.h"

#include <fmt/format.h>

#include <algorithm>

#include "conformance/runner/case/own_paths.h"
#include "harness/base/text.h"

namespace assay::serve {

WorldView AdminCall::world() const {
  auto found = worlds.find(name());
  if (!found) throw Refused{404, "there is no world \"" + name() + "\""};
  return std::move(*found);
}

std::map<std::string, std::string> AdminCall::query(std::initializer_list<std::string_view> known) const {
  std::map<std::string, std::string> out;
  const std::string_view path = target_path(request.target);
  if (path.size() == request.target.size()) return out;
  for (const std::string_view pair : split(std::string_view(request.target).substr(path.size() + 1), '&')) {
    if (pair.empty()) continue;
    const auto equals = pair.find('=');
    const std::string key = form_decode(pair.substr(0, equals));
    if (std::find(known.begin(), known.end(), key) == known.end())
      throw Refused{400, unknown_word("parameter", key, {known.begin(), known.end()})};
    out[key] = equals == std::string_view::npos ? "" : form_decode(pair.substr(equals + 1));
  }
  return out;
}

Document AdminCall::body() const {
  auto document = load_json(request.body.empty() ? std::string_view("{}") : request.body, "body");
  if (!document) throw Refused{400, document.error().text()};
  need_no_paths(document->value);
  return std::move(*document);
}

void need_no_paths(const nlohmann::json& value) {
  // Whoever reaches the port must not read this machine's files.
  if (const auto paths = conformance::own_paths_in(value); !paths.empty())
    throw Refused{400, "'" + paths.front() +
                           "': expected a fixture or a provider of the data folder; paths are for files"};
}

Response json_answer(int status, const nlohmann::json& body) {
  return make_response(status, "application/json",
                       body.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n");
}

Response text_answer(const std::string& type, std::string text) {
  return make_response(200, type + "; charset=utf-8", std::move(text));
}

void need(const Result<void>& done) {
  if (done) return;
  const std::string& why = done.error().message;
  throw Refused{why.starts_with("there is no world \"") && why.ends_with('"') ? 404 : 400,
                done.error().text()};
}

void need_no(const std::vector<Error>& problems) {
  need(first_problem(problems));
}

}  // namespace assay::serve
