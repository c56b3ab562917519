// TLS 1.2 and 1.3 over a borrowed non-blocking socket, on OpenSSL. ALPN offers and takes http/1.1 only.
//
// Thread-safety: a TlsServer may accept on any thread; a Transport belongs to one.
#pragma once

#include <memory>
#include <string>

#include "harness/base/result.h"
#include "harness/http/certificates.h"
#include "harness/http/transport.h"

namespace assay::http {

// What a TLS listener answers handshakes with: one leaf a name that clients asked for, issued when first
// needed.
class TlsServer {
 public:
  // `default_name` is the leaf's name for clients that send no SNI.
  static Result<std::shared_ptr<TlsServer>> create(std::shared_ptr<const Authority> authority,
                                                   std::string default_name, LeafFlaw flaw = LeafFlaw::none);
  virtual ~TlsServer() = default;
  virtual std::unique_ptr<Transport> accept(int socket) = 0;
};

// What a client trusts. `ca_file` is PEM; empty = the system's store.
class TlsClient {
 public:
  static Result<std::shared_ptr<TlsClient>> create(const std::string& ca_file, bool verify);
  virtual ~TlsClient() = default;
  // `host` goes into SNI (unless it is an address) and is what the certificate must be for.
  virtual std::unique_ptr<Transport> connect(int socket, const std::string& host) = 0;
};

}  // namespace assay::http
