#include "harness/http/websocket.h"

#include <boost/asio/bind_executor.hpp>
#include <boost/asio/buffers_iterator.hpp>
#include <boost/asio/post.hpp>
#include <boost/beast/core/buffers_to_string.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/websocket/rfc6455.hpp>
#include <boost/beast/websocket/stream.hpp>
#include <deque>
#include <utility>

namespace assay::http {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace websocket = beast::websocket;
using boost::system::error_code;

// What Beast's WebSocket reads from and writes to: our transport, with the socket's readiness from Asio.
class Stream {
 public:
  using executor_type = asio::ip::tcp::socket::executor_type;

  Stream(asio::ip::tcp::socket& socket, Transport& transport, std::string early)
      : socket_(socket), transport_(transport), early_(std::move(early)) {}

  executor_type get_executor() { return socket_.get_executor(); }

  // What Beast calls to end a connection; found by argument-dependent lookup.
  friend void beast_close_socket(Stream& stream) { stream.transport_.half_close(); }
  template <typename Handler>
  friend void async_teardown(beast::role_type, Stream& stream, Handler&& handler) {
    stream.transport_.half_close();
    asio::post(stream.get_executor(),
               [handler = std::forward<Handler>(handler)]() mutable { handler(error_code()); });
  }

  template <typename Buffers, typename Handler>
  auto async_read_some(const Buffers& buffers, Handler&& handler) {
    return asio::async_initiate<Handler, void(error_code, std::size_t)>(
        [this](auto h, asio::mutable_buffer to) { this->read(std::move(h), to, true); }, handler,
        first<asio::mutable_buffer>(buffers));
  }

  template <typename Buffers, typename Handler>
  auto async_write_some(const Buffers& buffers, Handler&& handler) {
    return asio::async_initiate<Handler, void(error_code, std::size_t)>(
        [this](auto h, asio::const_buffer from) { this->write(std::move(h), from, true); }, handler,
        first<asio::const_buffer>(buffers));
  }

 private:
  template <typename Buffer, typename Buffers>
  static Buffer first(const Buffers& buffers) {
    for (auto it = asio::buffer_sequence_begin(buffers); it != asio::buffer_sequence_end(buffers); ++it) {
      const Buffer buffer = *it;
      if (buffer.size() > 0) return buffer;
    }
    return {};
  }

  // `inside`: called from within the initiation, so that completion must be posted.
  template <typename Handler>
  void complete(Handler handler, error_code error, std::size_t bytes, bool inside) {
    if (!inside) {
      std::move(handler)(error, bytes);
      return;
    }
    asio::post(get_executor(),
               [handler = std::move(handler), error, bytes]() mutable { std::move(handler)(error, bytes); });
  }

  static error_code error_of(Io io) {
    if (io.state == Io::State::end) return asio::error::eof;
    if (io.state == Io::State::reset) return asio::error::connection_reset;
    return asio::error::fault;
  }

  template <typename Handler>
  void read(Handler handler, asio::mutable_buffer to, bool inside) {
    if (to.size() == 0 || !early_.empty()) {
      const std::size_t size = early_.copy(static_cast<char*>(to.data()), to.size());
      early_.erase(0, size);
      complete(std::move(handler), {}, size, inside);
      return;
    }
    const Io io = transport_.read(static_cast<char*>(to.data()), to.size());
    if (io.state == Io::State::want_read || io.state == Io::State::want_write) {
      again(io, [this, to, handler = std::move(handler)](error_code error) mutable {
        if (error) {
          std::move(handler)(error, 0);
        } else {
          read(std::move(handler), to, false);
        }
      });
      return;
    }
    complete(std::move(handler), io.state == Io::State::done ? error_code() : error_of(io), io.bytes, inside);
  }

  template <typename Handler>
  void write(Handler handler, asio::const_buffer from, bool inside) {
    Io io;
    if (from.size() > 0) {
      const iovec piece = {const_cast<void*>(from.data()), from.size()};
      io = transport_.write(&piece, 1);
    }
    if (io.state == Io::State::want_read || io.state == Io::State::want_write) {
      again(io, [this, from, handler = std::move(handler)](error_code error) mutable {
        if (error) {
          std::move(handler)(error, 0);
        } else {
          write(std::move(handler), from, false);
        }
      });
      return;
    }
    complete(std::move(handler), io.state == Io::State::done ? error_code() : error_of(io), io.bytes, inside);
  }

  template <typename F>
  void again(Io io, F f) {
    socket_.async_wait(io.state == Io::State::want_read ? asio::ip::tcp::socket::wait_read
                                                        : asio::ip::tcp::socket::wait_write,
                       std::move(f));
  }

  asio::ip::tcp::socket& socket_;
  Transport& transport_;
  std::string early_;
};

class BeastWebSocket final : public WebSocket, public std::enable_shared_from_this<BeastWebSocket> {
 public:
  BeastWebSocket(std::shared_ptr<void> owner, asio::ip::tcp::socket& socket, Transport& transport,
                 std::string early, std::size_t message_bytes, Events events)
      : owner_(std::move(owner)), stream_(socket, transport, std::move(early)), events_(std::move(events)) {
    stream_.read_message_max(message_bytes);
  }

  void accept(const Request& request) {
    for (const Header& header : request.headers) upgrade_.insert(header.name, header.value);
    upgrade_.method(beast::http::verb::get);
    upgrade_.target(request.target);
    upgrade_.version(11);
    stream_.async_accept(upgrade_, [self = shared_from_this()](error_code error) {
      if (self->abandoned_) return;
      if (error) {
        self->ended(error);
        return;
      }
      self->open_ = true;
      self->events_.on_open(101);
      self->read();
      self->write();
    });
  }

  void send(std::string message, bool binary) override {
    if (closing_) return;
    queue_.push_back({std::move(message), binary});
    if (open_ && !writing_) write();
  }

  void close(std::uint16_t code) override {
    if (closing_) return;
    closing_ = true;
    close_code_ = code;
    if (open_ && !writing_) write();
  }

  void abandon() override { abandoned_ = true; }

 private:
  struct Message {
    std::string text;
    bool binary;
  };

  void read() {
    stream_.async_read(buffer_, [self = shared_from_this()](error_code error, std::size_t) {
      if (self->abandoned_) return;
      if (error) {
        self->ended(error);
        return;
      }
      std::string message = beast::buffers_to_string(self->buffer_.data());
      self->buffer_.consume(self->buffer_.size());
      self->events_.on_message(std::move(message), self->stream_.got_binary());
      if (!self->abandoned_) self->read();
    });
  }

  void write() {
    if (queue_.empty()) {
      if (closing_ && !closed_) {
        closed_ = true;
        writing_ = true;
        // Waits for the peer's close frame; the read that is under way is aborted.
        stream_.async_close(websocket::close_code(close_code_),
                            [self = shared_from_this()](error_code error) {
                              if (!self->abandoned_)
                                self->ended(error ? error : error_code(websocket::error::closed));
                            });
      }
      return;
    }
    writing_ = true;
    stream_.binary(queue_.front().binary);
    stream_.async_write(asio::buffer(queue_.front().text),
                        [self = shared_from_this()](error_code error, std::size_t) {
                          self->writing_ = false;
                          if (self->abandoned_ || error) return;  // the read reports what happened
                          self->queue_.pop_front();
                          self->write();
                        });
  }

  void ended(error_code error) {
    if (closed_ && error == asio::error::operation_aborted) return;  // async_close tells the end
    if (std::exchange(told_, true)) return;
    if (error == websocket::error::closed) {
      const std::string code = std::to_string(stream_.reason().code);
      events_.on_end(!closed_, closed_ ? "websocket closed" : "websocket closed by peer, code " + code);
    } else {
      events_.on_end(true, "websocket ended: " + error.message());
    }
  }

  const std::shared_ptr<void> owner_;
  websocket::stream<Stream, false> stream_;  // false: without permessage-deflate
  Events events_;
  beast::http::request<beast::http::empty_body> upgrade_;
  beast::flat_buffer buffer_;
  std::deque<Message> queue_;
  std::uint16_t close_code_ = 1000;
  bool open_ = false;
  bool writing_ = false;
  bool closing_ = false;  // close() was called: nothing more is queued
  bool closed_ = false;   // the close frame was sent
  bool told_ = false;
  bool abandoned_ = false;
};

}  // namespace

std::shared_ptr<WebSocket> WebSocket::accept(std::shared_ptr<void> owner, asio::ip::tcp::socket& socket,
                                             Transport& transport, const Request& request, std::string early,
                                             std::size_t message_bytes, Events events) {
  auto made = std::make_shared<BeastWebSocket>(std::move(owner), socket, transport, std::move(early),
                                               message_bytes, std::move(events));
  made->accept(request);
  return made;
}

}  // namespace assay::http
