#include "harness/http/certificates.h"

#include <arpa/inet.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include <array>

#include "harness/http/openssl_owned.h"
#include "harness/http/socket.h"

namespace assay::http {
namespace {

using Key = Owned<EVP_PKEY>;
using Certificate = Owned<X509>;

constexpr long kDay = 24L * 60 * 60;

tl::unexpected<Error> openssl_failed(const char* what) {
  std::array<char, 256> text = {};
  ERR_error_string_n(ERR_get_error(), text.data(), text.size());
  ERR_clear_error();
  return fail(std::string("cannot ") + what + ": " + text.data());
}

Key new_key() {
  return Key(EVP_EC_gen("P-256"));
}

bool add_extension(X509* certificate, X509* issuer, int nid, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  const Owned<X509_EXTENSION> extension(X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str()));
  return extension && X509_add_ext(certificate, extension.get(), -1) == 1;
}

bool set_name(X509_NAME* name, const std::string& common_name) {
  // RFC 5280 allows 64 characters of common name; the subject alternative names are what counts.
  const std::string text = common_name.substr(0, 64);
  return X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8,
                                    reinterpret_cast<const unsigned char*>(text.data()),
                                    static_cast<int>(text.size()), -1, 0) == 1;
}

// An unsigned certificate for `key`, valid between the given seconds from now.
Certificate blank(EVP_PKEY* key, const std::string& common_name, long from, long until) {
  Certificate certificate(X509_new());
  std::array<unsigned char, 8> serial = {};
  RAND_bytes(serial.data(), serial.size());
  serial[0] &= 0x7F;  // positive
  const std::unique_ptr<BIGNUM, decltype(&BN_free)> number(BN_bin2bn(serial.data(), serial.size(), nullptr),
                                                           BN_free);
  X509* x = certificate.get();
  const bool made = X509_set_version(x, X509_VERSION_3) == 1 &&
                    BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(x)) != nullptr &&
                    X509_gmtime_adj(X509_getm_notBefore(x), from) != nullptr &&
                    X509_gmtime_adj(X509_getm_notAfter(x), until) != nullptr &&
                    X509_set_pubkey(x, key) == 1 && set_name(X509_get_subject_name(x), common_name);
  return made ? std::move(certificate) : nullptr;
}

Certificate root(EVP_PKEY* key, const std::string& common_name) {
  Certificate ca = blank(key, common_name, -kDay, 7 * kDay);
  if (!ca || X509_set_issuer_name(ca.get(), X509_get_subject_name(ca.get())) != 1 ||
      !add_extension(ca.get(), ca.get(), NID_basic_constraints, "critical,CA:TRUE") ||
      !add_extension(ca.get(), ca.get(), NID_key_usage, "critical,keyCertSign,cRLSign") ||
      !add_extension(ca.get(), ca.get(), NID_subject_key_identifier, "hash") ||
      X509_sign(ca.get(), key, EVP_sha256()) == 0) {
    return nullptr;
  }
  return ca;
}

std::string text_of(BIO* bio) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio, &data);
  return {data, static_cast<std::size_t>(size)};
}

std::string pem(X509* certificate) {
  const Owned<BIO> bio(BIO_new(BIO_s_mem()));
  PEM_write_bio_X509(bio.get(), certificate);
  return text_of(bio.get());
}

std::string pem(EVP_PKEY* key) {
  const Owned<BIO> bio(BIO_new(BIO_s_mem()));
  PEM_write_bio_PrivateKey(bio.get(), key, nullptr, nullptr, 0, nullptr, nullptr);
  return text_of(bio.get());
}

// Names go into an extension in OpenSSL's configuration syntax, so nothing else may.
bool is_plain_name(const std::string& name) {
  return !name.empty() && name.find_first_not_of(
                              "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                              "-._:*") == std::string::npos;
}

class EcAuthority final : public Authority {
 public:
  EcAuthority(std::string name, Key key, Certificate ca, Key strange_key, Certificate strange_ca)
      : name_(std::move(name)),
        key_(std::move(key)),
        ca_(std::move(ca)),
        strange_key_(std::move(strange_key)),
        strange_ca_(std::move(strange_ca)),
        pem_(pem(ca_.get())) {}

  const std::string& certificate_pem() const override { return pem_; }

  Result<TlsIdentity> issue(const std::vector<std::string>& names, LeafFlaw flaw) const override {
    std::vector<std::string> given = names;
    if (flaw == LeafFlaw::wrong_host) given = {"wrong-host.invalid"};
    std::string alternatives;
    for (const std::string& name : given) {
      if (!is_plain_name(name)) return fail("not a host name: \"" + name + "\"");
      if (!alternatives.empty()) alternatives += ',';
      alternatives += (is_ip_address(name) ? "IP:" : "DNS:") + name;
    }
    if (given.empty()) return fail("a certificate needs at least one name");
    const bool expired = flaw == LeafFlaw::expired;
    const Key key = new_key();
    if (!key) return openssl_failed("make a key");
    const Certificate leaf =
        blank(key.get(), given.front(), expired ? -3 * kDay : -kDay, expired ? -kDay : 7 * kDay);
    if (!leaf) return openssl_failed("make a certificate");
    X509* signer = ca_.get();
    EVP_PKEY* signer_key = key_.get();
    if (flaw == LeafFlaw::self_signed) {
      signer = leaf.get();
      signer_key = key.get();
    } else if (flaw == LeafFlaw::unknown_ca) {
      signer = strange_ca_.get();
      signer_key = strange_key_.get();
    }
    if (X509_set_issuer_name(leaf.get(), X509_get_subject_name(signer)) != 1 ||
        !add_extension(leaf.get(), signer, NID_basic_constraints, "critical,CA:FALSE") ||
        !add_extension(leaf.get(), signer, NID_key_usage, "critical,digitalSignature") ||
        !add_extension(leaf.get(), signer, NID_ext_key_usage, "serverAuth") ||
        !add_extension(leaf.get(), signer, NID_subject_key_identifier, "hash") ||
        (flaw != LeafFlaw::self_signed &&
         !add_extension(leaf.get(), signer, NID_authority_key_identifier, "keyid:always")) ||
        !add_extension(leaf.get(), signer, NID_subject_alt_name, alternatives) ||
        X509_sign(leaf.get(), signer_key, EVP_sha256()) == 0) {
      return openssl_failed("sign a certificate");
    }
    return TlsIdentity{pem(leaf.get()), pem(key.get())};
  }

 private:
  std::string name_;
  Key key_;
  Certificate ca_;
  Key strange_key_;
  Certificate strange_ca_;
  std::string pem_;
};

}  // namespace

Result<std::shared_ptr<const Authority>> Authority::create(const std::string& common_name) {
  Key key = new_key();
  Key strange_key = new_key();
  if (!key || !strange_key) return openssl_failed("make a key");
  Certificate ca = root(key.get(), common_name);
  Certificate strange = root(strange_key.get(), common_name);
  if (!ca || !strange) return openssl_failed("make an authority");
  return std::make_shared<const EcAuthority>(common_name, std::move(key), std::move(ca),
                                             std::move(strange_key), std::move(strange));
}

}  // namespace assay::http
