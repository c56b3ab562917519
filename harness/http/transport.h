// Bytes to and from one non-blocking socket, plain or under TLS, with what the kernel knows about their fate.
//
// Thread-safety: none. The socket is borrowed and must outlive the transport.
#pragma once

#include <sys/uio.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

namespace assay::http {

struct Io {
  enum class State {
    done,        // `bytes` were moved (write: perhaps fewer than asked for)
    want_read,   // try again when the socket is readable
    want_write,  // try again when the socket is writable
    end,         // the peer sent FIN
    reset,       // the peer sent RST
    failed       // TLS or the kernel refused; error() says why
  };
  State state = State::done;
  std::size_t bytes = 0;
};

class Transport {
 public:
  virtual ~Transport() = default;
  // Done at once on a plain transport.
  virtual Io handshake() { return {}; }
  virtual Io read(char* to, std::size_t size) = 0;
  virtual Io write(const iovec* pieces, int count) = 0;
  // Bytes that were taken from the socket but not yet read: read() again before waiting.
  virtual bool pending() const { return false; }
  // FIN, after close_notify under TLS. Reading goes on.
  virtual void half_close() = 0;
  // Bytes that were handed to the kernel, TLS records included.
  virtual std::uint64_t sent() const = 0;
  virtual const std::string& error() const = 0;
};

std::unique_ptr<Transport> make_plain_transport(int socket);

}  // namespace assay::http
