#include <sys/socket.h>

#include <cerrno>
#include <system_error>

#include "harness/http/transport.h"

namespace assay::http {
namespace {

class Plain final : public Transport {
 public:
  explicit Plain(int socket) : socket_(socket) {}

  Io read(char* to, std::size_t size) override {
    const ssize_t got = ::recv(socket_, to, size, MSG_DONTWAIT);
    if (got > 0) return {Io::State::done, static_cast<std::size_t>(got)};
    if (got == 0) return {Io::State::end, 0};
    return because(Io::State::want_read);
  }

  Io write(const iovec* pieces, int count) override {
    constexpr int kFlags = MSG_DONTWAIT | MSG_NOSIGNAL;
    ssize_t put = 0;
    if (count == 1) {  // the usual case, and cheaper for the kernel
      put = ::send(socket_, pieces[0].iov_base, pieces[0].iov_len, kFlags);
    } else {
      msghdr message = {};
      message.msg_iov = const_cast<iovec*>(pieces);
      message.msg_iovlen = static_cast<std::size_t>(count);
      put = ::sendmsg(socket_, &message, kFlags);
    }
    if (put < 0) return because(Io::State::want_write);
    sent_ += static_cast<std::uint64_t>(put);
    return {Io::State::done, static_cast<std::size_t>(put)};
  }

  void half_close() override { ::shutdown(socket_, SHUT_WR); }
  std::uint64_t sent() const override { return sent_; }
  const std::string& error() const override { return error_; }

 private:
  Io because(Io::State blocked) {
    if (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR) return {blocked, 0};
    if (errno == ECONNRESET || errno == EPIPE) return {Io::State::reset, 0};
    error_ = std::generic_category().message(errno);
    return {Io::State::failed, 0};
  }

  int socket_;
  std::uint64_t sent_ = 0;
  std::string error_;
};

}  // namespace

std::unique_ptr<Transport> make_plain_transport(int socket) {
  return std::make_unique<Plain>(socket);
}

}  // namespace assay::http
