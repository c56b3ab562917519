#include "conformance/reference/values.h"

#include <poll.h>

#include <algorithm>
#include <cerrno>

#include "harness/http/client.h"

namespace assay::reference {

Cancel::Cancel() : token_(std::make_shared<http::CancelToken>()) {}
void Cancel::cancel() const {
  token_->cancel();
}
bool Cancel::cancelled() const {
  return token_->cancelled();
}
int Cancel::fd() const {
  return token_->descriptor();
}

Millis Deadline::left() const {
  if (at == SteadyTime::max()) return std::chrono::hours(24);
  const auto left = std::chrono::ceil<Millis>(at - std::chrono::steady_clock::now());
  return std::clamp(left, Millis(0), Millis(std::chrono::hours(24)));
}

Wake wait_for(int fd, short events, const Deadline& deadline, const Cancel& cancel) {
  while (true) {
    pollfd watched[2] = {{fd, events, 0}, {cancel.fd(), POLLIN, 0}};
    const int count = ::poll(watched, 2, static_cast<int>(deadline.left().count()));
    if (cancel.cancelled()) return Wake::cancelled;
    if (count > 0 && watched[0].revents != 0) return Wake::ready;
    if (count == 0 && deadline.passed()) return Wake::timeout;
    if (count < 0 && errno != EINTR) return Wake::timeout;
  }
}

Wake pause(Millis wait, const Deadline& deadline, const Cancel& cancel) {
  const Deadline until = deadline.sooner(wait);
  const Wake wake = wait_for(-1, 0, until, cancel);  // poll ignores a negative descriptor
  if (wake == Wake::cancelled) return wake;
  return deadline.passed() ? Wake::timeout : Wake::ready;
}

std::string Context::url(std::string_view name) const {
  const auto found = urls.find(std::string(name));
  if (found == urls.end()) return {};
  std::string url = found->second;
  while (url.ends_with('/')) url.pop_back();
  return url;
}

std::string text_at(const nlohmann::json& object, const char* key) {
  const auto found = object.is_object() ? object.find(key) : object.end();
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

}  // namespace assay::reference
