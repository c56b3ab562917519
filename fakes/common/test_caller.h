// For tests: a world of fakes that are called as a client would, without sockets.
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>

#include "fakes/fakes.h"
#include "harness/base/text.h"

namespace assay::fakes {

struct Answer {
  Response response;
  double speed = 0;
  std::vector<Note> notes;
  bool unclaimed = false;

  int status() const { return unclaimed ? 0 : response.status; }
  std::string body() const { return body_bytes(response); }
  nlohmann::json json() const { return nlohmann::json::parse(body(), nullptr, false); }
  std::string header(std::string_view name) const {
    const auto* value = find_header(response.headers, name);
    return value == nullptr ? "" : *value;
  }
};

class TestWorld {
 public:
  explicit TestWorld(std::uint64_t seed = 7) : random_(seed) {}

  // Makes (or makes anew) the fake `name` of `kind`.
  void make(const std::string& name, std::string_view kind,
            nlohmann::json settings = nlohmann::json::object()) {
    auto made = make_fake(kind, FakeConfig{std::move(settings), random_.fork(name), &clock}, state);
    ASSERT_TRUE(made) << made.error().text();
    fakes_[name] = std::move(*made);
  }
  Fake& fake(const std::string& name) { return *fakes_.at(name); }

  Answer call(const std::string& name, const std::string& method, const std::string& target,
              Headers headers = {}, std::string body = "", const nlohmann::json* rule = nullptr) {
    Request request;
    request.method = method;
    request.target = target;
    request.headers = std::move(headers);
    Call head{1, ++exchanges_, &request, "http://127.0.0.1:4711", rule};
    auto actions = fakes_.at(name)->on_head(head);
    if (actions.empty()) {
      request.body = std::move(body);
      actions = fakes_.at(name)->on_body(head);
    }
    Answer answer;
    int answers = 0;
    for (auto& action : actions) {
      if (auto* respond = std::get_if<Respond>(&action)) {
        answer.response = std::move(respond->response);
        answer.speed = respond->speed;
        ++answers;
      } else if (auto* note = std::get_if<Note>(&action)) {
        answer.notes.push_back(std::move(*note));
      } else if (std::holds_alternative<Unclaimed>(action)) {
        answer.unclaimed = true;
        ++answers;
      }
    }
    EXPECT_EQ(answers, 1) << "a request needs exactly one answer";
    return answer;
  }
  Answer get(const std::string& name, const std::string& target, Headers headers = {}) {
    return call(name, "GET", target, std::move(headers));
  }
  Answer post_json(const std::string& name, const std::string& target, const nlohmann::json& body,
                   Headers headers = {}) {
    headers.push_back({"Content-Type", "application/json"});
    return call(name, "POST", target, std::move(headers), body.dump());
  }
  Answer post_form(const std::string& name, const std::string& target,
                   const std::vector<std::pair<std::string, std::string>>& fields, Headers headers = {}) {
    headers.push_back({"Content-Type", "application/x-www-form-urlencoded"});
    std::string body;
    for (const auto& [key, value] : fields) {
      if (!body.empty()) body += '&';
      body += percent_encode(key) + "=" + percent_encode(value);
    }
    return call(name, "POST", target, std::move(headers), body);
  }

  ManualClock clock;
  std::shared_ptr<WorldState> state = make_state(ASSAY_SOURCE_DIR "/fixtures");

 private:
  Random random_;
  std::map<std::string, std::unique_ptr<Fake>> fakes_;
  std::uint64_t exchanges_ = 0;
};

inline Headers bearer(const std::string& token) {
  return {{"Authorization", "Bearer " + token}};
}

// The value of the first `name="..."` after `marker` in a page.
inline std::string attribute_after(const std::string& page, const std::string& marker,
                                   const std::string& name) {
  const auto from = page.find(marker);
  const auto start = page.find(name + "=\"", from == std::string::npos ? page.size() : from);
  if (start == std::string::npos) return "";
  const auto value = start + name.size() + 2;
  return page.substr(value, page.find('"', value) - value);
}

}  // namespace assay::fakes
