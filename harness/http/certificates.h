// Certificates for TLS listeners: an authority of one run and the leaves it issues, right or wrong on order.
// EC P-256 keys, valid from yesterday for a week. Nothing is written to disk here.
//
// Thread-safety: issue() may be called from any thread.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "harness/base/result.h"

namespace assay::http {

// A chain (leaf first) and its key, PEM.
struct TlsIdentity {
  std::string certificate_chain_pem;
  std::string private_key_pem;
};

enum class LeafFlaw {
  none,
  expired,      // notAfter was yesterday
  wrong_host,   // its names do not hold the one that was asked for
  self_signed,  // signed by its own key
  unknown_ca    // signed by an authority of the same name that nobody trusts
};

class Authority {
 public:
  // A new root with a new key.
  static Result<std::shared_ptr<const Authority>> create(
      const std::string& common_name = "assay test authority");

  // The root certificate, PEM: what a client is told to trust (SSL_CERT_FILE, NODE_EXTRA_CA_CERTS, --cacert).
  virtual const std::string& certificate_pem() const = 0;
  // A leaf for `names`: DNS names or literal addresses, the first of them its common name.
  virtual Result<TlsIdentity> issue(const std::vector<std::string>& names,
                                    LeafFlaw flaw = LeafFlaw::none) const = 0;

  virtual ~Authority() = default;
};

}  // namespace assay::http
