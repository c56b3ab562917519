#include "chat_client.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>

namespace {

struct Answer {
  int status = 0;  // 0 = none came
  std::string body;
};

Answer post(const std::string& base, const std::string& key, const std::string& body) {
  const auto begin = base.find("//") + 2, colon = base.find(':', begin), slash = base.find('/', colon);
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in to = {};
  to.sin_family = AF_INET;
  to.sin_port = htons(static_cast<std::uint16_t>(std::atoi(base.c_str() + colon + 1)));
  inet_pton(AF_INET, base.substr(begin, colon - begin).c_str(), &to.sin_addr);
  std::string bytes = "POST " + (slash == std::string::npos ? "" : base.substr(slash)) +
                      "/chat/completions HTTP/1.1\r\nHost: " + base.substr(begin, slash - begin) +
                      "\r\nAuthorization: Bearer " + key +
                      "\r\nContent-Type: application/json\r\nContent-Length: " + std::to_string(body.size()) +
                      "\r\nConnection: close\r\n\r\n" + body;
  std::string got;
  if (connect(fd, reinterpret_cast<sockaddr*>(&to), sizeof to) == 0 &&
      send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(bytes.size())) {
    char buffer[4096];
    for (ssize_t n = 0; (n = recv(fd, buffer, sizeof buffer, 0)) > 0;)
      got.append(buffer, static_cast<std::size_t>(n));
  }
  close(fd);
  const auto end = got.find("\r\n\r\n");
  if (end == std::string::npos) return {};
  return {std::atoi(got.c_str() + got.find(' ')), got.substr(end + 4)};
}

// The text of a whole answer: the string after "content":. Enough for an example.
std::string content_of(const std::string& body) {
  const std::string name = "\"content\":\"";
  const auto at = body.find(name);
  if (at == std::string::npos) return {};
  const auto begin = at + name.size();
  return body.substr(begin, body.find('"', begin) - begin);
}

}  // namespace

Reply chat(const std::string& base, const std::string& key, const std::string& prompt) {
  const std::string body = R"({"model":"small","messages":[{"role":"user","content":")" + prompt + "\"}]}";
  Answer answer = post(base, key, body);
  if (answer.status == 503) answer = post(base, key, body);
  if (answer.status == 200) return {true, content_of(answer.body), answer.body};
  if (answer.status == 0) return {false, "The provider does not answer.", {}};
  return {false, "The provider refused the request (" + std::to_string(answer.status) + ").", answer.body};
}
