// For tests: the real fakes behind Parts::transport, without a socket; and a browser that visits the login
// page and calls the loopback listener over a real one.
#pragma once

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <filesystem>
#include <future>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "conformance/reference/client.h"
#include "conformance/reference/errors.h"
#include "fakes/fakes.h"
#include "harness/base/text.h"
#include "harness/base/yaml.h"
#include "harness/http/client.h"

namespace assay::reference {

using nlohmann::json;

// A folder that is gone afterwards.
class Home {
 public:
  Home() {
    std::string name = testing::TempDir() + "/assay-home-XXXXXX";
    path_ = ::mkdtemp(name.data());
  }
  Home(const Home&) = delete;
  Home& operator=(const Home&) = delete;
  ~Home() { std::filesystem::remove_all(path_); }
  const std::string& path() const { return path_; }
  std::string file(const std::string& name) const { return path_ + '/' + name; }
  void write(const std::string& name, const std::string& bytes) const {
    ASSERT_TRUE(write_file_atomically(file(name), bytes));
  }
  json store() const { return json::parse(read_file(file("auth.json")).value_or("null"), nullptr, false); }

 private:
  std::string path_;
};

inline json descriptor(const std::string& id) {
  return load_yaml_file(std::string(ASSAY_SOURCE_DIR) + "/conformance/providers/" + id + ".yaml")
      .value()
      .value;
}

// Sends `bytes` to a loopback port and returns what comes until the end; "" when nobody listens.
inline std::string talk(std::uint16_t port, const std::string& bytes) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  std::string answer;
  if (::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 &&
      ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(bytes.size())) {
    char buffer[4096];
    ssize_t count = 0;
    while ((count = ::recv(fd, buffer, sizeof buffer, 0)) > 0)
      answer.append(buffer, static_cast<std::size_t>(count));
  }
  ::close(fd);
  return answer;
}
inline std::string get(const std::string& target, const std::string& more = "") {
  return "GET " + target + " HTTP/1.1\r\nHost: 127.0.0.1\r\n" + more + "\r\n";
}

class TestWorld {
 public:
  TestWorld() : factory_(fakes::make_factory(std::string(ASSAY_SOURCE_DIR) + "/fixtures")) {}

  void add(const std::string& url_name, const std::string& kind, const json& settings = json::object()) {
    auto fake = factory_(kind, {settings, Random(7), &clock_});
    ASSERT_TRUE(fake) << fake.error().text();
    fakes_["http://" + url_name + ".test"] = std::move(*fake);
    urls_[url_name] = "http://" + url_name + ".test";
  }
  void add_worldrouter() {
    add("auth", "auth-station", {{"auto", true}, {"accepted_origins", {"http://127.0.0.1:*"}}});
    add("control", "control-api");
    add("inference", "inference-api");
  }
  const json& urls() const { return urls_; }

  // The part `transport`: each request goes to the fake of its origin. `before` may answer in its place.
  std::function<std::optional<HttpReply>(const HttpRequest&)> before;
  Outcome<HttpReply> transport(const HttpRequest& request, const BodySink& sink) {
    std::unique_lock lock(mutex_);
    requests_.push_back(request);
    lock.unlock();
    std::optional<HttpReply> reply;
    if (before) reply = before(request);
    lock.lock();
    if (!reply) {
      const auto fake = fakes_.find(origin_of_url(request.url));
      if (fake == fakes_.end()) return failure(Category::network, "nobody is at " + request.url);
      assay::Request wire{request.method, request.url.substr(fake->first.size()), "HTTP/1.1", request.headers,
                          request.body};
      assay::Call call;
      call.request = &wire;
      call.origin = fake->first;
      reply = HttpReply{404, "Not Found", {}, "unclaimed"};
      for (const Action& action : fake->second->on_body(call))
        if (const auto* respond = std::get_if<Respond>(&action))
          reply = HttpReply{respond->response.status, std::string(respond->response.reason),
                            respond->response.headers, body_bytes(respond->response)};
    }
    lock.unlock();
    if (sink.on_head && sink.on_head(*reply)) {
      sink.on_bytes(reply->body);
      reply->body.clear();
    }
    return *reply;
  }
  Parts parts() {
    Parts parts = right_parts();
    parts.transport = [this](const HttpRequest& request, const BodySink& sink, const Cancel&,
                             const Deadline&) { return transport(request, sink); };
    return parts;
  }
  // Method and path of every request so far.
  std::vector<std::string> seen() const {
    const std::lock_guard lock(mutex_);
    std::vector<std::string> lines;
    for (const HttpRequest& request : requests_)
      lines.push_back(request.method + ' ' +
                      std::string(target_path(request.url.substr(origin_of_url(request.url).size()))));
    return lines;
  }
  std::vector<HttpRequest> requests() const {
    const std::lock_guard lock(mutex_);
    return requests_;
  }
  Fake& fake(const std::string& url_name) { return *fakes_.at("http://" + url_name + ".test"); }
  SystemClock& clock() { return clock_; }

  // Visits a login page that redirects at once, and gives the redirect's address.
  std::string visit(const std::string& url) {
    HttpRequest request;
    request.url = url;
    const auto reply = transport(request, {});
    const std::string* location = reply ? find_header(reply->headers, "location") : nullptr;
    return location == nullptr ? "" : *location;
  }

 private:
  static std::string origin_of_url(const std::string& url) { return url.substr(0, url.find('/', 8)); }
  SystemClock clock_;
  FakeFactory factory_;
  std::map<std::string, std::unique_ptr<Fake>> fakes_;
  json urls_ = json::object();
  mutable std::mutex mutex_;
  std::vector<HttpRequest> requests_;
};

// Runs one operation; `on_event` sees its events as they come.
struct Ran {
  json answer;
  std::vector<json> events;
  const json& result() const { return answer.at("result"); }
  // A field of result.error; null when there is none.
  json error(const std::string& field) const {
    return answer.value("result", json::object()).value("error", json::object()).value(field, json());
  }
  std::vector<json> of_kind(const std::string& kind) const {
    std::vector<json> some;
    for (const json& event : events)
      if (event.at("kind") == kind) some.push_back(event);
    return some;
  }
};
inline Ran run(const Parts& parts, json fields, const std::function<void(const json&)>& on_event = {},
               Cancel cancel = {}, Answers* answers = nullptr) {
  Ran ran;
  Answers none;
  Operation request;
  fields["seq"] = 1;
  request.fields = std::move(fields);
  request.cancel = std::move(cancel);
  request.answers = answers != nullptr ? answers : &none;
  request.emit = [&](json event) {
    ran.events.push_back(event);
    if (on_event) on_event(event);
  };
  ran.answer = run_operation(parts, request);
  return ran;
}

// The port and target of "http://127.0.0.1:1456/callback?x=y".
inline std::pair<std::uint16_t, std::string> parts_of(const std::string& redirect) {
  const auto url = http::parse_url(redirect);
  return url ? std::pair(url->port, url->target) : std::pair(std::uint16_t{0}, std::string());
}

}  // namespace assay::reference
