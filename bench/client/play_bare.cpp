// A reader that does nothing but read: what the wire itself gives.
#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>

#include "bench/client/play_world.h"
#include "harness/http/dial.h"

namespace assay::bench {
namespace {

constexpr std::size_t kReadBytes = std::size_t{64} * 1024;

std::string head_of(const Request& request) {
  std::string out = fmt::format("{} {} HTTP/1.1\r\n", request.method, request.target);
  for (const Header& header : request.headers) {
    if (!iequals(header.name, "Connection") && !iequals(header.name, "Content-Length") &&
        !iequals(header.name, "Transfer-Encoding"))
      out += header.name + ": " + header.value + "\r\n";
  }
  return out + fmt::format("Content-Length: {}\r\nConnection: close\r\n\r\n", request.body.size());
}

// How far the answer had come, and when.
struct Mark {
  std::size_t bytes;
  Micros at;
};

Result<std::vector<Mark>> read_all(const http::Url& url, const std::string& request, const Clock& clock,
                                   Micros deadline) {
  http::Dialled to;
  if (const auto trouble = http::dial(url, {}, nullptr, to)) return fail(trouble->second);
  const auto until = std::chrono::steady_clock::now() + deadline;
  std::vector<Mark> marks;
  std::size_t sent = 0;
  std::size_t got = 0;
  std::vector<char> buffer(kReadBytes);
  while (true) {
    const bool sending = sent < request.size();
    const auto count =
        sending ? ::send(to.socket.get(), request.data() + sent, request.size() - sent, MSG_NOSIGNAL)
                : ::recv(to.socket.get(), buffer.data(), buffer.size(), 0);
    if (count > 0 && sending) {
      sent += static_cast<std::size_t>(count);
    } else if (count > 0) {
      got += static_cast<std::size_t>(count);
      marks.push_back({got, clock.now()});
    } else if (count == 0) {
      return marks;
    } else if (errno != EAGAIN && errno != EINTR) {
      return fail(std::string("the bare reader cannot read: ") + std::strerror(errno));
    } else if (http::wait_for(to.socket.get(), sending ? POLLOUT : POLLIN, until, nullptr) !=
               http::Waited::ready) {
      return fail("the bare reader read no end of the stream");
    }
  }
}

}  // namespace

Result<Play> play_bare(const PlayOptions& options, const StreamPlan& plan, const Request& request) {
  auto world = PlayWorld::open(options, plan);
  if (!world) return tl::unexpected(world.error());
  const auto url = http::parse_url((*world)->world->url("inference"));
  if (!url) return tl::unexpected(url.error());
  const auto marks = read_all(*url, head_of(request) + request.body, (*world)->clock, options.deadline);
  if (!marks) return tl::unexpected(marks.error());
  const std::vector<Served> served = (*world)->tap->served();
  if (served.empty()) return fail("the world gave the bare reader no stream");
  Play out;
  out.requests = served.size();
  out.served = served.front();
  auto mark = marks->begin();
  for (const std::size_t end : out.served.ends) {
    while (mark != marks->end() && mark->bytes < end) ++mark;
    if (mark == marks->end()) return fail("the bare reader missed the end of the stream");
    out.shown.push_back(mark->at);
  }
  out.ended = marks->back().at;
  return out;
}

}  // namespace assay::bench
