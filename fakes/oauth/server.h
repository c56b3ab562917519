// The authorization server behind oauth.h: one class, a file for each endpoint (authorize.cpp, token.cpp,
// device.cpp, vendor.cpp for what is no standard; server.cpp for the rest).
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>

#include "fakes/common/configured_fake.h"
#include "fakes/common/jwt.h"
#include "fakes/oauth/settings.h"

namespace assay::fakes {

class OAuthServer final : public ConfiguredFake<OAuthSettings> {
 public:
  OAuthServer(FakeConfig config, OAuthSettings settings, std::shared_ptr<WorldState> state);

  Result<void> set(std::string_view name, const nlohmann::json& value) override;
  nlohmann::json get(std::string_view key) const override;
  bool claims(const Request& request) const override;

 protected:
  Actions answer(const Call& call) override;

 private:
  // A validated authorization request (RFC 6749 section 4.1.1, RFC 7636 section 4.3).
  struct Authorization {
    std::string client;
    std::string redirect_uri;
    std::string scope;
    std::optional<std::string> state;
    std::string challenge;
    std::string method;
    std::string nonce;
    std::string delivery;
  };
  struct Ticket {
    Authorization authorization;
    std::int64_t expires = 0;
  };
  struct Code {
    Authorization authorization;
    std::int64_t expires = 0;
    std::string family;
    bool used = false;
  };
  struct RefreshToken {
    std::string client;
    std::string scope;
    std::string family;
    std::int64_t expires = 0;
    bool used = false;
    bool revoked = false;
  };
  struct Device {
    std::string client;
    std::string scope;
    std::string user_code;
    std::int64_t expires = 0;
    Micros interval{0};
    std::optional<Micros> last_poll;
    std::size_t polls = 0;
    enum class Decision { none, approved, denied, redeemed } decision = Decision::none;
  };
  // The client that a request to the token, device or revocation endpoint comes from, or its refusal.
  struct Caller {
    std::string client;
    std::optional<Response> refusal;
  };
  // What a grant hands out.
  struct Grant {
    std::string client;
    std::string scope;
    std::string family;
    std::string nonce;
    bool refresh_token = true;
  };
  using Fields = FormFields;
  // A request at an endpoint of ours. The references live as long as the answer is made.
  struct Asked {
    const Call& call;
    const Endpoint& endpoint;
    Fields fields;
    std::string client;
  };

  // server.cpp
  // What `go` makes of a request whose body and client are right, or the refusal.
  Actions with_client(const Call& call, const Endpoint& endpoint, Actions (OAuthServer::*go)(const Asked&));
  std::optional<Actions> routed(const Call& call);
  Actions at(const Endpoint& endpoint, const Call& call);
  std::string path_of(Endpoint::Role role) const;  // the first; empty when there is none
  const OAuthClient* find_client(const std::string& id) const;
  Actions metadata(const Call& call) const;
  Actions register_client(const Request& request);
  Actions revoke(const Asked& asked);
  void revoke_family(const std::string& family);
  void plant_known_tokens();
  Caller caller(const Request& request, const Fields& fields) const;
  std::string scope_of(const Fields& fields) const;  // its words apart by single spaces
  static Response oauth_error(int status, std::string_view error, std::string_view description);

  // authorize.cpp
  Actions authorize(const Call& call, const Endpoint& endpoint);
  Actions approve(const Call& call);
  Actions grant_code(const Call& call, const Authorization& authorization);
  std::string new_code(const Authorization& authorization);
  Actions redirect(const Call& call, const Authorization& authorization,
                   std::vector<std::pair<std::string, std::string>> parameters) const;
  static Actions page_error(std::string_view words);

  // token.cpp
  Actions token(const Asked& asked);
  Actions granted(const Asked& asked);
  Actions redeem_code(const Asked& asked);
  Actions refresh(const Asked& asked);
  Actions reused(const RefreshToken& token);
  Actions exchange_token(const Asked& asked);
  std::string mint_key();
  nlohmann::json hand_out(const Call& call, const Grant& grant);
  Actions token_answer(nlohmann::json answer) const;

  // device.cpp
  Actions start_device(const Asked& asked);
  Actions device_page(const Call& call);
  Actions decide_device(const Request& request);
  Actions poll_device(const Asked& asked);

  // vendor.cpp
  Actions give_device_code(const Device& device, const Endpoint& endpoint);
  Actions code_page(const Call& call, const Endpoint& endpoint);
  nlohmann::json short_token(const AccessToken& of, std::int64_t lifetime);
  Actions for_bearer(const Call& call, const Endpoint& endpoint);

  RsaKey key_;
  std::map<std::string, OAuthClient> registered_;
  std::map<std::string, Ticket> tickets_;
  std::map<std::string, Code> codes_;
  std::map<std::string, RefreshToken> refresh_tokens_;
  std::map<std::string, Device> devices_;  // by device code
  std::string last_access_;
  std::string last_refresh_;
  std::string last_client_;
  std::string last_user_code_;
  std::uint64_t refreshes_ = 0;
};

}  // namespace assay::fakes
