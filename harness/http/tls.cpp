#include "harness/http/tls.h"

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <map>
#include <mutex>
#include <string_view>
#include <system_error>

#include "harness/http/openssl_owned.h"
#include "harness/http/socket.h"

namespace assay::http {
namespace {

std::string openssl_error(std::string_view otherwise) {
  const unsigned long code = ERR_peek_last_error();
  ERR_clear_error();
  const char* reason = code == 0 ? nullptr : ERR_reason_error_string(code);
  return reason == nullptr ? std::string(otherwise) : std::string(reason);
}

// A BIO over send and recv: OpenSSL's own socket BIO would raise SIGPIPE, and would not count what goes out.
struct Wire {
  int socket = -1;
  std::uint64_t sent = 0;
  int error = 0;
  bool ended = false;
};

int wire_write(BIO* bio, const char* bytes, int size) {
  auto* wire = static_cast<Wire*>(BIO_get_data(bio));
  BIO_clear_retry_flags(bio);
  const ssize_t put =
      ::send(wire->socket, bytes, static_cast<std::size_t>(size), MSG_DONTWAIT | MSG_NOSIGNAL);
  if (put >= 0) {
    wire->sent += static_cast<std::uint64_t>(put);
    return static_cast<int>(put);
  }
  if (errno == EAGAIN || errno == EINTR) {
    BIO_set_retry_write(bio);
  } else {
    wire->error = errno;
  }
  return -1;
}

int wire_read(BIO* bio, char* to, int size) {
  auto* wire = static_cast<Wire*>(BIO_get_data(bio));
  BIO_clear_retry_flags(bio);
  const ssize_t got = ::recv(wire->socket, to, static_cast<std::size_t>(size), MSG_DONTWAIT);
  if (got > 0) return static_cast<int>(got);
  if (got == 0) {
    wire->ended = true;
    return 0;
  }
  if (errno == EAGAIN || errno == EINTR) {
    BIO_set_retry_read(bio);
  } else {
    wire->error = errno;
  }
  return -1;
}

long wire_control(BIO* bio, int command, long, void*) {
  if (command == BIO_CTRL_FLUSH) return 1;
  if (command == BIO_CTRL_EOF) return static_cast<Wire*>(BIO_get_data(bio))->ended ? 1 : 0;
  return 0;
}

BIO_METHOD* wire_method() {
  static BIO_METHOD* const method = [] {
    BIO_METHOD* m = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "assay socket");
    BIO_meth_set_write(m, wire_write);
    BIO_meth_set_read(m, wire_read);
    BIO_meth_set_ctrl(m, wire_control);
    return m;
  }();
  return method;
}

class TlsTransport final : public Transport {
 public:
  // `keep` is whatever must outlive the session.
  TlsTransport(SSL* ssl, int socket, bool client, std::shared_ptr<void> keep)
      : keep_(std::move(keep)), ssl_(ssl), client_(client) {
    wire_.socket = socket;
    BIO* bio = BIO_new(wire_method());
    BIO_set_data(bio, &wire_);
    BIO_set_init(bio, 1);
    SSL_set_bio(ssl, bio, bio);
    SSL_set_mode(
        ssl, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
  }

  Io handshake() override {
    ERR_clear_error();
    const int result = client_ ? SSL_connect(ssl_.get()) : SSL_accept(ssl_.get());
    if (result == 1) return {};
    Io io = because(result);
    if (io.state == Io::State::failed && client_) {
      const long verdict = SSL_get_verify_result(ssl_.get());
      if (verdict != X509_V_OK) error_ = X509_verify_cert_error_string(verdict);
    }
    return io;
  }

  Io read(char* to, std::size_t size) override {
    ERR_clear_error();
    std::size_t got = 0;
    const int result = SSL_read_ex(ssl_.get(), to, size, &got);
    if (result == 1) return {Io::State::done, got};
    return because(result);
  }

  Io write(const iovec* pieces, int count) override {
    ERR_clear_error();
    const void* from = pieces[0].iov_base;
    std::size_t size = pieces[0].iov_len;
    if (count > 1) {
      // One record for adjacent pieces, as one write() would make.
      size = 0;
      for (int i = 0; i < count && size < joined_.size(); ++i) {
        const std::size_t fits = std::min(pieces[i].iov_len, joined_.size() - size);
        std::memcpy(joined_.data() + size, pieces[i].iov_base, fits);
        size += fits;
      }
      from = joined_.data();
    }
    std::size_t put = 0;
    const int result = SSL_write_ex(ssl_.get(), from, size, &put);
    if (result == 1) return {Io::State::done, put};
    return because(result);
  }

  bool pending() const override { return SSL_pending(ssl_.get()) > 0; }

  void half_close() override {
    ERR_clear_error();
    if (SSL_is_init_finished(ssl_.get())) SSL_shutdown(ssl_.get());
    ERR_clear_error();
    ::shutdown(wire_.socket, SHUT_WR);
  }

  std::uint64_t sent() const override { return wire_.sent; }
  const std::string& error() const override { return error_; }

 private:
  Io because(int result) {
    switch (SSL_get_error(ssl_.get(), result)) {
      case SSL_ERROR_WANT_READ:
        return {Io::State::want_read, 0};
      case SSL_ERROR_WANT_WRITE:
        return {Io::State::want_write, 0};
      case SSL_ERROR_ZERO_RETURN:
        return {Io::State::end, 0};
      default:
        break;
    }
    if (wire_.error == ECONNRESET || wire_.error == EPIPE) return {Io::State::reset, 0};
    if (wire_.ended) return {Io::State::end, 0};
    error_ = openssl_error(wire_.error == 0 ? "TLS failed" : std::generic_category().message(wire_.error));
    return {Io::State::failed, 0};
  }

  std::shared_ptr<void> keep_;
  Wire wire_;
  Owned<SSL> ssl_;
  bool client_;
  std::string error_;
  static thread_local std::array<char, std::size_t{16} * 1024> joined_;
};
thread_local std::array<char, std::size_t{16} * 1024> TlsTransport::joined_;

// http/1.1 where the client offers it; a client that offers only others goes on without ALPN.
int choose_protocol(SSL*, const unsigned char** out, unsigned char* out_size, const unsigned char* in,
                    unsigned in_size, void*) {
  constexpr std::string_view kHttp11 = "http/1.1";
  for (unsigned at = 0; at < in_size; at += in[at] + 1U) {
    const std::size_t size = in[at];
    if (at + 1 + size > in_size) break;
    if (std::string_view(reinterpret_cast<const char*>(in + at + 1), size) != kHttp11) continue;
    *out = in + at + 1;
    *out_size = static_cast<unsigned char>(size);
    return SSL_TLSEXT_ERR_OK;
  }
  return SSL_TLSEXT_ERR_NOACK;
}

bool use_identity(SSL_CTX* context, const TlsIdentity& identity) {
  const Owned<BIO> chain(BIO_new_mem_buf(identity.certificate_chain_pem.data(),
                                         static_cast<int>(identity.certificate_chain_pem.size())));
  const Owned<X509> leaf(PEM_read_bio_X509(chain.get(), nullptr, nullptr, nullptr));
  if (!leaf || SSL_CTX_use_certificate(context, leaf.get()) != 1) return false;
  while (X509* more = PEM_read_bio_X509(chain.get(), nullptr, nullptr, nullptr)) {
    if (SSL_CTX_add0_chain_cert(context, more) != 1) {
      X509_free(more);
      return false;
    }
  }
  ERR_clear_error();  // the end of the chain is told as an error
  const Owned<BIO> key_bio(
      BIO_new_mem_buf(identity.private_key_pem.data(), static_cast<int>(identity.private_key_pem.size())));
  const Owned<EVP_PKEY> key(PEM_read_bio_PrivateKey(key_bio.get(), nullptr, nullptr, nullptr));
  return key && SSL_CTX_use_PrivateKey(context, key.get()) == 1;
}

class OpensslServer final : public TlsServer, public std::enable_shared_from_this<OpensslServer> {
 public:
  OpensslServer(std::shared_ptr<const Authority> authority, std::string name, LeafFlaw flaw)
      : authority_(std::move(authority)), default_name_(std::move(name)), flaw_(flaw) {}

  // The context whose leaf is for `name`.
  Result<SSL_CTX*> context_for(const std::string& name) {
    const std::lock_guard lock(mutex_);
    auto& slot = contexts_[name];
    if (slot) return slot.get();
    auto identity = authority_->issue({name}, flaw_);
    if (!identity) return tl::unexpected(identity.error());
    Owned<SSL_CTX> context(SSL_CTX_new(TLS_server_method()));
    if (!context || !use_identity(context.get(), *identity)) {
      return fail("cannot make a TLS context: " + openssl_error("unknown"));
    }
    SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
    SSL_CTX_set_alpn_select_cb(context.get(), choose_protocol, nullptr);
    SSL_CTX_set_tlsext_servername_callback(context.get(), on_name);
    SSL_CTX_set_tlsext_servername_arg(context.get(), this);
    SSL_CTX_set_session_cache_mode(context.get(), SSL_SESS_CACHE_OFF);
    slot = std::move(context);
    return slot.get();
  }

  std::unique_ptr<Transport> accept(int socket) override {
    const auto context = context_for(default_name_);
    SSL* ssl = context ? SSL_new(*context) : nullptr;
    return std::make_unique<TlsTransport>(ssl, socket, false, shared_from_this());
  }

 private:
  static int on_name(SSL* ssl, int*, void* self) {
    const char* name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
    if (name == nullptr) return SSL_TLSEXT_ERR_OK;
    const auto context = static_cast<OpensslServer*>(self)->context_for(name);
    if (!context) return SSL_TLSEXT_ERR_ALERT_FATAL;
    SSL_set_SSL_CTX(ssl, *context);
    return SSL_TLSEXT_ERR_OK;
  }

  std::shared_ptr<const Authority> authority_;
  std::string default_name_;
  LeafFlaw flaw_;
  std::mutex mutex_;
  std::map<std::string, Owned<SSL_CTX>> contexts_;
};

class ClientSide final : public TlsClient, public std::enable_shared_from_this<ClientSide> {
 public:
  ClientSide(Owned<SSL_CTX> context, bool verify) : context_(std::move(context)), verify_(verify) {}

  std::unique_ptr<Transport> connect(int socket, const std::string& host) override {
    SSL* ssl = SSL_new(context_.get());
    if (is_ip_address(host)) {
      if (verify_) X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), host.c_str());
    } else {
      SSL_set_tlsext_host_name(ssl, host.c_str());
      if (verify_) SSL_set1_host(ssl, host.c_str());
    }
    return std::make_unique<TlsTransport>(ssl, socket, true, shared_from_this());
  }

 private:
  Owned<SSL_CTX> context_;
  bool verify_;
};

}  // namespace

Result<std::shared_ptr<TlsServer>> TlsServer::create(std::shared_ptr<const Authority> authority,
                                                     std::string default_name, LeafFlaw flaw) {
  auto server = std::make_shared<OpensslServer>(std::move(authority), default_name, flaw);
  if (auto context = server->context_for(default_name); !context) return tl::unexpected(context.error());
  return server;
}

Result<std::shared_ptr<TlsClient>> TlsClient::create(const std::string& ca_file, bool verify) {
  Owned<SSL_CTX> context(SSL_CTX_new(TLS_client_method()));
  if (!context) return fail("cannot make a TLS context: " + openssl_error("unknown"));
  SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
  if (ca_file.empty()) {
    SSL_CTX_set_default_verify_paths(context.get());
  } else if (SSL_CTX_load_verify_locations(context.get(), ca_file.c_str(), nullptr) != 1) {
    ERR_clear_error();
    return fail("cannot read certificates", ca_file);
  }
  SSL_CTX_set_verify(context.get(), verify ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, nullptr);
  static constexpr std::array<unsigned char, 9> kHttp11 = {8, 'h', 't', 't', 'p', '/', '1', '.', '1'};
  SSL_CTX_set_alpn_protos(context.get(), kHttp11.data(), kHttp11.size());
  return std::make_shared<ClientSide>(std::move(context), verify);
}

}  // namespace assay::http
